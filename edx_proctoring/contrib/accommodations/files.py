"""Profiles as CSV files by REST."""

import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.exports import Row
from edx_proctoring.contrib.accommodations import api, imports, sheets
from edx_proctoring.contrib.accommodations.models import Profile
from edx_proctoring.contrib.accommodations.serializers import (
    ImportedRowSerializer,
    ImportSerializer,
    ProfileFilter,
)
from edx_proctoring.views.permissions import caller
from edx_proctoring.views.v2.base import ResourceViewSet
from edx_proctoring.views.v2.exports import MARK, ExportViewSet, Unfiltered
from edx_proctoring.views.v2.idempotency import idempotent


class CsvParser(BaseParser):
    """Returns the text of a CSV file in UTF-8, with or without a byte order mark."""

    media_type = "text/csv"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return stream.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ParseError("The file is not encoded in UTF-8.") from error


class ExportedProfileFilter(ProfileFilter):
    """The filters of the list, and those of the file."""

    bom = Unfiltered(help_text=MARK)


class ProfileExport(ExportViewSet):
    """`accommodations/export/`: the profiles that the caller sees in the list."""

    filterset_class = ExportedProfileFilter
    resource = "accommodations"
    columns: Sequence[str] = sheets.COLUMNS

    def get_queryset(self) -> "QuerySet[Profile]":
        course_id = self.kwargs.get("course_id", "")  # none for the OpenAPI document
        return api.find_profiles(course_id, all_scopes=bool(self.request.user.is_staff))

    def rows(self) -> Iterable[Row]:
        found: Any = self.filter_queryset(self.get_queryset())
        return sheets.export_rows(found)


class ProfileImport(ResourceViewSet[Model]):
    """`accommodations/import/` and its preview; the body is the file."""

    parser_classes = (CsvParser,)
    answer_classes = {"store": ImportSerializer, "preview_file": ImportSerializer}  # noqa: RUF012  a constant
    resource = "accommodations"
    largest_body = "MAX_DOCUMENT_BYTES"
    body_classes = {"store": OpenApiTypes.STR, "preview_file": OpenApiTypes.STR}  # noqa: RUF012  a constant

    @idempotent
    def store(self, request: Request, **kwargs: str) -> Response:
        """Create and change the profiles of a file; rows that are refused do not block the others."""
        return self._import(request, dry_run=False)

    @idempotent
    def preview_file(self, request: Request, **kwargs: str) -> Response:
        """Show what an import would do with each row."""
        return self._import(request, dry_run=True)

    def _import(self, request: Request, *, dry_run: bool) -> Response:
        text = (
            request.data if isinstance(request.data, str) else ""
        )  # without a body it is not parsed
        reach = imports.Reach(self.kwargs["course_id"], bool(request.user.is_staff))
        file = io.StringIO(text, newline="")
        counts = dict.fromkeys(("created", "changed", "unchanged", "refused"), 0)
        found: Counter[str] = Counter()
        rows = []
        for row in imports.import_profiles(file, reach, caller(request), dry_run=dry_run):
            found[row.outcome] += 1
            if row.outcome != imports.UNCHANGED:
                rows.append(ImportedRowSerializer(row).data)
        return Response({**counts, **found, "rows": rows})
