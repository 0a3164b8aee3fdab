"""Errors as problem details (RFC 9457), each with a stable `code`."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.types import JSON, JSONObject
from edx_proctoring.views.base import handle_proctored_exception

CONTENT_TYPE = "application/problem+json"


class FieldProblemSerializer(serializers.Serializer[object]):
    """An error in one field of the body or one parameter of the query."""

    field = serializers.CharField(help_text="Name of the field; for nested fields the dotted path.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[object]):
    """Problem details."""

    type = serializers.CharField(help_text="Always about:blank; `code` identifies the problem.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable; clients should check this field.")
    errors = FieldProblemSerializer(many=True, required=False)  # type: ignore[assignment]  # the name that RFC 9457 uses


class PreconditionRequired(APIException):
    """The request must say which version the client has seen."""

    status_code = 428
    default_code = "precondition_required"
    default_detail = "Send If-Match with the ETag of the version that you have seen."


class OthersMatch(APIException):
    """The filter finds other rows than when the client counted them."""

    status_code = 409
    default_code = "others_match"
    default_detail = "Another number of rows match now. Nothing was changed."


def problem(status: int, code: str, detail: str, errors: list[JSON]) -> JSONObject:
    """Return the body of an error response."""
    found: JSONObject = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return {**found, "errors": errors} if errors else found


def answer(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the response to an exception; None if it should not be handled here."""
    errors: list[JSON] = []
    if isinstance(exc, ProctoredBaseException):
        response = handle_proctored_exception(exc, type(context.get("view")).__name__)
        code = code_of(type(exc))
    else:
        response = exception_handler(exc, dict(context))
        code, errors = _described(exc)
    if response is None:
        return None
    detail = "The request is not valid." if errors else str(_detail_of(response.data))
    response.data = problem(response.status_code, code, detail, errors)
    response.content_type = CONTENT_TYPE
    return response


def code_of(error: type[ProctoredBaseException]) -> str:
    """Return a code derived from the class name, which is published and stable: ExamChangedMeanwhile is
    exam_changed_meanwhile.
    """
    return code_of_name(error.__name__)


def code_of_name(name: str) -> str:
    """Return the same by the name of the class."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.removesuffix("Exception")).lower()


def _described(exc: Exception) -> tuple[str, list[JSON]]:
    if isinstance(exc, ValidationError):
        return "invalid", list(_fields(exc.detail, ""))
    code = exc.get_codes() if isinstance(exc, APIException) else None
    # Django's Http404 and PermissionDenied have no codes.
    names = {"Http404": "not_found", "PermissionDenied": "permission_denied"}
    return code if isinstance(code, str) else names.get(type(exc).__name__, "error"), []


def _fields(detail: object, name: str) -> Iterator[JSON]:
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            yield from _fields(value, f"{name}.{key}".removeprefix("."))
    elif isinstance(detail, list):
        for value in detail:
            yield from _fields(value, name)
    elif isinstance(detail, ErrorDetail):
        yield {"field": name, "code": str(detail.code), "detail": str(detail)}


def _detail_of(data: object) -> object:
    return data.get("detail", "") if isinstance(data, Mapping) else data
