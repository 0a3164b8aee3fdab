"""Hosts call the methods of views on instances that never dispatched a request, as the LMS's support page does."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpRequest
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from edx_proctoring import views
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from edx_proctoring.views import StudentOnboardingStatusView
from tests.unknown import NO_SUCH_ID

pytestmark = pytest.mark.django_db

NOBODY = NO_SUCH_ID
GRANT = {"exam_id": NOBODY, "user_info": "nobody", "key": "additional_time_granted", "value": "1"}
EXAM = {"exam_id": NOBODY, "exam_name": "New"}

# View, method, arguments, query, body, status.
CALLS: list[tuple[str, str, dict[str, Any], dict[str, Any], Any, int]] = [
    ("ExamAllowanceView", "put", {}, {}, GRANT, 400),
    ("ExamAllowanceView", "put", {}, {}, {**GRANT, "value": "abc"}, 400),
    ("ExamAllowanceView", "put", {}, {}, ["no", "object"], 400),
    ("InstructorDashboard", "get", {"course_id": COURSE_ID}, {"attempt": "x\x00"}, None, 400),
    ("ProctoredExamAttemptReviewStatus", "put", {"attempt_id": NOBODY}, {}, {}, 404),
    ("ProctoredExamReviewPolicyView", "get", {"exam_id": NOBODY}, {}, None, 400),
    ("ProctoredExamView", "get", {"exam_id": NOBODY}, {}, None, 400),
    ("ProctoredExamView", "put", {}, {}, EXAM, 400),
    ("ProctoredSettingsView", "get", {"exam_id": NOBODY}, {}, None, 400),
    ("ProctoredExamReviewCallback", "post", {"external_id": "nothing"}, {}, {}, 400),
    ("AnonymousReviewCallback", "post", {}, {}, {"examMetaData": {"examCode": "nothing"}}, 400),
    ("StudentOnboardingStatusByCourseView", "get", {"course_id": COURSE_ID}, {}, None, 404),
    ("StudentOnboardingStatusView", "get", {}, {}, None, 400),
    ("StudentOnboardingStatusView", "get", {}, {"course_id": COURSE_ID}, None, 404),
    ("StudentOnboardingStatusView", "get", {}, {"course_id": COURSE_ID, "username": "nobody"}, None, 404),
    ("StudentProctoredExamAttempt", "delete", {"attempt_id": NOBODY}, {}, None, 400),
    ("StudentProctoredExamAttempt", "get", {"attempt_id": NOBODY}, {}, None, 400),
    ("StudentProctoredExamAttempt", "put", {"attempt_id": NOBODY}, {}, {"action": "stop"}, 400),
    ("StudentProctoredExamAttemptCollection", "post", {}, {}, {"exam_id": NOBODY}, 400),
    ("StudentProctoredExamResetAttempts", "delete", {"exam_id": NOBODY, "user_id": NOBODY}, {}, None, 404),
]  # fmt: skip


def plain_request_of(method: str, query: dict[str, Any], body: Any, user: Any) -> HttpRequest:
    """Return a Django request, as in a view of the host."""
    path = f"/?{urlencode(query)}"
    data = "" if body is None else json.dumps(body)
    made = getattr(APIRequestFactory(), method)(path, data, content_type="application/json")
    made.user = user
    return made


def request_of(method: str, query: dict[str, Any], body: Any, user: Any) -> Request:
    made = plain_request_of(method, query, body, user)
    request = Request(made, parsers=[JSONParser()])
    request.user = user
    return request


@pytest.mark.parametrize("make_request", [request_of, plain_request_of])
@pytest.mark.parametrize(
    ("name", "method", "arguments", "query", "body", "status"),
    CALLS,
    ids=[f"{name}-{method}-{number}" for number, (name, method, *_) in enumerate(CALLS)],
)
def test_errors_are_responses(
    name: str, method: str, arguments: Any, query: Any, body: Any, status: int, make_request: Any
) -> None:
    staff = UserFactory(is_staff=True)
    view = getattr(views, name)()
    response = getattr(view, method)(make_request(method, query, body, staff), **arguments)
    assert isinstance(response, Response)
    assert response.status_code == status
    assert response.data


def test_the_support_page_of_the_lms(onboarding: Any, learner: Any) -> None:
    """It requests a learner's status as staff, and modifies the response."""
    staff = UserFactory(is_staff=True)
    query = {"course_id": COURSE_ID, "username": learner.username}
    response = StudentOnboardingStatusView().get(request_of("get", query, None, staff))
    response.data["onboarding_status"] = "seen"
    assert response.status_code == 200, response.data
    assert {"onboarding_status", "onboarding_link", "expiration_date"} <= set(response.data)
    refused = StudentOnboardingStatusView().get(request_of("get", query, None, UserFactory()))
    assert refused.status_code == 403


def test_a_subclass_of_a_host_returns_error_responses_too(learner: Any) -> None:
    class Support(StudentOnboardingStatusView):
        def get(self, request: Request) -> Response:
            answer = super().get(request)
            answer.data["host"] = True
            return answer

    answer = Support().get(request_of("get", {"course_id": COURSE_ID}, None, learner))
    assert (answer.status_code, answer.data["host"]) == (404, True)


@pytest.mark.parametrize(
    "name", [name for name in views.__all__ if isinstance(getattr(views, name), type)]
)
def test_every_published_view_returns_error_responses(name: str) -> None:
    view = getattr(views, name)
    own = [method for method in getattr(view, "http_method_names", ()) if method in vars(view)]
    assert all(hasattr(vars(view)[method], "__wrapped__") for method in own)
