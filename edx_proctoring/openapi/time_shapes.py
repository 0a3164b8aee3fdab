"""Fields of poll responses about pauses and granted time."""

from rest_framework import serializers as s

TIME_CHANGES = (
    "paused", "adjustments", "breaks", "announcements", "questions", "live_url", "poll_seconds",
)  # fmt: skip


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


class BreaksSerializer(s.Serializer[object]):
    """The learner's own breaks, from the extension `accommodations`; present while the attempt is started."""

    left = s.IntegerField(help_text="The number of breaks that are left.")
    seconds_left = s.IntegerField(help_text="The seconds of all of them.")
    longest = s.IntegerField(help_text="The seconds of the next one; 0: none may begin.")
    ends_in = s.IntegerField(help_text="The seconds until the open break ends by itself; 0: none.")
    begin_url = s.CharField(help_text="POST here, with an `Idempotency-Key`, to begin one.")
    end_url = s.CharField(help_text="POST here to end it.")


class PolledAnnouncementSerializer(s.Serializer[object]):
    """A text by staff, from the extension `live`, that the learner has not closed yet."""

    id = s.IntegerField()
    text = s.CharField(help_text="Plain text.")
    at = s.DateTimeField()


class PolledQuestionSerializer(s.Serializer[object]):
    """The learner's question that waits for an answer."""

    id = s.IntegerField()
    text = s.CharField()
    asked_at = s.DateTimeField()


class PolledQuestionsSerializer(s.Serializer[object]):
    """Questions to staff, from the extension `live`."""

    enabled = s.BooleanField(help_text="May the learner ask one now?")
    open = PolledQuestionSerializer(allow_null=True)


class TimeChangesSerializer(s.Serializer[object]):
    """Present only if there is something to report."""

    paused = PauseSerializer(required=False)
    adjustments = AdjustmentSerializer(many=True, required=False)
    breaks = BreaksSerializer(required=False)
    announcements = PolledAnnouncementSerializer(many=True, required=False)
    questions = PolledQuestionsSerializer(required=False)
    live_url = s.CharField(
        required=False,
        help_text="With the extension `live`: POST to announcements/{id}/seen/ and questions/ below it.",
    )
    poll_seconds = s.IntegerField(required=False, help_text="How often the page should poll.")
