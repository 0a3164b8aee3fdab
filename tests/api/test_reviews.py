"""Reviews are stored once and applied once, and a person's decision stands."""

import datetime

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from edx_proctoring import api, lifecycle
from edx_proctoring.exceptions import (
    ProctoredExamBadReviewStatus,
    ProctoredExamReviewAlreadyExists,
)
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)

pytestmark = pytest.mark.django_db

Review = ProctoredExamSoftwareSecureReview
Archive = ProctoredExamSoftwareSecureReviewHistory


def payload(status="passed", *texts, **more):
    comments = [
        {"comment": text, "status": "ok", "start": 1, "stop": 2, "duration": 1} for text in texts
    ]
    return {"status": status, "comments": comments, **more}


@pytest.fixture
def submitted(attempt):
    """A proctored attempt that waits for its review."""
    return attempt(status="submitted", completed_at=timezone.now(), external_id="remote")


def status_of(attempt):
    return ProctoredExamStudentAttempt.objects.get(pk=attempt.pk).status


def events(name="review_received"):
    rows = OutboxMessage.objects.filter(kind="event").order_by("id")
    return [row.payload for row in rows if row.payload["name"].endswith(name)]


def test_a_clean_review_verifies(submitted):
    review = api.receive_review(submitted, payload("passed", "all well", "quiet"))
    assert status_of(submitted) == "verified"
    assert (review.review_status, review.student_id) == ("Clean", submitted.user_id)
    assert review.exam_id == submitted.proctored_exam_id
    comments = ProctoredExamSoftwareSecureComment.objects.filter(review=review).order_by("id")
    assert [comment.comment for comment in comments] == ["all well", "quiet"]
    assert len(events()) == 1


def test_the_same_delivery_again_changes_nothing(submitted):
    for _ in range(2):
        api.receive_review(submitted, payload("suspicious", "a book"))
    assert Review.objects.count() == 1
    assert not Archive.objects.exists()
    assert ProctoredExamSoftwareSecureComment.objects.count() == 1
    assert len(events()) == 1
    assert OutboxMessage.objects.filter(kind="support_notification").count() == 1


def test_another_delivery_replaces_the_comments_and_archives_the_review(submitted):
    api.receive_review(submitted, payload("suspicious", "a book", "a phone"))
    api.receive_review(submitted, payload("passed", "a notebook"))
    assert status_of(submitted) == "verified"
    comments = ProctoredExamSoftwareSecureComment.objects.all()
    assert [comment.comment for comment in comments] == ["a notebook"]
    assert [row.review_status for row in Archive.objects.all()] == ["Suspicious"]
    assert len(events()) == 2


def test_updates_can_be_forbidden(submitted, settings):
    api.receive_review(submitted, payload("suspicious"))
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "ALLOW_REVIEW_UPDATES": False}
    with pytest.raises(ProctoredExamReviewAlreadyExists):
        api.receive_review(submitted, payload("passed"))
    assert status_of(submitted) == "second_review_required"


def test_a_passing_review_of_an_unsubmitted_attempt_is_an_error(attempt, caplog):
    known = attempt(status="ready_to_start")
    api.receive_review(known, payload("passed"))
    assert status_of(known) == "error"
    (record,) = [record for record in caplog.records if "never-submitted" in record.msg]
    assert record.name == "edx_proctoring.handlers"
    assert record.args == {
        "review_status": "Clean",
        "attempt_id": known.pk,
        "status": "ready_to_start",
    }


def test_an_exam_that_is_no_longer_proctored(submitted):
    submitted.proctored_exam.is_proctored = False
    submitted.proctored_exam.save()
    assert api.receive_review(submitted, payload("passed")) is None
    assert not Review.objects.exists()


def test_a_review_of_a_removed_attempt_is_kept_without_effect(submitted, staff):
    code = submitted.attempt_code
    lifecycle.remove(submitted, staff)
    found, archived = api.locate_attempt_by_attempt_code(code)
    assert archived
    review = api.receive_review(found, payload("suspicious", "a book"), is_archived=True)
    assert (review.is_attempt_active, review.review_status) == (False, "Suspicious")
    assert not ProctoredExamStudentAttempt.objects.exists()
    assert not OutboxMessage.objects.filter(kind="support_notification").exists()


# Who may be a reviewer


def test_a_reviewer_who_is_staff_rejects_immediately(submitted, django_user_model):
    reviewer = django_user_model.objects.create_user("r", "r@example.com", is_staff=True)
    review = api.receive_review(submitted, payload("suspicious", reviewed_by="r@example.com"))
    assert (review.reviewed_by, status_of(submitted)) == (reviewer, "rejected")


def test_a_reviewer_of_the_provider_counts(submitted, django_user_model):
    reviewer = django_user_model.objects.create_user("r", "r@example.com")
    reviewer.groups.add(Group.objects.create(name="test_review"))
    review = api.receive_review(submitted, payload("suspicious", reviewed_by="r@example.com"))
    assert (review.reviewed_by, status_of(submitted)) == (reviewer, "rejected")


