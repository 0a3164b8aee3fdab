"""Defects 66-70, 74, 75, 77, 79-81 of the published Python interface: rows, and what becomes of them."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.serializers import deserialize, serialize
from django.db.models import ProtectedError
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamReviewPolicyHistory,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import (
    AllowanceFactory,
    ExamFactory,
    ReviewPolicyFactory,
    UserFactory,
)
from edx_proctoring.testing.providers import FakeProvider

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
Allowance = ProctoredExamStudentAllowance
Review = ProctoredExamSoftwareSecureReview


def a_review(**columns):
    columns = {"attempt_code": "code", "review_status": "Clean", "raw_data": "{}", **columns}
    return Review.objects.create(**columns)


def reviewed(attempt, **columns):
    known = attempt(status="verified", completed_at=timezone.now())
    both = {"student": known.user, "exam": known.proctored_exam, **columns}
    return known, a_review(attempt_code=known.attempt_code, **both)


@pytest.mark.parametrize("value", ["", "²", "many", "99999999999"])
def test_66_an_unreadable_value_is_no_extra_time(attempt, exam, learner, value):
    AllowanceFactory(user=learner, proctored_exam=exam, value=value)
    known = attempt(exam=exam, status="ready_to_start")
    api.update_attempt_status(known.pk, "started")
    assert Attempt.objects.get().allowed_time_limit_mins == exam.time_limit_mins
    assert Allowance.get_additional_time_granted(exam.pk, learner.pk) is None


def test_67_an_older_attempt_goes_alone(attempt, exam, host, staff):
    old = attempt(exam=exam, status="rejected", completed_at=timezone.now())
    attempt(exam=exam, status="submitted", completed_at=timezone.now())
    api.remove_exam_attempt(old.pk, staff)
    assert not host.calls_of("delete_student_attempt")
    assert not host.calls_of("undo_override_subsection_grade")
    assert not host.calls_of("remove_credit_requirement_status")
    words = [call.kwargs["status"] for call in host.calls_of("set_credit_requirement_status")]
    assert words == ["submitted"]  # what the newer one says


def test_68_a_reset_practice_attempt_starts_fresh(attempt, practice_exam, staff):
    flags = {"is_resumable": False, "ready_to_resume": True, "time_remaining_seconds": 60}
    old = attempt(exam=practice_exam, status="error", is_sample_attempt=True, **flags)
    new = api.reset_practice_exam(practice_exam.pk, old.user_id, staff)
    old.refresh_from_db()
    assert (old.status, old.ready_to_resume, old.resumed) == ("onboarding_reset", False, False)
    assert Attempt.objects.get(pk=new).time_remaining_seconds is None


def test_69_a_further_practice_attempt_ends_the_running_one(attempt, practice_exam):
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    old = attempt(exam=practice_exam, status="started", is_sample_attempt=True, **begun)
    api.create_exam_attempt(practice_exam.pk, old.user_id, True)
    old.refresh_from_db()
    assert old.status == "submitted"
    assert api.get_active_exams_for_user(old.user_id) == []


def test_70_a_kept_time_out_is_an_end(attempt, settings, host, provider):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "ALLOW_TIMED_OUT_STATE": True}
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    known = attempt(status="started", **begun)
    api.mark_exam_attempt_timeout(known.pk)
    known.refresh_from_db()
    assert known.status == "timed_out"
    assert known.completed_at is not None
    assert len(host.calls_of("complete_student_attempt")) == 1
    assert len(provider.calls_of("stop_exam_attempt")) == 1
    exam = known.proctored_exam
    html = api.get_student_view(known.user_id, exam.course_id, exam.content_id, {"due_date": None})
    assert "data-screen" in html


@pytest.mark.parametrize("with_exam", [True, False])
def test_74_a_review_of_nothing_is_kept(exam, with_exam, caplog):
    stored = a_review(exam=exam if with_exam else None)
    assert Review.objects.get().pk == stored.pk
    assert stored.is_passing
    assert [record for record in caplog.records if "unknown attempt" in record.getMessage()]


@pytest.mark.parametrize("status", ["", "S", "Susp", "Clean"])
def test_75_only_suspicion_notifies(status):
    assert not Review(review_status=status).should_notify
    assert Review(review_status="Suspicious").should_notify


def test_77_bulk_updates_count_and_archive_the_old_values():
    rows = [AllowanceFactory(value=str(minutes)) for minutes in (10, 20)]
    assert Allowance.objects.filter(pk=0).update(value="1") == 0
    assert Allowance.objects.filter(key="additional_time_granted").update(key="other") == 2
    archive = ProctoredExamStudentAllowanceHistory.objects.order_by("id")
    assert [(row.allowance_id, row.key, row.value) for row in archive] == [
        (row.pk, "additional_time_granted", row.value) for row in rows
    ]


@pytest.fixture
def other(provider):
    other = FakeProvider()
    apps.get_app_config("edx_proctoring").backends["other"] = other
    return other


def test_79_the_former_provider_hears_of_the_switch(exam, provider, other):
    known_as = exam.external_id
    exam.backend, exam.is_practice_exam = "other", True
    exam.save()
    exam.refresh_from_db()
    (left,) = [call.args[0] for call in provider.calls_of("on_exam_saved")[-1:]]
    assert (left["external_id"], left["is_active"]) == (known_as, False)
    (come,) = [call.args[0] for call in other.calls_of("on_exam_saved")[-1:]]
    assert come["external_id"] is None
    assert exam.external_id not in (None, known_as)


def test_80_a_new_row_may_bring_its_id(exam):
    ExamFactory(pk=exam.pk + 1000)
    ReviewPolicyFactory(pk=4711, proctored_exam=exam)
    AllowanceFactory(pk=4711, proctored_exam=exam)
    a_review(pk=4711, exam=exam)
    assert Review.objects.get().pk == 4711


def test_80_fixtures_are_loaded_without_telling_anybody(attempt, staff, provider, host):
    known, _ = reviewed(attempt)
    ReviewPolicyFactory(proctored_exam=known.proctored_exam, set_by_user=staff)
    AllowanceFactory(proctored_exam=known.proctored_exam, user=known.user)
    models = (ProctoredExam, ProctoredExamReviewPolicy, Attempt, Review, Allowance)
    fixtures = [serialize("json", model.objects.all()) for model in models]
    Review.objects.all().delete()
    ProctoredExam.objects.all().delete()
    provider.calls.clear()
    host.calls.clear()
    for fixture in fixtures:
        for row in deserialize("json", fixture):
            row.save()
    assert [model.objects.count() for model in models] == [1] * len(models)
    assert not provider.calls
    assert not host.calls


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("what", ["user", "exam"])
def test_81_a_reviewed_learner_or_exam_can_be_deleted(attempt, what, several):
    known, _ = reviewed(attempt)
    ReviewPolicyFactory(proctored_exam=known.proctored_exam)
    AllowanceFactory(proctored_exam=known.proctored_exam, user=known.user)
    row = known.user if what == "user" else known.proctored_exam
    (type(row).objects.filter(pk=row.pk) if several else row).delete()
    for model in (Attempt, Review, Allowance):
        assert not model.objects.exists()


def test_81_reviews_outlive_their_reviewer(attempt, staff):
    _, stored = reviewed(attempt, reviewed_by=staff)
    staff.delete()
    stored.refresh_from_db()
    assert stored.reviewed_by is None


def test_81_authors_of_policies_are_protected(exam):
    author = UserFactory()
    ReviewPolicyFactory(proctored_exam=exam, set_by_user=author)
    for accounts in (author, type(author).objects.filter(pk=author.pk)):
        with pytest.raises(ProtectedError, match="somebody else"):
            accounts.delete()
    assert ProctoredExamReviewPolicy.objects.count() == 1
    exam.delete()
    author.delete()


def test_81_an_account_can_be_deleted_once_the_policy_has_another_author(exam, staff):
    author = UserFactory()
    ReviewPolicyFactory(proctored_exam=exam, set_by_user=author)
    api.update_review_policy(exam.pk, staff.pk, "Books are fine.")
    author.delete()
    assert ProctoredExamReviewPolicy.objects.get().review_policy == "Books are fine."


def test_81_the_archive_of_policies_stays(exam, staff):
    policy = ReviewPolicyFactory(proctored_exam=exam, set_by_user=staff)
    policy.review_policy = "Books are fine."
    policy.save()
    assert ProctoredExamReviewPolicyHistory.objects.count() == 1
    with pytest.raises(NotImplementedError):
        ProctoredExamReviewPolicyHistory.objects.all().delete()
    with pytest.raises(NotImplementedError):
        ProctoredExamReviewPolicyHistory.objects.get().delete()
    assert ProctoredExamReviewPolicyHistory.objects.count() == 1
    exam.delete()
    assert not ProctoredExamReviewPolicyHistory.objects.exists()


def test_103_runs_of_a_command_share_nothing(attempt, capsys):
    for _ in range(2):
        known, _ = reviewed(attempt)
        Attempt.objects.filter(pk=known.pk).delete()
        Review.objects.update(is_attempt_active=True)
        call_command("set_is_attempt_active", "--dry-run")
        assert Review.objects.filter(is_attempt_active=True).exists()
        call_command("set_is_attempt_active")
        assert not Review.objects.filter(is_attempt_active=True).exists()
