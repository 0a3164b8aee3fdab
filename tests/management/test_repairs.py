"""Management commands for repairs."""

import datetime
import logging

import pytest
from django.core.management import CommandError, call_command
from django.db.models.signals import pre_delete
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import AttemptFactory
from tests.management.conftest import run
from tests.unknown import NO_SUCH_ID

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
Review = ProctoredExamSoftwareSecureReview
Archive = ProctoredExamSoftwareSecureReviewHistory
# reset_attempts


def test_reset_attempts_deletes_and_notifies_the_provider(listed, provider, pauses):
    attempts = AttemptFactory.create_batch(5)
    kept = AttemptFactory()
    text = run(
        "reset_attempts",
        file_path=listed(*(one.pk for one in attempts)),
        batch_size=2,
        sleep_time=3,
    )
    assert list(Attempt.objects.values_list("pk", flat=True)) == [kept.pk]
    assert len(provider.calls_of("remove_exam_attempt")) == 5
    assert pauses == [3, 3]
    assert "5 attempts: 5 done" in text


def test_reset_attempts_changes_no_answers_or_grades_and_emits_no_events(listed, host, tracker):
    known = AttemptFactory(status="submitted", completed_at=timezone.now())
    run("reset_attempts", file_path=listed(known.pk))
    assert not Attempt.objects.exists()
    assert host.instructor.calls == []
    assert host.grades.calls == []
    assert host.credit.calls == []
    assert tracker.events == []


@pytest.mark.parametrize("answer", [None, ConnectionError("down")])
def test_reset_attempts_works_without_the_provider(listed, provider, answer):
    if answer is None:
        provider.answer("remove_exam_attempt", False)
    else:
        provider.fail("remove_exam_attempt", answer)
    attempts = AttemptFactory.create_batch(3)
    run("reset_attempts", file_path=listed(*(one.pk for one in attempts)), sleep_time=0)
    assert not Attempt.objects.exists()
    waiting = OutboxMessage.objects.unfinished().filter(kind="provider_removal")
    assert waiting.count() == (0 if answer is None else 3)
    assert len(provider.calls_of("remove_exam_attempt")) == 3


@pytest.mark.defect("COMMANDS-4")
def test_the_file_is_checked_before_anything_is_deleted(listed):
    known = AttemptFactory()
    with pytest.raises(CommandError, match="Line 3"):
        run("reset_attempts", file_path=listed(known.pk, "", "²"))
    with pytest.raises(CommandError, match="Cannot read"):
        run("reset_attempts", file_path="/nowhere/ids.txt")
    assert Attempt.objects.count() == 1


@pytest.mark.defect("COMMANDS-4")
def test_attempts_in_progress_are_kept_unless_forced(listed):
    known = AttemptFactory(status="started", started_at=timezone.now(), allowed_time_limit_mins=9)
    path = listed(known.pk)
    assert "it is started" in run("reset_attempts", file_path=path)
    assert Attempt.objects.exists()
    run("reset_attempts", "--force", file_path=path)
    assert not Attempt.objects.exists()


@pytest.mark.defect("COMMANDS-4")
def test_attempts_are_counted_not_deleted_objects(listed, caplog):
    caplog.set_level(logging.INFO)
    known = AttemptFactory(status="submitted", completed_at=timezone.now())
    api.receive_review(known, {"status": "suspicious"})
    text = run("reset_attempts", file_path=listed(known.pk, 12345, 10**30))
    assert "3 attempts: 1 done, 0 unchanged, 2 skipped, 0 failed" in text
    assert Review.objects.get().is_attempt_active is False
    names = {record.name for record in caplog.records}
    assert "edx_proctoring.management.commands.reset_attempts" in names


def test_reset_attempts_dry_run(listed, pauses):
    known = AttemptFactory()
    text = run("reset_attempts", "--dry_run", "-v", "2", file_path=listed(known.pk), batch_size=1)
    assert f"attempt {known.pk}: done" in text
    assert "1 to be done" in text
    assert Attempt.objects.count() == 1
    assert pauses == []


# set_is_attempt_active


def review(model, code, **columns):
    return model.objects.create(attempt_code=code, review_status="Clean", raw_data="{}", **columns)


@pytest.mark.defect("COMMANDS-1")
def test_all_orphaned_reviews_are_found_in_any_batches(pauses, django_assert_max_num_queries):
    known = AttemptFactory()
    review(Review, known.attempt_code)
    review(Archive, known.attempt_code)
    for number in range(3):
        review(Review, f"gone-{number}")
    for number in range(4):
        review(Archive, f"archived-{number}")
    review(Archive, "gone-0")
    with django_assert_max_num_queries(40):
        text = run("set_is_attempt_active", batch_size=2, sleep_time=1)
    assert "8 reviews marked" in text
    assert set(pauses) == {1}
    assert len(pauses) == 4
    for model in (Review, Archive):
        active = model.objects.filter(is_attempt_active=True)
        assert list(active.values_list("attempt_code", flat=True)) == [known.attempt_code]


