"""The common behaviour of all views."""

from typing import Any

import pytest
from django.db import connection
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from rest_framework.authentication import BaseAuthentication
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate

from edx_proctoring.exceptions import (
    BackendProviderNotConfigured,
    ProctoredExamPermissionDenied,
    ProctoringTemporarilyUnavailable,
)
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from edx_proctoring.urls import urlpatterns
from edx_proctoring.views import (
    ProctoredAPIView,
    handle_proctored_exception,
    is_user_course_or_global_staff,
    require_course_or_global_staff,
    require_staff,
)
from tests.views.conftest import E

LIST = f"{E}/exam/course_id/{COURSE_ID}"


class HeaderAuthentication(BaseAuthentication):
    """Authenticates by a header."""

    def authenticate(self, request: Any) -> Any:
        name = request.headers.get("X-User")
        return (UserFactory.build(pk=1, username=name), None) if name else None


class FailingView(ProctoredAPIView):
    """Raises the given exception."""

    error: Any = None

    def get(self, _request: Any) -> Response:
        raise self.error


def answer_to(error: Exception) -> Any:
    """Return the response of a view that raises this exception."""
    request = APIRequestFactory().get("/")
    force_authenticate(request, UserFactory.build(pk=1))
    return FailingView.as_view(error=error)(request)


def test_our_exceptions_become_responses() -> None:
    response = answer_to(ProctoredExamPermissionDenied("No."))
    assert (response.status_code, response.data) == (403, {"detail": "No."})
    assert answer_to(ProctoringTemporarilyUnavailable()).status_code == 503


def test_the_providers_of_the_installation_are_not_listed() -> None:
    response = answer_to(BackendProviderNotConfigured("only known: a, b"))
    assert response.status_code == 500
    assert "known" not in response.data["detail"]


def test_other_exceptions_are_raised() -> None:
    assert handle_proctored_exception(ValueError("x"), "name") is None
    with pytest.raises(ValueError, match="x"):
        answer_to(ValueError("x"))


def test_no_view_runs_in_a_transaction_of_the_request() -> None:
    for pattern in urlpatterns:
        assert connection.alias in pattern.callback._non_atomic_requests


# Guards, used on functions


def call(guard: Any, user: Any, data: Any = None, **kwargs: Any) -> int:
    """Return the status of a guarded function's response."""

    class Request:
        pass

    request: Any = Request()
    request.user, request.data = user, {} if data is None else data
    status: int = guard(lambda _request, **_kwargs: Response())(request, **kwargs).status_code
    return status


@pytest.mark.parametrize("guard", [require_staff, require_course_or_global_staff])
def test_guards(guard: Any) -> None:
    assert call(guard, UserFactory.build()) == 403
    assert call(guard, UserFactory.build(is_staff=True)) == 200


@pytest.mark.django_db
def test_the_course_of_a_request(staff: Any, exam: Any) -> None:
    guard = require_course_or_global_staff
    assert call(guard, staff, course_id=COURSE_ID) == 200
    assert call(guard, staff, exam_id=exam.pk) == 200
    assert call(guard, staff, {"exam_id": exam.pk}) == 200
    assert call(guard, staff, {"course_id": COURSE_ID}) == 200
    assert call(guard, staff, {"course_id": [COURSE_ID]}) == 403
    assert call(guard, staff) == 403


@pytest.mark.django_db
def test_course_staff(staff: Any, learner: Any, global_staff: Any) -> None:
    assert is_user_course_or_global_staff(staff, COURSE_ID) is True
    assert is_user_course_or_global_staff(global_staff, COURSE_ID) is True
    assert is_user_course_or_global_staff(learner, COURSE_ID) is False


# Settings


@pytest.mark.django_db
def test_hosts_choose_the_authentication(client: Any, settings: Any) -> None:
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "AUTHENTICATION_CLASSES": ["tests.views.test_base.HeaderAuthentication"],
    }
    assert client.get(LIST).status_code == 403
    assert client.get(LIST, headers={"X-User": "somebody"}).status_code == 200


