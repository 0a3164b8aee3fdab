"""A review determines the status of its attempt, stores its comments, and notifies staff if necessary."""

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.exceptions import ProctoredExamBadReviewStatus
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


@pytest.mark.defect("PYTHON-17")
def test_an_invalid_comment_stores_nothing(attempt, host):
    known = attempt(status="submitted", completed_at=timezone.now())
    bad = {"status": "passed", "comments": [{"comment": "fine", "status": "ok"}, {"status": "ok"}]}
    with pytest.raises(ProctoredExamBadReviewStatus):
        api.receive_review(known, bad)
    assert status_of(known) == "submitted"
    assert not ProctoredExamSoftwareSecureReview.objects.exists()
    assert not ProctoredExamSoftwareSecureComment.objects.exists()
    assert not host.calls_of("set_credit_requirement_status")
    assert not OutboxMessage.objects.exclude(kind="exam_saved").exists()


def review(status, *texts, **more):
    remarks = [{"comment": text, "status": "ok"} for text in texts]
    return {"status": status, "comments": remarks, **more}


def ended(attempt, status="submitted", **more):
    return attempt(status=status, completed_at=timezone.now(), **more)


def credit_words(host):
    return [call.kwargs["status"] for call in host.calls_of("set_credit_requirement_status")]


@pytest.mark.defect("PYTHON-45")
def test_saving_a_review_is_not_a_decision(attempt, mailoutbox, host):
    known = ended(attempt)
    stored = api.receive_review(known, review("passed"))
    api.update_attempt_status(known.pk, "second_review_required")
    mailoutbox.clear()
    host.calls.clear()
    stored.raw_data = ""
    stored.is_attempt_active = False
    stored.save()
    assert status_of(known) == "second_review_required"
    assert not mailoutbox
    assert not credit_words(host)


@pytest.mark.defect("PYTHON-46")
def test_a_removal_is_not_a_review(attempt, staff, tracker):
    known = ended(attempt)
    api.receive_review(known, review("passed"))
    tracker.events.clear()
    api.remove_exam_attempt(known.pk, staff)
    assert [name.rsplit(".", 1)[1] for name in tracker.names] == ["deleted"]


@pytest.mark.defect("PYTHON-47")
def test_the_event_of_a_removal_names_the_attempt(attempt, staff, tracker):
    known = ended(attempt)
    api.remove_exam_attempt(known.pk, staff)
    ((_, data),) = tracker.events
    assert data["attempt_id"] == known.pk


@pytest.mark.defect("PYTHON-48")
def test_comments_are_replaced(attempt):
    known = ended(attempt)
    api.receive_review(known, review("suspicious", "a book", "a phone"))
    api.receive_review(known, review("suspicious", "a book"))
    remarks = ProctoredExamSoftwareSecureComment.objects.values_list("comment", flat=True)
    assert list(remarks) == ["a book"]
    assert ProctoredExamSoftwareSecureReviewHistory.objects.count() == 1


Review = ProctoredExamSoftwareSecureReview


def a_review(**columns):
    columns = {"attempt_code": "code", "review_status": "Clean", "raw_data": "{}", **columns}
    return Review.objects.create(**columns)


@pytest.mark.defect("PYTHON-74")
@pytest.mark.parametrize("with_exam", [True, False])
def test_a_review_without_an_attempt_is_kept(exam, with_exam, caplog):
    stored = a_review(exam=exam if with_exam else None)
    assert Review.objects.get().pk == stored.pk
    assert stored.is_passing
    assert [record for record in caplog.records if "unknown attempt" in record.getMessage()]


@pytest.mark.defect("PYTHON-75")
@pytest.mark.parametrize("status", ["", "S", "Susp", "Clean"])
def test_only_suspicious_reviews_notify_staff(status):
    assert not Review(review_status=status).should_notify
    assert Review(review_status="Suspicious").should_notify
