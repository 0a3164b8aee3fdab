"""Bodies and responses of the routes for outages."""

from typing import Any

from rest_framework import serializers

from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.views.v2.base import MomentField, StrictSerializer


class OutageSerializer(serializers.Serializer[Any]):
    """An outage."""

    id = serializers.IntegerField()
    exam = serializers.IntegerField(source="exam_id", allow_null=True)
    provider = serializers.CharField()
    began_at = MomentField()
    ended_at = MomentField()
    whole = serializers.BooleanField()
    reason = serializers.CharField()
    created = serializers.DateTimeField()
    revision = serializers.IntegerField(help_text="How often its bounds were changed.")
    credited_at = serializers.DateTimeField(
        allow_null=True, help_text="When the lost time was last given back."
    )
    total = serializers.IntegerField(help_text="Attempts of the last credit.")
    done = serializers.IntegerField(help_text="Those of them that have been looked at.")


class NewOutageSerializer(StrictSerializer):
    """The body of a new outage of the course."""

    exam = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_INTEGER,
        required=False,
        allow_null=True,
        help_text="Of the course; without it, all exams are concerned.",
    )
    provider = serializers.CharField(
        max_length=255, required=False, allow_blank=True, help_text="Only attempts at it."
    )
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(help_text="Not in the future.")
    whole = serializers.BooleanField(
        required=False,
        help_text="Give back the whole overlap, not only the silences that heartbeats show.",
    )
    reason = serializers.CharField(max_length=1000, help_text="It stays in the ledger.")


class OutageChangesSerializer(StrictSerializer):
    """Other bounds; absent fields stay."""

    began_at = serializers.DateTimeField(required=False)
    ended_at = serializers.DateTimeField(required=False)
    whole = serializers.BooleanField(required=False)


class SilenceSerializer(serializers.Serializer[Any]):
    """A time in which no poll of the page arrived, as far as it lies within the outage."""

    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()


class LostTimeSerializer(serializers.Serializer[Any]):
    """The effect that a credit would have for one attempt."""

    attempt_id = serializers.IntegerField(source="attempt.pk")
    username = serializers.CharField(source="attempt.user.username")
    exam_id = serializers.IntegerField(source="attempt.proctored_exam_id")
    seconds = serializers.IntegerField(help_text="Lost, and not given back yet.")
    gained = serializers.IntegerField(help_text="By which the end would move.")
    minutes_before = serializers.IntegerField(allow_null=True)
    minutes_after = serializers.IntegerField(allow_null=True)
    ends_before = serializers.DateTimeField(allow_null=True)
    ends_after = serializers.DateTimeField(
        allow_null=True, help_text="Null for an attempt that has no clock: it waits, or broke off."
    )
    is_cut = serializers.BooleanField(help_text="Does the due date cut it?")
    provider_limit = serializers.CharField(
        help_text="The name of a provider that ends sessions itself, whatever is given back; else empty."
    )
    refused = serializers.CharField(
        help_text="Empty, or why nothing would be changed: ended, time_is_over, nothing_lost."
    )
    rests_on = serializers.ChoiceField(
        ["silences", "whole", "unheard"],
        help_text="What the seconds rest on: the silences of the learner's page, which a learner who blocks its polls can "
        "produce; the whole outage, as declared; or nothing, because no page of the attempt was ever heard of.",
    )
    silences = SilenceSerializer(
        many=True, help_text="Within the outage, also where `whole` is declared."
    )
    silent_seconds = serializers.IntegerField(help_text="The sum of the silences.")
    overlap_seconds = serializers.IntegerField(
        help_text="The part of the outage between the attempt's start and its end, with attempts that it resumes."
    )
    last_seen_at = serializers.DateTimeField(allow_null=True, help_text="The last poll.")


class OutagePreviewSerializer(serializers.Serializer[Any]):
    """The effect that an outage would have if it were declared and credited."""

    count = serializers.IntegerField(
        help_text="Affected attempts, those that have ended included; in place of a resumed one, the one that goes on."
    )
    results = LostTimeSerializer(many=True, help_text="The first 200 of them, by id.")


class CreditSerializer(StrictSerializer):
    """The body of a credit: all affected attempts that run, some of them, or all but some."""

    attempts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER),
        required=False,
        allow_empty=False,
        max_length=500,
    )
    without = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER),
        required=False,
        max_length=500,
        help_text="Attempts to leave out, for example because their silences are not those of the outage.",
    )


class CreditedSerializer(serializers.Serializer[Any]):
    """The result for one attempt."""

    attempt_id = serializers.IntegerField(source="attempt.pk")
    username = serializers.CharField(source="attempt.user.username")
    outcome = serializers.CharField(
        help_text="credited, unchanged, ended, or the name of an error."
    )
    seconds = serializers.IntegerField()
    gained = serializers.IntegerField()
    ends_at = serializers.DateTimeField(allow_null=True)


class CreditAnswerSerializer(serializers.Serializer[Any]):
    """The outage, and a row per attempt; none with status 202, when the worker credits more than 500 attempts."""

    outage = OutageSerializer()
    attempts = CreditedSerializer(many=True)
