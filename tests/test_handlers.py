"""Hosts that save and delete models directly."""

import pytest
from django.core import serializers
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamReviewPolicyHistory,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
    ProctoringLearner,
)
from edx_proctoring.testing.factories import AllowanceFactory, ReviewPolicyFactory

pytestmark = pytest.mark.django_db


def reviewed(attempt):
    known = attempt(status="submitted", completed_at=timezone.now())
    return known, api.receive_review(known, {"status": "passed"})


def test_the_review_of_a_deleted_attempt_is_inactive(attempt):
    known, review = reviewed(attempt)
    ProctoredExamStudentAttempt.objects.get(pk=known.pk).delete()
    review.refresh_from_db()
    assert not review.is_attempt_active
    assert not ProctoredExamSoftwareSecureReviewHistory.objects.exists()


@pytest.mark.parametrize("what", ["learner", "exam"])
def test_learners_and_exams_with_reviews_can_be_deleted(attempt, what):
    known, _review = reviewed(attempt)
    (known.user if what == "learner" else known.proctored_exam).delete()
    assert not ProctoredExamStudentAttempt.objects.exists()
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


def test_deleting_a_reviewer_keeps_the_review(attempt, staff):
    _known, review = reviewed(attempt)
    api.decide_review(review.pk, "Clean", staff)
    staff.delete()
    review.refresh_from_db()
    assert review.reviewed_by is None


def test_deleting_an_attempt_holds_the_learners_lock(attempt):
    known = attempt()
    known.delete()
    assert ProctoringLearner.objects.filter(user_id=known.user_id).exists()


def test_old_values_of_allowances_are_archived(exam):
    allowance = AllowanceFactory(proctored_exam=exam, value="10")
    assert not ProctoredExamStudentAllowanceHistory.objects.exists()
    allowance.value = "20"
    allowance.save()
    allowance.delete()
    rows = ProctoredExamStudentAllowanceHistory.objects.order_by("id")
    assert [row.value for row in rows] == ["10", "20"]
    assert {row.allowance_id for row in rows} == {allowance.pk or rows[0].allowance_id}


def test_old_texts_of_policies_are_archived_and_the_provider_is_notified(exam, provider):
    policy = ReviewPolicyFactory(proctored_exam=exam, review_policy="No books.")
    policy.review_policy = "Books."
    policy.save()
    documents = [call.args[0] for call in provider.calls_of("on_exam_saved")]
    assert [document.get("rule_summary") for document in documents[-2:]] == ["No books.", "Books."]
    policy.delete()
    assert "rule_summary" not in provider.calls_of("on_exam_saved")[-1].args[0]
    assert ProctoredExamReviewPolicyHistory.objects.count() == 2


def test_loading_fixtures_sends_no_notices(exam, provider):
    text = serializers.serialize("json", [exam])
    exam.delete()
    provider.calls.clear()
    for loaded in serializers.deserialize("json", text):
        loaded.save()
    assert ProctoredExam.objects.count() == 1
    assert not provider.calls


def test_a_save_of_the_model_reaches_the_provider_once(make_exam, provider):
    exam = make_exam(external_id=None)
    assert len(provider.calls_of("on_exam_saved")) == 1
    exam.refresh_from_db()
    assert exam.external_id == f"exam-{exam.pk}"
    assert ProctoredExam.history.filter(id=exam.pk).count() == 1


def test_a_provider_that_needs_its_own_id_in_the_document(make_exam, provider):
    provider.resave_with_external_id = True
    exam = make_exam(external_id=None)
    sent = [call.args[0]["external_id"] for call in provider.calls_of("on_exam_saved")]
    assert sent == [None, f"exam-{exam.pk}"]


def test_deleting_an_exam_deletes_its_rows_without_notices(exam, learner, provider):
    ReviewPolicyFactory(proctored_exam=exam)
    AllowanceFactory(proctored_exam=exam, user=learner)
    provider.calls.clear()
    exam.delete()
    assert not provider.calls
    assert not ProctoredExamReviewPolicyHistory.objects.exists()
    assert not ProctoredExamStudentAllowanceHistory.objects.exists()


@pytest.mark.parametrize("what", ["policy", "allowance", "review"])
def test_loading_rows_does_not_count_as_a_change(exam, attempt, what):
    if what == "review":
        row = reviewed(attempt)[1]
    else:
        row = {"policy": ReviewPolicyFactory, "allowance": AllowanceFactory}[what](
            proctored_exam=exam
        )
    (loaded,) = serializers.deserialize("json", serializers.serialize("json", [row]))
    loaded.save()
    for archive in (
        ProctoredExamReviewPolicyHistory,
        ProctoredExamStudentAllowanceHistory,
        ProctoredExamSoftwareSecureReviewHistory,
    ):
        assert not archive.objects.exists()


def test_unchanged_rows_are_archived_when_saved(exam):
    policy = ReviewPolicyFactory(proctored_exam=exam, review_policy="No books.")
    policy.save()
    assert [row.review_policy for row in ProctoredExamReviewPolicyHistory.objects.all()] == [
        "No books."
    ]


def test_a_review_that_is_deleted_is_archived(attempt):
    _known, review = reviewed(attempt)
    code = review.attempt_code
    review.delete()
    archived = ProctoredExamSoftwareSecureReviewHistory.objects.get()
    assert (archived.attempt_code, archived.review_status) == (code, "Clean")


def test_an_attempt_without_a_code_is_deleted(attempt):
    other, _review = reviewed(attempt)
    attempt(attempt_code=None, exam=other.proctored_exam).delete()
    assert ProctoredExamSoftwareSecureReview.objects.get().is_attempt_active


# Suites of hosts replace what the receivers use under the receivers' own names.


class Completions:
    """A completion service registered by a suite."""

    def __init__(self):
        self.told = []

    def complete_student_attempt(self, *args):
        self.told.append(args)


def test_completion_is_reported_to_the_service_found_by_the_receivers(attempt, host, monkeypatch):
    known, found = attempt(status="started", started_at=timezone.now()), Completions()
    monkeypatch.setattr("edx_proctoring.handlers.get_runtime_service", lambda _name: found)
    api.update_attempt_status(known.pk, "submitted")
    assert found.told == [(known.user.username, known.proctored_exam.content_id)]
    assert "complete_student_attempt" not in str(host.calls)


def test_leaving_an_unconfigured_provider_is_logged(make_exam, monkeypatch):
    lines = []
    exam = make_exam(backend="gone", external_id="1")
    exam.is_proctored = False

    class Log:
        """Collects log lines."""

        error = staticmethod(lambda text, *args: lines.append(text % args))

    monkeypatch.setattr("edx_proctoring.handlers.log", Log)
    exam.save()
    assert lines == [f"former provider of exam {exam.pk} not notified, it is not configured: gone"]
    exam.refresh_from_db()
    assert not exam.is_proctored
