"""Serializers from rows to the published dictionaries."""

import datetime
import functools
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from rest_framework import ISO_8601, serializers
from rest_framework.fields import DateTimeField, Field
from rest_framework.settings import api_settings

from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.types import (
    AllowanceDict,
    AttemptDict,
    ExamDict,
    ExamDocument,
    ReviewPolicyDict,
    UserDict,
)

EXAM_FIELDS = (
    "id",
    "course_id",
    "content_id",
    "external_id",
    "exam_name",
    "time_limit_mins",
    "is_proctored",
    "is_practice_exam",
    "is_active",
    "due_date",
    "hide_after_due",
    "backend",
)


# Of an allowance.
LISTED_COLUMNS = (
    "id",
    "created",
    "modified",
    "user_id",
    "user__username",
    "user__email",
    "key",
    "value",
    "proctored_exam_id",
)
USER_ID, EXAM_ID = LISTED_COLUMNS.index("user_id"), LISTED_COLUMNS.index("proctored_exam_id")

Convert = Callable[[Any], object]
Row = TypeVar("Row")


class RowSerializer(serializers.ModelSerializer[Model], Generic[Row]):
    """A serializer with a faster way to convert the rows of long lists."""

    @classmethod
    @functools.cache
    def _columns(cls) -> list[tuple[str, Convert, Convert]]:
        """Return name, getter and conversion of each field; computed once per process."""
        return [
            (name, attrgetter(str(field.source)), _conversion(field))
            for name, field in cls().fields.items()
            if not field.write_only
        ]

    @classmethod
    def row(cls, instance: Model) -> Row:
        """Return the same as `cls(instance).data`, as a plain dictionary."""
        found: Any = {}  # by name, whatever the fields show
        for name, get, convert in cls._columns():
            try:
                value = get(instance)
            except ObjectDoesNotExist:  # refers to a deleted row
                value = None
            found[name] = None if value is None else convert(value)
        row: Row = found
        return row


def _conversion(field: Field[object, object, object, object]) -> Convert:
    """Return a conversion for values other than None, equivalent to `field.to_representation` but shorter if possible."""
    if isinstance(field, RowSerializer):
        return type(field).row
    if isinstance(field, DateTimeField):
        as_it_is = getattr(field, "format", "") is None
        return _unchanged if as_it_is else functools.partial(_iso_text, field)
    if isinstance(field, serializers.BooleanField):
        return functools.partial(_truth, field)
    plain: dict[type, Convert] = {serializers.IntegerField: int, serializers.CharField: str}
    return plain.get(type(field), field.to_representation)


def _unchanged(value: object) -> object:
    return value


def _truth(field: serializers.BooleanField, value: Any) -> object:
    return value if value is True or value is False else field.to_representation(value)


def _iso_text(field: DateTimeField, value: datetime.datetime) -> object:
    is_usual = getattr(value, "tzinfo", None) is UTC is getattr(field, "timezone", None)
    if is_usual and api_settings.DATETIME_FORMAT == ISO_8601:
        return f"{value.isoformat()[:-6]}Z"
    return field.to_representation(value)


class ProctoredExamSerializer(RowSerializer[ExamDict]):
    """An exam; `due_date` stays a datetime. Also validates the body of a new exam."""

    id = serializers.IntegerField(required=False)
    course_id = serializers.CharField(required=True, max_length=255)
    content_id = serializers.CharField(required=True, max_length=255)
    external_id = serializers.CharField(required=True, max_length=255)
    exam_name = serializers.CharField(required=True)
    time_limit_mins = serializers.IntegerField(required=True)
    is_active = serializers.BooleanField(required=True)
    is_practice_exam = serializers.BooleanField(required=True)
    is_proctored = serializers.BooleanField(required=True)
    due_date = serializers.DateTimeField(required=False, format=None, allow_null=True)
    hide_after_due = serializers.BooleanField(required=True)
    backend = serializers.CharField(required=False, allow_null=True, max_length=255)

    class Meta:
        model = ProctoredExam
        fields = EXAM_FIELDS


