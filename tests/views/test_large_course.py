"""A course with 50,000 attempts: a page stays as cheap as in a small one."""

import datetime
import tracemalloc

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, ExamFactory, UserFactory
from tests.views.conftest import E

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
TABLE = Attempt._meta.db_table
COUNT = 50_000
SMALL = "course-v1:s+m+all"
OTHERS = 4  # other courses as large, where it matters
LAST = {"page": 2000, "page_size": 25}  # it needs every attempt of the course


def fill(course_id, count, exams=10):
    """Attempts of a few learners in many exams cost less to make than those of many learners."""
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
    """The course's attempts again, in other courses."""
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
    # PostgreSQL reads a table whole that is mostly one course, and is right.
    if connection.vendor == "postgresql":
        copy(COURSE_ID, OTHERS)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("ANALYZE")
        else:
            cursor.execute(f"ANALYZE {'TABLE ' if connection.vendor == 'mysql' else ''}{TABLE}")


def full_scans(queries, is_whole):
    """Plans of these queries that read the whole table of attempts; `is_whole`: they need all of the course."""
    found = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # All of a course is joined with the table sooner than with its index; is there another way?
            cursor.execute(f"SET enable_seqscan = {'off' if is_whole else 'on'}")
        for query in queries:
            prefix = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
            cursor.execute(prefix + query["sql"])
            found += [row for row in cursor.fetchall() if _is_full_scan(row)]
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = on")
    return found


def _is_full_scan(row):
    text = " ".join(str(value) for value in row)
    if connection.vendor == "mysql":
        return row[2] in (TABLE, "U0") and row[3] == "ALL"
    if connection.vendor == "postgresql":
        return f"Seq Scan on {TABLE}" in text
    return f"SCAN {TABLE}" in text and "USING" not in text


def peak(work):
    """The least of three, for now and then something that stays, like a table of the interpreter, grows meanwhile."""
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


def test_a_page_of_attempts(courses, as_staff):
    """By the routes, with session and user among the queries."""
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
        assert len(captured) <= 6
        assert not full_scans(captured.captured_queries, is_whole=query == LAST)
    small = peak(lambda: as_staff.get(grouped(SMALL)))
    large = peak(lambda: as_staff.get(grouped(COURSE_ID), {"page": 100}))
    print(f"{connection.vendor}: a page of 500 attempts {small}, of {COUNT} {large} bytes")
    assert large < 1.2 * small
