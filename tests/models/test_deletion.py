"""The host saves and deletes rows: providers are notified, and reviews and policies are kept."""

import pytest
from django.apps import apps
from django.core.serializers import deserialize, serialize
from django.db.models import ProtectedError
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamReviewPolicyHistory,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
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


@pytest.fixture
def other(provider):
    other = FakeProvider()
    apps.get_app_config("edx_proctoring").backends["other"] = other
    return other


@pytest.mark.defect("PYTHON-79")
def test_the_former_provider_is_notified_of_the_change(exam, provider, other):
    known_as = exam.external_id
    exam.backend, exam.is_practice_exam = "other", True
    exam.save()
    exam.refresh_from_db()
    (left,) = [call.args[0] for call in provider.calls_of("on_exam_saved")[-1:]]
    assert (left["external_id"], left["is_active"]) == (known_as, False)
    (come,) = [call.args[0] for call in other.calls_of("on_exam_saved")[-1:]]
    assert come["external_id"] is None
    assert exam.external_id not in (None, known_as)


Review = ProctoredExamSoftwareSecureReview


def a_review(**columns):
    columns = {"attempt_code": "code", "review_status": "Clean", "raw_data": "{}", **columns}
    return Review.objects.create(**columns)


@pytest.mark.defect("PYTHON-80")
def test_a_new_row_may_have_an_id(exam):
    ExamFactory(pk=exam.pk + 1000)
    ReviewPolicyFactory(pk=4711, proctored_exam=exam)
    AllowanceFactory(pk=4711, proctored_exam=exam)
    a_review(pk=4711, exam=exam)
    assert Review.objects.get().pk == 4711


Attempt = ProctoredExamStudentAttempt


Allowance = ProctoredExamStudentAllowance


def reviewed(attempt, **columns):
    known = attempt(status="verified", completed_at=timezone.now())
    both = {"student": known.user, "exam": known.proctored_exam, **columns}
    return known, a_review(attempt_code=known.attempt_code, **both)


@pytest.mark.defect("PYTHON-80")
def test_loading_fixtures_sends_no_notices(attempt, staff, provider, host):
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


@pytest.mark.defect("PYTHON-81")
@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("what", ["user", "exam"])
def test_a_reviewed_learner_or_exam_can_be_deleted(attempt, what, several):
    known, _ = reviewed(attempt)
    ReviewPolicyFactory(proctored_exam=known.proctored_exam)
    AllowanceFactory(proctored_exam=known.proctored_exam, user=known.user)
    row = known.user if what == "user" else known.proctored_exam
    (type(row).objects.filter(pk=row.pk) if several else row).delete()
    for model in (Attempt, Review, Allowance):
        assert not model.objects.exists()


@pytest.mark.defect("PYTHON-81")
def test_reviews_outlive_their_reviewer(attempt, staff):
    _, stored = reviewed(attempt, reviewed_by=staff)
    staff.delete()
    stored.refresh_from_db()
    assert stored.reviewed_by is None


@pytest.mark.defect("PYTHON-81")
def test_authors_of_policies_are_protected(exam):
    author = UserFactory()
    ReviewPolicyFactory(proctored_exam=exam, set_by_user=author)
    for accounts in (author, type(author).objects.filter(pk=author.pk)):
        with pytest.raises(ProtectedError, match="somebody else"):
            accounts.delete()
    assert ProctoredExamReviewPolicy.objects.count() == 1
    exam.delete()
    author.delete()


@pytest.mark.defect("PYTHON-81")
def test_an_account_can_be_deleted_once_the_policy_has_another_author(exam, staff):
    author = UserFactory()
    ReviewPolicyFactory(proctored_exam=exam, set_by_user=author)
    api.update_review_policy(exam.pk, staff.pk, "Books are fine.")
    author.delete()
    assert ProctoredExamReviewPolicy.objects.get().review_policy == "Books are fine."


@pytest.mark.defect("PYTHON-81")
def test_archived_policies_are_kept(exam, staff):
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


@pytest.mark.defect("PYTHON-78")
def test_archived_reviews_have_their_attempt_code(exam, learner):
    review = ProctoredExamSoftwareSecureReview.objects.create(
        attempt_code="code", review_status="Clean", raw_data="{}", student=learner, exam=exam
    )
    review.raw_data = "{}  "
    review.save()
    (archived,) = ProctoredExamSoftwareSecureReviewHistory.objects.all()
    assert archived.attempt_code == "code"
