"""Defects 11-25 of the published Python interface: all of a change, or nothing of it."""

import logging

import pytest
from django.db import transaction
from django.utils import timezone
from eventtracking import tracker as trackers

from edx_proctoring import api, outbox
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderNotConfigured,
    ProctoredBaseException,
    ProctoredExamBadReviewStatus,
    StudentExamAttemptOnPastDueProctoredExam,
    UserNotFoundException,
)
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
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


@pytest.fixture
def resumable(attempt):
    return attempt(status="error", ready_to_resume=True, is_resumable=False)


def test_11_a_failed_start_at_the_provider_is_told_later(attempt, provider, tracker):
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


def test_12_a_refused_resume_stays_ready_to_resume(resumable, provider):
    exam, learner = resumable.proctored_exam, resumable.user
    provider.fail("register_exam_attempt", BackendProviderCannotRegisterAttempt("no", 403))
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        api.create_exam_attempt(exam.pk, learner.pk, True)
    provider.recover()
    exam.due_date = timezone.now() - timezone.timedelta(days=1)
    exam.save()
    with pytest.raises(StudentExamAttemptOnPastDueProctoredExam):
        api.create_exam_attempt(exam.pk, learner.pk, True)
    resumable.refresh_from_db()
    assert (resumable.ready_to_resume, resumable.resumed) == (True, False)


def test_13_a_registration_without_an_attempt_is_given_back(exam, learner, provider):
    def learner_leaves(*_args, **_kwargs):
        learner.delete()

    provider.before("register_exam_attempt", learner_leaves)
    user_id = learner.pk
    with pytest.raises(ProctoredBaseException):
        api.create_exam_attempt(exam.pk, user_id, True)
    (registered,) = provider.calls_of("register_exam_attempt")
    (removed,) = provider.calls_of("remove_exam_attempt")
    assert removed.args[1] == registered.result
    assert not Attempt.objects.exists()


def test_13_an_unknown_learner_is_refused_before_anybody_is_asked(exam, provider):
    with pytest.raises(UserNotFoundException):
        api.create_exam_attempt(exam.pk, 4711, True)
    assert not provider.calls_of("register_exam_attempt")


def test_14_a_reset_that_fails_leaves_the_old_attempt(practice_exam, attempt, provider, staff):
    old = attempt(exam=practice_exam, status="rejected", is_sample_attempt=True)
    provider.fail("register_exam_attempt", ConnectionError("down"))
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        api.reset_practice_exam(practice_exam.pk, old.user_id, staff)
    provider.recover()
    practice_exam.due_date = timezone.now() - timezone.timedelta(days=1)
    practice_exam.save()
    with pytest.raises(StudentExamAttemptOnPastDueProctoredExam):
        api.reset_practice_exam(practice_exam.pk, old.user_id, staff)
    assert [(one.pk, one.status) for one in Attempt.objects.all()] == [(old.pk, "rejected")]


def test_15_services_that_fail_at_a_removal_hear_of_it_later(attempt, host, staff, tracker):
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


def test_16_an_unconfigured_provider_stops_no_exam(learner, tracker):
    exam_id = api.create_exam("course-v1:a+b+c", "content", "Exam", 10, backend="gone")
    api.update_exam(exam_id, exam_name="Better name")
    api.create_exam_review_policy(exam_id, learner.pk, "Notes are fine.")
    api.update_review_policy(exam_id, learner.pk, "Books are fine.")
    assert ProctoredExam.objects.get().exam_name == "Better name"
    assert tracker.names == [
        f"edx.special_exam.proctored.{word}" for word in ("created", "updated")
    ]


def test_16_an_unconfigured_provider_stops_no_learner_who_goes_unproctored(make_exam, learner):
    exam = make_exam(backend="gone")
    with pytest.raises(BackendProviderNotConfigured):
        api.create_exam_attempt(exam.pk, learner.pk, True)
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, False)
    for status in ("started", "submitted"):
        api.update_attempt_status(attempt_id, status)
    html = api.get_student_view(learner.pk, exam.course_id, exam.content_id, {"due_date": None})
    assert Attempt.objects.get().status == "submitted"
    assert html is None or "data-screen" in html


def test_17_a_bad_comment_stores_nothing(attempt, host):
    known = attempt(status="submitted", completed_at=timezone.now())
    bad = {"status": "passed", "comments": [{"comment": "fine", "status": "ok"}, {"status": "ok"}]}
    with pytest.raises(ProctoredExamBadReviewStatus):
        api.receive_review(known, bad)
    assert status_of(known) == "submitted"
    assert not ProctoredExamSoftwareSecureReview.objects.exists()
    assert not ProctoredExamSoftwareSecureComment.objects.exists()
    assert not host.calls_of("set_credit_requirement_status")
    assert not OutboxMessage.objects.exclude(kind="exam_saved").exists()


def test_18_a_bad_id_is_one_failed_pair(exam, learner):
    pairs, done, failed = api.add_bulk_allowances(
        [exam.pk, "no number", 4711],
        [learner.username, "nobody"],
        "additional_time_granted",
        "15",
    )
    assert (len(pairs), done, failed) == (6, 1, 5)
    assert ProctoredExamStudentAllowance.objects.get().value == "15"


def test_19_completion_is_told_only_of_what_is_stored(attempt, host):
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        api.update_attempt_status(known.pk, "submitted")
        raise ZeroDivisionError
    assert not host.calls_of("complete_student_attempt")
    api.update_attempt_status(known.pk, "submitted")
    assert len(host.calls_of("complete_student_attempt")) == 1


def test_20_a_cascade_declines_all_or_none(make_exam, learner, provider):
    first, second, third = (make_exam() for _ in range(3))
    attempt_id = api.create_exam_attempt(first.pk, learner.pk, True)
    api.create_exam_attempt(second.pk, learner.pk, True)
    provider.fail("remove_exam_attempt", ConnectionError("down"))
    api.update_attempt_status(attempt_id, "declined")
    assert {one.status for one in Attempt.objects.all()} == {"declined"}
    assert {one.proctored_exam_id for one in Attempt.objects.all()} == {
        exam.pk for exam in (first, second, third)
    }


def test_21_a_receiver_that_raises(exam, learner, caplog):
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


@pytest.mark.parametrize("error", [RuntimeError, KeyError])
def test_22_a_tracker_that_raises(exam, learner, error):
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


def test_23_a_mail_that_cannot_be_made(make_exam, learner, settings, tracker):
    del settings.LEARNING_MICROFRONTEND_URL
    exam = make_exam(course_id="no course key")
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    for status in ("started", "submitted"):
        api.update_attempt_status(attempt_id, status)
    assert Attempt.objects.get().status == "submitted"
    assert tracker.names[-1].endswith("submitted")


def test_24_a_rollback_of_the_host_tells_nobody(exam, learner, provider, host, tracker, mailoutbox):
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


def test_25_only_attempts_that_the_provider_heard_of_are_cleared(
    attempt, make_exam, practice_exam, provider
):
    provider.supports_onboarding = True
    onboarding = attempt(exam=practice_exam, status="submitted", is_sample_attempt=True)
    held = attempt(exam=make_exam(), status="onboarding_missing", external_id="held")
    api.update_attempt_status(onboarding.pk, "verified")
    assert not Attempt.objects.filter(pk=held.pk).exists()
    assert [call.args[1] for call in provider.calls_of("remove_exam_attempt")] == ["held"]
