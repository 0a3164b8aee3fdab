"""Fields of poll responses about pauses and granted time."""

from rest_framework import serializers as s

TIME_CHANGES = ("paused", "adjustments")


class PauseSerializer(s.Serializer[object]):
    """Present while the attempt is paused."""

    kind = s.ChoiceField(["pause", "break"])
    since = s.DateTimeField()
    message = s.CharField(allow_blank=True)
    ends_at = s.DateTimeField(
        required=False, help_text="When a break ends by itself: the learner's budget is used up."
    )


class AdjustmentSerializer(s.Serializer[object]):
    """A recent change of the deadline. `allotment`: the limit, an allowance or the due date has changed."""

    id = s.IntegerField()
    kind = s.ChoiceField(["allotment", "grant", "outage"])
    seconds = s.IntegerField()


class TimeChangesSerializer(s.Serializer[object]):
    """Present only if there is something to report."""

    paused = PauseSerializer(required=False)
    adjustments = AdjustmentSerializer(many=True, required=False)