@pytest.mark.django_db
def test_hosts_may_throttle_lists_but_not_learners(as_learner: APIClient, settings: Any) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "THROTTLES": {"exams": "2/min"}}
    assert [as_learner.get(LIST).status_code for _ in range(3)] == [200, 200, 429]
    assert [as_learner.get(f"{E}/attempt").status_code for _ in range(4)] == [200] * 4


@pytest.mark.django_db
def test_sessions_need_a_csrf_token_for_changes(learner: Any) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(learner, backend="django.contrib.auth.backends.ModelBackend")
    response = client.post(f"{E}/attempt", {"exam_id": 1}, format="json")
    assert response.status_code == 403
    assert "CSRF" in response.json()["detail"]


@pytest.mark.django_db
def test_unsupported_media_types(as_learner: APIClient, attempt: Any) -> None:
    url = f"{E}/attempt/{attempt().pk}"
    response = as_learner.generic("PUT", url, "<a/>", content_type="text/xml")
    assert response.status_code == 415


# Input that no database can store

NUL, SURROGATE = "\\u0000", "\\ud800"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        f"{E}/attempt/grouped/course_id/{COURSE_ID}/search/a%00b",
        f"{E}/exam/course_id/{COURSE_ID}/content_id/a%00b",
        f"{E}/exam/course_id/a%00b/c/d",
        f"/api/edx_proctoring/v1/instructor/{COURSE_ID}?attempt=%00",
    ],
)
def test_unstorable_characters_in_urls(path: str, as_global_staff: APIClient) -> None:
    response = as_global_staff.get(path)
    assert (response.status_code, list(response.json())) == (400, ["detail"])


@pytest.mark.django_db
@pytest.mark.parametrize("text", [NUL, SURROGATE])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"{E}/allowance", '{"exam_id": 1, "user_info": "%s", "key": "a", "value": "1"}'),
        ("PUT", f"{E}/allowance", '{"exam_id": 1, "user_info": 1, "key": "a", "value": "%s"}'),
        ("PUT", f"{E}/exam", '{"exam_id": 1, "exam_name": "%s"}'),
        ("POST", f"{E}/attempt", '{"exam_id": "%s"}'),
        ("POST", f"{E}/attempt/{{id}}/reviewed", '{"status": "passed", "a": [{"b": "%s"}]}'),
    ],
)
def test_unstorable_characters_in_bodies(
    method: str, path: str, body: str, text: str, as_global_staff: APIClient, attempt: Any
) -> None:
    url = path.format(id=attempt(status="submitted").external_id)
    response = as_global_staff.generic(method, url, body % text, "application/json")
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    assert "stored" in response.json()["detail"]


@pytest.mark.defect("REST-A17")
@pytest.mark.django_db
def test_providers_are_not_listed(make_exam, as_learner):
    response = as_learner.get(f"{E}/settings/exam_id/{make_exam(backend='gone').pk}/")
    assert response.status_code == 500
    for name in ("gone", "test", "null", "mock"):
        assert name not in response.json()["detail"]


@pytest.mark.defect("REST-A18")
@pytest.mark.django_db
def test_no_login_page_of_its_own():
    for path in ("/api/login/", "/api/logout/"):
        with pytest.raises(Resolver404):
            resolve(path)
    with pytest.raises(NoReverseMatch):
        reverse("edx_proctoring:rest_framework:login")


def put(client, attempt, action, **more):
    return client.put(f"{E}/attempt/{attempt.pk}", {"action": action, **more}, format="json")


@pytest.mark.defect("REST-A22")
@pytest.mark.django_db
def test_responses_do_not_echo_the_input(attempt, as_learner, as_staff, exam):
    hostile = "<script>alert(1)</script>"
    for response in (
        put(as_learner, attempt(), hostile),
        as_learner.post(f"{E}/attempt", {"exam_id": hostile}),
        as_staff.put(f"{E}/bulk_allowance", {"course_id": COURSE_ID, "exam_ids": hostile}),
    ):
        assert response.status_code == 400
        assert hostile not in response.content.decode()


@pytest.mark.defect("REST-D25")
@pytest.mark.django_db
def test_the_path_of_a_route_is_exact(as_learner, db):
    for path in (f"/anything{E}/active_attempt", f"{E}/active_attemptXYZ"):
        assert as_learner.get(path).status_code == 404
