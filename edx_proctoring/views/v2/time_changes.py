"""Grant time to an attempt, pause it, and continue it."""

import hashlib
from typing import Any

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.views.permissions import caller, caller_id
from edx_proctoring.views.v2.base import ResourceViewSet, StrictSerializer, valid
from edx_proctoring.views.v2.idempotency import HEADER, idempotent

LONGEST_REASON = 1000


class PauseSerializer(StrictSerializer):
    """The body of a pause."""

    reason = serializers.CharField(
        max_length=LONGEST_REASON, help_text="Shown to the learner, and stored in the ledger."
    )


class ExtensionSerializer(StrictSerializer):
    """The body of an extension."""

    seconds = serializers.IntegerField(
        min_value=-LARGEST_INTEGER,
        max_value=LARGEST_INTEGER,
        help_text="Negative seconds take time away from a running attempt, which keeps at least 60 seconds, or take back "
        "what was granted before the start.",
    )
    reason = serializers.CharField(max_length=LONGEST_REASON, help_text="Stored in the ledger.")


class ContinuationSerializer(StrictSerializer):
    """The body of a continuation: an empty object."""


class TimeChangeSerializer(serializers.Serializer[Model]):
    """The result of a change of an attempt's time."""

    attempt_id = serializers.IntegerField()
    changed = serializers.BooleanField(
        help_text="False if there was nothing to do, for example because the attempt is already paused."
    )
    seconds = serializers.IntegerField(help_text="The seconds of the ledger row.")
    gained = serializers.IntegerField(
        help_text="The seconds by which the deadline moved: fewer than `seconds` if the due date limits them."
    )
    ends_at = serializers.DateTimeField(
        allow_null=True,
        help_text="The deadline; during a pause, without the time since the pause began. Null before the attempt's start.",
    )


class TimeChangeViewSet(ResourceViewSet[Model]):
    """`/api/edx_proctoring/v2/courses/{course_id}/attempts/{attempt_id}/{extend,pause,continue}/`."""

    serializer_class = TimeChangeSerializer
    resource = "attempts"
    body_classes = {  # noqa: RUF012  a constant, as the classes above
        "extend": ExtensionSerializer,
        "pause": PauseSerializer,
        "continue_": ContinuationSerializer,
    }

    @idempotent
    def extend(self, request: Request, **kwargs: object) -> Response:
        """Give the attempt more time, or take time away."""
        attempt_id, body = self._attempt_id(), self._body(request)
        key = self._ledger_key(request)
        return self._answer(api.extend_attempt(attempt_id, **body, by=caller(request), key=key))

    @idempotent
    def pause(self, request: Request, **kwargs: object) -> Response:
        """Stop the clock of a started attempt, and hide its questions, until `continue`."""
        attempt_id, body = self._attempt_id(), self._body(request)
        key = self._ledger_key(request)
        return self._answer(api.pause_attempt(attempt_id, **body, by=caller(request), key=key))

    @idempotent
    def continue_(self, request: Request, **kwargs: object) -> Response:
        """Restart the clock of a paused attempt. The deadline moves by the length of the pause, limited by the due date."""
        attempt_id = self._attempt_id()
        self._body(request)
        return self._answer(api.continue_attempt(attempt_id, by=caller(request)))

    def _attempt_id(self) -> int:
        """Return the id of the attempt if it belongs to the course in the URL."""
        attempt_id = int(self.kwargs["attempt_id"])
        try:
            course_id = attempt_id <= LARGEST_INTEGER and api.get_course_of_attempt(attempt_id)
        except StudentExamAttemptDoesNotExistsException:
            course_id = False
        if course_id != self.kwargs["course_id"]:
            raise NotFound
        return attempt_id

    def _body(self, request: Request) -> dict[str, Any]:
        return valid(self.body_classes[str(self.action)](data=request.data))

    @staticmethod
    def _ledger_key(request: Request) -> str:
        """Use the idempotency key in the ledger as well, because the process may die before the response is stored."""
        parts = (caller_id(request), request.path, request.headers[HEADER])
        return f"v2:{hashlib.sha256(repr(parts).encode()).hexdigest()}"

    @staticmethod
    def _answer(result: Any) -> Response:
        return Response(TimeChangeSerializer(result).data)
