"""Two simultaneous requests have the effect of one."""

import pytest
from django.db import connection  # noqa: F401  # the condition below reads it
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.exceptions import (
    ProctoredExamAlreadyExists,
    ProctoredExamReviewPolicyAlreadyExists,
    StudentExamAttemptAlreadyExistsException,
)
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from tests.concurrency.test_attempts import together

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


@pytest.mark.defect("PYTHON-1")
def test_a_second_creation_during_the_registration(exam, learner, provider):
    refused = []

    def click_again(*_args, **_kwargs):
        with pytest.raises(StudentExamAttemptAlreadyExistsException) as caught:
            api.create_exam_attempt(exam.pk, learner.pk, True)
        refused.append(caught.value)

    provider.before("register_exam_attempt", click_again)
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    assert len(refused) == 1
    assert len(provider.calls_of("register_exam_attempt")) == 1
    assert [one.pk for one in Attempt.objects.all()] == [attempt_id]


several_connections = pytest.mark.skipif(
    "connection.vendor == 'sqlite' and connection.is_in_memory_db()",
    reason="SQLite in memory has one connection; these run on a file and on servers",
)


def told(kind):
    return OutboxMessage.objects.filter(kind=kind).count()


@pytest.mark.defect("PYTHON-4")
@several_connections
def test_a_review_and_a_submission(attempt):
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)
    together(
        lambda: api.update_attempt_status(known.pk, "submitted"),
        lambda: api.receive_review(known, {"status": "passed", "comments": []}),
    )
    way = list(Attempt.history.order_by("history_id").values_list("status", flat=True))
    assert way in (
        ["started", "submitted", "verified"],  # first the submission
        ["started", "error"],  # first the review, of what was never submitted
        ["started", "error", "submitted"],
    )


@pytest.mark.defect("PYTHON-5")
def test_concurrent_changes_of_other_columns_are_kept(attempt):
    known = attempt(status="error", is_resumable=True)
    read_before = Attempt.objects.get(pk=known.pk)
    api.mark_exam_attempt_as_ready_to_resume(known.pk)
    api.update_exam_attempt(known.pk, is_status_acknowledged=True)
    api.update_exam_attempt(read_before.pk, time_remaining_seconds=60)
    known.refresh_from_db()
    assert (known.ready_to_resume, known.is_status_acknowledged) == (True, True)
    assert known.time_remaining_seconds == 60


@pytest.mark.defect("PYTHON-6")
@several_connections
def test_two_identical_reviews_take_effect_once(attempt):
    known = attempt(status="submitted", completed_at=timezone.now())

    def deliver(text):
        comment = {"comment": text, "status": "ok", "start": 0, "stop": 1, "duration": 1}
        return api.receive_review(known, {"status": "suspicious", "comments": [comment] * 3})

    results = together(lambda: deliver("a book"), lambda: deliver("a phone"))
    assert not [one for one in results if isinstance(one, Exception)]
    assert ProctoredExamSoftwareSecureReview.objects.count() == 1
    comments = ProctoredExamSoftwareSecureComment.objects.values_list("comment", flat=True)
    assert len(comments) == 3
    assert len(set(comments)) == 1


@pytest.mark.defect("PYTHON-7")
@several_connections
def test_two_grants_store_one_allowance(exam, learner):
    grants = [
        lambda minutes=minutes: api.add_allowance_for_user(
            exam.pk, learner.username, "additional_time_granted", minutes
        )
        for minutes in (10, 20, 30)
    ]
    assert together(*grants) == [None] * 3
    assert ProctoredExamStudentAllowance.objects.get().value in ("10", "20", "30")


@pytest.mark.defect("PYTHON-8")
@several_connections
def test_two_creations_store_one_exam():
    names = ("course-v1:a+b+c", "content", "Exam", 10)
    results = together(*[lambda: api.create_exam(*names)] * 3)
    (made,) = [one for one in results if isinstance(one, int)]
    assert [one.pk for one in ProctoredExam.objects.all()] == [made]
    refused = [one for one in results if not isinstance(one, int)]
    assert {type(one) for one in refused} == {ProctoredExamAlreadyExists}


@pytest.mark.defect("PYTHON-9")
@several_connections
def test_two_creations_store_one_policy(exam, staff):
    results = together(
        *[lambda: api.create_exam_review_policy(exam.pk, staff.pk, "Notes are fine.")] * 3
    )
    assert ProctoredExamReviewPolicy.objects.count() == 1
    refused = [one for one in results if not isinstance(one, int)]
    assert {type(one) for one in refused} == {ProctoredExamReviewPolicyAlreadyExists}


@pytest.mark.defect("PYTHON-9")
def test_the_newest_of_two_policies_is_used(exam, staff, learner):
    for text in ("old", "new"):
        ProctoredExamReviewPolicy.objects.create(
            proctored_exam=exam, set_by_user=staff, review_policy=text
        )
    assert api.get_review_policy_by_exam_id(exam.pk)["review_policy"] == "new"
    assert api.create_exam_attempt(exam.pk, learner.pk, True)
    exam.save()
