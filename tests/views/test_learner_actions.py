"""The actions that a learner may take, by status."""

import pytest
from django.utils import timezone
from rules import always_deny, set_perm

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import COMPLETED
from tests.views.conftest import NEW_EXAM, E

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


def put(client, attempt, action, **more):
    return client.put(f"{E}/attempt/{attempt.pk}", {"action": action, **more}, format="json")


@pytest.mark.defect("REST-A10")
def test_proctored_attempts_start_once_the_provider_is_ready(attempt, timed_exam, as_learner):
    known = attempt()
    assert put(as_learner, known, "start").status_code == 400
    Attempt.objects.update(status="ready_to_start")
    assert put(as_learner, known, "start").status_code == 200
    timed = attempt(exam=timed_exam, taking_as_proctored=False, external_id=None)
    assert put(as_learner, timed, "start").status_code == 200


@pytest.mark.defect("REST-A10")
def test_start_clock_starts_no_proctored_attempt(exam, as_learner):
    data = {"exam_id": exam.pk, "attempt_proctored": True, "start_clock": True}
    assert as_learner.post(f"{E}/attempt", data, format="json").status_code == 200
    assert Attempt.objects.get().status == "created"


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


def rejected(attempt, **more):
    return attempt(status="rejected", completed_at=timezone.now(), **more)


@pytest.mark.defect("REST-A11")
@pytest.mark.parametrize(
    "action", ["submit", "decline", "click_download_software", "start", "stop"]
)
@pytest.mark.parametrize(
    "status", ["verified", "rejected", "second_review_required", "onboarding_reset", "error"]
)
def test_ended_attempts_stay_ended(attempt, as_learner, action, status):
    known = attempt(status=status, completed_at=timezone.now())
    nothing_happens = (action, status) == ("submit", "error")
    assert put(as_learner, known, action).status_code == (200 if nothing_happens else 400)
    assert status_of(known) == status


@pytest.mark.defect("REST-A11")
@pytest.mark.parametrize("status", sorted(COMPLETED))
def test_a_late_error_is_ignored(attempt, as_learner, status):
    known = attempt(status=status, completed_at=timezone.now())
    for more in ({}, {"detail": "the software is gone"}):
        response = put(as_learner, known, "error", **more)
        assert (response.status_code, response.json()) == (200, {"exam_attempt_id": False})
    assert status_of(known) == status


@pytest.mark.defect("REST-A13")
@pytest.mark.parametrize(
    ("obstacle", "status"),
    [("permission", 403), ("prerequisites", 403), ("inactive", 400), ("enrolment", 403)],
)
def test_requirements_of_a_proctored_attempt(
    obstacle, status, make_exam, host, learner, as_learner, settings, provider
):
    exam = make_exam(is_active=obstacle != "inactive")
    needs_switch = obstacle in ("inactive", "enrolment")
    if obstacle == "permission":
        host.credit.enrolled = True
        set_perm("edx_proctoring.can_take_proctored_exam", always_deny)
    if obstacle == "prerequisites":
        first = {"namespace": "proctored_exam", "name": "first", "status": None, "order": 1}
        host.credit.requirements = [first]
    if obstacle == "enrolment":
        host.credit.enrolled = False
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    if needs_switch:
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "REQUIRE_ENROLLMENT": True}
    assert as_learner.post(f"{E}/attempt", data).status_code == status
    assert not Attempt.objects.exists()
    assert not provider.calls_of("register_exam_attempt")
    if needs_switch:  # kept without the switch
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "REQUIRE_ENROLLMENT": False}
        assert as_learner.post(f"{E}/attempt", data).status_code == 200


ITEM = {name: NEW_EXAM[name] for name in NEW_EXAM if name not in ("content_id", "external_id")}


@pytest.mark.defect("REST-C5")
def test_conflicting_actions_are_refused(exam, as_learner, as_global_staff):
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    assert as_learner.post(f"{E}/attempt", data).status_code == 200
    assert as_learner.post(f"{E}/attempt", data).status_code == 400
    new = {**ITEM, "content_id": exam.content_id, "external_id": "x"}
    assert as_global_staff.post(f"{E}/exam", new, format="json").status_code == 400
    assert (Attempt.objects.count(), ProctoredExam.objects.count()) == (1, 1)


def running(attempt, **more):
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    return attempt(status="started", **{**begun, **more})


@pytest.mark.defect("REST-C6")
def test_submitting_again_has_no_effect(attempt, as_learner, provider, mailoutbox):
    known = running(attempt)
    for _ in range(2):
        response = put(as_learner, known, "submit")
        assert response.json() == {"exam_attempt_id": known.pk}
        known.refresh_from_db()
        completed = known.completed_at
    assert Attempt.objects.get().completed_at == completed
    assert len(provider.calls_of("stop_exam_attempt")) == len(mailoutbox) == 1


@pytest.mark.defect("REST-C15")
@pytest.mark.parametrize("action", ["start", "reset_attempt"])
def test_only_the_current_attempt(action, attempt, practice_exam, as_learner):
    columns = {"exam": practice_exam, "is_sample_attempt": True}
    old = attempt(status="ready_to_start" if action == "start" else "error", **columns)
    attempt(status="ready_to_start" if action == "start" else "error", **columns)
    assert put(as_learner, old, action).status_code == 400
    assert Attempt.objects.count() == 2


@pytest.mark.defect("REST-C16")
def test_downloading_during_the_exam_is_refused(attempt, as_learner):
    known = running(attempt)
    assert put(as_learner, known, "click_download_software").status_code == 400
    assert status_of(known) == "started"


@pytest.mark.defect("REST-C17")
def test_kept_without_attempt_proctored_the_exam_is_declined(exam, as_learner):
    assert as_learner.post(f"{E}/attempt", {"exam_id": exam.pk}).status_code == 200
    assert Attempt.objects.get().status == "declined"


@pytest.mark.defect("REST-C18")
def test_declining_a_timed_exam_declines_no_other(exam, timed_exam, attempt, as_learner):
    known = attempt(exam=timed_exam, taking_as_proctored=False, external_id=None)
    assert put(as_learner, known, "decline").status_code == 200
    assert Attempt.objects.count() == 1
