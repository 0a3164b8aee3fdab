"""Actions that learners may perform through the REST interface, by status."""

import contextlib
import datetime

import pytest
from django.db import connection, transaction
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    ProctoredBaseException,
    ProctoredExamIllegalStatusTransition,
    ProctoredExamNotActiveException,
    ProctoredExamPermissionDenied,
    StudentExamAttemptAlreadyExistsException,
    StudentExamAttemptBeingCreated,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import ProctoredExamStudentAttempt, ProctoringReservation
from tests.unknown import NO_SUCH_ID

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
SETUP = ("created", "download_software_clicked", "ready_to_start")
RUNNING = ("started", "ready_to_submit")
ENDED = (
    "submitted",
    "timed_out",
    "verified",
    "rejected",
    "second_review_required",
    "error",
    "declined",
)
OTHER = ("onboarding_reset", "onboarding_missing", "expired")

ALLOWED = {
    "start": ("ready_to_start", "ready_to_submit", "started"),
    "stop": RUNNING,
    "submit": (*SETUP, *RUNNING, "submitted", "timed_out", "error"),
    "decline": (*SETUP, "declined"),
    "click_download_software": SETUP,
}
RESULT = {
    "start": "started",
    "stop": "ready_to_submit",
    "submit": "submitted",
    "decline": "declined",
    "click_download_software": "download_software_clicked",
}
# What such a click finds is as good as what it asks for.
KEPT = {("submit", "timed_out"), ("submit", "error"), ("click_download_software", "ready_to_start")}


def make(attempt, status, **more):
    begun = status in RUNNING
    if begun:
        more |= {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    return attempt(status=status, **more)


def status_of(attempt):
    return ProctoredExamStudentAttempt.objects.get(pk=attempt.pk).status


@pytest.mark.parametrize("action", ALLOWED)
@pytest.mark.parametrize("status", [*SETUP, *RUNNING, *ENDED, *OTHER])
def test_actions_are_allowed_in_their_statuses(attempt, learner, action, status):
    known = make(attempt, status)
    if status not in ALLOWED[action]:
        with pytest.raises(ProctoredExamIllegalStatusTransition):
            api.learner_action(api.find_attempt(known.pk), action, learner)
        assert status_of(known) == status
        return
    assert api.learner_action(api.find_attempt(known.pk), action, learner) == known.pk
    kept = (action, status) in KEPT
    assert status_of(known) == (status if kept else RESULT[action])


@pytest.mark.parametrize("status", [*SETUP, *RUNNING, *ENDED, *OTHER])
def test_errors_are_recorded_until_the_end(attempt, learner, status):
    known = make(attempt, status)
    answer = api.learner_action(
        api.find_attempt(known.pk), "error", learner, detail="lost the software"
    )
    if status in (*SETUP, *RUNNING):
        assert (answer, status_of(known)) == (known.pk, "error")
    else:
        assert (answer, status_of(known)) == (False, status)


def test_an_unproctored_attempt_starts_without_set_up(attempt, learner, timed_exam):
    known = attempt(exam=timed_exam, status="created", taking_as_proctored=False)
    api.learner_action(api.find_attempt(known.pk), "start", learner)
    assert status_of(known) == "started"


def test_the_published_leniency_can_be_switched_on(attempt, learner, settings):
    known = attempt(status="created")
    switch = {"ALLOW_START_WITHOUT_SETUP": True}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **switch}
    api.learner_action(api.find_attempt(known.pk), "start", learner)
    assert status_of(known) == "started"


@pytest.mark.parametrize("action", ["start", "reset_attempt"])
def test_an_old_attempt_cannot_be_started_instead_of_the_newest(
    attempt, learner, practice_exam, action
):
    old = attempt(exam=practice_exam, status="ready_to_start", is_sample_attempt=True)
    new = attempt(exam=practice_exam, status="ready_to_start", is_sample_attempt=True)
    with pytest.raises(ProctoredExamIllegalStatusTransition):
        api.learner_action(api.find_attempt(old.pk), action, learner)
    assert (status_of(old), status_of(new)) == ("ready_to_start", "ready_to_start")


def test_ping_changes_nothing(attempt, learner):
    known = attempt(status="created")
    assert api.learner_action(api.find_attempt(known.pk), "ping", learner) == known.pk
    assert status_of(known) == "created"


