"""Rooms of a course and their invigilators, for course staff."""

from django.db.models import Model
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.contrib.live import rooms
from edx_proctoring.contrib.live.serializers.rooms import (
    AppointmentSerializer,
    RoomsSerializer,
    SeatingResultSerializer,
    SeatingSerializer,
)
from edx_proctoring.views.permissions import caller
from edx_proctoring.views.v2.base import ResourceViewSet, valid
from edx_proctoring.views.v2.idempotency import idempotent


class RoomViewSet(ResourceViewSet[Model]):
    """`/api/edx_proctoring/v2/courses/{course_id}/live/rooms/`."""

    serializer_class = RoomsSerializer
    answer_classes = {"seat": SeatingResultSerializer}  # noqa: RUF012  a constant, as the class above
    body_classes = {"seat": SeatingSerializer}  # noqa: RUF012  as above
    resource = "live_rooms"

    def rooms(self, request: Request, **kwargs: str) -> Response:
        """Return the rooms, each with the number of its learners, and its invigilators."""
        found = rooms.rooms_of_course(kwargs["course_id"])
        return Response(RoomsSerializer({"rooms": found}).data)

    @idempotent
    def seat(self, request: Request, **kwargs: str) -> Response:
        """Assign learners to a room, each to one room of the course."""
        body = valid(SeatingSerializer(data=request.data))
        found = rooms.seat_learners(
            kwargs["course_id"], body["name"], body["usernames"], by=caller(request)
        )
        return Response(SeatingResultSerializer({"results": found}).data)


class InvigilatorViewSet(ResourceViewSet[Model]):
    """`/api/edx_proctoring/v2/courses/{course_id}/live/invigilators/`."""

    answer_classes = {"appoint": AppointmentSerializer}  # noqa: RUF012  as above
    body_classes = {"appoint": AppointmentSerializer, "dismiss": AppointmentSerializer}  # noqa: RUF012  as above
    actions_without_header = ("dismiss",)
    resource = "live_invigilators"

    @idempotent
    def appoint(self, request: Request, **kwargs: str) -> Response:
        """Let a user see the learners of a room and act on their attempts."""
        body = valid(AppointmentSerializer(data=request.data))
        rooms.appoint(kwargs["course_id"], body["room"], body["username"], by=caller(request))
        return Response(body)

    def dismiss(self, request: Request, **kwargs: str) -> Response:
        """End this. The body names user and room, as that of the appointment."""
        body = valid(AppointmentSerializer(data=request.data))
        rooms.dismiss(kwargs["course_id"], body["room"], body["username"], by=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
