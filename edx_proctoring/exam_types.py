"""The types of exams: timed, practice, onboarding, proctored."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from edx_proctoring.types import ExamDict

if TYPE_CHECKING:
    from edx_proctoring.models import ProctoredExam


TIMED, PRACTICE, ONBOARDING, PROCTORED = "timed", "practice", "onboarding", "proctored"
EXAM_TYPES = (TIMED, PRACTICE, ONBOARDING, PROCTORED)


def exam_type(exam: "ExamDict | ProctoredExam", supports_onboarding: bool = False) -> str:
    """Return timed, practice, onboarding or proctored; `exam` is its published dictionary or its row."""
    get = exam.get if isinstance(exam, Mapping) else lambda name: getattr(exam, name)
    if not get("is_proctored"):
        return PRACTICE if get("is_practice_exam") else TIMED
    if not get("is_practice_exam"):
        return PROCTORED
    return ONBOARDING if supports_onboarding else PRACTICE


def humanized_exam_type(name: str) -> str:
    """Return the type in the reader's language, with an article."""
    return {
        TIMED: _("a timed exam"),
        PRACTICE: _("a practice exam"),
        ONBOARDING: _("an onboarding exam"),
        PROCTORED: _("a proctored exam"),
    }[name]


def get_exam_type(exam: ExamDict, provider: object) -> dict[str, str]:
    """Return `type` and `humanized_type` of the exam, as the published function does."""
    name = exam_type(exam, bool(getattr(provider, "supports_onboarding", False)))
    return {"type": name, "humanized_type": humanized_exam_type(name)}
