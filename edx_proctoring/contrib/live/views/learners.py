"""Routes for the learner's own page during an exam: close an announcement, ask a question, lower the hand."""

from typing import Any

from django.db.models import Model
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.contrib.live import announcements, questions
from edx_proctoring.contrib.live.models import Question
from edx_proctoring.contrib.live.serializers.announcements import (
    NewQuestionSerializer,
    NothingSerializer,
)
from edx_proctoring.contrib.live.serializers.board import OpenQuestionSerializer
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.views.permissions import caller_id
from edx_proctoring.views.v2.base import ResourceViewSet, row_of, valid


class OwnAttemptViewSet(ResourceViewSet[Model]):
    """`…/live/mine/{attempt_id}/…`: only the learner whose attempt it is; for everybody else there is no such attempt."""

    serializer_class = OpenQuestionSerializer
    body_classes = {"seen": NothingSerializer, "ask": NewQuestionSerializer}  # noqa: RUF012  constants, as the class above
    problem_codes = (409,)
    partial_codes = (201, 204)
    actions_without_header = ("seen", "ask", "lower")
    resource = "live_mine"

    def seen(self, request: Request, **kwargs: str) -> Response:
        """Note that the learner has closed the announcement. May be repeated."""
        valid(NothingSerializer(data=request.data))
        attempt, number = self._attempt(request), int(kwargs["announcement_id"])
        if number > LARGEST_INTEGER or not announcements.note_seen(
            attempt.pk, attempt.user_id, number
        ):
            raise NotFound
        return Response(status=status.HTTP_204_NO_CONTENT)

    def ask(self, request: Request, **kwargs: str) -> Response:
        """Ask a question: one at a time, rate limited."""
        attempt = self._attempt(request)
        body = valid(NewQuestionSerializer(data=request.data))
        question = questions.ask(attempt, body["text"])
        return Response(OpenQuestionSerializer(question).data, status=status.HTTP_201_CREATED)

    def lower(self, request: Request, **kwargs: str) -> Response:
        """Take the question back."""
        attempt = self._attempt(request)
        mine = Question.objects.filter(attempt_id=attempt.pk, user_id=attempt.user_id)
        questions.close(row_of(mine, kwargs["question_id"]), by=attempt.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def handle_exception(self, exc: Exception) -> Response:
        response: Response = super().handle_exception(exc)
        if isinstance(exc, questions.TooManyQuestions):
            response["Retry-After"] = str(exc.seconds)
        return response

    def _attempt(self, request: Request) -> ProctoredExamStudentAttempt:
        number = int(self.kwargs["attempt_id"])
        rows: Any = ProctoredExamStudentAttempt.objects.in_course(self.kwargs["course_id"])
        mine = rows.with_parts().filter(user_id=caller_id(request))
        found: ProctoredExamStudentAttempt = row_of(mine, str(number))
        return found
