"""Requests about allowances."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from edx_proctoring import api
from edx_proctoring.exceptions import AllowanceValueNotAllowedException
from edx_proctoring.types import JSON
from edx_proctoring.views.requests.base import BodySerializer
from edx_proctoring.views.requests.fields import (
    LONGEST_TEXT,
    CourseIdField,
    IdField,
    LearnerField,
    ListedField,
    NumberOrTextField,
    TextField,
)
from edx_proctoring.views.requests.lists import ListQuery

MOST_PAIRS = 10_000


class AllowanceListQuery(ListQuery):
    """Filter and page of the list. `status` is validated but has no effect."""

    orderings = api.ALLOWANCE_ORDERINGS


class GrantSerializer(BodySerializer):
    """`user_info`: a username, or else an e-mail address; if the host can tell, of a user enrolled in the course.

    `key` and `value`: additional_time_granted with whole minutes; time_multiplier with a factor of the exam's time,
    from 1 to 10 with at most two decimals; review_policy_exception with a text. Other keys are stored without effect.
    """

    exam_id = IdField()
    user_info = LearnerField()
    key = TextField()
    value = NumberOrTextField(takes_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Report an empty text with the published message for invalid numbers."""
        if attrs["value"] == "" and attrs["key"] not in api.TIME_VALUES:
            raise serializers.ValidationError({"value": "is missing."})
        return attrs


class RevocationSerializer(BodySerializer):
    """The allowance to remove. `user_info` (a username or an e-mail address) or `user_id` identifies the learner."""

    exam_id = IdField()
    key = TextField()
    user_id = IdField(required=False)
    user_info = TextField(required=False)

    def to_internal_value(self, data: Mapping[str, JSON]) -> object:
        """If both are given, `user_info` is ignored: lists contain the id, and an id does not reveal a name."""
        unread = {"user_info"} if "user_id" in data else {}
        return super().to_internal_value({name: data[name] for name in data if name not in unread})

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not {"user_id", "user_info"} & attrs.keys():
            raise serializers.ValidationError({"user_id": "must be an id."})
        return attrs


class ListedExamsSerializer(BodySerializer):
    """The exams listed in a body; the first one determines whose staff may send it."""

    exam_ids = ListedField()


class BulkGrantSerializer(ListedExamsSerializer):
    """Lists are comma-separated texts; `user_ids` contains usernames or e-mail addresses.

    A time_multiplier (from 1 to 10) is stored as the additional minutes that result from each exam's current time.
    """

    user_ids = ListedField()
    allowance_type = TextField()
    value = NumberOrTextField()
    course_id = CourseIdField()

    def validate_value(self, value: str) -> str:
        """The length of a number is limited, too."""
        if len(value) > LONGEST_TEXT:
            raise serializers.ValidationError("is too long.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs["exam_ids"]) * len(attrs["user_ids"]) > MOST_PAIRS:
            raise serializers.ValidationError(
                f"No more than {MOST_PAIRS} pairs of exam and learner at a time."
            )
        return attrs

    def refusal(self) -> Exception:
        """Return the error for the form's value input."""
        if next(iter(self.errors)) == "value":
            return AllowanceValueNotAllowedException()
        return super().refusal()
