"""The base classes of all resources of the second version."""

import datetime
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.cache import patch_cache_control
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from edx_proctoring import transactions
from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.views import permissions
from edx_proctoring.views.base import AuthenticatedAPIView
from edx_proctoring.views.bodies import check_texts
from edx_proctoring.views.v2 import conditional, problems
from edx_proctoring.views.v2.lists import Filters, Pages

Row = TypeVar("Row", bound=Model)


class RolePermission(BasePermission):
    """Permission by the table of roles, for the course in the URL. Routes that are not in the table refuse everybody."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if getattr(view, "action", None) is None:
            return True  # the method does not exist: 405
        return permissions.may_call(request, view.kwargs["course_id"])


class StrictSerializer(serializers.Serializer[object]):
    """A request body in which unknown fields are errors instead of being ignored."""

    def to_internal_value(self, data: object) -> object:
        if isinstance(data, dict):
            check_texts(data)
            unknown = sorted(str(name) for name in data if name not in self.fields)
            if unknown:
                raise serializers.ValidationError(
                    {name: ["There is no such field."] for name in unknown}
                )
        return super().to_internal_value(data)


class MomentField(serializers.DateTimeField):
    """A moment that people set, shown in the host's time zone: in UTC if it is at the end of the calendar, where that
    zone has no such moment.
    """

    def to_representation(self, value: datetime.datetime) -> str:
        try:
            return super().to_representation(value)
        except serializers.ValidationError:
            in_utc = serializers.DateTimeField(default_timezone=datetime.UTC)
            return in_utc.to_representation(value)


def valid(body: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    """Return the values of a valid body. Raises ValidationError, by field."""
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def row_of(rows: QuerySet[Row], number: str) -> Row:
    """Return the row with the id that the URL names. Raises NotFound, also for numbers that no id can be."""
    pk = int(number)
    found = rows.filter(pk=pk).first() if pk <= LARGEST_INTEGER else None
    if found is None:
        raise NotFound
    return found


class ResourceViewSet(AuthenticatedAPIView, GenericViewSet[Row]):
    """A resource of a course: JSON, problem details, permission by the table, pagination, filters, `ETag`."""

    permission_classes: tuple[type[BasePermission], ...] = (IsAuthenticated, RolePermission)
    renderer_classes: tuple[type[BaseRenderer], ...] = (JSONRenderer,)
    pagination_class = Pages
    filter_backends: tuple[type[Filters], ...] = (Filters,)
    throttle_scope = "v2"
    api_version = 2
    resource = ""  # the resource's name in the OpenAPI document

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        """Exempt the view from ATOMIC_REQUESTS, like those of the first version."""
        view = super(AuthenticatedAPIView, cls).as_view(actions, **initkwargs)
        return transaction.non_atomic_requests(view)

    def get_exception_handler(self) -> Callable[..., Response | None]:
        return problems.answer

    def _unavailable(self, error: Exception) -> Response:
        transactions.close_if_lost(error)
        busy = ProctoringTemporarilyUnavailable()
        busy.__cause__ = error
        answer = problems.answer(busy, {"view": self})
        assert answer is not None  # the view is ours
        return answer

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Add an `ETag`, unless the view has; do not send a page again that the client already has."""
        readable = response.status_code == status.HTTP_200_OK and "ETag" not in response
        if readable and request.method in ("GET", "HEAD", "PATCH"):
            etag = conditional.etag_of(response.data)
            if request.method != "PATCH" and conditional.is_known(request, etag):
                response = Response(status=status.HTTP_304_NOT_MODIFIED)
            response["ETag"] = etag
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        return response

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return one page."""
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.shown(rows))

    def shown(self, rows: Any) -> Any:
        """Return the rows of a page as the response shows them."""
        return self.get_serializer(rows, many=True).data

    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return one row."""
        return Response(self.get_serializer(self.get_object()).data)
