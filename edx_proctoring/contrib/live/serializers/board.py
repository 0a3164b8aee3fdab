"""The live board: its parameters, and the answer."""

from typing import Any

from rest_framework import serializers

from edx_proctoring.contrib.live.models import LONGEST_ROOM
from edx_proctoring.contrib.live.rows import GROUPS
from edx_proctoring.contrib.live.selection import BY_ATTENTION, COUNTERS, ORDERS
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.views.requests.fields import LONGEST_TEXT
from edx_proctoring.views.v2.base import StrictSerializer


class BoardQuerySerializer(StrictSerializer):
    """The query of the board."""

    exam = serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER, required=False)
    room = serializers.CharField(max_length=LONGEST_ROOM, required=False, allow_blank=True)
    only = serializers.ChoiceField(COUNTERS, required=False, allow_blank=True)
    search = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    order = serializers.ChoiceField(ORDERS, required=False, default=BY_ATTENTION)
    since = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        help_text="The `cursor` of the last answer: only rows that have changed since are returned.",
    )
    format = serializers.CharField(max_length=10, required=False)


class NamedExamSerializer(serializers.Serializer[Any]):
    """An exam."""

    id = serializers.IntegerField()
    exam_name = serializers.CharField()


class BoardLearnerSerializer(serializers.Serializer[Any]):
    """A learner."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    email = serializers.CharField()


class AttentionSerializer(serializers.Serializer[Any]):
    """A reason why staff should look at a row."""

    code = serializers.CharField(
        help_text="cannot_start, unwatched, silent, paused, asks or ready_to_resume."
    )
    since = serializers.DateTimeField()
    text = serializers.CharField(help_text="Of a question, else empty.")


class ExtraSerializer(serializers.Serializer[Any]):
    """Time beyond the exam's limit."""

    minutes = serializers.IntegerField(help_text="Of the allotment.")
    seconds_added = serializers.IntegerField(help_text="Granted or given back since the start.")


class BoardProviderSerializer(serializers.Serializer[Any]):
    """The provider of an attempt."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the field's name hides an attribute that is not used
    reachable = serializers.BooleanField(allow_null=True, help_text="Null if nothing is known.")


class OpenQuestionSerializer(serializers.Serializer[Any]):
    """A question that waits for an answer."""

    id = serializers.IntegerField()
    text = serializers.CharField()
    asked_at = serializers.DateTimeField()


class BoardRowSerializer(serializers.Serializer[Any]):
    """A learner in an exam."""

    attempt_id = serializers.IntegerField()
    user = BoardLearnerSerializer()
    exam = NamedExamSerializer()
    room = serializers.CharField(help_text="Empty without one.")
    status = serializers.CharField(help_text="As the learner would see it now.")
    group = serializers.ChoiceField(GROUPS)
    attention = AttentionSerializer(many=True)
    time_left_seconds = serializers.FloatField(
        allow_null=True, help_text="At `server_time`; null unless running."
    )
    ends_at = serializers.DateTimeField(allow_null=True)
    total_seconds = serializers.IntegerField(
        allow_null=True, help_text="From start to end, without pauses; null unless running."
    )
    paused_at = serializers.DateTimeField(allow_null=True)
    pause_until = serializers.DateTimeField(
        allow_null=True, help_text="When a break ends by itself."
    )
    on_break = serializers.BooleanField()
    extra = ExtraSerializer()
    seen_at = serializers.DateTimeField(
        allow_null=True,
        help_text="The last poll of the page. It alone does not return a row again: see `seen`.",
    )
    silent = serializers.BooleanField(help_text="No sign of life for 150 seconds.")
    shows_messages = serializers.BooleanField(
        help_text="False if the page polls but cannot show announcements."
    )
    provider = BoardProviderSerializer(allow_null=True)
    flags = serializers.IntegerField(help_text="Suspicious and violating comments of the review.")
    question = OpenQuestionSerializer(allow_null=True)
    revision = serializers.CharField()


class CountsSerializer(serializers.Serializer[Any]):
    """The number of rows that each value of `only` leaves."""

    attention = serializers.IntegerField()
    running = serializers.IntegerField()
    setting_up = serializers.IntegerField()
    silent = serializers.IntegerField()
    paused = serializers.IntegerField()
    ended = serializers.IntegerField()


class ProviderOutageSerializer(serializers.Serializer[Any]):
    """A provider that does not answer."""

    provider = serializers.CharField()
    name = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    cannot_start = serializers.IntegerField()
    unwatched = serializers.IntegerField(help_text="Exams that go on without proctoring.")
    last_try = serializers.DateTimeField(
        allow_null=True, help_text="The last request that failed, at most 16 minutes ago."
    )


class BoardSerializer(serializers.Serializer[Any]):
    """The board, or what has changed of it."""

    server_time = serializers.DateTimeField()
    cursor = serializers.CharField()
    complete = serializers.BooleanField(
        help_text="Whether `rows` are all rows, not only those that have changed."
    )
    poll_seconds = serializers.IntegerField()
    counts = CountsSerializer()
    exams = NamedExamSerializer(many=True)
    rooms = serializers.ListField(child=serializers.CharField())
    may_manage = serializers.BooleanField(help_text="May the caller assign rooms?")
    rows = BoardRowSerializer(many=True)
    gone = serializers.ListField(child=serializers.IntegerField())
    order = serializers.ListField(
        child=serializers.IntegerField(), help_text="The ids of all rows, as displayed."
    )
    seen = serializers.ListField(
        child=serializers.IntegerField(allow_null=True),
        help_text="For each id of `order`, the seconds from the last poll of its page to `server_time`; null if none.",
    )
    outages = ProviderOutageSerializer(many=True)
