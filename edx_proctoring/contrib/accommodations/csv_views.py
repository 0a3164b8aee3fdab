"""Profiles as CSV files by REST."""

import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from rest_framework import status
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.exports import Row
from edx_proctoring.contrib.accommodations import api, csv_rows, import_jobs, imports
from edx_proctoring.contrib.accommodations.models import ImportJob, Profile
from edx_proctoring.contrib.accommodations.serializers import (
    ImportedRowSerializer,
    ImportJobDetailsSerializer,
    ImportJobSerializer,
    ImportSerializer,
    ProfileFilter,
)
from edx_proctoring.views.permissions import caller
from edx_proctoring.views.v2.base import ResourceViewSet, row_of
from edx_proctoring.views.v2.exports import MARK, ExportViewSet, Unfiltered
from edx_proctoring.views.v2.idempotency import idempotent

NO_ROWS = dict.fromkeys(("created", "changed", "unchanged", "refused"), 0)


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
    columns: Sequence[str] = csv_rows.COLUMNS

    def get_queryset(self) -> "QuerySet[Profile]":
        course_id = self.kwargs.get("course_id", "")  # none for the OpenAPI document
        return api.find_profiles(course_id, all_scopes=bool(self.request.user.is_staff))

    def rows(self) -> Iterable[Row]:
        found: Any = self.filter_queryset(self.get_queryset())
        return csv_rows.export_rows(found)


class ProfileImport(ResourceViewSet[Model]):
    """`accommodations/import/` and its preview; the body is the file."""

    parser_classes = (CsvParser,)
    answer_classes = {"store": ImportSerializer, "preview_file": ImportSerializer}  # noqa: RUF012  a constant
    partial_codes = (202,)  # the worker imports the file
    resource = "accommodations"
    largest_body = "MAX_DOCUMENT_BYTES"
    body_classes = {"store": OpenApiTypes.STR, "preview_file": OpenApiTypes.STR}  # noqa: RUF012  a constant

    @idempotent
    def store(self, request: Request, **kwargs: str) -> Response:
        """Create and change the profiles of a file; rows that are refused do not block the others. More than 500 rows are
        left to the worker (202).
        """
        return self._import(request, dry_run=False)

    @idempotent
    def preview_file(self, request: Request, **kwargs: str) -> Response:
        """Show what an import would do with each row."""
        return self._import(request, dry_run=True)

    def _import(self, request: Request, *, dry_run: bool) -> Response:
        text = request.data if isinstance(request.data, str) else ""  # not parsed without a body
        reach = imports.Reach(self.kwargs["course_id"], bool(request.user.is_staff))
        file = io.StringIO(text, newline="")
        total = csv_rows.check(file)
        if total > import_jobs.AT_ONCE and not dry_run:
            job = import_jobs.begin_import(text, total, reach, caller(request))
            answer = ImportSerializer({"job": job, **NO_ROWS, "rows": []})
            return Response(answer.data, status=status.HTTP_202_ACCEPTED)
        return _imported(imports.import_batches(file, reach, caller(request), dry_run))


def _imported(batches: Iterable[Sequence[imports.RowResult]]) -> Response:
    counts: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for results in batches:
        counts.update(row.outcome for row in results)
        shown = [row for row in results if row.outcome != imports.UNCHANGED]
        rows += ImportedRowSerializer(shown, many=True).data
    return Response({"job": None, **NO_ROWS, **counts, "rows": rows})


class ImportJobViewSet(ResourceViewSet[ImportJob]):
    """`accommodations/imports/`, and `…/{import_id}/` with the rows that were refused: imports by the worker."""

    serializer_class = ImportJobSerializer
    answer_classes = {"retrieve": ImportJobDetailsSerializer}  # noqa: RUF012  a constant
    resource = "accommodation_imports"

    def get_queryset(self) -> "QuerySet[ImportJob]":
        """Course staff do not see files that may name other scopes than the course."""
        jobs_here = ImportJob.objects.filter(course_id=self.kwargs.get("course_id", ""))
        if not self.request.user.is_staff:
            jobs_here = jobs_here.filter(all_scopes=False)
        return jobs_here.defer("text").select_related("by").order_by("-id")

    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return how far an import has come."""
        job = row_of(self.get_queryset(), self.kwargs["import_id"])
        return Response(ImportJobDetailsSerializer(job).data)
