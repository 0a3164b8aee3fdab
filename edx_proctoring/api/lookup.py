"""Find rows by the ids that callers pass, or raise the published exception. Internal."""

from collections.abc import Iterator, Sequence
from typing import TypeGuard, TypeVar

from edx_proctoring.exceptions import (
    ProctoredExamNotFoundException,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import ProctoredExamStudentAttemptSerializer
from edx_proctoring.types import AttemptDict

Item = TypeVar("Item")
LONGEST_NUMBER = 20  # digits of an id


def is_id(value: object) -> TypeGuard[int]:
    """Return whether this can be a primary key; other values cause errors in some databases."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_INTEGER


def exam_by_id(exam_id: object, message: str | None = None) -> ProctoredExam:
    """Return the exam. Raises ProctoredExamNotFoundException."""
    number = as_id(exam_id)
    exam = ProctoredExam.get_exam_by_id(number) if number else None
    if exam is None:
        text = message or f"Attempted to get exam_id={exam_id}, but this exam does not exist."
        raise ProctoredExamNotFoundException(text)
    return exam


def attempt_by_id(attempt_id: object, message: str | None = None) -> ProctoredExamStudentAttempt:
    """Return the attempt with its exam and learner. Raises StudentExamAttemptDoesNotExistsException."""
    number = as_id(attempt_id)
    attempt = ProctoredExamStudentAttempt.objects.get_exam_attempt_by_id(number) if number else None
    if attempt is None:
        raise StudentExamAttemptDoesNotExistsException(
            message or f"Attempted to access attempt_id={attempt_id} but it does not exist."
        )
    return attempt


def as_id(value: object) -> int | None:
    """Return a primary key from a number or its text, or None."""
    if (
        isinstance(value, str)
        and len(value) <= LONGEST_NUMBER
        and value.isascii()
        and value.isdigit()
    ):
        value = int(value)
    return value if is_id(value) else None


def batches(values: Sequence[Item], size: int = 500) -> Iterator[Sequence[Item]]:
    """Split the values into parts short enough for an IN clause in every database."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def as_dict(attempt: ProctoredExamStudentAttempt) -> AttemptDict:
    """Return the published dictionary of an attempt."""
    return ProctoredExamStudentAttemptSerializer.row(attempt)
