"""Routes 6 to 10 and 25: attempts."""

import datetime
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient
from waffle.testutils import override_switch

from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import AttemptFactory
from edx_proctoring.testing.providers import FakeProvider
from tests.views.conftest import E, state

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 1, 12, tzinfo=datetime.UTC)
HUGE = 10**30


def put(client: APIClient, attempt_id: int, **data: Any) -> Any:
    """Return the response to an action."""
    return client.put(f"{E}/attempt/{attempt_id}", data, format="json")


# Reading one


@pytest.mark.parametrize(
    ("minutes", "passed", "text", "seconds"),
    [
        (90, 0, "you have 1 hour and 30 minutes remaining", 5400),
        (1800, 0, "you have 30 hours remaining", 108000),
        (90, 89 * 60 + 1, "you have less than a minute remaining", 59),
        (90, 0.5, "you have 1 hour and 30 minutes remaining", 5399.5),
    ],
)
def test_time_left(
    minutes: int, passed: float, text: str, seconds: float, attempt: Any, as_learner: APIClient
) -> None:
    started = NOW - datetime.timedelta(seconds=passed)
    one = attempt(status="started", started_at=started, allowed_time_limit_mins=minutes)
    with time_machine.travel(NOW, tick=False):
        answer = as_learner.get(f"{E}/attempt/{one.pk}").json()
    assert answer["accessibility_time_string"] == text
    assert answer["time_remaining_seconds"] == seconds
    assert answer["proctored_exam"]["id"] == one.proctored_exam_id


def test_before_the_start_the_remaining_time_is_zero(attempt: Any, as_learner: APIClient) -> None:
    answer = as_learner.get(f"{E}/attempt/{attempt().pk}").json()
    assert (answer["time_remaining_seconds"], answer["status"]) == (0, "created")


def test_an_attempt_whose_time_is_over_is_submitted_by_the_poll(
    attempt: Any, as_learner: APIClient
) -> None:
    one = attempt(status="started", started_at=NOW, allowed_time_limit_mins=1)
    answer = as_learner.get(f"{E}/attempt/{one.pk}").json()
    assert (answer["status"], answer["time_remaining_seconds"]) == ("submitted", 0)


def test_the_poll_runs_few_queries(
    attempt: Any, as_learner: APIClient, django_assert_max_num_queries: Any
) -> None:
    one = attempt(status="ready_to_start")
    with django_assert_max_num_queries(3):  # session, user, attempt
        as_learner.get(f"{E}/attempt/{one.pk}")


@pytest.mark.parametrize("attempt_id", [0, 999999, HUGE])
def test_unknown_attempt(attempt_id: int, as_learner: APIClient) -> None:
    response = as_learner.get(f"{E}/attempt/{attempt_id}")
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    response = put(as_learner, attempt_id, action="submit")
    assert response.status_code == 400
    assert response.json() == {
        "detail": f"Attempted to update attempt_id={attempt_id} but it does not exist."
    }


# Actions


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("start", "ready_to_start", "started"),
        ("stop", "started", "ready_to_submit"),
        ("submit", "started", "submitted"),
        ("click_download_software", "created", "download_software_clicked"),
        ("decline", "created", "declined"),
        ("error", "started", "error"),
        ("ping", "started", "started"),
        ("submit", "submitted", "submitted"),
    ],
)
@pytest.mark.parametrize("encoding", ["json", "multipart"])
def test_actions(
    action: str, before: str, after: str, encoding: str, attempt: Any, as_learner: APIClient
) -> None:
    one = attempt(status=before)
    response = as_learner.put(f"{E}/attempt/{one.pk}", {"action": action}, format=encoding)
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": one.pk})
    one.refresh_from_db()
    assert one.status == after


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("start", "created"),
        ("start", "submitted"),
        ("stop", "created"),
        ("stop", "download_software_clicked"),
        ("stop", "ready_to_start"),
        ("stop", "submitted"),
        ("stop", "error"),
        ("submit", "verified"),
        ("submit", "rejected"),
        ("decline", "verified"),
        ("click_download_software", "started"),
        ("reset_attempt", "submitted"),  # no practice exam
    ],
)
def test_actions_in_the_wrong_status(
    action: str, status: str, attempt: Any, as_learner: APIClient
) -> None:
    one = attempt(status=status)
    response = put(as_learner, one.pk, action=action)
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    one.refresh_from_db()
    assert one.status == status


@pytest.mark.parametrize("action", [None, "", "fly", 1, True, [], {}, "x" * 10000])
def test_unknown_actions(action: Any, attempt: Any, as_learner: APIClient) -> None:
    response = put(as_learner, attempt().pk, action=action)
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    assert len(response.json()["detail"]) < 200