@pytest.mark.defect("COMMANDS-1")
def test_a_second_run_in_the_process_starts_from_the_beginning(pauses):
    review(Review, "one")
    run("set_is_attempt_active")
    Review.objects.update(is_attempt_active=True)
    assert "1 reviews marked" in run("set_is_attempt_active")


@pytest.mark.defect("COMMANDS-6")
def test_no_pause_if_nothing_was_changed(pauses):
    AttemptFactory()
    assert "0 reviews" in run("set_is_attempt_active", batch_size=1)
    assert pauses == []


def test_set_is_attempt_active_dry_run():
    review(Review, "one")
    assert "1 reviews to be marked" in run("set_is_attempt_active", "--dry_run")
    assert Review.objects.get().is_attempt_active is True


# update_attempts_for_exam


@pytest.mark.defect("COMMANDS-2")
def test_credit_and_grades_only(exam, host, provider, tracker, pauses):
    def one(status, **columns):
        return AttemptFactory(proctored_exam=exam, status=status, **columns)

    put_before, called_before = OutboxMessage.objects.count(), len(provider.calls)
    done = timezone.now() - datetime.timedelta(days=3)
    submitted = one("submitted", completed_at=done)
    rejected = one("rejected", completed_at=done)
    timed_out = one("timed_out", completed_at=done)
    running = one("started", started_at=done, allowed_time_limit_mins=5)
    text = run("update_attempts_for_exam", exam_id=exam.pk, batch_size=1, sleep_time=2)
    assert "4 attempts: 2 done, 2 unchanged" in text
    assert pauses == [2, 2]
    told = [call.method for call in host.credit.calls]
    assert told.count("set_credit_requirement_status") == 2
    assert told.count("override_subsection_grade") == 1
    assert OutboxMessage.objects.count() == put_before
    assert len(provider.calls) == called_before
    assert tracker.events == []
    for known in (submitted, rejected, timed_out, running):
        before = (known.status, known.completed_at)
        known.refresh_from_db()
        assert (known.status, known.completed_at) == before


@pytest.mark.defect("COMMANDS-2")
def test_a_failing_host_service_is_called_later(exam, host):
    for _ in range(2):
        AttemptFactory(proctored_exam=exam, status="submitted", completed_at=timezone.now())
    host.credit.errors["set_credit_requirement_status"] = ConnectionError("down")
    text = run("update_attempts_for_exam", exam_id=exam.pk)
    assert "2 done" in text
    assert OutboxMessage.objects.unfinished().filter(kind="reconcile_credit").count() == 2


@pytest.mark.defect("COMMANDS-2")
def test_the_exam_is_required():
    with pytest.raises(CommandError, match="required"):
        run("update_attempts_for_exam")
    with pytest.raises(CommandError, match=f"exam_id={NO_SUCH_ID}"):
        run("update_attempts_for_exam", exam_id=NO_SUCH_ID)


def test_update_attempts_for_exam_resumes_an_interrupted_run(exam, host):
    attempts = [
        AttemptFactory(proctored_exam=exam, status="submitted", completed_at=timezone.now())
        for _ in range(3)
    ]
    text = run("update_attempts_for_exam", exam_id=exam.pk, after=attempts[0].pk, dry_run=True)
    assert "2 attempts: 2 to be done" in text
    assert host.credit.calls == []


# update_attempt_status_from_review

RANGE = {"start_date_time": "2020-01-01 00:00:00", "end_date_time": "2100-01-01 00:00:00"}


@pytest.fixture
def lost(attempt):
    """A review whose effect was lost."""
    known = attempt(status="submitted", completed_at=timezone.now())
    stored = api.receive_review(known, {"status": "passed"})
    Attempt.objects.filter(pk=known.pk).update(status="submitted")
    known.history.exclude(status="submitted").delete()
    return stored


def status_of(stored):
    return Attempt.objects.get(attempt_code=stored.attempt_code).status


@pytest.mark.defect("COMMANDS-3")
def test_reviews_are_applied_and_not_saved(lost):
    modified, archived = lost.modified, Archive.objects.count()
    assert "1 reviews: 1 to be done" in run(
        "update_attempt_status_from_review", dry_run=True, **RANGE
    )
    assert status_of(lost) == "submitted"
    assert "1 reviews: 1 done" in run("update_attempt_status_from_review", **RANGE)
    assert status_of(lost) == "verified"
    assert "1 reviews: 0 done, 1 unchanged" in run("update_attempt_status_from_review", **RANGE)
    lost.refresh_from_db()
    assert lost.modified == modified
    assert Archive.objects.count() == archived