@pytest.mark.defect("PYTHON-44")
@pytest.mark.parametrize("who", ["learner", "stranger", "nobody"])
def test_other_users_do_not_count(submitted, learner, django_user_model, who):
    django_user_model.objects.create_user("stranger", "stranger@example.com")
    address = learner.email if who == "learner" else f"{who}@example.com"
    review = api.receive_review(submitted, payload("suspicious", reviewed_by=address))
    assert review.reviewed_by is None
    assert status_of(submitted) == "second_review_required"


@pytest.mark.defect("PYTHON-44")
def test_an_address_of_several_users(submitted, django_user_model):
    django_user_model.objects.create_user("a", "same@example.com")
    second = django_user_model.objects.create_user("b", "same@example.com", is_staff=True)
    review = api.receive_review(submitted, payload("suspicious", reviewed_by="same@example.com"))
    assert review.reviewed_by == second


def test_a_caller_may_ignore_the_named_reviewer(submitted, staff):
    staff.is_staff = True
    staff.save()
    data = payload("suspicious", reviewed_by=staff.email)
    review = api.receive_review(submitted, data, trusts_reviewer=False)
    assert review.reviewed_by is None


# The second review


@pytest.fixture
def suspicious(submitted):
    """A review that waits for a person."""
    return api.receive_review(submitted, payload("suspicious", "a book"))


def test_a_person_rejects(submitted, suspicious, staff, host):
    api.decide_review(suspicious.pk, "Suspicious", staff)
    assert status_of(submitted) == "rejected"
    suspicious.refresh_from_db()
    assert suspicious.reviewed_by == staff
    overrides = [call for call in host.calls if call.method == "override_subsection_grade"]
    assert [call.kwargs["overrider"] for call in overrides] == [staff]
    assert "invalidate_certificate" in [call.method for call in host.calls]


def test_a_person_verifies(submitted, suspicious, staff):
    api.decide_review(suspicious.pk, "Clean", staff)
    assert status_of(submitted) == "verified"


def test_an_unknown_status_is_refused(submitted, suspicious, staff):
    with pytest.raises(ProctoredExamBadReviewStatus):
        api.decide_review(suspicious.pk, "suspicious", staff)
    assert status_of(submitted) == "second_review_required"


@pytest.mark.defect("PYTHON-43")
@pytest.mark.parametrize("later", ["passed", "suspicious", "not_reviewed"])
def test_no_delivery_overrules_a_person(submitted, suspicious, staff, later):
    api.decide_review(suspicious.pk, "Suspicious", staff)
    api.receive_review(submitted, payload(later, "another look"))
    suspicious.refresh_from_db()
    assert status_of(submitted) == "rejected"
    assert (suspicious.review_status, suspicious.reviewed_by) == ("Suspicious", staff)
    assert "another look" in Archive.objects.latest("id").raw_data
    assert len(events()) == 3


def test_a_person_may_change_the_decision(submitted, suspicious, staff, host):
    api.decide_review(suspicious.pk, "Suspicious", staff)
    api.decide_review(suspicious.pk, "Clean", staff)
    assert status_of(submitted) == "verified"
    assert "undo_override_subsection_grade" in [call.method for call in host.calls]


def test_decisions_stored_by_6_1_4_stand(submitted, staff):
    Review.objects.bulk_create(
        [
            Review(
                attempt_code=submitted.attempt_code,
                review_status="Suspicious",
                raw_data='{"status": "suspicious"}',
                reviewed_by=staff,
                student=submitted.user,
                exam=submitted.proctored_exam,
            )
        ]
    )
    ProctoredExamStudentAttempt.objects.filter(pk=submitted.pk).update(status="rejected")
    api.receive_review(submitted, payload("passed"))
    assert status_of(submitted) == "rejected"


# Hosts that save the model


def save_model(attempt, review_status="Clean", **more):
    return Review.objects.create(
        attempt_code=attempt.attempt_code,
        review_status=review_status,
        raw_data="{}",
        student=attempt.user,
        exam=attempt.proctored_exam,
        **more,
    )


def test_a_review_that_the_host_saves_is_applied(submitted):
    save_model(submitted)
    assert status_of(submitted) == "verified"
    assert len(events()) == 1


def test_a_review_saved_again_without_a_new_decision_is_not_applied(submitted):
    review = save_model(submitted, "Suspicious")
    review.raw_data = ""
    review.save()
    assert status_of(submitted) == "second_review_required"
    assert len(events()) == 1


def test_a_review_of_an_unknown_attempt_is_stored(submitted):
    Review.objects.create(attempt_code="UNKNOWN", review_status="Clean", raw_data="{}")
    assert status_of(submitted) == "submitted"


def test_a_time_out_in_the_history_counts_as_a_submission(attempt):
    known = attempt(status="timed_out", started_at=timezone.now() - datetime.timedelta(hours=2))
    lifecycle.transition(known, "error")
    api.receive_review(known, payload("passed"))
    assert status_of(known) == "verified"


def test_a_person_decides_on_a_review_that_nobody_is_left_of(exam, staff):
    orphan = ProctoredExamSoftwareSecureReview.objects.create(
        attempt_code="GONE", exam=exam, student=None, review_status="Suspicious", raw_data="{}"
    )
    api.decide_review(orphan.pk, "Clean", staff)
    orphan.refresh_from_db()
    assert (orphan.review_status, orphan.reviewed_by) == ("Clean", staff)
