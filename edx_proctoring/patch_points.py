"""Old import paths at which test suites of hosts patch functions of this package.

The package calls each function through the module that defines it. A patch at an address of `HONOURED` is forwarded to
that module; a patch at an address of `GIVEN_UP` has no effect and emits a warning.
"""

import sys
import warnings
from types import ModuleType

# module → name → the module through which the package calls it
HONOURED = {
    "edx_proctoring.api": {"get_backend_provider": "edx_proctoring.backends"},
    "edx_proctoring.views": {
        "ATTEMPTS_PER_PAGE": "edx_proctoring.views.base",
        "get_backend_provider": "edx_proctoring.backends",
        "is_user_course_or_global_staff": "edx_proctoring.views.permissions",
        "waffle": "edx_proctoring.views.switches",
    },
}

_SERVICE = "register a double with edx_proctoring.runtime.set_runtime_service"
_EXAM = "give the exam or the attempt the values that lead there"
# module → name → what to do instead
GIVEN_UP = {
    "edx_proctoring.api": {
        "can_update_credit_grades_and_email": _EXAM,
        "categorize_inaccessible_exams_by_date": _SERVICE,
        "emit_event": "register a tracker with eventtracking.tracker.register_tracker",
        "exam_attempt_status_signal": "connect a receiver to the signal",
        "get_exam_due_date": "set the exam's due_date, or patch edx_when.api.get_date_for_block",
        "get_runtime_service": _SERVICE,
        "get_time_remaining_for_attempt": _EXAM,
        "get_user_course_outline_details": _SERVICE,
        "has_due_date_passed": "set the exam's due_date",
        "has_end_date_passed": "patch edx_when.api.get_dates_for_course",
        "is_reattempting_exam": _EXAM,
        "verify_and_add_wait_deadline": _EXAM,
    }
}


class PatchHasNoEffect(UserWarning):
    """A test suite patches a name that the package no longer uses."""


class _Watched(ModuleType):
    """A module that notices when one of its names is replaced."""

    def __setattr__(self, name: str, value: object) -> None:
        origin = HONOURED.get(self.__name__, {}).get(name)
        if origin:
            setattr(sys.modules[origin], name, value)
        instead = GIVEN_UP.get(self.__name__, {}).get(name)
        if instead and value is not self.__dict__["_originals"].get(name):
            warnings.warn(
                f"Replacing {self.__name__}.{name} changes nothing in edx-proctoring; {instead}.",
                PatchHasNoEffect,
                stacklevel=2,
            )
        super().__setattr__(name, value)


def watch(name: str) -> None:
    """Start watching this module."""
    module = sys.modules[name]
    originals = {one: getattr(module, one) for one in GIVEN_UP.get(name, {})}
    module.__dict__["_originals"] = originals
    module.__class__ = _Watched
