"""Rooms: bodies and responses."""

from typing import Any

from rest_framework import serializers

from edx_proctoring.contrib.live.models import LONGEST_ROOM
from edx_proctoring.contrib.live.rooms import MOST_AT_ONCE
from edx_proctoring.views.v2.base import StrictSerializer

LONGEST_USERNAME = 255


class InvigilatorSerializer(serializers.Serializer[Any]):
    """A user who looks after a room."""

    id = serializers.IntegerField(source="pk")
    username = serializers.CharField()


class RoomSerializer(serializers.Serializer[Any]):
    """A room."""

    name = serializers.CharField()
    learners = serializers.IntegerField()
    invigilators = InvigilatorSerializer(many=True)


class RoomsSerializer(serializers.Serializer[Any]):
    """The rooms of a course."""

    rooms = RoomSerializer(many=True)


class SeatingSerializer(StrictSerializer):
    """The body that assigns learners to a room."""

    name = serializers.CharField(
        max_length=LONGEST_ROOM,
        allow_blank=True,
        help_text="The room; empty takes the learners out of theirs.",
    )
    usernames = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_USERNAME),
        allow_empty=False,
        max_length=MOST_AT_ONCE,
    )


class SeatedSerializer(serializers.Serializer[Any]):
    """The result for one learner."""

    username = serializers.CharField()
    outcome = serializers.ChoiceField(["seated", "unseated", "unchanged", "unknown"])


class SeatingResultSerializer(serializers.Serializer[Any]):
    """The results."""

    results = SeatedSerializer(many=True)


class AppointmentSerializer(StrictSerializer):
    """The body that appoints or dismisses an invigilator."""

    username = serializers.CharField(max_length=LONGEST_USERNAME)
    room = serializers.CharField(max_length=LONGEST_ROOM)
