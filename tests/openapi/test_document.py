"""The OpenAPI document is complete and valid, and responses follow it."""

import pytest
from drf_spectacular.validation import validate_schema

from edx_proctoring.openapi import document
from edx_proctoring.openapi.operations import OPERATIONS
from edx_proctoring.urls import urlpatterns
from tests.openapi.answers import check


@pytest.fixture(scope="module")
def found():
    return document()


def operations(found):
    return {
        (method, path): operation
        for path, methods in found["paths"].items()
        for method, operation in methods.items()
    }


def test_the_document_is_valid(found):
    assert found["openapi"].startswith("3.1")
    validate_schema(found)


def test_every_route_and_method_is_documented(found):
    described = operations(found)
    assert len(described) == len(OPERATIONS)
    expected = set()
    for pattern in urlpatterns:
        if hasattr(pattern.callback, "actions") or pattern.name.startswith(("pages.", "v2.")):
            continue  # version 2 has a separate document, and pages are not documented
        view = getattr(pattern.callback, "view_class", None)
        limited = pattern.callback.view_initkwargs.get("http_method_names") if view else ["get"]
        for method in ("get", "post", "put", "patch", "delete"):
            if (view is None or hasattr(view, method)) and method in (limited or [method]):
                expected.add((pattern.name, method))
    assert len(expected) + SAME_NAME == len(described)


SAME_NAME = 1  # bulk allowances with and without the course: one name and method for two routes


def test_every_operation_has_a_description_and_responses(found):
    names = [operation["operationId"] for operation in operations(found).values()]
    assert len(set(names)) == len(names)
    for (method, path), operation in operations(found).items():
        assert operation["summary"], (method, path)
        assert operation["tags"], (method, path)
        codes = set(operation["responses"])
        assert codes & {"200", "204", "302"}, (method, path)
        if "anonymous" not in path and "proctoring_" not in path:
            assert "403" in codes, (method, path)
        if method in ("put", "patch") and "review_status" not in path:
            assert "requestBody" in operation, (method, path)


def test_schemas_of_objects_are_components(found):
    for (method, path), operation in operations(found).items():
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body:
            schema = body["schema"]
            assert "$ref" in (schema.get("items") or schema), (method, path)


ONE_EXAM = "/api/edx_proctoring/v1/proctored_exam/exam/exam_id/{exam_id}"
JSON = "application/json"


@pytest.mark.parametrize(
    ("method", "code", "kind", "body"),
    [
        ("GET", 418, JSON, b"{}"),
        ("GET", 400, JSON, b'{"error": "no detail"}'),
        ("GET", 400, JSON, b'{"detail": "x", "more": 1}'),
        ("GET", 400, "text/html", b"<p>Bad request</p>"),
        ("GET", 200, JSON, b'{"id": 1}'),
        ("GET", 200, JSON, b"[]"),
        ("GET", 200, "", b"{}"),
        ("GET", 500, "text/html", b"<h1>Server Error (500)</h1>"),
        ("POST", 200, JSON, b"{}"),
    ],
)
def test_undocumented_responses_are_found(method, code, kind, body):
    with pytest.raises(AssertionError):
        check(ONE_EXAM, method, code, kind, body)