@pytest.mark.parametrize("action", ["", "finish", "__class__", "mark_ready_to_resume"])
def test_unknown_actions(attempt, learner, action):
    known = attempt(status="created")
    with pytest.raises(ProctoredBaseException, match="There is no such action"):
        api.learner_action(api.find_attempt(known.pk), action, learner)


@pytest.mark.parametrize("attempt_id", [0, -1, 2**40, NO_SUCH_ID])
def test_unknown_attempts(learner, attempt_id):
    text = f"Attempted to update attempt_id={attempt_id} but it does not exist."
    with pytest.raises(StudentExamAttemptDoesNotExistsException, match=text):
        api.learner_action(api.find_attempt(attempt_id), "submit", learner)


def test_a_late_submission_counts_as_a_time_out(attempt, learner):
    known = attempt(status="started", started_at=timezone.now() - HOUR, allowed_time_limit_mins=10)
    assert api.learner_action(api.find_attempt(known.pk), "submit", learner) == known.pk
    ended = ProctoredExamStudentAttempt.objects.get(pk=known.pk)
    assert ended.completed_at == known.started_at + datetime.timedelta(minutes=10)


# Creation


def create(exam, user, *, proctored=True, start_clock=False):
    return api.create_attempt_for_learner(
        exam.pk, user, attempt_proctored=proctored, start_clock=start_clock
    )


def test_a_proctored_attempt(exam, learner):
    attempt = ProctoredExamStudentAttempt.objects.get(pk=create(exam, learner))
    assert (attempt.status, attempt.taking_as_proctored) == ("created", True)


def test_an_unproctored_attempt_is_declined(exam, learner):
    attempt = ProctoredExamStudentAttempt.objects.get(
        pk=create(exam, learner, proctored=False, start_clock=True)
    )
    assert (attempt.status, attempt.started_at) == ("declined", None)


def test_a_timed_exam_can_start_immediately(timed_exam, learner):
    attempt_id = create(timed_exam, learner, proctored=False, start_clock=True)
    attempt = ProctoredExamStudentAttempt.objects.get(pk=attempt_id)
    assert attempt.status == "started"


def test_a_proctored_attempt_does_not_start_immediately(exam, learner):
    attempt_id = create(exam, learner, start_clock=True)
    assert ProctoredExamStudentAttempt.objects.get(pk=attempt_id).status == "created"


def test_past_due_is_forbidden_except_for_practice(make_exam, learner):
    exam = make_exam(due_date=timezone.now() - HOUR)
    with pytest.raises(ProctoredExamPermissionDenied):
        create(exam, learner)
    assert not ProctoredExamStudentAttempt.objects.exists()


def test_unmet_requirements_forbid_a_proctored_attempt(exam, learner, host):
    host.credit.requirements = [
        {"namespace": "proctored_exam", "name": "first", "order": 1, "status": "failed"},
        {"namespace": "proctored_exam", "name": exam.content_id, "order": 2, "status": None},
    ]
    with pytest.raises(ProctoredExamPermissionDenied):
        create(exam, learner)
    assert not ProctoredExamStudentAttempt.objects.exists()


def test_enrollment_can_be_required(make_exam, learner, settings, host):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "REQUIRE_ENROLLMENT": True}
    with pytest.raises(ProctoredExamNotActiveException):
        create(make_exam(is_active=False), learner)
    host.credit.enrolled = False
    with pytest.raises(ProctoredExamPermissionDenied, match="not enrolled"):
        create(make_exam(), learner)
    host.credit.enrolled = True
    assert create(make_exam(), learner)


def test_users_who_may_not_take_proctored_exams(exam, learner):
    learner.is_active = False
    with pytest.raises(ProctoredExamPermissionDenied, match="as a proctored exam"):
        create(exam, learner)
    assert not ProctoredExamStudentAttempt.objects.exists()


def test_unmet_requirements_do_not_forbid_practice(practice_exam, learner, host):
    host.credit.requirements = [
        {"namespace": "proctored_exam", "name": "first", "order": 1, "status": "failed"}
    ]
    assert create(practice_exam, learner)


def test_the_second_click_gets_the_attempt_of_the_first(exam, learner, provider):
    """The second click comes while the provider registers the first one's attempt."""
    seen = {}

    def meanwhile(*_args, **_kwargs):
        try:
            api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        except StudentExamAttemptAlreadyExistsException as error:
            seen["error"] = type(error).__name__

    provider.before("register_exam_attempt", meanwhile)
    create(exam, learner)
    assert seen == {"error": "StudentExamAttemptBeingCreated"}
    assert ProctoredExamStudentAttempt.objects.count() == 1


