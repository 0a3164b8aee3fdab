"""The log of everything that staff did: page by page, and as a file."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.exports import Row
from edx_proctoring.contrib.live import log
from edx_proctoring.contrib.live.serializers.actions import LogEntrySerializer
from edx_proctoring.contrib.live.views.base import BoardResource, ScopedViewSet
from edx_proctoring.views.permissions import caller_id
from edx_proctoring.views.v2.exports import ExportViewSet
from edx_proctoring.views.v2.lists import PAGING, check_parameters
from edx_proctoring.views.v2.spreadsheets import CSV, XLSX


class LogViewSet(BoardResource):
    """`…/live/log/`."""

    serializer_class = LogEntrySerializer
    filter_backends = ()  # its rows are of several tables
    resource = "live_log"

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return the entries, newest first; the newest 10,000 can be paged."""
        check_parameters(request.query_params, {}, PAGING)
        found: Any = log.Log(self.kwargs["course_id"], self.own_scope, caller_id(request))
        page: Any = self.paginate_queryset(found)
        return self.get_paginated_response(LogEntrySerializer(page, many=True).data)


class LogExport(ExportViewSet, ScopedViewSet[Model]):
    """`…/live/log/export/`."""

    resource = "live_log"
    columns: Sequence[str] = log.COLUMNS

    def rows(self) -> Iterable[Row]:
        query = self.request.query_params
        check_parameters(query, {}, {"file", "bom", "format"})
        if query.get("file", CSV) not in (CSV, XLSX):
            raise ValidationError({"file": ["csv or xlsx."]})
        found = log.Log(self.kwargs["course_id"], self.own_scope, caller_id(self.request))
        return (one.cells() for one in found)
