"""Expectations of notices about an attempt's time: granted seconds, pauses and breaks."""

from functools import partial

from edx_proctoring.testing.contract.base import FAILURES, TIME_CHANGES, UNREACHABLE, Checks


class TimeChanges(Checks):
    """Each test is one expectation."""

    def test_time_changes(self) -> None:
        """Repeated and reordered notices are not errors, because notices are sent at least once."""
        self.needs("time changes")
        provider = self.make()
        for method in (*TIME_CHANGES, *reversed(TIME_CHANGES)):
            case, _ = TIME_CHANGES[method]
            if not self.happens(case):
                continue
            with self.hearing(case) as wire:
                self.accepts_notice(provider, method)
                assert wire.asked, (
                    f"{method} sends no request; set supports_time_changes to False and remove 'time changes'"
                    " from the capabilities"
                )

    def test_time_changes_that_fail(self) -> None:
        """An exception makes the app repeat the notice. A provider that swallows it loses the notice."""
        self.needs("time changes")
        provider = self.make()
        for name in UNREACHABLE:
            for method, (_, more) in TIME_CHANGES.items():
                told = partial(getattr(provider, method), "exam-1", "attempt-1", *more)
                with self.hearing(**FAILURES[name]):
                    self.raises((Exception,), f"{name} as response to {method}", told)