@pytest.fixture
def under_way(exam, learner):
    """Another request's creation is in progress; it finishes once the second click has found it."""
    pair, steps = (exam.pk, learner.pk), []
    with contextlib.ExitStack() as stack:

        def begin(how):
            def end(execute, sql, *more):
                if steps == ["found"] and not connection.in_atomic_block:
                    steps.append("ended")
                    how()
                    ProctoringReservation.objects.void(*pair)
                answer = execute(sql, *more)
                if not steps and sql.startswith("SELECT") and "proctoring_reservation" in sql:
                    steps.append("found")
                return answer

            ProctoringReservation.objects.take(*pair, "first", "", seconds=60)
            stack.enter_context(connection.execute_wrapper(end))

        yield begin
    assert steps == ["found", "ended"]


def test_a_click_that_waited_for_a_failed_creation(exam, learner, under_way):
    under_way(lambda: None)
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        create(exam, learner)
    assert not ProctoredExamStudentAttempt.objects.exists()


def test_a_click_that_waited_gets_the_other_attempt(exam, learner, attempt, under_way, provider):
    under_way(lambda: attempt(exam=exam))
    found = create(exam, learner)
    assert ProctoredExamStudentAttempt.objects.get().pk == found
    assert not provider.calls_of("register_exam_attempt")


def test_a_click_with_another_choice(exam, learner, attempt, under_way):
    under_way(lambda: attempt(exam=exam, taking_as_proctored=False))
    with pytest.raises(StudentExamAttemptBeingCreated, match="already exists"):
        create(exam, learner)


def test_no_waiting_in_a_transaction_of_the_host(exam, learner):
    ProctoringReservation.objects.take(exam.pk, learner.pk, "first", "", seconds=60)
    with pytest.raises(StudentExamAttemptBeingCreated), transaction.atomic():
        create(exam, learner)


def test_an_error_that_comes_too_late(attempt, learner, provider):
    """The attempt ends between the first read and the lock."""
    known = make(attempt, "started")
    waiting = [known.pk]

    def end_next(execute, sql, *more):
        answer = execute(sql, *more)
        if waiting and sql.startswith("SELECT") and not connection.in_atomic_block:
            rows = ProctoredExamStudentAttempt.objects.filter(pk=waiting.pop())
            rows.update(status="submitted", completed_at=timezone.now())
        return answer

    with connection.execute_wrapper(end_next):
        assert api.learner_action(api.find_attempt(known.pk), "error", learner) is False
    assert status_of(known) == "submitted"


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("PYTHON-95")
def test_the_rest_interface_creates_only_permitted_attempts(
    make_exam, learner, client_for, settings
):
    exam = make_exam(is_active=False)
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "REQUIRE_ENROLLMENT": True}
    body = {"exam_id": exam.pk, "attempt_proctored": True}
    url = "/api/edx_proctoring/v1/proctored_exam/attempt"
    assert client_for(learner).post(url, body, format="json").status_code == 400
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("PYTHON-96")
def test_kept_in_python_but_learners_need_the_set_up(attempt, learner, client_for):
    one = attempt(status="created")
    url = f"/api/edx_proctoring/v1/proctored_exam/attempt/{one.pk}"
    assert client_for(learner).put(url, {"action": "start"}, format="json").status_code == 400
    api.update_attempt_status(one.pk, "started")
    assert api.get_exam_attempt_by_id(one.pk)["status"] == "started"


@pytest.mark.parametrize("action", ["stop", "submit"])
def test_an_attempt_that_was_removed_meanwhile_cannot_be_ended(attempt, learner, action):
    known = api.find_attempt(attempt(status="started", started_at=timezone.now()).pk)
    ProctoredExamStudentAttempt.objects.filter(pk=known.pk).delete()
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.learner_action(known, action, learner)


def test_a_submission_returns_the_status_that_the_attempt_has_meanwhile(attempt, learner):
    known = api.find_attempt(attempt(status="started", started_at=timezone.now()).pk)
    ProctoredExamStudentAttempt.objects.filter(pk=known.pk).update(status="error")
    assert api.learner_action(known, "submit", learner) == known.pk
    assert ProctoredExamStudentAttempt.objects.get().status == "error"
