"""Generate the document from the routes."""

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiViewExtension
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework.negotiation import DefaultContentNegotiation as Default

from edx_proctoring import __version__
from edx_proctoring.openapi.operations import COURSE_ID, OPERATIONS, PATHS, Operation
from edx_proctoring.openapi.shapes import ErrorSerializer
from edx_proctoring.openapi.v2 import HealthSchema, ResourceSchema

START = "proctoring_launch_callback/start_exam/{attempt_code}"
V2_ROUTE = re.compile(r"edx_proctoring/v2/")
PREFIX = re.compile(r"^.*?/?edx_proctoring/")
ERRORS = {
    400: "The request is malformed or not possible now; `detail` has the reason.",
    403: "Not signed in, or not allowed.",
    404: "The object or the `format` does not exist.",
    406: "The response is not available in a type that the request accepts.",
    413: "The body is larger than a setting allows; it was not read.",
    415: "The body has an unsupported media type.",
    422: "An item is invalid; nothing was written.",
    429: "Too many requests. Retry after the seconds in `Retry-After`.",
    500: "The provider of this exam is not configured.",
    502: "The provider refused, or could not be reached.",
    503: "Temporarily not possible. Please try again, after the seconds in `Retry-After` if present.",
}
ALWAYS = (413, 503)  # parameters of every route
GENERAL = (400, 404, 406)  # parameters of every route with content negotiation
SETTINGS = {
    "TITLE": "edx-proctoring",
    "DESCRIPTION": "Exams, attempts, allowances, reviews and onboarding of proctored exams.",
    "VERSION": __version__,
    "OAS_VERSION": "3.1.1",
    "PREPROCESSING_HOOKS": [],
    "POSTPROCESSING_HOOKS": [],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/.*edx_proctoring/",
}


