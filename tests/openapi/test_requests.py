"""Requests are described by the serializers that the views read them by."""

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
# What stands in a path, where it matters to which route it leads.
PARTS = {
    "course_id": "course-v1:a+b+c",
    "exam_id": "1",
    "user_id": "1",
    "attempt_id": "1",
}
NOT_READ = {ReadySerializer}
NO_VIEW = {"launch_exam"}


def method_of(path, method):
    """The function that answers, without its decorators."""
    filled = path.format_map(defaultdict(lambda: "x", PARTS))
    view = resolve(f"/api/edx_proctoring/{filled}").func
    return inspect.unwrap(getattr(view.view_class, method))


def read_by(function):
    """The serializers of requests that the code of a function names."""
    named = [function.__globals__.get(name) for name in function.__code__.co_names]
    return {one for one in named if isinstance(one, type) and issubclass(one, SERIALIZERS)}


def documented():
    """By the function that answers: the serializers that its operations are described by."""
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
def test_what_is_read_is_what_is_documented(function, serializers):
    assert read_by(function) == serializers - NOT_READ
