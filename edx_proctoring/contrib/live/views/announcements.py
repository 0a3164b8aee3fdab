"""Announcements of course staff and invigilators, and the questions that they answer."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.contrib.live import announcements, questions
from edx_proctoring.contrib.live.announcements import Audience
from edx_proctoring.contrib.live.models import Announcement, Question
from edx_proctoring.contrib.live.serializers.announcements import (
    AnnouncementSerializer,
    NewAnnouncementSerializer,
)
from edx_proctoring.contrib.live.views.base import ScopedViewSet
from edx_proctoring.views.permissions import caller
from edx_proctoring.views.v2.base import row_of, valid
from edx_proctoring.views.v2.idempotency import idempotent


class AnnouncementViewSet(ScopedViewSet[Announcement]):
    """`/api/edx_proctoring/v2/courses/{course_id}/live/announcements/`."""

    serializer_class = AnnouncementSerializer
    body_classes = {"create": NewAnnouncementSerializer}  # noqa: RUF012  a constant, as the class above
    partial_codes = (201,)
    actions_without_header = ("withdraw",)
    resource = "live_announcements"

    def get_queryset(self) -> QuerySet[Announcement]:
        if not self.kwargs:  # for the OpenAPI document
            return Announcement.objects.none()
        return announcements.announcements_of_course(self.kwargs["course_id"], self.own_scope)

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return the announcements, newest first; invigilators see those that learners of their rooms have got."""
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        counted = announcements.with_counts(self.kwargs["course_id"], rows, self.own_scope)
        return self.get_paginated_response(AnnouncementSerializer(counted, many=True).data)

    @idempotent
    def create(self, request: Request, **kwargs: str) -> Response:
        """Send a text to learners who are in an exam now, or set up. Their pages show it until they close it."""
        body = valid(NewAnnouncementSerializer(data=request.data))
        to: dict[str, Any] = {name: value for name, value in body["to"].items() if name != "all"}
        sent = announcements.announce(
            kwargs["course_id"],
            body["text"],
            Audience(**to),
            by=caller(request),
            scope=self.own_scope,
            question_id=body.get("answers"),
        )
        return Response(AnnouncementSerializer(sent).data, status=status.HTTP_201_CREATED)

    def withdraw(self, request: Request, **kwargs: str) -> Response:
        """Take an announcement back. An invigilator may take back her own."""
        rows = self.get_queryset()
        if not self.own_scope.is_whole_course:
            rows = rows.filter(by=caller(request))
        announcements.withdraw(row_of(rows, kwargs["announcement_id"]), by=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class QuestionViewSet(ScopedViewSet[Question]):
    """`/api/edx_proctoring/v2/courses/{course_id}/live/questions/{question_id}/`."""

    actions_without_header = ("close",)
    resource = "live_questions"

    def close(self, request: Request, **kwargs: str) -> Response:
        """Mark a question as done without an answer."""
        rows = questions.questions_of_course(kwargs["course_id"], self.own_scope)
        questions.close(row_of(rows, kwargs["question_id"]), by=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
