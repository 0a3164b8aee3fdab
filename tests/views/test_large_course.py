"""A course with 50,000 attempts: a page costs as much as in a small course."""

import datetime
import tracemalloc

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, ExamFactory, UserFactory
from tests import plans
from tests.views.conftest import E

pytestmark = [pytest.mark.django_db, pytest.mark.needs("one-run")]  # and on the servers

Attempt = ProctoredExamStudentAttempt
TABLE = Attempt._meta.db_table
COUNT = 50_000
SMALL = "course-v1:s+m+all"
OTHERS = 2  # other courses as large, where it matters
LAST = {"page": 2000, "page_size": 25}  # it needs every attempt of the course
POINTER = 8  # bytes


def fill(course_id, count, exams=10):
    """Create the attempts of a few learners in many exams, which takes less time than those of many learners."""
    users = UserFactory._meta.model.objects.bulk_create(
        UserFactory.build(username=f"{course_id}{number}") for number in range(count // exams)
    )
    users = UserFactory._meta.model.objects.filter(username__startswith=course_id)
    now = timezone.now()
    rows = [
        Attempt(
            user=user,
            proctored_exam=exam,
            status="submitted",
            attempt_code=f"{exam.pk}-{user.pk}",
            created=now - datetime.timedelta(seconds=number),
        )
        for exam in [ExamFactory(course_id=course_id) for _ in range(exams)]
        for number, user in enumerate(users)
    ]
    Attempt.objects.bulk_create(rows, batch_size=5000)


def copy(course_id, times):
    """Copy the course's attempts to other courses."""
    different = {"proctored_exam_id": "%(exam)s", "attempt_code": "attempt_code || '-' || %(exam)s"}
    columns = [field.column for field in Attempt._meta.concrete_fields if not field.primary_key]
    statement = (
        f"INSERT INTO {TABLE} ({', '.join(columns)})"
        f" SELECT {', '.join(different.get(column, column) for column in columns)}"
        f" FROM {TABLE} WHERE proctored_exam_id = %(original)s"
    )
    with connection.cursor() as cursor:
        for original in ProctoredExam.objects.filter(course_id=course_id):
            for number in range(times):
                exam = ExamFactory(course_id=f"course-v1:o+ther+{number}")
                cursor.execute(statement, {"exam": exam.pk, "original": original.pk})


@pytest.fixture
def courses(transactional_db):
    """The large one and a small one."""
    fill(COURSE_ID, COUNT)
    fill(SMALL, 500)
    # A table that is mostly one course needs no index for it.
    if connection.vendor == "postgresql":
        copy(COURSE_ID, OTHERS)
    plans.analyze(TABLE)
    yield
    if connection.vendor == "postgresql":
        # Deleted rows stay in the table for a while, and the tests that follow would walk over them.
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {TABLE} CASCADE")


def peak(work):
    """Return the smallest of three peaks, because unrelated objects, such as an interpreter table, may grow meanwhile."""
    work()  # what the first call keeps does not count
    return min(_peak(work) for _ in range(3))


def _peak(work):
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def grouped(course_id, search=""):
    return f"{E}/attempt/grouped/course_id/{course_id}{search}"


def test_pages(courses, as_staff):
    """One test, as the course takes longer to create than to ask for."""
    pages_of_attempts(as_staff)
    pages_of_rest_v2(as_staff)


def pages_of_attempts(as_staff):
    """Through the routes, including the queries for session and user."""
    for search, query in (
        ("", {}),
        ("", {"page": 100}),
        ("", LAST),
        ("", {"status": "submitted", "text": "7", "ordering": "exam_name"}),
        ("/search/7", {}),
        ("/search/example.com", {"page": 50}),
    ):
        with CaptureQueriesContext(connection) as captured:
            answer = as_staff.get(grouped(COURSE_ID, search), query).json()
        assert len(answer["proctored_exam_attempts"]) == 25
        # MariaDB is asked for the exams alone; a search first asks for the exams and for the learners that match.
        most = 6 + (connection.vendor == "mysql") + 2 * bool(search or "text" in query)
        assert len(captured) <= most, [one["sql"] for one in captured]
        for one in captured.captured_queries:
            assert plans.whole_reads(one["sql"], TABLE, "U0") == []
    small = peak(lambda: as_staff.get(grouped(SMALL)))
    large = peak(lambda: as_staff.get(grouped(COURSE_ID), {"page": 100}))
    print(f"{connection.vendor}: a page of 500 attempts {small}, of {COUNT} {large} bytes")
    assert large < small + POINTER * COUNT  # nothing is held for each attempt


def pages_of_rest_v2(as_staff):
    exam = ProctoredExam.objects.filter(course_id=COURSE_ID).first()
    for query in ({}, {"page": 100}, {"exam": exam.pk}):
        cache.clear()  # the number of attempts
        with CaptureQueriesContext(connection) as captured:
            page = as_staff.get(
                f"/api/edx_proctoring/v2/courses/{COURSE_ID}/attempts/", query
            ).json()
        assert (page["count"], len(page["results"])) == (
            COUNT // 10 if "exam" in query else COUNT,
            50,
        )
        assert len(captured) <= 6
        for one in captured.captured_queries:
            assert plans.whole_reads(one["sql"], TABLE, "U0") == []


def test_a_query_without_an_index_is_detected(transactional_db):
    for without in ({"time_remaining_seconds": 7}, {"attempt_code__endswith": "7"}):
        attempts = Attempt.objects.filter(**without)
        with CaptureQueriesContext(connection) as captured:
            list(attempts.values("id"))
        assert len(plans.whole_reads(captured[0]["sql"], TABLE)) == 1
