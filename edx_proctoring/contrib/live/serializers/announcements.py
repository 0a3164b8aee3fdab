"""Announcements and questions: bodies and responses."""

from typing import Any

from rest_framework import serializers

from edx_proctoring.contrib.live.models import (
    LONGEST_ANNOUNCEMENT,
    LONGEST_QUESTION,
    LONGEST_ROOM,
)
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.views.v2.base import StrictSerializer

MOST_ATTEMPTS = 500


class AudienceSerializer(StrictSerializer):
    """The audience of an announcement: exactly one of these."""

    attempt_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER),
        required=False,
        allow_empty=False,
        max_length=MOST_ATTEMPTS,
    )
    exam_id = serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER, required=False)
    room = serializers.CharField(max_length=LONGEST_ROOM, required=False)
    all = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1 or attrs.get("all") is False:
            raise serializers.ValidationError("Name attempt_ids, exam_id, room or all: true.")
        return attrs


class NewAnnouncementSerializer(StrictSerializer):
    """The body of an announcement."""

    text = serializers.CharField(max_length=LONGEST_ANNOUNCEMENT, help_text="Plain text.")
    to = AudienceSerializer()
    answers = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_INTEGER,
        required=False,
        allow_null=True,
        help_text="The question of the only attempt in `to`, which the text answers.",
    )


class AnnouncedToSerializer(serializers.Serializer[Any]):
    """The audience of an announcement that was sent."""

    kind = serializers.ChoiceField(["attempts", "exam", "room", "all"])
    exam_id = serializers.IntegerField(allow_null=True)
    room = serializers.CharField()
    username = serializers.CharField(help_text="If it was for one learner.")


class AnnouncementSerializer(serializers.Serializer[Any]):
    """An announcement, and how many have seen it."""

    id = serializers.IntegerField(source="announcement.pk")
    text = serializers.CharField(source="announcement.text")
    by = serializers.SerializerMethodField(help_text="A username, or empty.")
    at = serializers.DateTimeField(source="announcement.at")
    audience = serializers.SerializerMethodField()
    total = serializers.IntegerField(help_text="Learners who got it.")
    seen = serializers.IntegerField(help_text="Those of them who have closed it.")
    cannot_show = serializers.IntegerField(
        help_text="Those of them whose page could not show it when it was sent."
    )
    unseen = serializers.ListField(
        child=serializers.CharField(), help_text="At most 20 usernames of those who have not."
    )
    withdrawn = serializers.SerializerMethodField()

    def get_by(self, sent: Any) -> str:
        by = sent.announcement.by
        return by.get_username() if by else ""

    def get_audience(self, sent: Any) -> dict[str, Any]:
        one = sent.announcement
        return {
            "kind": one.audience,
            "exam_id": one.exam_id,
            "room": one.room,
            "username": one.username,
        }

    def get_withdrawn(self, sent: Any) -> bool:
        return sent.announcement.withdrawn_at is not None


class NewQuestionSerializer(StrictSerializer):
    """The body of a question."""

    text = serializers.CharField(max_length=LONGEST_QUESTION, help_text="Plain text.")


class NothingSerializer(StrictSerializer):
    """An empty object."""
