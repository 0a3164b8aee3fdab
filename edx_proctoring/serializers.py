"""Rows → the published dictionaries."""

import functools
from datetime import UTC
from typing import Any, Self

from django.contrib.auth import get_user_model
from rest_framework import serializers
from rest_framework.fields import DateTimeField

from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
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


class RowSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]  # any model
    """A serializer whose fields are built once per process to show rows, which is most of the work otherwise."""

    @classmethod
    @functools.cache
    def _built(cls) -> Self:
        return cls()

    @classmethod
    def row(cls, instance: Any) -> dict[str, Any]:
        """What `cls(instance).data` would be, as a plain dictionary."""
        found: dict[str, Any] = cls._built().to_representation(instance)
        return found


class ProctoredExamSerializer(RowSerializer):
    """An exam; `due_date` stays a datetime. Also validates the body that creates one."""

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
    """An exam as providers get it: `due_date` is ISO 8601 text."""

    due_date = serializers.DateTimeField(required=False, allow_null=True, default_timezone=UTC)


class ProctoredExamRegistrationSerializer(ProctoredExamSerializer):
    """An item of the list that registers a course's exams; the caller decides between create and update."""

    external_id = serializers.CharField(allow_null=True, required=False, max_length=255)
    due_date = serializers.DateTimeField(required=False, allow_null=True)

    class Meta(ProctoredExamSerializer.Meta):
        validators = ()


class UserSerializer(RowSerializer):
    """A user."""

    id = serializers.IntegerField(required=False)
    username = serializers.CharField(required=True)
    email = serializers.CharField(required=True)

    class Meta:
        model = get_user_model()
        fields = ("id", "username", "email")


class TimestampedSerializer(RowSerializer):
    """`created` and `modified` as ISO 8601 text in UTC, whatever time zone is active."""

    created = DateTimeField(read_only=True, default_timezone=UTC)
    modified = DateTimeField(read_only=True, default_timezone=UTC)


class ProctoredExamStudentAttemptSerializer(TimestampedSerializer):
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


class ProctoredExamStudentAllowanceSerializer(TimestampedSerializer):
    """An allowance."""

    proctored_exam = ProctoredExamSerializer()
    user = UserSerializer()

    class Meta:
        model = ProctoredExamStudentAllowance
        fields = ("id", "created", "modified", "user", "key", "value", "proctored_exam")


class ProctoredExamReviewPolicySerializer(TimestampedSerializer):
    """A review policy."""

    proctored_exam = ProctoredExamSerializer()
    set_by_user = UserSerializer()

    class Meta:
        model = ProctoredExamReviewPolicy
        fields = ("id", "created", "modified", "set_by_user", "proctored_exam", "review_policy")