@pytest.mark.defect("COMMANDS-3")
def test_a_review_of_a_removed_attempt_does_not_affect_others(lost):
    orphan = review(Review, "gone")
    text = run("update_attempt_status_from_review", **RANGE)
    assert f"review {orphan.pk}: skipped (its attempt was removed)" in text
    assert "2 reviews: 1 done, 0 unchanged, 1 skipped, 0 failed" in text


def test_a_decision_of_staff_stands(lost, staff):
    known = Attempt.objects.get(attempt_code=lost.attempt_code)
    api.update_attempt_status(known.pk, "rejected", update_attributable_to=staff, reason="staff")
    text = run("update_attempt_status_from_review", **RANGE)
    assert "staff decided rejected" in text
    assert status_of(lost) == "rejected"


@pytest.mark.parametrize("zone", ["", "+00:00"])
@pytest.mark.defect("COMMANDS-3")
def test_the_range_is_aware_and_inclusive(lost, zone, settings):
    settings.TIME_ZONE = "UTC"
    at = lost.modified.strftime("%Y-%m-%d %H:%M:%S.%f") + zone
    dates = {"start_date_time": at, "end_date_time": at}
    assert "1 reviews: 1 done" in run("update_attempt_status_from_review", **dates)
    later = (lost.modified + datetime.timedelta(seconds=1)).isoformat()
    text = run("update_attempt_status_from_review", start_date_time=later, end_date_time=later)
    assert "0 reviews" in text


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("yesterday", "2100-01-01 00:00:00", "does not have the form"),
        ("2100-01-01 00:00:00", "2020-01-01 00:00:00", "must not be after"),
        ("2020-02-30 00:00:00", "2100-01-01 00:00:00", "does not have the form"),
    ],
)
@pytest.mark.defect("COMMANDS-3")
def test_dates_are_checked(first, last, words):
    with pytest.raises(CommandError, match=words):
        run("update_attempt_status_from_review", start_date_time=first, end_date_time=last)


@pytest.mark.defect("COMMANDS-3")
def test_dates_are_required():
    with pytest.raises(CommandError, match="required"):
        run("update_attempt_status_from_review")


def test_an_interrupted_run_says_how_to_resume(exam, host):
    first, second = (
        AttemptFactory(proctored_exam=exam, status="submitted", completed_at=timezone.now())
        for _ in range(2)
    )

    def interrupted(user_id, **_arguments):
        if user_id == second.user_id:
            raise KeyboardInterrupt

    host.credit.set_credit_requirement_status = interrupted
    with pytest.raises(CommandError, match=f"resume with --after {first.pk}") as error:
        run("update_attempts_for_exam", exam_id=exam.pk)
    assert error.value.returncode == 130
    del host.credit.set_credit_requirement_status
    text = run("update_attempts_for_exam", exam_id=exam.pk, after=first.pk)
    assert "1 attempts: 1 done" in text


@pytest.mark.defect("COMMANDS-4")
def test_failures_are_reported_and_do_not_affect_others(listed, caplog):
    broken, fine = AttemptFactory(), AttemptFactory()

    def receiver(instance, **_kwargs):
        if instance.pk == broken.pk:
            raise RuntimeError("a receiver of the host fails")

    pre_delete.connect(receiver, sender=Attempt)
    try:
        with pytest.raises(CommandError, match="1 attempts failed"):
            run("reset_attempts", file_path=listed(broken.pk, fine.pk), sleep_time=0)
    finally:
        pre_delete.disconnect(receiver, sender=Attempt)
    assert list(Attempt.objects.all()) == [broken]


def a_review(**columns):
    columns = {"attempt_code": "code", "review_status": "Clean", "raw_data": "{}", **columns}
    return Review.objects.create(**columns)


def reviewed(attempt, **columns):
    known = attempt(status="verified", completed_at=timezone.now())
    both = {"student": known.user, "exam": known.proctored_exam, **columns}
    return known, a_review(attempt_code=known.attempt_code, **both)


@pytest.mark.defect("PYTHON-103")
def test_runs_of_a_command_share_nothing(attempt, capsys):
    for _ in range(2):
        known, _ = reviewed(attempt)
        Attempt.objects.filter(pk=known.pk).delete()
        Review.objects.update(is_attempt_active=True)
        call_command("set_is_attempt_active", "--dry-run")
        assert Review.objects.filter(is_attempt_active=True).exists()
        call_command("set_is_attempt_active")
        assert not Review.objects.filter(is_attempt_active=True).exists()