@pytest.mark.parametrize("body", ["[]", '"submit"', "1", "null", "{"])
def test_bodies_that_are_not_objects(body: str, attempt: Any, as_learner: APIClient) -> None:
    one = attempt()
    for method, url in (("PUT", f"{E}/attempt/{one.pk}"), ("POST", f"{E}/attempt")):
        response = as_learner.generic(method, url, body, content_type="application/json")
        assert (response.status_code, list(response.json())) == (400, ["detail"])


@pytest.mark.usefixtures("tracker")
@pytest.mark.parametrize("proctored", [True, False])
def test_a_submission_after_an_error_changes_nothing(
    proctored: bool,
    attempt: Any,
    timed_exam: ProctoredExam,
    as_learner: APIClient,
    provider: FakeProvider,
    mailoutbox: Any,
) -> None:
    """The timer of a second tab, which has not received the error yet, sends it."""
    kind = {} if proctored else {"exam": timed_exam, "taking_as_proctored": False}
    began = {"started_at": NOW, "allowed_time_limit_mins": 90, "time_remaining_seconds": 600}
    one = attempt(status="error", is_resumable=True, **began, **kind)
    before = (state(), list(provider.calls))
    response = put(as_learner, one.pk, action="submit")
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": one.pk})
    assert (state(), provider.calls) == before
    assert not mailoutbox


def test_a_switch_lets_learners_continue_without_the_software(
    attempt: Any, as_learner: APIClient
) -> None:
    one = attempt(status="started")
    with override_switch("edx_proctoring.test_ping_failure_passthrough", active=True):
        response = put(as_learner, one.pk, action="error")
    assert response.json() == {"exam_attempt_id": False}
    one.refresh_from_db()
    assert one.status == "started"


def test_resetting_a_practice_attempt(
    attempt: Any, practice_exam: ProctoredExam, as_learner: APIClient
) -> None:
    one = attempt(exam=practice_exam, status="error")
    response = put(as_learner, one.pk, action="reset_attempt")
    newest = ProctoredExamStudentAttempt.objects.latest("id")
    assert response.json() == {"exam_attempt_id": newest.pk}
    assert newest.pk != one.pk


# Resuming


def test_staff_permit_to_resume(attempt: Any, learner: Any, as_staff: APIClient) -> None:
    one = attempt(status="error", is_resumable=True)
    data = {"action": "mark_ready_to_resume", "user_id": str(learner.pk)}
    response = as_staff.put(f"{E}/attempt/{one.pk}", data, format="multipart")
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": one.pk})
    one.refresh_from_db()
    assert (one.status, one.ready_to_resume, one.is_resumable) == ("error", True, False)
    assert one.history.latest().history_user_id == int(as_staff.session["_auth_user_id"])


@pytest.mark.defect("REST-A12")
def test_staff_resume_their_own_attempt_without_naming_themselves(
    staff: Any, as_staff: APIClient
) -> None:
    one = AttemptFactory(user=staff, status="error", is_resumable=True)
    assert put(as_staff, one.pk, action="mark_ready_to_resume").status_code == 200


@pytest.mark.defect("REST-A12")
def test_learners_cannot_permit_themselves_to_resume(attempt: Any, as_learner: APIClient) -> None:
    one = attempt(status="error", is_resumable=True)
    assert put(as_learner, one.pk, action="mark_ready_to_resume").status_code == 403
    named = {"action": "mark_ready_to_resume", "user_id": one.user_id}
    assert put(as_learner, one.pk, **named).status_code == 403
    one.refresh_from_db()
    assert not one.ready_to_resume


def test_attempts_that_cannot_be_resumed(attempt: Any, learner: Any, as_staff: APIClient) -> None:
    one = attempt(status="submitted")
    response = put(as_staff, one.pk, action="mark_ready_to_resume", user_id=learner.pk)
    assert response.status_code == 400


@pytest.mark.parametrize("user_id", ["abc", HUGE, [], {}, "²"])
def test_invalid_user_ids(user_id: Any, attempt: Any, as_staff: APIClient) -> None:
    one = attempt(status="error", is_resumable=True)
    response = put(as_staff, one.pk, action="mark_ready_to_resume", user_id=user_id)
    assert response.status_code == (403 if user_id in ([], {}) else 400)


def test_a_learner_may_not_even_name_themselves(
    attempt: Any, learner: Any, as_learner: APIClient
) -> None:
    one = attempt(status="started")
    assert put(as_learner, one.pk, action="submit", user_id=learner.pk).status_code == 403


# Creating


