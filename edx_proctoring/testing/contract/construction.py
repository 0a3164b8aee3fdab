"""Preconditions of the other checks: a provider can be created, its recordings exist, its attributes are correct."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

from edx_proctoring.backends import options
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.statuses import SoftwareSecureReviewStatus
from edx_proctoring.testing.contract.base import CASES, EXAM, INSTRUCTOR, NOTICES, Checks
from edx_proctoring.testing.contract.wire import Missing, Wire

# Options that operators may set for any provider.
OF_ALL_PROVIDERS = {"timeout": 5, "verbose_name": "By another name", "ping_interval": 60}


class Construction(Checks):
    """Each test is one expectation; they run in this order, because a failure explains those after it."""

    def test_options(self) -> None:
        """It is created from the options that operators may set, and from nothing else."""
        assert issubclass(self.provider_class, ProctoringBackendProvider), (
            "derive it from ProctoringBackendProvider, or from BaseRestProctoringProvider"
        )
        known = options.options_of(self.provider_class)
        unknown = options.unknown_options(known, self.options)
        assert not unknown, (
            f"the app passes these options to no provider: {unknown}; declare them in provider_options"
        )
        wrong = list(options.wrong_types(known, self.options))
        assert not wrong, f"operators would be warned: {', '.join(wrong)}; correct provider_options"
        (first, wire), (second, _) = self._built({}), self._built({})
        assert first is not second, "the class returns the same object twice"
        assert not wire.asked, (
            f"the constructor sends a request to its service ({wire.asked[0].url}): sites must start without it"
        )
        self._built(OF_ALL_PROVIDERS)

    def _built(self, more: Mapping[str, object]) -> tuple[ProctoringBackendProvider, Wire]:
        try:
            return self.built(**more)
        except Exception as error:
            what = "operators may set these for any provider: accept **kwargs and pass them to super().__init__"
            given = f"with {more} it raised {error!r}; {what}"
            known = ", ".join(self.options) or "none"
            alone = f"it raised {error!r} when it was created with its options ({known})"
            raise AssertionError(given if more else alone) from error

    def test_recordings(self) -> None:
        """There are recordings for everything it does."""
        missing = [
            case
            for capability, cases in CASES.items()
            if capability in self.capabilities
            for case in cases
            if self._is_missing(case)
        ]
        other = (
            ""
            if self.speaks_rest()
            else " It does not use the REST protocol, so there are no built-in recordings."
        )
        assert not missing, (
            f"no recording of {', '.join(missing)}: add your service's response to `answers`,"
            f" or NEVER if it never gives one.{other}"
        )

    def _is_missing(self, case: str) -> bool:
        try:
            self.wire().recording(case)
        except Missing:
            return True
        return False

    def test_words(self) -> None:
        """Its attributes have the types that pages and rules expect."""
        provider = self.make()
        assert provider.verbose_name != "Unknown", "set verbose_name, which is shown to learners"
        assert isinstance(provider.ping_interval, int), (
            "ping_interval must be a whole number of seconds"
        )
        assert provider.ping_interval > 0, "ping_interval must be positive"
        known = set(SoftwareSecureReviewStatus.to_standard_status)
        wrong = set(getattr(provider, "passing_statuses", ())) - known
        assert not wrong, f"passing_statuses: {sorted(wrong)} are none of {sorted(known)}"

    def test_flags(self) -> None:
        """Its flags are correct, because pages offer what they promise."""
        provider = self.make()
        for flag, capability in (
            ("has_dashboard", "dashboard"),
            ("supports_onboarding", "onboarding"),
            ("supports_time_changes", "time changes"),
        ):
            declared = capability in self.capabilities
            assert bool(getattr(provider, flag)) == declared, (
                f"{flag} is {getattr(provider, flag)!r}, but {capability!r} is {'' if declared else 'not '}declared"
            )
        if "dashboard" in self.capabilities:
            with self.hearing(status=200, body="{}"):
                url = provider.get_instructor_url(
                    EXAM["course_id"], dict(INSTRUCTOR), exam_id="exam-1"
                )
            assert str(url).startswith(("http://", "https://")), (
                f"has_dashboard, but get_instructor_url returned {url!r}"
            )

    def test_what_is_not_declared_is_not_done(self) -> None:
        """No requests without the capability."""
        provider = self.make()
        calls: tuple[tuple[str, str, Callable[[], object]], ...] = (
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
                    f"{method} sends a request to its service: add {capability!r} to the capabilities"
                )
        assert "worker script" in self.capabilities or not getattr(provider, "npm_module", None), (
            "it has an npm_module: add 'worker script' to the capabilities"
        )
