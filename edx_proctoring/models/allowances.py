"""Allowances: what one learner may do in one exam that others may not."""

import datetime
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_noop
from model_utils.models import TimeStampedModel

from edx_proctoring import constants
from edx_proctoring.exceptions import (
    AllowanceValueNotAllowedException,
    ProctoredExamNotActiveException,
    ProctoredExamNotFoundException,
    UserNotFoundException,
)
from edx_proctoring.models.exact import exactly
from edx_proctoring.models.exams import ProctoredExam
from edx_proctoring.models.history import ProctoredExamStudentAllowanceHistory, archive_copy
from edx_proctoring.timing import ExtraTime

MAX_ADDITIONAL_MINUTES = 100_000
LARGEST_FACTOR = 10
FACTOR = re.compile(r"(10(\.00?)?|[1-9](\.[0-9]{1,2})?)")


class QuerySetWithUpdateOverride(models.QuerySet[Any]):
    """Bulk updates of allowances leave the old values in the archive, as single saves do."""

    def update(self, **kwargs: Any) -> int:
        """Archive each row as it was, then update; returns the number of rows."""
        with transaction.atomic():
            archive = ProctoredExamStudentAllowanceHistory
            archive.objects.bulk_create(
                archive_copy(archive, allowance, id="allowance_id")
                for allowance in self.select_for_update()
            )
            return super().update(**kwargs)


class ProctoredExamStudentAllowanceManager(models.Manager["ProctoredExamStudentAllowance"]):
    """Hands out querysets that archive."""

    def get_queryset(self) -> QuerySetWithUpdateOverride:
        """Overrides the default."""
        return QuerySetWithUpdateOverride(self.model, using=self._db)


