"""Actions on attempts of the board: bodies, and the log."""

from typing import Any

from rest_framework import serializers

from edx_proctoring.api.attempts import actions
from edx_proctoring.api.attempts.bulk_time_changes import AT_ONCE
from edx_proctoring.contrib.live.models import LONGEST_ROOM
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.views.v2.base import StrictSerializer
from edx_proctoring.views.v2.bulk_time_changes import ACTIONS
from edx_proctoring.views.v2.time_changes import LONGEST_REASON

CHOICES = ("attempt_ids", "exam", "room")


class ChoiceSerializer(StrictSerializer):
    """The choice of attempts: exactly one of these."""

    attempt_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER),
        required=False,
        allow_empty=False,
        max_length=AT_ONCE,
    )
    exam = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_INTEGER,
        required=False,
        help_text="All running attempts of this exam.",
    )
    room = serializers.CharField(
        max_length=LONGEST_ROOM, required=False, help_text="All running attempts in this room."
    )
    dry_run = serializers.BooleanField(
        required=False, help_text="Change nothing; tell what would be changed."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(name in attrs for name in CHOICES) != 1:
            raise serializers.ValidationError(
                {"attempt_ids": ["Name attempts, an exam or a room."]}
            )
        return attrs


class BoardTimeChangeSerializer(ChoiceSerializer):
    """The body of a change of time."""

    action = serializers.ChoiceField(ACTIONS)
    seconds = serializers.IntegerField(
        min_value=-LARGEST_INTEGER,
        max_value=LARGEST_INTEGER,
        required=False,
        help_text="For `extend` only; negative seconds take time away.",
    )
    reason = serializers.CharField(max_length=LONGEST_REASON, help_text="It stays in the ledger.")


class BoardActionSerializer(ChoiceSerializer):
    """The body of an action."""

    action = serializers.ChoiceField([actions.RESUME, actions.END])
    reason = serializers.CharField(
        max_length=actions.LONGEST_REASON, required=False, allow_blank=True
    )


class LogEntrySerializer(serializers.Serializer[Any]):
    """One thing that staff did."""

    at = serializers.DateTimeField()
    who = serializers.CharField(help_text="A username, or empty.")
    what = serializers.CharField(
        help_text="announced, withdrawn, answered, closed_question, seated, unseated, appointed, dismissed, "
        "outage_declared, extend, pause, continue, undo, grant, outage, removed, or the new status of an attempt."
    )
    to = serializers.ListField(child=serializers.CharField())
    exam = serializers.CharField()
    attempt_id = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()
    reason = serializers.CharField()
