"""How many queries each operation may cost, session and user included: the targets of the benchmarks.

Counted on SQLite, where also the beginning of a transaction counts. Lists cost the same, however long they are.
"""

import copy
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api, lifecycle
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
)
from edx_proctoring.testing.factories import (
    COURSE_ID,
    AllowanceFactory,
    AttemptFactory,
    ExamFactory,
    UserFactory,
)
from edx_proctoring.testing.host import Enrollment
from tests.views.conftest import V1, E, practice

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.databases("sqlite"),  # the others have other statements
]

COMMENT = {"comment": "a", "status": "suspicious", "start": 1, "stop": 2, "duration": 1}


@contextmanager
def counted() -> Iterator[list[str]]:
    """Return the statements as the benchmarks count them: without those that end a transaction."""
    statements: list[str] = []

    def note(execute: Any, sql: str, *more: Any) -> Any:
        statements.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(note):
        yield statements


@pytest.fixture
def cost() -> Callable[..., int]:
    """Return the number of queries of a call, after a call that warms up."""

    def measured(call: Callable[[], Any]) -> int:
        call()
        with counted() as captured:
            call()
        return len(captured)

    return measured


def copies(row: Any, others: list[Any], **columns: Callable[[Any], Any]) -> list[Any]:
    """Store the row once more for each of these users, exams or the like, all at once; `columns` follow from each."""
    made = []
    for other in others:
        one = copy.copy(row)
        one.pk = None
        for name, value in columns.items():
            setattr(one, name, value(other))
        made.append(one)
    stored: list[Any] = type(row).objects.bulk_create(made)
    return stored


def course(rows: int, host: Any) -> None:
    """Learners with three attempts and an allowance each, who are enrolled, and their reviews.

    The app makes those of the first three; the others are copies of the third's rows.
    """
    exam = ExamFactory()
    practice = ExamFactory(is_practice_exam=True)
    users = UserFactory.create_batch(3)
    for user in users:
        attempts = [
            AttemptFactory(proctored_exam=practice, user=user, is_sample_attempt=True),
            AttemptFactory(proctored_exam=exam, user=user),
            known := AttemptFactory(proctored_exam=exam, user=user, status="submitted"),
        ]
        allowance = AllowanceFactory(proctored_exam=exam, user=user)
        api.receive_review(known, {"status": "suspicious", "comments": [COMMENT]})
    others = UserFactory.build_batch(rows - 3)
    others = type(user).objects.bulk_create(others)
    attempts[-1].refresh_from_db()
    itself = {"user": lambda user: user}
    for number, attempt in enumerate(attempts):
        copies(attempt, others, **itself, attempt_code=lambda user, at=number: f"{user.pk}-{at}")
    copies(allowance, others, **itself)
    review = ProctoredExamSoftwareSecureReview.objects.get(attempt_code=known.attempt_code)
    code = {"attempt_code": lambda user: f"{user.pk}-{number}"}
    reviews = copies(review, others, student=lambda user: user, **code)
    comment = ProctoredExamSoftwareSecureComment.objects.filter(review=review).get()
    copies(comment, reviews, review=lambda one: one)
    host.enrollments.enrollments = [Enrollment(user) for user in [*users, *others]]


def ok(response: Any) -> Any:
    assert response.status_code == 200, response.content
    return response.json() if response.content else None


