"""Services that do not respond to queries: the response is as documented, and nothing is stored in part."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from edx_proctoring import api
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
)
from edx_proctoring.runtime import get_runtime_service, set_runtime_service
from edx_proctoring.testing.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]

V1 = "/api/edx_proctoring/v1"
E = f"{V1}/proctored_exam"
SERVICES = [
    "credit",
    "instructor",
    "grades",
    "certificates",
    "enrollments",
    "name_affirmation",
    "learning_sequences",
    "preferences",
]


class Raises:
    """Every method raises."""

    def __getattr__(self, name: str) -> Any:
        def method(*_args: Any, **_kwargs: Any) -> None:
            raise RuntimeError(f"{name} is broken")

        return method


class FailsInSQL:
    """Every method breaks the current transaction."""

    def __getattr__(self, _name: str) -> Any:
        def method(*_args: Any, **_kwargs: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT no_such_column FROM no_such_table")

        return method


@pytest.fixture(params=SERVICES)
def service(request, host):
    """The name of one of the host's services, restored afterwards."""
    before = get_runtime_service(request.param)
    yield request.param
    set_runtime_service(request.param, before)


@pytest.fixture(params=[Raises, FailsInSQL, type(None)], ids=["raises", "fails in SQL", "absent"])
def faulty(request, service):
    """Replace the service by a faulty one; return its name."""

    def begin() -> str:
        set_runtime_service(service, request.param())
        return str(service)

    return begin


@pytest.fixture(params=[False, True], ids=["as it comes", "ATOMIC_REQUESTS"])
def _requests(request, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", request.param)


@pytest.mark.usefixtures("_requests")
def test_a_learner_takes_an_exam(faulty, exam, learner, client_for, mailoutbox):
    """From the first click to the last, while one service fails."""
    client = client_for(learner)
    faulty()
    wanted = {"exam_id": exam.pk, "attempt_proctored": True}
    answer = client.post(f"{E}/attempt", wanted, "json")
    assert answer.status_code == 200
    attempt_id = answer.json()["exam_attempt_id"]
    api.mark_exam_attempt_as_ready(attempt_id)
    for action in ("start", "stop", "start", "submit"):
        path = f"{E}/attempt/{attempt_id}"
        assert client.put(path, {"action": action}, "json").status_code == 200
    view = api.get_student_view(learner.pk, exam.course_id, exam.content_id, {"due_date": None})
    assert view
    assert ProctoredExamStudentAttempt.objects.get().status == "submitted"
    assert len(mailoutbox) == 1
    assert not ProctoringReservation.objects.exists()


@pytest.mark.usefixtures("_requests")
def test_staff_pages(faulty, exam, attempt, staff, client_for):
    """If the host cannot tell, the learner counts as not enrolled; all other requests succeed."""
    known = attempt(exam=exam, status="submitted")
    client = client_for(staff)
    allowed = 403 if faulty() == "instructor" else 200
    course = exam.course_id
    for path in (
        f"{E}/attempt/grouped/course_id/{course}",
        f"{E}/{course}/allowance",
        f"{V1}/user_onboarding/status/course_id/{course}",
    ):
        answer = client.get(path)
        # The list of onboarding answers 404 in a course without an onboarding exam.
        assert answer.status_code in ({allowed, 404} if "onboarding" in path else {allowed}), path
    assert client.delete(f"{E}/attempt/{known.pk}").status_code == allowed
    left = ProctoredExamStudentAttempt.objects.filter(pk=known.pk).exists()
    assert left is (allowed == 403)


def test_onboarding_of_a_course(faulty, provider, make_exam, learner, client_for):
    provider.supports_onboarding = True
    exam = make_exam(is_practice_exam=True)
    faulty()
    path = f"{V1}/user_onboarding/status?course_id={exam.course_id.replace('+', '%2B')}"
    assert client_for(learner).get(path).status_code in (200, 404)
    staff = client_for(UserFactory(is_staff=True))
    lists = f"{V1}/user_onboarding/status/course_id/{exam.course_id}"
    assert staff.get(lists).status_code == 200


def test_a_host_that_rolls_back_a_new_attempt(exam, learner, provider):
    """Nothing is stored here, and the next try creates a new attempt; the provider keeps the first registration."""
    with pytest.raises(DatabaseError), transaction.atomic():
        api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        raise DatabaseError("the host's own work failed")
    assert not ProctoredExamStudentAttempt.objects.exists()
    assert not ProctoringReservation.objects.exists()
    assert not OutboxMessage.objects.exclude(kind="exam_saved").exists()
    api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    assert ProctoredExamStudentAttempt.objects.count() == 1
    assert len(provider.calls_of("register_exam_attempt")) == 2
