"""What a provider must be like, whatever it does."""

import copy
import io
import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import partial
from typing import Any

from django.db import connection

from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.statuses import SoftwareSecureReviewStatus
from edx_proctoring.testing.contract.base import (
    CONTEXT,
    DEADLINE_SECONDS,
    EMAIL,
    EXAM,
    FAILURES,
    INSTRUCTOR,
    NAME,
    NOTICES,
    SECRET_OPTIONS,
    Checks,
)
from edx_proctoring.testing.contract.wire import TOKEN

# Options that operators may set of any provider.
OF_ALL_PROVIDERS = {"timeout": 5, "verbose_name": "By another name", "ping_interval": 60}
PERSONAL = ("full_name", "email", "user_id", "attempt_code")


class Behaviour(Checks):
    """One expectation each."""

    # Construction

    def test_options(self) -> None:
        """It is built from the options that operators may set, and from nothing else."""
        assert issubclass(self.provider_class, ProctoringBackendProvider), (
            "derive it from ProctoringBackendProvider, or from BaseRestProctoringProvider"
        )
        unknown = sorted(set(self.options) - set(BACKEND_CONFIGURATION_ALLOW_LIST))
        assert not unknown, (
            f"the app hands these options to no provider: {unknown}; rename them, or set attributes"
        )
        (first, wire), (second, _) = self.built(), self.built()
        assert first is not second, "the class gives the same object twice"
        assert not wire.asked, (
            f"the constructor asks its service ({wire.asked[0].url}): sites must start without it"
        )
        try:
            self.make(**OF_ALL_PROVIDERS)
        except Exception as error:
            raise AssertionError(
                f"with {OF_ALL_PROVIDERS} it raised {error!r}; operators may set these of any provider:"
                " take **kwargs and hand them to super().__init__"
            ) from error

    def test_words(self) -> None:
        """Its attributes are what pages and rules expect."""
        provider = self.make()
        assert provider.verbose_name != "Unknown", "set verbose_name: learners read it"
        assert isinstance(provider.ping_interval, int), "ping_interval must be whole seconds"
        assert provider.ping_interval > 0, "ping_interval must be positive"
        known = set(SoftwareSecureReviewStatus.to_standard_status)
        wrong = set(getattr(provider, "passing_statuses", ())) - known
        assert not wrong, f"passing_statuses: {sorted(wrong)} are none of {sorted(known)}"

    def test_flags(self) -> None:
        """They tell the truth: pages offer what they promise."""
        provider = self.make()
        for flag, capability in (
            ("has_dashboard", "dashboard"),
            ("supports_onboarding", "onboarding"),
        ):
            declared = capability in self.capabilities
            assert bool(getattr(provider, flag)) == declared, (
                f"{flag} is {getattr(provider, flag)!r}, but {capability!r} is {'' if declared else 'not '}declared"
            )
        url = provider.get_instructor_url(EXAM["course_id"], dict(INSTRUCTOR), exam_id="exam-1")
        if "dashboard" in self.capabilities:
            assert str(url).startswith(("http://", "https://")), (
                f"has_dashboard, but get_instructor_url gave {url!r}"
            )

    def test_what_is_not_declared_is_not_done(self) -> None:
        """No requests without the capability."""
        provider = self.make()
        calls: tuple[tuple[str, str, Callable[[], Any]], ...] = (
            ("removes", "remove_exam_attempt", lambda: provider.remove_exam_attempt("e", "a")),
            ("retirement", "retire_user", lambda: provider.retire_user("u")),
            *(("notifies", one, partial(getattr(provider, one), "e", "a")) for one in NOTICES),
        )
        for capability, method, work in calls:
            if capability in self.capabilities:
                continue
            with self.hearing(status=200, body="{}") as wire:
                with suppress(Exception):
                    work()
                assert not wire.asked, (
                    f"{method} asks its service: add {capability!r} to the capabilities"
                )
        assert "worker script" in self.capabilities or not getattr(provider, "npm_module", None), (
            "it has an npm_module: add 'worker script' to the capabilities"
        )

    # Behaviour

    def test_arguments_stay_as_they_were(self) -> None:
        """The app goes on using them; the context of a registration is the provider's own."""
        provider = self.make()
        cases: tuple[tuple[str, str, Any, Callable[[Any], Any]], ...] = (
            ("registers", "exam", EXAM, self._register_with),
            ("registers", "exam", EXAM, lambda one: ("on_exam_saved", provider.on_exam_saved(one))),
            ("registers", "attempt", self.attempt(), lambda one: ("get_attempt", provider.get_attempt(one))),
            ("dashboard", "user", INSTRUCTOR, lambda one: ("get_instructor_url", provider.get_instructor_url("c", one))),
            *(
                ("reviews", "attempt", self.attempt(), partial(_reviewed, provider, sample))
                for sample in self.reviews
            ),
        )  # fmt: skip
        for capability, what, given, work in cases:
            if capability not in self.capabilities:
                continue
            known, method = copy.deepcopy(given), "it"
            how = {} if "register" in self.answers else {"status": 200, "body": "{}"}
            with (
                self.hearing("register" if not how else None, **how),
                suppress(Exception),
            ):
                method, _ = work(known)
            assert known == given, f"{method} changed the {what}: work on a copy"

    def _register_with(self, exam: Any) -> tuple[str, Any]:
        found = self.make().register_exam_attempt(exam, context=copy.deepcopy(CONTEXT))
        return "register_exam_attempt", found

    def test_no_queries(self) -> None:
        """A provider asks its service and not our database: it is called with locks held, and from workers."""
        asked: list[str] = []

        def note(execute: Any, sql: str, *more: Any) -> Any:
            asked.append(sql)
            return execute(sql, *more)

        with connection.execute_wrapper(note):
            provider = self.make()
            assert not asked, f"the constructor queried the database: {asked[:1]}"
            for call in self.calls():
                with self.playing(call, provider):
                    assert not asked, f"{call.method} queried the database: {asked[0][:120]}"

    def test_deadlines(self) -> None:
        """Each request says how long it may take, and that is no longer than its caller waits."""
        provider = self.make()
        for call in self.calls():
            with self.playing(call, provider) as wire:
                late = wire.without_deadline()
                assert not late, f"{call.method}: pass timeout= to the request: {late[0]}"
                late = wire.slower_than(DEADLINE_SECONDS)
                assert not late, (
                    f"{call.method} may take longer than its caller waits ({late[0]}):"
                    " pass timeout=remaining_seconds(yours) of edx_proctoring.backends.backend"
                )

    def test_logs(self) -> None:
        """No secrets, no names; nor on the console."""
        with _listening() as lines:
            provider = self.make()
            for call in self.calls():
                for how in FAILURES.values():
                    with self.hearing(**{"status": 200, **how}), suppress(Exception):
                        call.work(provider)
                with self.playing(call, provider):
                    pass
        secrets = {name: self.options[name] for name in SECRET_OPTIONS if self.options.get(name)}
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
        """One instance serves all threads: what it keeps of one learner, another one's request finds."""
        provider = self.make()
        for call in self.calls():
            with self.playing(call, provider):
                kept = _kept(provider)
                for what in ("full_name", "email", "user_id", "attempt_code"):
                    name = next((one for one, text in kept.items() if CONTEXT[what] in text), None)
                    assert name is None, (
                        f"after {call.method} {name} has the learner's {what}: keep nothing of a request on the instance"
                    )

    def test_threads(self) -> None:
        """One instance serves all threads: nothing of one learner shows in the request of another."""
        self.needs("registers")
        provider = self.make()
        with self.hearing("register") as wire:
            for _ in range(2):
                self.register(provider)
            cookies = [request.headers.get("Cookie") for request in wire.asked]
            assert not any(cookies), (
                "the session keeps cookies of one learner for the next: use none"
            )
            wire.asked.clear()
            found: list[Any] = []
            threads = [
                threading.Thread(
                    target=lambda one=one: found.append(self.register(provider, **one))
                )
                for one in (dict.fromkeys(PERSONAL, f"learner-{at}-") for at in range(8))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            mixed = [one for one in wire.asked if len(set(_marks(one))) > 1]
        assert len(found) == len(threads), "registrations by several threads at once failed"
        assert not mixed, (
            "a registration has parts of several learners: keep nothing on the instance"
        )


def _marks(request: Any) -> list[str]:
    body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
    return re.findall(r"learner-\d-", f"{request.url} {body} {dict(request.headers)}")


def _reviewed(provider: Any, sample: Any, attempt: Any) -> tuple[str, Any]:
    return "on_review_callback", provider.on_review_callback(attempt, copy.deepcopy(sample))


def _kept(provider: Any) -> dict[str, str]:
    """What an instance has, and the objects on it: their attributes as text."""
    found = {name: repr(value) for name, value in vars(provider).items()}
    for name, value in vars(provider).items():
        for inner, more in getattr(value, "__dict__", {}).items():
            found[f"{name}.{inner}"] = repr(more)
    return found


@contextmanager
def _listening() -> Iterator[list[str]]:
    """All that is logged or printed."""
    lines: list[str] = []
    handler, formatter = logging.Handler(), logging.Formatter()
    handler.emit = lambda record: lines.append(formatter.format(record))  # type: ignore[method-assign]
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