class ProctoredExamStudentAllowance(TimeStampedModel):
    """One allowance of a learner in an exam; keys are free text, three of them have an effect."""

    ADDITIONAL_TIME_GRANTED: ClassVar = (
        "additional_time_granted",
        gettext_noop("Additional Time (minutes)"),
    )
    REVIEW_POLICY_EXCEPTION: ClassVar = (
        "review_policy_exception",
        gettext_noop("Review Policy Exception"),
    )
    all_allowances: ClassVar = [ADDITIONAL_TIME_GRANTED + REVIEW_POLICY_EXCEPTION]

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    proctored_exam = models.ForeignKey(ProctoredExam, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    value = models.CharField(max_length=255)

    objects = ProctoredExamStudentAllowanceManager()

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_proctoredexamstudentallowance"
        unique_together = (("user", "proctored_exam", "key"),)
        verbose_name = "proctored allowance"

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: {self.key} exam={self.proctored_exam_id} user={self.user_id}"

    @classmethod
    def get_allowances_for_course(
        cls, course_id: object
    ) -> "models.QuerySet[ProctoredExamStudentAllowance]":
        """All allowances of the course, first created first, with learner and exam."""
        rows = cls.objects.filter(exactly(proctored_exam__course_id=str(course_id)))
        return rows.select_related("user", "proctored_exam").order_by("id")

    @classmethod
    def get_allowance_for_user(
        cls, exam_id: int, user_id: int, key: str
    ) -> "ProctoredExamStudentAllowance | None":
        """One allowance, or None."""
        return cls.objects.filter(proctored_exam_id=exam_id, user_id=user_id, key=key).first()

    @classmethod
    def get_allowances_for_user(
        cls, exam_id: int, user_id: int
    ) -> "models.QuerySet[ProctoredExamStudentAllowance]":
        """All allowances of the learner in the exam."""
        rows = cls.objects.filter(proctored_exam_id=exam_id, user_id=user_id)
        return rows.select_related("user", "proctored_exam").order_by("id")

    @classmethod
    def add_allowance_for_user(
        cls, exam_id: int, user_info: object, key: str | tuple[str, str], value: Any
    ) -> "tuple[ProctoredExamStudentAllowance, str]":
        """Create or replace an allowance; returns (allowance, 'created' | 'updated').

        `user_info` is a user id (int), else a username, else an e-mail address.
        Raises AllowanceValueNotAllowedException, UserNotFoundException, ProctoredExamNotFoundException,
        ProctoredExamNotActiveException.
        """
        key = key[0] if isinstance(key, tuple) else key
        if not cls.is_allowance_value_valid(key, value):
            raise AllowanceValueNotAllowedException(_refusal(key, value))
        user_id = find_user_id(user_info)
        exam = ProctoredExam.get_exam_by_id(exam_id)
        if exam is None:
            raise ProctoredExamNotFoundException(f"The exam with id={exam_id} does not exist.")
        if not exam.is_active:
            raise ProctoredExamNotActiveException(f"The exam with id={exam_id} is not active.")
        return cls._store(exam.id, user_id, key, str(value))

    @classmethod
    def _store(
        cls, exam_id: int, user_id: int, key: str, value: str
    ) -> "tuple[ProctoredExamStudentAllowance, str]":
        columns = {"proctored_exam_id": exam_id, "user_id": user_id, "key": key}
        with transaction.atomic():
            allowance = cls.objects.filter(**columns).first()
            if allowance is None:
                try:
                    with transaction.atomic():
                        return cls.objects.create(**columns, value=value), "created"
                except (
                    IntegrityError
                ):  # somebody else was first; a locking read sees that row in any isolation
                    allowance = cls.objects.select_for_update().get(**columns)
            allowance.value = value
            allowance.save()
            return allowance, "updated"

    def clean(self) -> None:
        """Pages of Django admin refuse what the functions of `api` refuse."""
        if not self.is_allowance_value_valid(self.key, self.value):
            raise ValidationError({"value": _refusal(self.key, self.value)})

    @classmethod
    def is_allowance_value_valid(cls, allowance_type: str, allowance_value: Any) -> bool:
        """May the value be stored? Those of keys that grant no time are free."""
        read = TIME_VALUES.get(allowance_type)
        return read is None or read(allowance_value) is not None

    @classmethod
    def get_additional_time_granted(cls, exam_id: int, user_id: int) -> int | None:
        """Additional minutes without those of a factor, or None; an unreadable stored value counts as none."""
        allowance = cls.get_allowance_for_user(exam_id, user_id, cls.ADDITIONAL_TIME_GRANTED[0])
        return parse_minutes(allowance.value) if allowance else None

    @classmethod
    def get_extra_time(cls, exam_id: int, user_id: int) -> ExtraTime:
        """What is granted to the learner in the exam on top of its limit."""
        return extra_time(cls._time_rows(exam_id, user_id).values())

    @classmethod
    def get_extra_time_now_and_then(
        cls, exam_id: int, user_id: int, moment: datetime.datetime
    ) -> tuple[ExtraTime, ExtraTime]:
        """What is granted now, and what was at that moment; the archive knows."""
        current = cls._time_rows(exam_id, user_id)
        changed = ProctoredExamStudentAllowanceHistory.objects.filter(
            proctored_exam_id=exam_id, user_id=user_id, key__in=TIME_VALUES, created__gt=moment
        )
        former: dict[str, ProctoredExamStudentAllowanceHistory] = {}
        for archived in changed.order_by("created", "id"):
            former.setdefault(archived.key, archived)
        then: dict[str, Any] = {}
        for key in TIME_VALUES:
            row, first = current.get(key), former.get(key)
            is_new = row is not None and row.created > moment
            if first and not (is_new and row and first.allowance_id == row.pk):
                then[key] = first
            elif row and not is_new:
                then[key] = row
        return extra_time(current.values()), extra_time(then.values())

    @classmethod
    def _time_rows(cls, exam_id: int, user_id: int) -> "dict[str, ProctoredExamStudentAllowance]":
        rows = cls.objects.filter(proctored_exam_id=exam_id, user_id=user_id, key__in=TIME_VALUES)
        return {row.key: row for row in rows}

    @classmethod
    def get_review_policy_exception(cls, exam_id: int, user_id: int) -> str | None:
        """What reviewers should tolerate for this learner, or None."""
        allowance = cls.get_allowance_for_user(exam_id, user_id, cls.REVIEW_POLICY_EXCEPTION[0])
        return allowance.value if allowance else None


def parse_minutes(value: Any) -> int | None:
    """Whole minutes from an allowance's value, or None when it is not a plain number within bounds."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ADDITIONAL_MINUTES))):
        return None
    minutes = int(text)
    return minutes if minutes <= MAX_ADDITIONAL_MINUTES else None


def parse_factor(value: Any) -> Fraction | None:
    """A factor from 1 to 10 with at most two decimals from an allowance's value, or None."""
    is_text = isinstance(value, str | int | float | Decimal) and not isinstance(value, bool)
    text = str(value) if is_text else ""
    return Fraction(text) if FACTOR.fullmatch(text) else None


# The keys that grant time, and what reads their values; None: it cannot be stored, and stored it has no effect.
TIME_VALUES: dict[str, Callable[[Any], int | Fraction | None]] = {
    ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]: parse_minutes,
    constants.TIME_MULTIPLIER: parse_factor,
}


def extra_time(rows: Iterable[Any]) -> ExtraTime:
    """What allowances (or archived ones) of one learner in one exam grant together."""
    values = {row.key: row.value for row in rows}
    minutes = parse_minutes(values.get(ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]))
    factor = parse_factor(values.get(constants.TIME_MULTIPLIER))
    return ExtraTime(factor=factor or Fraction(1), minutes=minutes or 0)


def _refusal(key: str, value: Any) -> str:
    if key == constants.TIME_MULTIPLIER:
        return (
            f'allowance_value "{value}" should be a number from 1 to {LARGEST_FACTOR} with at '
            "most two decimals."
        )
    return f'allowance_value "{value}" should be non-negative integer value.'


def find_user_id(user_info: object) -> int:
    """The id of the user that an id (int), a username or an e-mail address names; UserNotFoundException."""
    users = get_user_model()._default_manager.order_by("id").values_list("id", flat=True)
    if isinstance(user_info, int) and not isinstance(user_info, bool):
        found = users.filter(id=user_info).first()
    else:
        text = str(user_info)
        found = users.filter(username=text).first() or users.filter(email=text).first()
    if found is None:
        raise UserNotFoundException(f"Cannot find user against {user_info}")
    return int(found)
