"""Allowances: what one learner may do in one exam that others may not."""

import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_noop
from model_utils.models import TimeStampedModel

from edx_proctoring.exceptions import (
    AllowanceValueNotAllowedException,
    ProctoredExamNotActiveException,
    ProctoredExamNotFoundException,
    UserNotFoundException,
)
from edx_proctoring.models.exams import ProctoredExam
from edx_proctoring.models.history import ProctoredExamStudentAllowanceHistory, archive_copy

MAX_ADDITIONAL_MINUTES = 100_000


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
    """One allowance of a learner in an exam; keys are free text, two of them have an effect."""

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
        rows = cls.objects.filter(proctored_exam__course_id=str(course_id))
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
            raise AllowanceValueNotAllowedException(
                f'allowance_value "{value}" should be non-negative integer value.'
            )
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

    @classmethod
    def is_allowance_value_valid(cls, allowance_type: str, allowance_value: Any) -> bool:
        """Additional time is a whole number of minutes in ASCII digits; other values are free."""
        if allowance_type != cls.ADDITIONAL_TIME_GRANTED[0]:
            return True
        return parse_minutes(allowance_value) is not None

    @classmethod
    def get_additional_time_granted(cls, exam_id: int, user_id: int) -> int | None:
        """Additional minutes, or None; an unreadable stored value counts as none."""
        allowance = cls.get_allowance_for_user(exam_id, user_id, cls.ADDITIONAL_TIME_GRANTED[0])
        return parse_minutes(allowance.value) if allowance else None

    @classmethod
    def get_minutes_granted_since(
        cls, exam_id: int, user_id: int, moment: datetime.datetime
    ) -> int:
        """By how many minutes the additional time has grown since then; the archive knows what it was."""
        pair = {"proctored_exam_id": exam_id, "user_id": user_id}
        key = cls.ADDITIONAL_TIME_GRANTED[0]
        current = cls.get_allowance_for_user(exam_id, user_id, key)
        was_there = current is not None and current.created <= moment
        changed = ProctoredExamStudentAllowanceHistory.objects.filter(**pair, key=key)
        former = changed.filter(created__gt=moment).order_by("created", "id").first()
        if former and current and not was_there and former.allowance_id == current.pk:
            former = None  # granted since, and changed once more
        then = former or (current if was_there else None)
        minutes = [parse_minutes(row.value) or 0 if row else 0 for row in (current, then)]
        return max(minutes[0] - minutes[1], 0)

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
