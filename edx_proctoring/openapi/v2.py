"""The document of the second version, generated from its serializers and filters."""

from typing import Any

from django.db.models import Model
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from edx_proctoring.views.v2.base import ResourceViewSet
from edx_proctoring.views.v2.health import HealthQuerySerializer, HealthView, ReadyView
from edx_proctoring.views.v2.problems import CONTENT_TYPE, ProblemSerializer
from edx_proctoring.views.v2.spreadsheets import XLSX_TYPE

ERRORS = {
    400: "A parameter or the body is not valid; `errors` says which.",
    403: "Not signed in, or not staff of the course.",
    404: "The object or the page does not exist.",
    409: "The same request is still being executed.",
    501: "XLSX needs XlsxWriter, which is not installed.",
    406: "The response is JSON, which the request does not accept.",
    412: "The object has changed since; nothing was changed.",
    413: "The body is larger than a setting allows; it was not read.",
    415: "The body has an unsupported media type.",
    422: "The `Idempotency-Key` was used with another body.",
    428: "The request lacks `If-Match`.",
    429: "Too many requests. Retry after the seconds in `Retry-After`.",
    502: "The provider refused, or could not be reached.",
    503: "Temporarily not possible. Please try again, after the seconds in `Retry-After` if present.",
}
ALWAYS = (400, 403, 404, 406, 413, 429, 503)
MORE = {"PATCH": (412, 415, 428), "POST": (409, 415, 422), "DELETE": (412, 428)}
HEADERS = {
    "DELETE": ("If-Match", "The ETag of the client's version, or `*`."),
    "GET": ("If-None-Match", "The ETag of the client's version."),
    "PATCH": ("If-Match", "The ETag of the client's version."),
    "POST": (
        "Idempotency-Key",
        "Any text; a repetition with the same one gets the first response.",
    ),
}


def files() -> dict[Any, OpenApiResponse]:
    """The file of an export, and the problem if it cannot be written."""
    text = OpenApiResponse(OpenApiTypes.STR, description="The file.")
    binary = OpenApiResponse(OpenApiTypes.BINARY, description="The file.")
    unavailable = OpenApiResponse(ProblemSerializer, description=ERRORS[501])
    return {
        ("200", "text/csv"): text,
        ("200", XLSX_TYPE): binary,
        ("501", CONTENT_TYPE): unavailable,
    }


class ResourceSchema(AutoSchema):
    """Adds the common behaviour of `ResourceViewSet` to every operation."""

    view: "ResourceViewSet[Model]"

    def _is_list_view(self, serializer: Any = None) -> bool:
        return bool(self.view.action == "list")

    def get_tags(self) -> list[str]:
        return ["v2"]

    def get_operation_id(self) -> str:
        return f"v2_{self.view.resource}_{self.view.action}".rstrip("_")

    def get_override_parameters(self) -> list[object]:
        header, text = HEADERS[self.method]
        course = OpenApiParameter("course_id", str, OpenApiParameter.PATH)
        if self.view.action in getattr(self.view, "actions_without_header", ()):
            return [course]
        return [
            course,
            OpenApiParameter(
                header,
                str,
                OpenApiParameter.HEADER,
                description=text,
                required=self.method != "GET",
            ),
        ]

    def get_response_serializers(self) -> object:
        codes = [*ALWAYS, *MORE.get(self.method, ()), *getattr(self.view, "problem_codes", ())]
        problems = {
            (str(code), CONTENT_TYPE): OpenApiResponse(ProblemSerializer, description=ERRORS[code])
            for code in sorted(codes)
        }
        if getattr(self.view, "is_file", False):
            return {**files(), **problems}
        if self.method == "DELETE":
            return {"204": OpenApiResponse(None, description="Done."), **problems}
        shape = getattr(self.view, "answer_classes", {}).get(self.view.action)
        shape = shape or self.view.serializer_class
        answers: dict[Any, Any] = {"200": shape(many=self._is_list_view())}
        if self.method == "POST":
            answers.update(
                (str(code), answers["200"]) for code in getattr(self.view, "partial_codes", ())
            )
        if self.method == "GET":
            answers["304"] = OpenApiResponse(None, description="Nothing has changed.")
        return {**answers, **problems}

    def get_request_serializer(self) -> object:
        if self.method == "POST":
            return getattr(self.view, "body_classes", {}).get(self.view.action)
        return getattr(self.view, "changes_class", None) if self.method == "PATCH" else None


class HealthSchema(AutoSchema):
    """Describes the two routes of health."""

    view: "HealthView | ReadyView"

    def get_tags(self) -> list[str]:
        return ["health"]

    def get_operation_id(self) -> str:
        return "v2_health" if self._is_report() else "v2_health_ready"

    def get_override_parameters(self) -> list[object]:
        return [HealthQuerySerializer] if self._is_report() else []

    def get_response_serializers(self) -> object:
        shape = self.view.answer_class
        down = "As bad as `fail_on` says; without the token also if the database does not answer."
        answers: dict[Any, Any] = {"200": shape, "503": OpenApiResponse(shape, description=down)}
        codes = (400, 403, 404, 406, 413, 503) if self._is_report() else (404, 406, 413)
        problems = {
            (str(code), CONTENT_TYPE): OpenApiResponse(ProblemSerializer, description=ERRORS[code])
            for code in codes
        }
        return {**answers, **problems}

    def _is_report(self) -> bool:
        return isinstance(self.view, HealthView)
