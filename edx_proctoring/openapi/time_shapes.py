"""The keys of polls about pauses and granted time."""

from typing import Any

from rest_framework import serializers as s

TIME_CHANGES = ("paused", "adjustments")


class PauseSerializer(s.Serializer[Any]):
    """While the clock stands still."""

    kind = s.ChoiceField(["pause", "break"])
    since = s.DateTimeField()
    message = s.CharField(allow_blank=True)


class AdjustmentSerializer(s.Serializer[Any]):
    """Time that was granted, or taken away, a moment ago."""

    id = s.IntegerField()
    kind = s.ChoiceField(["grant", "outage"])
    seconds = s.IntegerField()


class TimeChangesSerializer(s.Serializer[Any]):
    """Only there while they say something."""

    paused = PauseSerializer(required=False)
    adjustments = AdjustmentSerializer(many=True, required=False)
