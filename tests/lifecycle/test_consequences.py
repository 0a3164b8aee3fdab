"""Effects of status changes: grades, credit, declined exams, onboarding."""

import datetime

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.exceptions import ProctoredExamIllegalStatusTransition
from edx_proctoring.models import ProctoredExamStudentAttempt

pytestmark = pytest.mark.django_db


def ended(attempt, status="submitted", **more):
    return attempt(status=status, completed_at=timezone.now(), **more)


def grade_calls(host):
    words = {"override_subsection_grade": "zero", "undo_override_subsection_grade": "undo"}
    return [words[call.method] for call in host.calls if call.method in words]


@pytest.mark.defect("PYTHON-42")
def test_verifying_a_rejected_attempt_restores_the_grade_once(attempt, host):
    known = ended(attempt)
    for status in ("rejected", "second_review_required", "verified", "verified"):
        api.update_attempt_status(known.pk, status)
    assert grade_calls(host) == ["zero", "undo"]


Attempt = ProctoredExamStudentAttempt


def credit_words(host):
    return [call.kwargs["status"] for call in host.calls_of("set_credit_requirement_status")]


@pytest.mark.defect("PYTHON-49")
@pytest.mark.parametrize("status", ["submitted", "verified", "rejected"])
def test_setting_the_same_status_again_has_no_effect(attempt, status, mailoutbox, host, tracker):
    known = ended(attempt, status=status)
    api.update_attempt_status(known.pk, status)
    before, known = known, Attempt.objects.get(pk=known.pk)
    assert known.completed_at == before.completed_at
    assert known.history.count() == 1
    assert not mailoutbox
    assert not tracker.events
    assert not credit_words(host)
    assert not grade_calls(host)


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


@pytest.mark.defect("PYTHON-51")
@pytest.mark.parametrize("word", ["", "Submitted", "no status", None, 7])
def test_unknown_statuses_are_refused(attempt, word):
    known = attempt()
    with pytest.raises(ProctoredExamIllegalStatusTransition):
        api.update_attempt_status(known.pk, word)
    assert status_of(known) == "created"


@pytest.mark.defect("PYTHON-52")
def test_declined_by_the_learner_or_by_the_cascade_means_the_same(
    make_exam, attempt, learner, provider
):
    first, second = make_exam(), make_exam()
    known = attempt(exam=first, external_id="one")
    attempt(exam=second, external_id="two")
    api.update_attempt_status(known.pk, "declined")
    columns = ("status", "taking_as_proctored", "external_id")
    assert set(Attempt.objects.values_list(*columns)) == {("declined", False, None)}
    removed = {call.args[1] for call in provider.calls_of("remove_exam_attempt")}
    assert removed == {"one", "two"}


@pytest.mark.defect("PYTHON-53")
def test_onboarding_removes_only_attempts_at_the_same_provider(
    attempt, make_exam, practice_exam, provider
):
    provider.supports_onboarding = True
    here = attempt(exam=make_exam(course_id="course-v1:o+t+h"), status="onboarding_missing")
    there = attempt(exam=make_exam(backend="null"), status="onboarding_missing")
    onboarding = attempt(exam=practice_exam, status="submitted", is_sample_attempt=True)
    api.update_attempt_status(onboarding.pk, "verified")
    assert not Attempt.objects.filter(pk=here.pk).exists()
    assert status_of(there) == "onboarding_missing"


@pytest.mark.defect("PYTHON-53")
def test_a_rejected_onboarding_exam_also_removes_waiting_attempts(
    attempt, exam, practice_exam, provider
):
    provider.supports_onboarding = True
    waiting = attempt(exam=exam, status="onboarding_missing")
    onboarding = attempt(exam=practice_exam, status="submitted", is_sample_attempt=True)
    api.update_attempt_status(onboarding.pk, "rejected")
    assert not Attempt.objects.filter(pk=waiting.pk).exists()