class ProctoredExamJSONSafeSerializer(ProctoredExamSerializer):
    """An exam as sent to providers: `due_date` is ISO 8601 text."""

    due_date = serializers.DateTimeField(required=False, allow_null=True, default_timezone=UTC)

    @classmethod
    def document(cls, exam: ProctoredExam) -> ExamDocument:
        """The row, typed as what it is with a text for a date."""
        row: Any = cls.row(exam)
        document: ExamDocument = row
        return document


class ProctoredExamRegistrationSerializer(ProctoredExamSerializer):
    """An item of the list that registers a course's exams; the caller decides between create and update."""

    external_id = serializers.CharField(allow_null=True, required=False, max_length=255)
    due_date = serializers.DateTimeField(required=False, allow_null=True)

    class Meta(ProctoredExamSerializer.Meta):
        validators = ()


class UserSerializer(RowSerializer[UserDict]):
    """A user."""

    id = serializers.IntegerField(required=False)
    username = serializers.CharField(required=True)
    email = serializers.CharField(required=True)

    class Meta:
        model = get_user_model()
        fields = ("id", "username", "email")


class TimestampedSerializer(RowSerializer[Row]):
    """`created` and `modified` as ISO 8601 text in UTC, regardless of the active time zone."""

    created = DateTimeField(read_only=True, default_timezone=UTC)
    modified = DateTimeField(read_only=True, default_timezone=UTC)


class ProctoredExamStudentAttemptSerializer(TimestampedSerializer[AttemptDict]):
    """An attempt; `started_at` and `completed_at` stay datetimes."""

    proctored_exam = ProctoredExamSerializer()
    user = UserSerializer()
    # Declared so that they stay datetimes.
    started_at = serializers.DateTimeField(format=None, allow_null=True)
    completed_at = serializers.DateTimeField(format=None, allow_null=True)

    class Meta:
        model = ProctoredExamStudentAttempt
        fields = (
            "id",
            "created",
            "modified",
            "user",
            "started_at",
            "completed_at",
            "external_id",
            "status",
            "proctored_exam",
            "allowed_time_limit_mins",
            "attempt_code",
            "is_sample_attempt",
            "taking_as_proctored",
            "review_policy_id",
            "is_status_acknowledged",
            "time_remaining_seconds",
            "is_resumable",
            "ready_to_resume",
            "resumed",
        )


class ProctoredExamStudentAllowanceSerializer(TimestampedSerializer[AllowanceDict]):
    """An allowance."""

    proctored_exam = ProctoredExamSerializer()
    user = UserSerializer()

    class Meta:
        model = ProctoredExamStudentAllowance
        fields = ("id", "created", "modified", "user", "key", "value", "proctored_exam")

    @classmethod
    def rows(cls, values: Iterable[Sequence[Any]]) -> list[AllowanceDict]:
        """Return `row` of all of them without an instance for each, which takes long lists a quarter of the time.

        `values` begin with LISTED_COLUMNS. One query. Each dictionary has an exam and a learner of its own.
        """
        values = list(values)
        exams = ProctoredExam.objects.in_bulk({one[EXAM_ID] for one in values})
        shown = {pk: ProctoredExamSerializer.row(exam) for pk, exam in exams.items()}
        text = {name: convert for name, _get, convert in cls._columns()}
        created_text, modified_text = text["created"], text["modified"]
        found: Any = [
            {
                "id": key,
                "created": created_text(created),
                "modified": modified_text(modified),
                "user": {"id": user_id, "username": username, "email": email},
                "key": kind,
                "value": value,
                "proctored_exam": {**shown[exam_id]},
            }
            for key, created, modified, user_id, username, email, kind, value, exam_id, *_ in values
            if exam_id in shown  # else it was deleted just now, with its allowances
        ]
        rows: list[AllowanceDict] = found
        return rows


class ProctoredExamReviewPolicySerializer(TimestampedSerializer[ReviewPolicyDict]):
    """A review policy."""

    proctored_exam = ProctoredExamSerializer()
    set_by_user = UserSerializer()

    class Meta:
        model = ProctoredExamReviewPolicy
        fields = ("id", "created", "modified", "set_by_user", "proctored_exam", "review_policy")