@pytest.mark.parametrize("proctored", ["true", "TRUE", True])
def test_create_as_proctored(
    proctored: Any, exam: ProctoredExam, as_learner: APIClient, provider: FakeProvider
) -> None:
    data = {
        "exam_id": str(exam.pk),
        "attempt_proctored": proctored,
        "user_id": 1,
        "external_id": "x",
    }
    response = as_learner.post(f"{E}/attempt", data, format="json")
    one = ProctoredExamStudentAttempt.objects.get()
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": one.pk})
    assert (one.status, one.taking_as_proctored, one.external_id) == ("created", True, "attempt-1")
    assert one.user.username == "learner"


@pytest.mark.parametrize("data", [{}, {"attempt_proctored": "no"}, {"attempt_proctored": None}])
def test_a_proctored_exam_not_taken_as_such_is_declined(
    data: dict[str, Any], exam: ProctoredExam, as_learner: APIClient
) -> None:
    data = {**data, "exam_id": exam.pk, "start_clock": True}
    assert as_learner.post(f"{E}/attempt", data, format="json").status_code == 200
    assert ProctoredExamStudentAttempt.objects.get().status == "declined"


@pytest.mark.parametrize(
    ("start_clock", "status"),
    [("true", "started"), (True, "started"), ("false", "created"), (None, "created")],
)
def test_timed_exams_start_immediately_on_request(
    start_clock: Any, status: str, timed_exam: ProctoredExam, as_learner: APIClient
) -> None:
    data = {"exam_id": timed_exam.pk, "start_clock": start_clock, "attempt_proctored": True}
    assert as_learner.post(f"{E}/attempt", data, format="json").status_code == 200
    assert ProctoredExamStudentAttempt.objects.get().status == status


def test_a_second_attempt_is_refused(
    timed_exam: ProctoredExam, learner: Any, as_learner: APIClient
) -> None:
    data = {"exam_id": timed_exam.pk}
    as_learner.post(f"{E}/attempt", data, format="json")
    response = as_learner.post(f"{E}/attempt", data, format="json")
    assert response.status_code == 400
    assert response.json() == {
        "detail": f"Cannot create new exam attempt for exam_id={timed_exam.pk} and "
        f"user_id={learner.pk} in course_id={timed_exam.course_id} because it already exists!"
    }


@pytest.mark.parametrize("exam_id", [None, "abc", [], {}, True, HUGE, -1, 0, 999999, "²"])
def test_create_in_an_unknown_exam(exam_id: Any, as_learner: APIClient) -> None:
    response = as_learner.post(f"{E}/attempt", {"exam_id": exam_id}, format="json")
    assert (response.status_code, list(response.json())) == (400, ["detail"])


@pytest.mark.parametrize("name", ["start_clock", "attempt_proctored"])
@pytest.mark.parametrize("value", [1, [], {}])
def test_attempt_proctored_and_start_clock_as_text(
    name: str, value: Any, timed_exam: ProctoredExam, as_learner: APIClient
) -> None:
    response = as_learner.post(
        f"{E}/attempt", {"exam_id": timed_exam.pk, name: value}, format="json"
    )
    assert response.status_code == 400
    assert not ProctoredExamStudentAttempt.objects.exists()


def test_create_when_past_due(make_exam: Any, as_learner: APIClient) -> None:
    exam = make_exam(due_date=NOW - datetime.timedelta(days=9999))
    response = as_learner.post(f"{E}/attempt", {"exam_id": exam.pk}, format="json")
    assert response.status_code == 403
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.parametrize(
    ("providers", "ours"), [(200, 502), (401, 502), (404, 502), (500, 502), (503, 503), (504, 503)]
)
def test_a_providers_status_is_not_passed_on(
    providers: int, ours: int, exam: ProctoredExam, as_learner: APIClient, provider: FakeProvider
) -> None:
    error = BackendProviderCannotRegisterAttempt("<b>secret details</b>", providers)
    provider.fail("register_exam_attempt", error)
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    response = as_learner.post(f"{E}/attempt", data, format="json")
    assert (response.status_code, list(response.json())) == (ours, ["detail"])
    assert "secret" not in response.json()["detail"]
    assert not ProctoredExamStudentAttempt.objects.exists()


# The result is read


def test_results_are_acknowledged(attempt: Any, as_learner: APIClient, settings: Any) -> None:
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    one = attempt(status="verified")
    response = as_learner.put(f"{E}/attempt/{one.pk}/review_status")
    assert (response.status_code, response.content) == (200, b"")
    one.refresh_from_db()
    assert one.is_status_acknowledged
    assert as_learner.put(f"{E}/attempt/999999/review_status").status_code == 400


def test_results_that_are_not_shown_cannot_be_acknowledged(
    attempt: Any, as_learner: APIClient
) -> None:
    response = as_learner.put(f"{E}/attempt/{attempt().pk}/review_status")
    assert (response.status_code, list(response.json())) == (404, ["detail"])
