"""Permissions for reviewing an attempt and reporting it as ready."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from edx_proctoring import rules
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import UserFactory
from tests.views.conftest import E

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


def rejected(attempt, **more):
    return attempt(status="rejected", completed_at=timezone.now(), **more)


@pytest.mark.defect("REST-A8", "BACKENDS-A6")
def test_only_reviewers_report_an_attempt_ready(attempt, clients):
    known = attempt()
    for name in ("owner", "stranger", "course_staff", "foreign_reviewer"):
        assert clients[name].post(f"{E}/attempt/{known.external_id}/ready").status_code == 403
    assert status_of(known) == "created"
    assert clients["reviewer"].post(f"{E}/attempt/{known.external_id}/ready").status_code == 200
    assert status_of(known) == "ready_to_start"


Review = ProctoredExamSoftwareSecureReview


def submitted(attempt, **more):
    return attempt(status="submitted", completed_at=timezone.now(), **more)


@pytest.mark.defect("BACKENDS-A7", "REST-A3")
def test_a_named_reviewer_counts_only_with_permission(attempt, staff, learner, as_reviewer, caplog):
    UserFactory(email="stranger@example.com")
    UserFactory(username="one", email="twins@example.com")
    UserFactory(username="two", email="twins@example.com")
    for email, reviewer, status in (
        (learner.email, None, "second_review_required"),
        ("nobody@example.com", None, "second_review_required"),
        ("twins@example.com", None, "second_review_required"),
        ("stranger@example.com", None, "second_review_required"),
        (staff.email, staff, "rejected"),
    ):
        known = submitted(attempt)
        data = {"status": "suspicious", "comments": [], "reviewed_by": email}
        url = f"{E}/attempt/{known.external_id}/reviewed"
        assert as_reviewer.post(url, data, format="json").status_code == 200
        stored = Review.objects.get(attempt_code=known.attempt_code)
        assert (stored.reviewed_by, status_of(known)) == (reviewer, status)
    assert caplog.text.count("does not have the required permissions") == 4


def test_the_review_group_works_for_any_provider_name(attempt):
    user = UserFactory()
    user.groups.add(Group.objects.create(name="test_review"))
    backend = {"proctored_exam": {"backend": "test"}}
    assert rules.is_in_reviewer_group(user, backend)