LISTS: dict[str, tuple[int, Callable[[APIClient], Any]]] = {
    "page 1": (6, lambda staff: ok(staff.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}"))),
    "page 10": (
        6,
        lambda staff: ok(staff.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}?page=10")),
    ),
    "search": (
        6,
        lambda staff: ok(staff.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}/search/learner")),
    ),
    "statuses": (
        6,
        lambda staff: ok(staff.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}?status=second_review_required")),
    ),
    "allowances": (4, lambda staff: ok(staff.get(f"{E}/{COURSE_ID}/grouped/allowance"))),
    "onboarding": (5, lambda staff: ok(staff.get(f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"))),
    "violations": (3, lambda _staff: api.get_exam_violation_report(COURSE_ID)),
    "attempts": (2, lambda _staff: list(api.get_all_exam_attempts(COURSE_ID))),
    "a page of the host's": (3, lambda _staff: list(Paginator(api.get_all_exam_attempts(COURSE_ID), 25).page(1))),
    "allowances of the host's": (2, lambda _staff: list(api.get_allowances_for_course(COURSE_ID))),
}  # fmt: skip


@pytest.mark.parametrize("rows", [3, 300])
def test_lists(
    rows: int, host: Any, provider: Any, as_staff: APIClient, cost: Callable[..., int]
) -> None:
    provider.supports_onboarding = True
    course(rows, host)
    found = {name: cost(lambda ask=ask: ask(as_staff)) for name, (_, ask) in LISTS.items()}
    assert found == {name: queries for name, (queries, _) in LISTS.items()}


def test_a_timed_exam(timed_exam: ProctoredExam, client_for: Any) -> None:
    """Create and start, poll, end, submit."""
    counts = []
    for _ in range(2):
        learner = client_for(UserFactory())
        body = {"exam_id": timed_exam.pk, "start_clock": "true"}
        with counted() as captured:
            begun = ok(learner.post(f"{E}/attempt", body, format="json"))["exam_attempt_id"]
            url = f"{E}/attempt/{begun}"
            assert ok(learner.get(url))["status"] == "started"
            for action in ("stop", "submit"):
                ok(learner.put(url, {"action": action}, format="json"))
        counts.append(len(captured))
        assert ok(learner.get(url))["status"] == "submitted"
    assert counts[1] <= 45


def test_a_proctored_exam(exam: ProctoredExam, client_for: Any, settings: Any) -> None:
    """Create and start; the learner is another one each time."""
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS, "ALLOW_START_WITHOUT_SETUP": True,
    }  # fmt: skip
    counts = []
    for _ in range(2):
        learner = client_for(UserFactory())
        body = {"exam_id": exam.pk, "attempt_proctored": "true"}
        with counted() as created:
            begun = ok(learner.post(f"{E}/attempt", body, format="json"))["exam_attempt_id"]
        with counted() as started:
            ok(learner.put(f"{E}/attempt/{begun}", {"action": "start"}, format="json"))
        counts.append((len(created), len(started)))
    created, started = counts[1]
    assert created <= 20  # fewer without edx-when
    assert started <= 18


def test_reads_of_learners(
    timed_exam: ProctoredExam, attempt: Any, as_learner: APIClient, cost: Callable[..., int]
) -> None:
    now = timezone.now()
    one = attempt(
        exam=timed_exam, status="started", taking_as_proctored=False, started_at=now,
        allowed_time_limit_mins=90,
    )  # fmt: skip
    assert cost(lambda: ok(as_learner.get(f"{E}/attempt/{one.pk}"))) == 4
    path = f"{E}/attempt/course_id/{COURSE_ID}"
    options = {"content_id": timed_exam.content_id, "is_learning_mfe": "true"}
    assert cost(lambda: ok(as_learner.get(path, options))) <= 7


@pytest.mark.parametrize(("status", "most"), [("passed", 18), ("suspicious", 18)])
def test_a_review(
    status: str, most: int, exam: ProctoredExam, as_reviewer: APIClient, reviewer: Any
) -> None:
    reviewer.is_staff = True
    reviewer.save()
    body = {"status": status, "comments": [COMMENT] * 3}
    counts = []
    for one in AttemptFactory.create_batch(
        2, proctored_exam=exam, status="submitted", completed_at=timezone.now()
    ):
        with counted() as captured:
            ok(as_reviewer.post(f"{E}/attempt/{one.external_id}/reviewed", body, format="json"))
        counts.append(len(captured))
    assert counts[1] <= most


@pytest.mark.parametrize("known", [0, 25, 50])
def test_allowances_in_bulk(known: int, make_exam: Any, as_global_staff: APIClient) -> None:
    """50 learners, three exams; some have an allowance already."""
    exams = [make_exam() for _ in range(3)]
    users = UserFactory.create_batch(50)
    for user in users[:known]:
        for exam in exams:
            AllowanceFactory(proctored_exam=exam, user=user)
    body = {
        "exam_ids": ",".join(str(exam.pk) for exam in exams),
        "user_ids": ",".join(user.username for user in users),
        "allowance_type": "additional_time_granted",
        "value": "15",
    }
    with counted() as captured:
        ok(as_global_staff.put(f"{E}/bulk_allowance", body, format="json"))
    assert len(captured) <= 15


@pytest.mark.parametrize("exams", [3, 30])
def test_summaries_of_an_outline(
    exams: int, learner: Any, attempt: Any, cost: Callable[..., int]
) -> None:
    for _ in range(exams):
        attempt(exam=(known := ExamFactory()), status="submitted")
    one = cost(lambda: api.get_attempt_status_summary(learner.pk, COURSE_ID, known.content_id))
    assert one == 2
    assert cost(lambda: api.get_attempt_status_summaries(learner.pk, COURSE_ID)) == 2


COUNTS = pytest.mark.parametrize("count", [3, 300])


SIGNED_IN = 2  # session and user


@pytest.fixture
def learners():
    """A factory of learners."""
    return lambda count: type(UserFactory()).objects.bulk_create(UserFactory.build_batch(count))


@pytest.mark.defect("REST-E1")
@COUNTS
@pytest.mark.parametrize("search", ["", "/search/learner"])
def test_a_page_of_attempts(
    count, search, exam, attempt, learners, as_staff, django_assert_num_queries
):
    first, *others = learners(count)
    for at in range(2):
        code = {"attempt_code": lambda user, at=at: f"{user.pk}-{at}"}
        copies(attempt(exam=exam, user=first), others, user=lambda user: user, **code)
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}{search}"
    # The start of the page's attempts, count, newest, all; or exams, matching learners, newest, all.
    with django_assert_num_queries(SIGNED_IN + 4):
        rows = as_staff.get(url).json()["proctored_exam_attempts"]
    assert len(rows) == min(count, 25)
    assert all(len(row["all_attempts"]) == 2 for row in rows)


@pytest.mark.defect("REST-E2")
@COUNTS
@pytest.mark.parametrize("path", ["allowance", "grouped/allowance"])
def test_allowances_of_a_course(count, path, exam, learners, as_staff, django_assert_num_queries):
    first, *others = learners(count)
    copies(AllowanceFactory(proctored_exam=exam, user=first), others, user=lambda user: user)
    with django_assert_num_queries(SIGNED_IN + 2):
        assert len(as_staff.get(f"{E}/{COURSE_ID}/{path}").json()) == count


@pytest.mark.defect("REST-E3")
@COUNTS
def test_onboarding_of_a_course(
    count, onboarding, attempt, learners, host, as_staff, django_assert_num_queries
):
    first, *others = users = learners(count)
    known, code = practice(attempt, onboarding, "submitted", user=first), lambda user: str(user.pk)
    copies(known, others, user=lambda user: user, attempt_code=code)
    host.enrollments.enrollments = [Enrollment(user) for user in users]
    url = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
    with django_assert_num_queries(SIGNED_IN + 4):
        assert as_staff.get(url).json()["count"] == count
    host.enrollments.enrollments = []
    with django_assert_num_queries(SIGNED_IN + 1):
        as_staff.get(url)


@pytest.mark.defect("REST-E4")
@COUNTS
def test_running_exams(count, attempt, make_exam, as_learner, django_assert_num_queries):
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    first = attempt(exam=make_exam(), status="started", **begun)
    exams = ProctoredExam.objects.bulk_create(make_exam.build_batch(count - 1))
    code = {"attempt_code": lambda exam: f"code-{exam.pk}"}
    copies(first, exams, proctored_exam=lambda exam: exam, **code)
    with django_assert_num_queries(SIGNED_IN + 2):
        assert len(as_learner.get(f"{E}/active_exams_for_user").json()) == count


@pytest.mark.defect("REST-E7")
@pytest.mark.parametrize(("count", "queries"), [(3, 27), (300, 29)])  # rows are written in batches
def test_retirement(
    count, queries, attempt, make_exam, learner, retirement, client_for, django_assert_num_queries
):
    for _ in range(3):
        known = attempt(exam=make_exam(), status="submitted", completed_at=timezone.now())
        api.receive_review(known, {"status": "passed", "comments": []})
    # The others are copies of the last: its exam, its attempt, the review, and the messages of both.
    exams = ProctoredExam.objects.bulk_create(make_exam.build_batch(count - 3))
    of = {"attempt_code": lambda exam: f"code-{exam.pk}"}
    known.refresh_from_db()
    attempts = copies(known, exams, proctored_exam=lambda exam: exam, **of)
    review = ProctoredExamSoftwareSecureReview.objects.get(attempt_code=known.attempt_code)
    copies(review, exams, exam=lambda exam: exam, **of)
    for message in OutboxMessage.objects.filter(payload__attempt_id=known.pk):
        copies(message, attempts, key=lambda row, own=message.key: f"{own} {row.pk}")
    client = client_for(retirement)
    with django_assert_num_queries(SIGNED_IN + queries):
        client.post(f"{V1}/retire_user/{learner.pk}/")
    assert not OutboxMessage.objects.filter(kind="email").exists()
    with django_assert_num_queries(SIGNED_IN + 5):
        client.post(f"{V1}/retire_backend_user/{learner.pk}/")


def test_a_grant_and_a_pause(exam, attempt, cost):
    """The host's service for due dates and the delivery of the message included."""
    known = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    keys = iter("abc")
    assert cost(lambda: api.extend_attempt(known.pk, 60, reason="alarm", key=next(keys))) <= 13
    assert cost(lambda: api.pause_attempt(known.pk)) <= 14
    assert cost(lambda: api.continue_attempt(known.pk)) <= 14


def test_a_grant_and_a_pause_by_rest(exam, attempt, as_staff, cost):
    """The course of the attempt, and the request and its response by the idempotency key: three more. Fewer without edx-when."""
    known = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")

    def post(word, body):
        path = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/attempts/{known.pk}/{word}/"
        ok(as_staff.post(path, body, format="json", headers={"Idempotency-Key": uuid.uuid4().hex}))

    assert cost(lambda: post("extend", {"seconds": 60, "reason": "alarm"})) <= SIGNED_IN + 16
    counts = []
    for word, body in (("pause", {"reason": "alarm"}), ("continue", {})):
        with counted() as captured:
            post(word, body)
        counts.append(len(captured))
    assert counts[0] <= SIGNED_IN + 14
    assert counts[1] <= SIGNED_IN + 16


@pytest.mark.parametrize("is_paused", [False, True])
@pytest.mark.defect("REST-E8")
def test_a_poll_reads_the_attempt_and_its_ledger(
    is_paused, attempt, as_learner, django_assert_num_queries
):
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    known = attempt(status="started", **begun)
    api.extend_attempt(known.pk, 60)
    if is_paused:
        api.pause_attempt(known.pk)
    with django_assert_num_queries(SIGNED_IN + 2):
        as_learner.get(f"{E}/attempt/{known.pk}")
