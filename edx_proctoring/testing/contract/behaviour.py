"""Expectations of every call, whatever it does."""

import copy
import io
import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import partial
from typing import TypeVar

import requests
from django.db import connection

from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.options import options_of, secret_names
from edx_proctoring.testing.contract.base import (
    CONTEXT,
    DEADLINE_SECONDS,
    DOCUMENT,
    EMAIL,
    EXAM,
    FAILURES,
    INSTRUCTOR,
    NAME,
    SHORT_DEADLINE_SECONDS,
    Checks,
)
from edx_proctoring.testing.contract.wire import TOKEN, Wire
from edx_proctoring.types import ExamDict

Given = TypeVar("Given")


class Behaviour(Checks):
    """Each test is one expectation."""

    def test_arguments_stay_as_they_were(self) -> None:
        """The app keeps using the arguments, so they must not be modified, except the context of a registration."""
        provider = self.make()
        self._stays("registers", "register_exam_attempt", "exam", EXAM, _registered(provider))
        self._stays("registers", "on_exam_saved", "exam", DOCUMENT, provider.on_exam_saved)
        self._stays("registers", "get_attempt", "attempt", self.attempt(), provider.get_attempt)
        dashboard = partial(provider.get_instructor_url, "c")
        self._stays("dashboard", "get_instructor_url", "user", INSTRUCTOR, dashboard)
        for sample in self.reviews:
            receive = partial(provider.on_review_callback, payload=copy.deepcopy(sample))
            self._stays("reviews", "on_review_callback", "attempt", self.attempt(), receive)

    def _stays(
        self,
        capability: str,
        method: str,
        what: str,
        given: Given,
        work: Callable[[Given], object],
    ) -> None:
        if capability not in self.capabilities:
            return
        known = copy.deepcopy(given)
        with self.hearing_or_empty("register"), suppress(Exception):
            work(known)
        assert known == given, f"{method} changed the {what}: work on a copy"

    def test_no_queries(self) -> None:
        """A provider must not query our database: it is called with locks held, and from workers."""
        asked: list[str] = []

        def note(execute: Callable[..., object], sql: str, *more: object) -> object:
            asked.append(sql)
            return execute(sql, *more)

        with connection.execute_wrapper(note):
            provider = self.make()
            assert not asked, f"the constructor queried the database: {asked[:1]}"
            for call in self.calls():
                with self.playing(call, provider):
                    assert not asked, f"{call.method} queried the database: {asked[0][:120]}"

    def test_deadlines(self) -> None:
        """Each request has a time-out no longer than its caller waits."""
        provider = self.make()
        for call in self.calls():
            for seconds in (DEADLINE_SECONDS, SHORT_DEADLINE_SECONDS):
                with self.playing(call, provider, seconds) as wire:
                    late = wire.without_deadline()
                    assert not late, f"{call.method}: pass timeout= to the request: {late[0]}"
                    late = wire.slower_than(seconds)
                    assert not late, (
                        f"{call.method} may take longer than its caller waits, {seconds:g} s ({late[0]}):"
                        " pass timeout=remaining_seconds(yours) of edx_proctoring.backends.backend"
                    )

    def test_logs(self) -> None:
        """No secrets or names in logs, on the console, or in the provider's repr."""
        with _listening() as lines:
            provider = self.make()
            for call in self.calls():
                for how in FAILURES.values():
                    with self.hearing(**how), suppress(Exception):
                        call.work(provider)
                with self.playing(call, provider):
                    pass
            lines += [repr(provider), str(provider)]
        names = secret_names(options_of(self.provider_class))
        secrets = {name: self.options[name] for name in names if self.options.get(name)}
        for name, secret in {
            **secrets,
            "an access token": TOKEN["access_token"],
            "the learner's name": NAME,
            "the learner's e-mail": EMAIL,
        }.items():
            found = next((line for line in lines if str(secret) in line), "")
            shown = found.replace(str(secret), "…")[:120]
            assert not found, f"{name} is in the log: leave it out, or mask it ({shown})"

    def test_nothing_is_kept(self) -> None:
        """One instance serves all threads: data of one learner kept on it would be visible to another learner's
        request.
        """
        provider = self.make()
        for call in self.calls():
            with self.playing(call, provider):
                kept = _kept(provider)
                for what in ("full_name", "email", "user_id", "attempt_code"):
                    told = str(CONTEXT[what])
                    name = next((one for one, text in kept.items() if told in text), None)
                    assert name is None, (
                        f"after {call.method} {name} has the learner's {what}: store no request data on the instance"
                    )

    def test_threads(self) -> None:
        """One instance serves all threads: no data of one learner appears in the request of another."""
        self.needs("registers")
        provider = self.make()
        with self.hearing("register") as wire:
            for _ in range(2):
                self.register(provider)
            cookies = [request.headers.get("Cookie") for request in wire.asked]
            assert not any(cookies), (
                "the session passes cookies of one learner on to the next: do not use cookies"
            )
            wire.asked.clear()
            failed: list[Exception] = []
            threads = [
                threading.Thread(target=partial(self._register_in_thread, provider, one, failed))
                for one in (f"learner-{at}-" for at in range(8))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            mixed = [one for one in wire.asked if len(set(_marks(one))) > 1]
        assert not failed, f"simultaneous registrations by several threads failed: {failed[0]!r}"
        assert not mixed, (
            "a registration mixes data of several learners: store nothing on the instance"
        )

    def _register_in_thread(
        self,
        provider: ProctoringBackendProvider,
        learner: str,
        failed: list[Exception],
    ) -> None:
        try:
            self.register(
                provider,
                full_name=learner,
                email=learner,
                user_id=learner,
                attempt_code=learner,
            )
        except Exception as error:
            failed.append(error)


def _marks(request: requests.PreparedRequest) -> list[str]:
    return re.findall(r"learner-\d-", Wire.text_of(request))


def _registered(provider: ProctoringBackendProvider) -> Callable[[ExamDict], object]:
    return partial(provider.register_exam_attempt, context=copy.deepcopy(CONTEXT))


def _kept(provider: ProctoringBackendProvider) -> dict[str, str]:
    """Return the attributes of an instance and of the objects on it, as text."""
    found = {name: repr(value) for name, value in vars(provider).items()}
    for name, value in vars(provider).items():
        for inner, more in getattr(value, "__dict__", {}).items():
            found[f"{name}.{inner}"] = repr(more)
    return found


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Capture everything that is logged or printed."""
    lines: list[str] = []
    handler, formatter = logging.Handler(), logging.Formatter()
    handler.emit = lambda record: lines.append(formatter.format(record))  # type: ignore[method-assign]  # a handler of this check
    root, console = logging.getLogger(), io.StringIO()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(console), redirect_stderr(console):
            yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        lines.extend(console.getvalue().splitlines())
