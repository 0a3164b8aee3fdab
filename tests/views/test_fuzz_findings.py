"""Defects that random requests have found, each with its request."""

import pytest
import requests
from django.db import OperationalError, connection
from django.urls import reverse

from edx_proctoring import launch_tokens
from edx_proctoring.models import ProctoredExamSoftwareSecureReview
from edx_proctoring.testing.factories import COURSE_ID
from tests.views.conftest import V1, E

REVIEW = {"status": "passed", "comments": []}


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyError("status"), 400), (ValueError("no JSON"), 400), (requests.Timeout("too slow"), 502)],
    ids=lambda one: type(one).__name__,
)
def test_a_review_that_its_provider_cannot_parse(
    error, code, provider, exam, attempt, as_global_staff
):
    """No 500; nothing is stored, and the same review can be sent again."""
    known = attempt(exam=exam, status="submitted")
    url = f"{E}/attempt/{known.external_id}/reviewed"
    provider.fail("on_review_callback", error)
    response = as_global_staff.post(url, REVIEW, format="json")
    assert response.status_code == code
    assert set(response.json()) == {"detail"}
    assert not ProctoredExamSoftwareSecureReview.objects.exists()
    provider.recover()
    assert as_global_staff.post(url, REVIEW, format="json").status_code == 200
    assert ProctoredExamSoftwareSecureReview.objects.count() == 1


@pytest.mark.parametrize("error", [requests.ConnectionError("refused"), ValueError("no JSON")])
@pytest.mark.parametrize("with_exam", [True, False])
def test_a_dashboard_whose_provider_does_not_respond(
    error, with_exam, provider, exam, as_global_staff
):
    provider.fail("get_instructor_url", error)
    path = f"{V1}/instructor/{COURSE_ID}" + (f"/{exam.pk}" if with_exam else "")
    response = as_global_staff.get(path)
    assert response.status_code == 502
    assert isinstance(response.json(), str)


def _busy(execute, sql, params, many, context):
    if sql.startswith(("INSERT", "UPDATE")):
        raise OperationalError("database is locked")
    return execute(sql, params, many, context)


def test_the_start_callback_on_a_busy_database(exam, attempt, client, provider, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    provider.uses_start_callback = True
    known = attempt(exam=exam, status="created")
    name = "edx_proctoring:anonymous.proctoring_launch_callback.start_exam"
    token = launch_tokens.launch_token(known.attempt_code)
    url = f"{reverse(name, args=[known.attempt_code])}?token={token}"
    with connection.execute_wrapper(_busy):
        response = client.get(url)
    assert response.status_code == 503
    assert "exam" not in response.cookies
    assert client.get(url).status_code == 302
    known.refresh_from_db()
    assert known.status == "ready_to_start"


def test_retirement_on_a_busy_database(exam, attempt, learner, client_for, retirement, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    attempt(exam=exam)
    retiring = client_for(retirement)
    with connection.execute_wrapper(_busy):
        response = retiring.post(f"{V1}/retire_user/{learner.pk}/")
    assert response.status_code == 503
    assert retiring.post(f"{V1}/retire_user/{learner.pk}/").status_code == 204
