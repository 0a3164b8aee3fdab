"""Requests are documented by the serializers that the views use."""

import inspect
from collections import defaultdict

import pytest
from django.urls import resolve

from edx_proctoring.openapi.operations import OPERATIONS
from edx_proctoring.views.requests.base import RequestSerializer
from edx_proctoring.views.requests.exams import RegisteredExamSerializer
from edx_proctoring.views.requests.reviews import ReadySerializer

pytestmark = pytest.mark.needs("lms-urls")

SERIALIZERS = (RequestSerializer, RegisteredExamSerializer)
# Path values, where they decide which route matches.
PARTS = {
    "course_id": "course-v1:a+b+c",
    "exam_id": "1",
    "user_id": "1",
    "attempt_id": "1",
}
NOT_READ = {ReadySerializer}
NO_VIEW = {"launch_exam"}


def method_of(path, method):
    """Return the view function without its decorators."""
    filled = path.format_map(defaultdict(lambda: "x", PARTS))
    view = resolve(f"/api/edx_proctoring/{filled}").func
    return inspect.unwrap(getattr(view.view_class, method))


def read_by(function):
    """Return the request serializers named in a function's code."""
    named = [function.__globals__.get(name) for name in function.__code__.co_names]
    return {one for one in named if isinstance(one, type) and issubclass(one, SERIALIZERS)}


def documented():
    """Return the serializers that document the operations of each view function."""
    found = defaultdict(set)
    for (path, method), operation in OPERATIONS.items():
        if operation.name in NO_VIEW:
            continue
        body = getattr(operation.body, "child", operation.body)
        described = {operation.query, type(body) if isinstance(body, SERIALIZERS) else body}
        found[method_of(path, method)] |= described - {None}
    return found


@pytest.mark.parametrize(
    ("function", "serializers"),
    [pytest.param(*one, id=one[0].__qualname__) for one in documented().items()],
)
def test_views_use_the_serializers_that_document_them(function, serializers):
    assert read_by(function) == serializers - NOT_READ
