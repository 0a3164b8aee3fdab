"""The lists of a course as files: the rows that the same filters leave in the list, in the same order."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model
from django.http import HttpResponseBase
from django.utils.cache import patch_cache_control
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from edx_proctoring.api import exports
from edx_proctoring.api.allowances.course import find_allowances
from edx_proctoring.api.attempts.pages import find_all_attempts, find_attempts
from edx_proctoring.views.v2.allowances import AllowanceFilter
from edx_proctoring.views.v2.attempts import AttemptFilter
from edx_proctoring.views.v2.base import ResourceViewSet
from edx_proctoring.views.v2.lists import Choice, Flag
from edx_proctoring.views.v2.onboarding import OnboardingFilter, find_statuses
from edx_proctoring.views.v2.spreadsheets import CSV, XLSX, respond

MOST_LEARNERS = 1_000_000
FILE = "csv (the default) or xlsx."
MARK = "Begin a CSV file with a byte order mark, without which Excel takes UTF-8 for something else."  # fmt: skip


class FileRenderer(BaseRenderer):
    """Accepts clients that ask for a file by its type; the view writes the file itself."""

    media_type = "text/csv"
    format = "file"


class Unfiltered(Flag):
    """A parameter that is not a condition on rows."""

    def filter(self, qs: Any, value: object) -> Any:
        return qs


class ExportedAttemptFilter(AttemptFilter):
    """The filters of the list, and those of the file."""

    file = Choice([CSV, XLSX], help_text=FILE)
    bom = Unfiltered(help_text=MARK)
    earlier = Unfiltered(help_text="Also earlier attempts of the same learner and exam.")


class ExportedAllowanceFilter(AllowanceFilter):
    """The filters of the list, and those of the file."""

    file = Choice([CSV, XLSX], help_text=FILE)
    bom = Unfiltered(help_text=MARK)


class ExportedOnboardingFilter(OnboardingFilter):
    """The filters of the list, and those of the file."""

    file = Choice([CSV, XLSX], help_text=FILE)
    bom = Unfiltered(help_text=MARK)


class ExportViewSet(ResourceViewSet[Model]):
    """A list as a file."""

    renderer_classes: tuple[type[BaseRenderer], ...] = (JSONRenderer, FileRenderer)
    is_file = True
    columns: Sequence[str] = ()

    def rows(self) -> Iterable[exports.Row]:
        raise NotImplementedError

    def export(self, request: Request, **kwargs: object) -> HttpResponseBase:
        """Return all rows that the filters leave as a file. 501 if XLSX is wanted and not available."""
        query = request.query_params
        if "page" in query or "page_size" in query:
            raise ValidationError({"page": ["A file has no pages."]})
        rows = self.rows()
        is_marked = query.get("bom") == "true"
        return respond(query.get("file", CSV), self.resource, self.columns, rows, bom=is_marked)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Problems are answered as JSON whatever file the client accepts; files have no `ETag`."""
        request.accepted_renderer = JSONRenderer()
        request.accepted_media_type = JSONRenderer.media_type
        answer = APIView.finalize_response(self, request, response, *args, **kwargs)
        patch_cache_control(answer, private=True, no_store=True)
        return answer


class AttemptExport(ExportViewSet):
    """`/api/edx_proctoring/v2/courses/{course_id}/attempts/export/`."""

    filterset_class = ExportedAttemptFilter
    resource = "attempts"
    columns = exports.ATTEMPT_COLUMNS

    def get_queryset(self) -> Any:
        course_id = self.kwargs.get("course_id", "")
        wants_all = self.request is not None and self.request.query_params.get("earlier") == "true"
        return find_all_attempts(course_id) if wants_all else find_attempts(course_id)

    def rows(self) -> Iterable[exports.Row]:
        found: Any = self.filter_queryset(self.get_queryset())
        return exports.attempt_rows(self.kwargs["course_id"], found)


class AllowanceExport(ExportViewSet):
    """`/api/edx_proctoring/v2/courses/{course_id}/allowances/export/`."""

    filterset_class = ExportedAllowanceFilter
    resource = "allowances"
    columns = exports.ALLOWANCE_COLUMNS

    def get_queryset(self) -> Any:
        return find_allowances(self.kwargs.get("course_id", ""))

    def rows(self) -> Iterable[exports.Row]:
        found: Any = self.filter_queryset(self.get_queryset())
        return exports.allowance_rows(self.kwargs["course_id"], found)


class OnboardingExport(ExportViewSet):
    """`/api/edx_proctoring/v2/courses/{course_id}/onboarding/export/`."""

    filterset_class = ExportedOnboardingFilter
    resource = "onboarding"
    columns = exports.ONBOARDING_COLUMNS

    def get_queryset(self) -> Any:
        return find_attempts("").none()

    def rows(self) -> Iterable[exports.Row]:
        self.filter_queryset(self.get_queryset())
        query, course_id = self.request.query_params, self.kwargs["course_id"]
        found = find_statuses(course_id, query, page=1, per_page=MOST_LEARNERS)
        return exports.onboarding_rows(found)
