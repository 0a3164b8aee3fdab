"""Pages of a course's attempts in each order equal parts of the list as the ORM sorts it, and no page sorts the course."""

import datetime

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring.api.attempts import ordered_pages, pages
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import (
    COURSE_ID,
    AttemptFactory,
    ExamFactory,
    UserFactory,
)
from edx_proctoring.views.v2.attempts import AttemptFilter
from tests import plans

pytestmark = [pytest.mark.django_db, pytest.mark.needs("one-run")]
Attempt = ProctoredExamStudentAttempt
TABLE = Attempt._meta.db_table
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/attempts/"
INDEXED = ("username", "created", *ordered_pages.OWN, *ordered_pages.OF_EXAMS)
SORTED = ("modified", "is_resumable", "ready_to_resume")
BOTH = [f"{sign}{name}" for name in (*INDEXED, *SORTED) for sign in ("", "-")]


@pytest.fixture
def client(client_for, staff):
    return client_for(staff)


@pytest.fixture
def course(db):
    """Learners with equal and empty values, earlier attempts, exams of the same name, and another course."""
    now = timezone.now()
    exams = [
        ExamFactory(course_id=COURSE_ID, exam_name=name, is_proctored=is_proctored)
        for name, is_proctored in (("Final", True), ("Midterm", False), ("Final", False))
    ]
    users = [UserFactory(username=f"learner{number * 7 % 10}") for number in range(10)]
    foreign = ExamFactory(course_id="course-v1:o+ther+1")
    for number in range(40):
        started = None if number % 3 == 0 else now - datetime.timedelta(minutes=number % 5)
        AttemptFactory(
            proctored_exam=(*exams, foreign)[number % 4],
            user=users[number * 3 % 10],
            status=("submitted", "verified", "created")[number % 3],
            started_at=started,
            completed_at=started if number % 2 else None,
            allowed_time_limit_mins=(60, 90, None)[number % 3],
            is_resumable=number % 2 == 0,
        )
    return exams


def whole(query):
    rows = AttemptFilter(QueryDict(query), queryset=pages.find_attempts(COURSE_ID)).qs
    return list(rows.values_list("pk", flat=True))


def page(client, query, number, size):
    cache.clear()
    answer = client.get(f"{URL}?{query}&page={number}&page_size={size}").json()
    return answer["count"], [row["id"] for row in answer["results"]]


@pytest.mark.parametrize("ordering", [*BOTH, "status,-username"])
def test_pages_are_parts_of_the_sorted_list(client, course, ordering):
    queries = ["", f"&exam={course[0].pk}", "&type=timed", "&status=verified"]
    for query in (f"ordering={ordering}{more}" for more in queries):
        rows = whole(query)
        assert rows
        for number in range(1, -(-len(rows) // 7) + 1):
            expected = (len(rows), rows[(number - 1) * 7 : number * 7])
            assert page(client, query, number, 7) == expected, (query, number)


@pytest.mark.parametrize("name", INDEXED + SORTED)
def test_descending_is_the_reverse(client, course, name):
    assert whole(f"ordering=-{name}") == whole(f"ordering={name}")[::-1]


def test_a_page_deeper_than_an_index_helps_is_sorted(client, course, monkeypatch):
    rows = whole("ordering=started_at")
    monkeypatch.setattr(ordered_pages, "DEEPEST", 6)
    for number in (1, 2, 3):
        expected = rows[(number - 1) * 4 : number * 4]
        assert page(client, "ordering=started_at", number, 4) == (len(rows), expected)


def test_a_course_with_hundreds_of_exams_is_sorted(client, course):
    exams = [
        ExamFactory.build(
            course_id=COURSE_ID, exam_name=f"Quiz {number}", content_id=f"quiz{number}"
        )
        for number in range(300)
    ]
    ProctoredExam.objects.bulk_create(exams)
    for ordering in BOTH:
        rows = whole(f"ordering={ordering}")
        assert page(client, f"ordering={ordering}", 1, 7) == (len(rows), rows[:7]), ordering


def test_a_course_without_exams_has_no_attempts(client, db):
    for ordering in BOTH:
        assert page(client, f"ordering={ordering}", 1, 10) == (0, []), ordering


@pytest.mark.parametrize("ordering", [one for one in BOTH if one.removeprefix("-") in INDEXED])
def test_an_index_has_the_order(client, course, ordering):
    plans.take_for_large(TABLE)
    client.get(f"{URL}?ordering={ordering}&page_size=1")  # what is read once
    with CaptureQueriesContext(connection) as captured:
        client.get(f"{URL}?ordering={ordering}&page_size=1")
    statements = [one["sql"] for one in captured if TABLE in one["sql"]]
    name = ordering.removeprefix("-")
    by_creation = name == "created"  # since when the page's attempts are is a query
    # MariaDB is asked for the attempts with a value alone, which come first.
    may_be_empty = name in ordered_pages.OWN and Attempt._meta.get_field(name).null
    alone = connection.vendor == "mysql" and may_be_empty and ordering != name
    assert len(statements) == 2 + by_creation + alone, statements  # the count and the rows
    for sql in statements:
        is_page = "limited" in sql or "AS place" in sql
        assert plans.whole_reads(sql, TABLE, "U0", "V0", may_sort=is_page) == [], sql
    merged = [sql for sql in statements if "AS place" in sql]
    assert len(merged) == (name not in ("username", "created"))
    if alone:
        assert not any("IS NULL" in sql for sql in statements), statements
    for sql in merged:
        assert plans.sorts(sql) <= 3, sql  # the first ones of all exams, the page's ids, its rows
        if connection.vendor == "postgresql" and name in ordered_pages.OWN:
            _, index = ordered_pages.OWN[name]
            assert plans.indexes_on_postgresql(sql).count(index) > may_be_empty, sql  # each part