@cache
def _examples() -> dict[str, Any]:
    """Return requests and responses recorded by the tests, by operation id."""
    text = files(__package__).joinpath("examples.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


class ProctoringSchema(AutoSchema):
    """Describes one operation as listed in the table."""

    @property
    def operation(self) -> Operation:
        """The operation's row."""
        return OPERATIONS[PREFIX.sub("", self.path), self.method.lower()]

    def get_operation_id(self) -> str:
        return self.operation.name

    def get_tags(self) -> list[str]:
        return [self.operation.tag]

    def get_summary(self) -> str:
        return self.operation.summary

    def get_description(self) -> str:
        return self.operation.description

    def get_request_serializer(self) -> object:
        return self.operation.body

    def get_override_parameters(self) -> list[Any]:
        found = [
            OpenApiParameter(
                COURSE_ID,
                str,
                OpenApiParameter.PATH,
                pattern=r"^[A-Za-z0-9_:.-]+[+/][A-Za-z0-9_.-]+[+/][A-Za-z0-9_.-]+$",
                description="The course: `course-v1:org+course+run` or `org/course/run`.",
            )
            if name == COURSE_ID
            else OpenApiParameter(name, PATHS[name][0], OpenApiParameter.PATH, **PATHS[name][1])
            for name in re.findall(r"{(\w+)}", self.path)
        ]
        query = self.operation.query
        return [*found, query] if query else found

    def get_response_serializers(self) -> object:
        operation = self.operation
        answers = {
            str(code): OpenApiResponse(shape, description="")
            for code, shape in operation.answers.items()
        }
        throttled = getattr(self.view, "throttle_scope", None)
        general = GENERAL if issubclass(self.view.content_negotiation_class, Default) else ()
        codes = {*operation.errors, *ALWAYS, *general, *((429,) if throttled else ())}
        for code in sorted(codes):
            shape = operation.error_shapes.get(code, ErrorSerializer)
            answers[str(code)] = OpenApiResponse(shape, description=ERRORS[code])
        return answers

    def get_examples(self) -> list[OpenApiExample]:
        return [
            OpenApiExample(
                example["title"],
                value=example["value"],
                request_only="status" not in example,
                response_only="status" in example,
                status_codes=[str(example["status"])] if "status" in example else None,
            )
            for example in _examples().get(self.operation.name, [])
        ]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        found: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        for part in [found.get("requestBody", {}), *found["responses"].values()] if found else []:
            content = part.get("content", {}).get("application/json", {})
            if content.get("schema", {}).get("type") == "array":
                _unwrap(content.get("examples", {}).values())
        return found

    def get_filter_backends(self) -> list[Any]:
        return []


def _unwrap(examples: Iterable[dict[str, Any]]) -> None:
    """Restore examples of lists: drf-spectacular expects one row, and puts it into a list."""
    for example in examples:
        (example["value"],) = example["value"]


class ProctoringViews(OpenApiViewExtension):
    """Describes all our views by the table."""

    target_class = "edx_proctoring.views.base.AuthenticatedAPIView"
    match_subclasses = True

    def view_replacement(self) -> object:
        """Return the same view with our schema."""
        schema: AutoSchema = ProctoringSchema()
        if getattr(self.target, "api_version", 1) == 2:
            is_resource = hasattr(self.target, "resource")
            schema = ResourceSchema() if is_resource else HealthSchema()
        return type(self.target.__name__, (self.target,), {"schema": schema})


class JwtScheme(OpenApiAuthenticationExtension):
    """The header `Authorization: JWT …`, as used in Open edX."""

    target_class = "edx_rest_framework_extensions.auth.jwt.authentication.JwtAuthentication"
    name = "jwt"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return a header."""
        return {"type": "apiKey", "in": "header", "name": "Authorization"}


class _Routes(EndpointEnumerator):
    """Assigns to routes that share a view their own methods, and merges URLs with and without slash."""

    def get_api_endpoints(self, patterns: object = None, prefix: str = "") -> list[Any]:
        known = {path for path, _ in OPERATIONS}
        found = super().get_api_endpoints(patterns, prefix)
        first = [one for one in found if not V2_ROUTE.search(one[0])]
        return [one for one in first if f"{PREFIX.sub('', one[0])}/" not in known]

    def get_allowed_methods(self, callback: object) -> list[str]:
        methods: list[str] = super().get_allowed_methods(callback)
        limited = getattr(callback, "view_initkwargs", {}).get("http_method_names")
        return [one for one in methods if limited is None or one.lower() in limited]


class _ResourceRoutes(EndpointEnumerator):
    def get_api_endpoints(self, patterns: object = None, prefix: str = "") -> list[Any]:
        found = super().get_api_endpoints(patterns, prefix)
        return [one for one in found if V2_ROUTE.search(one[0])]


class _ResourceGenerator(SchemaGenerator):
    endpoint_inspector_cls = _ResourceRoutes


class _Generator(SchemaGenerator):
    endpoint_inspector_cls = _Routes


def document(prefix: str = "api/") -> dict[str, Any]:
    """Return the OpenAPI document of our routes, mounted under `prefix`."""
    from django.urls import include, path  # noqa: PLC0415  needs the URL conf's settings

    routes = [path(prefix, include("edx_proctoring.urls"))]
    with patched_settings(SETTINGS):
        found: dict[str, Any] = _Generator(patterns=routes).get_schema(request=None, public=True)
    paths, root = found["paths"], f"/{prefix}edx_proctoring/"
    for path_, methods in paths.items():
        for operation in methods.values() if "{" in path_ else ():
            _add_missing(operation["responses"])
    for (path_, method), operation in OPERATIONS.items():
        if operation.framed:
            _add_pages(paths[root + path_][method]["responses"])
    _drop(found, "x-spec-enum-id")  # left over by drf-spectacular if none of its hooks runs
    paths[root + START] = {"get": _start_callback(OPERATIONS[START, "get"])}
    return found


def _drop(part: object, name: str) -> None:
    """Remove this key at any depth."""
    if isinstance(part, dict):
        part.pop(name, None)
    for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _drop(one, name)


def document_v2(prefix: str = "api/") -> dict[str, Any]:
    """Return the OpenAPI document of the second version, mounted under `prefix`."""
    from django.urls import include, path  # noqa: PLC0415  needs the URL conf's settings

    routes = [path(prefix, include("edx_proctoring.urls"))]
    with patched_settings({**SETTINGS, "TITLE": "edx-proctoring, version 2"}):
        generator = _ResourceGenerator(patterns=routes)
        found: dict[str, Any] = generator.get_schema(request=None, public=True)
    for methods in found["paths"].values():
        for operation in methods.values():
            _add_missing(operation["responses"])
    return found


def _add_missing(responses: dict[str, Any]) -> None:
    """If a path parameter does not match the route, the host returns its own 404 page."""
    missing = responses.setdefault("404", {"description": ERRORS[404]})
    missing.setdefault("content", {})["text/html"] = {"schema": {"type": "string"}}


def _add_pages(responses: dict[str, Any]) -> None:
    for code, response in responses.items():
        if int(code) >= 400:
            response.setdefault("content", {})["text/html"] = {"schema": {"type": "string"}}


def _start_callback(operation: Operation) -> dict[str, Any]:
    """The only route that returns a page instead of JSON."""
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
        "parameters": [
            {
                "in": "path",
                "name": "attempt_code",
                "required": True,
                "schema": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
            }
        ],
        "responses": {
            "302": {"description": "Redirect to the exam."},
            "404": {
                "description": "There is no such attempt.",
                "content": {"text/html": {"schema": {"type": "string"}}},
            },
            "503": {
                "description": ERRORS[503],
                "content": {"text/html": {"schema": {"type": "string"}}},
            },
        },
    }
