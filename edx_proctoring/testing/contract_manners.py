"""What a provider must be like, whatever it does."""

import copy
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.statuses import SoftwareSecureReviewStatus
from edx_proctoring.testing.contract_base import (
    CONTEXT,
    EMAIL,
    EXAM,
    FAILURES,
    NAME,
    NOTICES,
    SECRET_OPTIONS,
    Checks,
)


class Manners(Checks):
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
        first, second = self.make(), self.make()
        assert first is not second, "the class gives the same object twice"

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
        url = provider.get_instructor_url(
            EXAM["course_id"], {"id": "u", "full_name": NAME, "email": EMAIL}, exam_id="exam-1"
        )
        if "dashboard" in self.capabilities:
            assert str(url).startswith(("http://", "https://")), (
                f"has_dashboard, but get_instructor_url gave {url!r}"
            )

    def test_what_is_not_declared_is_not_done(self) -> None:
        """No requests without the capability."""
        provider = self.make()
        if "notifies" not in self.capabilities:
            with self.hearing(status=200, body="{}") as wire:
                for method in NOTICES:
                    getattr(provider, method)("exam-1", "attempt-1")
                assert not wire.asked, (
                    "it tells its service of notices: add 'notifies' to the capabilities"
                )

    # Manners

    def test_arguments_stay_as_they_were(self) -> None:
        """The app goes on using them."""
        self.needs("registers")
        exam = copy.deepcopy(EXAM)
        with self.hearing("register"):
            self.make().register_exam_attempt(exam, context=copy.deepcopy(CONTEXT))
        assert exam == EXAM, "register_exam_attempt changed the exam: work on a copy"
        document = copy.deepcopy(EXAM)
        with self.hearing("register"):
            self.make().on_exam_saved(document)
        assert document == EXAM, "on_exam_saved changed the exam: work on a copy"

    def test_no_queries(self) -> None:
        """A provider asks its service and not our database: it is called with locks held, and from workers."""
        self.needs("registers")
        asked: list[str] = []

        def note(execute: Any, sql: str, *more: Any) -> Any:
            asked.append(sql)
            return execute(sql, *more)

        with connection.execute_wrapper(note), self.hearing("register"):
            self.register(self.make())
        assert not asked, f"register_exam_attempt queried the database: {asked[0][:120]}"

    def test_deadlines(self) -> None:
        """Each request says how long it may take."""
        calls: dict[str, tuple[str | None, Callable[[Any], Any]]] = {
            "registers": ("register", self.register),
            "notifies": ("notify", lambda one: one.start_exam_attempt("exam-1", "attempt-1")),
            "removes": ("remove", lambda one: one.remove_exam_attempt("exam-1", "attempt-1")),
            "retirement": ("retire", lambda one: one.retire_user("u")),
            "onboarding": (
                "profile",
                lambda one: one.get_onboarding_profile_info("c", user_id="u"),
            ),
            "download": (None, lambda one: one.get_software_download_url()),
        }
        for capability, (case, call) in calls.items():
            if capability not in self.capabilities:
                continue
            case = "config" if case is None and "config" in self.answers else case
            how = {} if case else {"status": 200, "body": "{}"}
            with self.hearing(case, **how) as wire:
                call(self.make())
                late = wire.without_deadline()
                assert not late, f"pass timeout= to the request: {late[0]}"

    def test_logs(self) -> None:
        """No secrets, no names."""
        self.needs("registers")
        lines: list[str] = []
        handler, formatter = logging.Handler(), logging.Formatter()
        handler.emit = lambda record: lines.append(formatter.format(record))  # type: ignore[method-assign]
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            for how in FAILURES.values():
                with self.hearing(**{"status": 200, **how}), _quiet():
                    self.register(self.make())
            with self.hearing("register"):
                self.register(self.make())
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        secrets = {name: self.options[name] for name in SECRET_OPTIONS if self.options.get(name)}
        for name, secret in {
            **secrets,
            "the learner's name": NAME,
            "the learner's e-mail": EMAIL,
        }.items():
            found = next((line for line in lines if str(secret) in line), None)
            assert found is None, f"{name} is in the log: leave it out, or mask it"

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
            found: list[Any] = []
            threads = [
                threading.Thread(target=lambda: found.append(self.register(provider)))
                for _ in range(8)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(found) == len(threads), "registrations by several threads at once failed"


@contextmanager
def _quiet() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        logging.getLogger(__name__).debug("%s", type(error).__name__)
