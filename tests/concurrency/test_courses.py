"""Concurrent changes by authors and staff: allowances, exams of a course, review policies."""

import pytest

from edx_proctoring import api
from edx_proctoring.exceptions import ProctoredExamReviewPolicyAlreadyExists
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import COURSE_ID
from tests.concurrency.parallel import together, told

pytestmark = pytest.mark.django_db

TIME = "additional_time_granted"


def item(name, **more):
    flags = {"is_practice_exam": False, "is_active": True, "hide_after_due": False}
    return {
        "content_id": name, "exam_name": name, "time_limit_mins": 30, "is_proctored": True,
        "backend": "test", **flags, **more,
    }  # fmt: skip


def test_parallel_grants_of_an_allowance(exam, learner):
    """There is one row; each replaced value is archived, and each grant emits its own event."""
    values = [str(minutes) for minutes in range(1, 7)]
    results = together(
        *[
            lambda value=value: api.add_allowance_for_user(exam.pk, learner.pk, TIME, value)
            for value in values
        ],
        meet_at="studentallowance",
    )
    assert results == [None] * 6
    kept = ProctoredExamStudentAllowance.objects.get().value
    archived = ProctoredExamStudentAllowanceHistory.objects.values_list("value", flat=True)
    assert sorted([kept, *archived]) == values
    assert told("event") == 6


def test_parallel_registrations_of_a_course(provider):
    """The same list twice: every exam exists once, and is registered with the provider once."""
    items = [item(f"exam{number}") for number in range(5)]
    results = together(
        *[lambda: api.register_exams(COURSE_ID, items) for _ in range(4)],
        meet_at="proctoring_proctoredexam",
    )
    stored = list(ProctoredExam.objects.order_by("content_id").values_list("id", flat=True))
    assert len(stored) == 5
    assert [sorted(result) for result in results] == [sorted(stored)] * 4
    assert not ProctoredExam.objects.filter(external_id=None).exists()


def test_a_decline_cascade_during_a_registration(make_exam, learner, attempt):
    """A learner declines while an exam is added to the course and another one removed: both succeed."""
    known = attempt(exam=make_exam(content_id="first"), status="created")
    make_exam(content_id="second")
    results = together(
        lambda: api.update_attempt_status(known.pk, "declined"),
        lambda: api.register_exams(COURSE_ID, [item("first"), item("third")]),
        meet_at="proctoring_proctoredexam",
    )
    assert [result for result in results if isinstance(result, Exception)] == []
    attempts = ProctoredExamStudentAttempt.objects.filter(user=learner)
    assert set(attempts.values_list("status", flat=True)) == {"declined"}
    active = ProctoredExam.objects.filter(is_active=True).values_list("content_id", flat=True)
    assert sorted(active) == ["first", "third"]


def test_parallel_creations_of_a_review_policy(exam, staff):
    """One is stored; all other requests are told that there is a policy already."""
    results = together(
        *[lambda text=text: api.create_exam_review_policy(exam.pk, staff.pk, text) for text in "abcd"],
        meet_at="reviewpolicy",
    )  # fmt: skip
    policy = ProctoredExamReviewPolicy.objects.get()
    refused = [one for one in results if isinstance(one, ProctoredExamReviewPolicyAlreadyExists)]
    assert len(refused) == 3
    assert policy.review_policy in "abcd"
