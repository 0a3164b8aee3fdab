"""Providers, services and receivers that fail: the change is stored, and they are notified later."""

import logging

import pytest
from django.db import transaction
from django.utils import timezone

from edx_proctoring import api, outbox
from edx_proctoring.exceptions import BackendProviderNotConfigured
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
)
from edx_proctoring.signals import exam_attempt_status_signal

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


def now_deliver():
    OutboxMessage.objects.update(next_try_at=timezone.now())
    outbox.deliver()


def waiting():
    return sorted(OutboxMessage.objects.unfinished().values_list("kind", flat=True))


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


@pytest.mark.defect("PYTHON-11")
def test_a_failed_start_notice_is_retried(attempt, provider, tracker):
    known = attempt(status="ready_to_start")
    provider.fail("start_exam_attempt", ConnectionError("down"))
    api.update_attempt_status(known.pk, "started")
    assert status_of(known) == "started"
    assert waiting() == ["provider_notice"]
    assert tracker.names == ["edx.special_exam.proctored.attempt.started"]
    provider.recover()
    now_deliver()
    assert waiting() == []
    assert len(provider.calls_of("start_exam_attempt")) == 2


@pytest.mark.defect("PYTHON-15")
def test_services_that_fail_during_a_removal_are_called_later(attempt, host, staff, tracker):
    known = attempt(status="rejected", completed_at=timezone.now())
    for service, method in [
        ("instructor", "delete_student_attempt"),
        ("grades", "undo_override_subsection_grade"),
        ("credit", "remove_credit_requirement_status"),
    ]:
        getattr(host, service).fail(method, RuntimeError("closed"))
    api.remove_exam_attempt(known.pk, staff)
    assert not Attempt.objects.exists()
    assert tracker.names == ["edx.special_exam.proctored.attempt.deleted"]
    for service in (host.instructor, host.grades, host.credit):
        service.recover()
    host.calls.clear()
    for _ in range(3):  # one lane: one after the other
        now_deliver()
    assert {
        "delete_student_attempt",
        "undo_override_subsection_grade",
        "remove_credit_requirement_status",
    } <= {call.method for call in host.calls}
    assert waiting() == []


@pytest.mark.defect("PYTHON-16")
def test_an_unconfigured_provider_stops_no_exam(learner, tracker):
    exam_id = api.create_exam("course-v1:a+b+c", "content", "Exam", 10, backend="gone")
    api.update_exam(exam_id, exam_name="Better name")
    api.create_exam_review_policy(exam_id, learner.pk, "Notes are fine.")
    api.update_review_policy(exam_id, learner.pk, "Books are fine.")
    assert ProctoredExam.objects.get().exam_name == "Better name"
    assert tracker.names == [
        f"edx.special_exam.proctored.{word}" for word in ("created", "updated")
    ]


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("PYTHON-16")
def test_an_unconfigured_provider_does_not_affect_unproctored_learners(make_exam, learner):
    exam = make_exam(backend="gone")
    with pytest.raises(BackendProviderNotConfigured):
        api.create_exam_attempt(exam.pk, learner.pk, True)
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, False)
    for status in ("started", "submitted"):
        api.update_attempt_status(attempt_id, status)
    html = api.get_student_view(learner.pk, exam.course_id, exam.content_id, {"due_date": None})
    assert Attempt.objects.get().status == "submitted"
    assert html is None or "data-screen" in html


@pytest.mark.defect("PYTHON-19")
def test_completion_is_reported_only_for_stored_changes(attempt, host):
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        api.update_attempt_status(known.pk, "submitted")
        raise ZeroDivisionError
    assert not host.calls_of("complete_student_attempt")
    api.update_attempt_status(known.pk, "submitted")
    assert len(host.calls_of("complete_student_attempt")) == 1


@pytest.mark.defect("PYTHON-20")
def test_a_cascade_declines_all_or_none(make_exam, learner, provider):
    first, second, third = (make_exam() for _ in range(3))
    attempt_id = api.create_exam_attempt(first.pk, learner.pk, True)
    api.create_exam_attempt(second.pk, learner.pk, True)
    provider.fail("remove_exam_attempt", ConnectionError("down"))
    api.update_attempt_status(attempt_id, "declined")
    assert {one.status for one in Attempt.objects.all()} == {"declined"}
    assert {one.proctored_exam_id for one in Attempt.objects.all()} == {
        exam.pk for exam in (first, second, third)
    }


@pytest.mark.defect("PYTHON-21")
def test_a_receiver_that_raises(exam, learner, caplog):
    def receiver(**_kwargs):
        raise RuntimeError("receiver")

    exam_attempt_status_signal.connect(receiver)
    try:
        attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
        api.update_attempt_status(attempt_id, "started")
    finally:
        exam_attempt_status_signal.disconnect(receiver)
    assert Attempt.objects.get().status == "started"
    assert [one for one in caplog.records if one.levelno >= logging.ERROR]


@pytest.mark.needs("event-tracking")
@pytest.mark.defect("PYTHON-22")
@pytest.mark.parametrize("error", [RuntimeError, KeyError])
def test_a_tracker_that_raises(exam, learner, error):
    from eventtracking import tracker as trackers

    class Broken:
        def emit(self, *_args, **_kwargs):
            raise error("tracker")

        def context(self, *_args, **_kwargs):
            raise error("tracker")

    before = trackers.TRACKERS.copy()
    trackers.register_tracker(Broken())
    try:
        attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
        api.update_attempt_status(attempt_id, "started")
        assert waiting()[0] == "event"
    finally:
        trackers.TRACKERS.clear()
        trackers.TRACKERS.update(before)
    assert Attempt.objects.get().status == "started"
    for _ in range(2):
        now_deliver()
    assert waiting() == []


@pytest.mark.defect("PYTHON-23")
def test_an_e_mail_that_cannot_be_rendered(make_exam, learner, settings, tracker):
    del settings.LEARNING_MICROFRONTEND_URL
    exam = make_exam(course_id="no course key")
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    for status in ("started", "submitted"):
        api.update_attempt_status(attempt_id, status)
    assert Attempt.objects.get().status == "submitted"
    assert tracker.names[-1].endswith("submitted")


@pytest.mark.defect("PYTHON-24")
def test_a_rollback_of_the_host_sends_nothing(exam, learner, provider, host, tracker, mailoutbox):
    provider.calls.clear()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        attempt_id = api.create_exam_attempt(exam.pk, learner.pk, False)
        for status in ("started", "submitted", "rejected"):
            api.update_attempt_status(attempt_id, status)
        raise ZeroDivisionError
    assert not Attempt.objects.exists()
    assert not OutboxMessage.objects.exclude(kind="exam_saved").exists()
    assert not ProctoringReservation.objects.exists()
    assert not tracker.events
    assert not mailoutbox
    assert not provider.calls


@pytest.mark.defect("PYTHON-25")
def test_only_attempts_known_to_the_provider_are_cleared(
    attempt, make_exam, practice_exam, provider
):
    provider.supports_onboarding = True
    onboarding = attempt(exam=practice_exam, status="submitted", is_sample_attempt=True)
    held = attempt(exam=make_exam(), status="onboarding_missing", external_id="held")
    api.update_attempt_status(onboarding.pk, "verified")
    assert not Attempt.objects.filter(pk=held.pk).exists()
    assert [call.args[1] for call in provider.calls_of("remove_exam_attempt")] == ["held"]
