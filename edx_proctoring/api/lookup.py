"""Ids, and rows by what callers name them by, or the published exception. Not published."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from edx_proctoring.exceptions import (
    ProctoredExamNotFoundException,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import ProctoredExamStudentAttemptSerializer

Item = TypeVar("Item")
LONGEST_NUMBER = 20  # digits that are looked at


def is_id(value: Any) -> bool:
    """Can this be a primary key? Anything else would trouble some databases."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_INTEGER


def exam_by_id(exam_id: Any, message: str | None = None) -> ProctoredExam:
    """The exam; ProctoredExamNotFoundException."""
    number = as_id(exam_id)
    exam = ProctoredExam.get_exam_by_id(number) if number else None
    if exam is None:
        text = message or f"Attempted to get exam_id={exam_id}, but this exam does not exist."
        raise ProctoredExamNotFoundException(text)
    return exam


def attempt_by_id(attempt_id: Any, message: str | None = None) -> ProctoredExamStudentAttempt:
    """The attempt with its exam and learner; StudentExamAttemptDoesNotExistsException."""
    number = as_id(attempt_id)
    found = ProctoredExamStudentAttempt.objects.get_exam_attempt_by_id(number) if number else None
    if found is None:
        raise StudentExamAttemptDoesNotExistsException(
            message or f"Attempted to access attempt_id={attempt_id} but it does not exist."
        )
    attempt: ProctoredExamStudentAttempt = found
    return attempt


def as_id(value: Any) -> int | None:
    """A primary key from a number or its text, or None."""
    if (
        isinstance(value, str)
        and len(value) <= LONGEST_NUMBER
        and value.isascii()
        and value.isdigit()
    ):
        value = int(value)
    return value if is_id(value) else None


def batches(values: Sequence[Item], size: int = 500) -> Iterator[Sequence[Item]]:
    """The values in parts that no database finds too long for an IN."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def as_dict(attempt: ProctoredExamStudentAttempt) -> dict[str, Any]:
    """The published dictionary of an attempt."""
    data: dict[str, Any] = ProctoredExamStudentAttemptSerializer.row(attempt)
    return data