MINUTE = datetime.timedelta(minutes=1)


def running(attempt, minutes_ago, **more):
    begun = timezone.now() - minutes_ago * MINUTE
    columns = {"status": "started", "started_at": begun, "allowed_time_limit_mins": 90}
    return attempt(**{**columns, **more})


@pytest.mark.defect("PYTHON-54")
def test_practice_exams_change_no_certificate_and_timed_exams_no_credit(
    attempt, practice_exam, timed_exam, host
):
    practice = ended(attempt, exam=practice_exam, is_sample_attempt=True)
    api.update_attempt_status(practice.pk, "rejected")
    assert (credit_words(host), grade_calls(host)) == (["failed"], ["zero"])  # kept
    assert not host.calls_of("invalidate_certificate")
    host.calls.clear()
    timed = running(attempt, 1, exam=timed_exam, taking_as_proctored=False, external_id=None)
    api.update_attempt_status(timed.pk, "submitted")
    assert not credit_words(host)


@pytest.mark.defect("PYTHON-67")
def test_removing_an_older_attempt_keeps_answers_and_grade(attempt, exam, host, staff):
    old = attempt(exam=exam, status="rejected", completed_at=timezone.now())
    attempt(exam=exam, status="submitted", completed_at=timezone.now())
    api.remove_exam_attempt(old.pk, staff)
    assert not host.calls_of("delete_student_attempt")
    assert not host.calls_of("undo_override_subsection_grade")
    assert not host.calls_of("remove_credit_requirement_status")
    words = [call.kwargs["status"] for call in host.calls_of("set_credit_requirement_status")]
    assert words == ["submitted"]  # of the newer attempt


@pytest.mark.defect("PYTHON-68")
def test_a_reset_practice_attempt_has_no_data_of_the_former_one(attempt, practice_exam, staff):
    flags = {"is_resumable": False, "ready_to_resume": True, "time_remaining_seconds": 60}
    old = attempt(exam=practice_exam, status="error", is_sample_attempt=True, **flags)
    new = api.reset_practice_exam(practice_exam.pk, old.user_id, staff)
    old.refresh_from_db()
    assert (old.status, old.ready_to_resume, old.resumed) == ("onboarding_reset", False, False)
    assert Attempt.objects.get(pk=new).time_remaining_seconds is None


@pytest.mark.defect("PYTHON-69")
def test_a_new_practice_attempt_ends_the_running_one(attempt, practice_exam):
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    old = attempt(exam=practice_exam, status="started", is_sample_attempt=True, **begun)
    api.create_exam_attempt(practice_exam.pk, old.user_id, True)
    old.refresh_from_db()
    assert old.status == "submitted"
    assert api.get_active_exams_for_user(old.user_id) == []


@pytest.mark.defect("PYTHON-93")
def test_a_second_rejection_zeroes_the_grade_again_after_a_removal_restored_it(
    attempt, exam, host, staff
):
    now = timezone.now()
    first, second, third = (
        attempt(exam=exam, status="submitted", completed_at=now) for _ in range(3)
    )
    api.update_attempt_status(first.pk, "rejected")
    assert len(host.calls_of("override_subsection_grade")) == 1
    api.remove_exam_attempt(third.pk, requesting_user=staff)
    undone = len(host.calls_of("undo_override_subsection_grade"))
    api.update_attempt_status(second.pk, "rejected")
    zeroed = len(host.calls_of("override_subsection_grade"))
    assert zeroed > undone


@pytest.mark.defect("PYTHON-94")
def test_a_repeated_rejection_updates_grade_and_credit_once(attempt, exam, host):
    one = attempt(exam=exam, status="submitted", completed_at=timezone.now())
    for _ in range(2):
        api.update_attempt_status(one.pk, "rejected")
    assert len(host.calls_of("override_subsection_grade")) == 1
    assert credit_words(host) == ["failed"]
