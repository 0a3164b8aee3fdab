"""Outages of a course by REST, for its staff."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.contrib.live import api
from edx_proctoring.contrib.live.models import Outage
from edx_proctoring.contrib.live.serializers.outages import (
    CreditAnswerSerializer,
    CreditSerializer,
    LostTimeSerializer,
    NewOutageSerializer,
    OutageChangesSerializer,
    OutagePreviewSerializer,
    OutageSerializer,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.views.permissions import caller
from edx_proctoring.views.v2.base import ResourceViewSet, row_of, valid
from edx_proctoring.views.v2.conditional import etag_of, expected_etags, is_expected
from edx_proctoring.views.v2.idempotency import idempotent

MOST_SHOWN = 200  # attempts in the preview of an outage that is not declared


class OutageChanged(api.OutageNotAllowed):
    """The outage has changed since the client has seen it."""

    http_status = 412


class OutageViewSet(ResourceViewSet[Outage]):
    """`/api/edx_proctoring/v2/courses/{course_id}/outages/`."""

    serializer_class = OutageSerializer
    changes_class = OutageChangesSerializer
    body_classes = {"create": NewOutageSerializer, "preview": NewOutageSerializer}  # noqa: RUF012  a constant, as the classes above
    answer_classes = {"preview": OutagePreviewSerializer}  # noqa: RUF012  as above
    actions_without_header = ("preview",)
    resource = "outages"

    def get_queryset(self) -> QuerySet[Outage]:
        # The OpenAPI document is made without a course.
        return api.outages_of_course(self.kwargs.get("course_id", ""))

    def get_object(self) -> Outage:
        return outage_of(self)

    @idempotent
    def create(self, request: Request, **kwargs: str) -> Response:
        """Declare an outage. No time is given back until it is credited."""
        found = api.declare_outage(**self._columns(request))
        return Response(OutageSerializer(found).data)

    def preview(self, request: Request, **kwargs: str) -> Response:
        """Return what declaring this outage and crediting it would do; nothing is stored."""
        outage = api.new_outage(**self._columns(request))
        attempts = api.affected_attempts(outage)
        planned = api.preview_outage(outage, list(attempts[:MOST_SHOWN]))
        answer = {"count": attempts.count(), "results": planned}
        return Response(OutagePreviewSerializer(answer).data)

    def _columns(self, request: Request) -> Any:
        values = valid(NewOutageSerializer(data=request.data))
        values["exam_id"] = values.pop("exam", None)
        return {**values, "course_id": self.kwargs["course_id"], "by": caller(request)}

    def partial_update(self, request: Request, **kwargs: str) -> Response:
        """Declare it again with other bounds; requires `If-Match`. Crediting it again gives back the difference."""
        expected, outage = expected_etags(request), self.get_object()
        if not is_expected(expected, etag_of(OutageSerializer(outage).data)):
            raise OutageChanged("The outage has changed meanwhile.")
        changes = valid(OutageChangesSerializer(data=request.data, partial=True))
        return Response(OutageSerializer(api.change_outage(outage, **changes)).data)


class LostTimeViewSet(ResourceViewSet[ProctoredExamStudentAttempt]):
    """`…/outages/{id}/attempts/`: a preview, page by page."""

    serializer_class = LostTimeSerializer
    resource = "outage_attempts"

    def get_queryset(self) -> QuerySet[ProctoredExamStudentAttempt]:
        if not self.kwargs:  # for the OpenAPI document
            return ProctoredExamStudentAttempt.objects.none()
        return api.affected_attempts(outage_of(self))

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return the affected attempts, also those that have ended, with what each would get back."""
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        planned = api.preview_outage(outage_of(self), rows)
        return self.get_paginated_response(LostTimeSerializer(planned, many=True).data)


class CreditViewSet(ResourceViewSet[Outage]):
    """`…/outages/{id}/credit/`."""

    serializer_class = CreditAnswerSerializer
    partial_codes = (202,)  # the worker does the rest
    body_classes = {"credit": CreditSerializer}  # noqa: RUF012  as above
    resource = "outages"

    @idempotent
    def credit(self, request: Request, **kwargs: str) -> Response:
        """Give the lost time back to the affected running attempts, each once; above 500 the worker does it (202)."""
        outage, values = outage_of(self), valid(CreditSerializer(data=request.data))
        chosen, left_out = values.get("attempts"), values.get("without", ())
        by = caller(request)
        found = api.credit_outage(outage, by=by, attempt_ids=chosen, without=left_out)
        data = CreditAnswerSerializer({"outage": outage, "attempts": found or []}).data
        is_left = found is None
        return Response(data, status=status.HTTP_202_ACCEPTED if is_left else status.HTTP_200_OK)


def outage_of(view: ResourceViewSet[Any]) -> Outage:
    """Return the outage in the URL; 404 unless it belongs to the course."""
    return row_of(api.outages_of_course(view.kwargs["course_id"]), view.kwargs["outage_id"])
