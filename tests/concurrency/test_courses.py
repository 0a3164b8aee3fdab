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


def test_allowances(exam, learner):
    """One row; each value that was replaced is archived, each grant is an event of its own."""
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


def test_registrations_of_a_course(provider):
    """Twice the same list, at once: every exam is there once, and the provider knows it once."""
    items = [item(f"exam{number}") for number in range(5)]
    results = together(
        *[lambda: api.register_exams(COURSE_ID, items) for _ in range(4)],
        meet_at="proctoring_proctoredexam",
    )
    stored = list(ProctoredExam.objects.order_by("content_id").values_list("id", flat=True))
    assert len(stored) == 5
    assert [sorted(result) for result in results] == [sorted(stored)] * 4
    assert not ProctoredExam.objects.filter(external_id=None).exists()


def test_a_cascade_against_a_registration(make_exam, learner, attempt):
    """The learner declines while the course gets another exam and loses one: neither hinders the other."""
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


def test_review_policies(exam, staff):
    """One is stored, everybody else hears that there is one already."""
    results = together(
        *[lambda text=text: api.create_exam_review_policy(exam.pk, staff.pk, text) for text in "abcd"],
        meet_at="reviewpolicy",
    )  # fmt: skip
    policy = ProctoredExamReviewPolicy.objects.get()
    refused = [one for one in results if isinstance(one, ProctoredExamReviewPolicyAlreadyExists)]
    assert len(refused) == 3
    assert policy.review_policy in "abcd"
