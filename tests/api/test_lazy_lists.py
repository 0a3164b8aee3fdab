"""Lazy lists read only the accessed rows, and otherwise behave like lists."""

import copy
import datetime
import json
import operator
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldError
from django.core.paginator import Paginator
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.api import lazy_lists
from edx_proctoring.api.attempts import reads
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import (
    COURSE_ID,
    AllowanceFactory,
    AttemptFactory,
    ExamFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.needs("one-project")]

Read = Callable[[], list[dict[str, Any]]]
LISTS: dict[str, Read] = {
    "attempts": lambda: api.get_all_exam_attempts(COURSE_ID),
    "filtered": lambda: api.get_filtered_exam_attempts(COURSE_ID, "user"),
    "allowances": lambda: api.get_allowances_for_course(COURSE_ID),
}
EXAMS = 3
LEARNERS = 7
ROWS = EXAMS * LEARNERS


@pytest.fixture
def course(transactional_db: None) -> None:
    """Rows of one statement each: hundreds of tests make them."""
    model = get_user_model()
    users = model.objects.bulk_create(
        UserFactory.build(username=f"user{number}") for number in range(LEARNERS)
    )
    exams = ProctoredExam.objects.bulk_create(
        ExamFactory.build(exam_name=f"Exam {number}") for number in range(EXAMS)
    )
    pairs = [{"proctored_exam": exam, "user": user} for exam in exams for user in users]
    ProctoredExamStudentAttempt.objects.bulk_create(AttemptFactory.build(**pair) for pair in pairs)
    ProctoredExamStudentAllowance.objects.bulk_create(
        AllowanceFactory.build(**pair) for pair in pairs
    )


@pytest.fixture(params=LISTS)
def read(request: Any, course: None) -> Read:
    """Return one of the lists."""
    return LISTS[request.param]


def queries(call: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def key(row: dict[str, Any]) -> int:
    return -row["id"]


USES: dict[str, Callable[[Any], Any]] = {
    "len": len,
    "bool": bool,
    "iteration": lambda rows: [row["id"] for row in rows],
    "index": lambda rows: (rows[0], rows[4], rows[-1]),
    "slice": lambda rows: rows[3:9],
    "slices of all kinds": lambda rows: [
        rows[:], rows[:2], rows[5:], rows[-3:], rows[:-3], rows[::2], rows[::-1], rows[9:3], rows[15:99],
        rows[99:120], rows[True:3], rows[20_000:20_010],
    ],
    "==": lambda rows: (rows == list(rows), rows == rows[:], rows == [], rows != [], rows is None),
    "== after": lambda rows: (operator.eq(list(rows), rows), operator.eq([], rows), operator.ne([], rows)),
    "order": lambda rows: (rows < [], rows >= [], operator.lt([], rows), operator.ge([], rows)),
    "+": lambda rows: operator.add(rows, [{"id": 0}]),
    "+ after": lambda rows: operator.add([{"id": 0}], rows),
    "+ itself": lambda rows: rows + rows,
    "*": lambda rows: (rows * 2, 2 * rows),
    "in": lambda rows: (rows[3] in rows, {} in rows),
    "index of": lambda rows: rows.index(rows[3]),
    "count": lambda rows: (rows.count(rows[3]), rows.count({})),
    "reversed": lambda rows: list(reversed(rows)),
    "sorted": lambda rows: sorted(rows, key=key),
    "list": list,
    "tuple": tuple,
    "unpacking": lambda rows: [*rows],
    "extending": lambda rows: _changed([], lambda own: own.extend(rows)),
    "extending in place": lambda rows: _changed([1], lambda own: own.__iadd__(rows)),
    "into a slice": lambda rows: _changed([1, 2], lambda own: own.__setitem__(slice(0, 1), rows)),
    "json": lambda rows: json.dumps(rows, cls=DjangoJSONEncoder),
    "json, indented": lambda rows: json.dumps({"rows": rows}, indent=1, default=str),
    "repr": repr,
    "copy": copy.copy,
    "own copy": lambda rows: rows.copy(),
    "deep copy": copy.deepcopy,
    "pickle": lambda rows: pickle.loads(pickle.dumps(rows)),
    "old pickle": lambda rows: pickle.loads(pickle.dumps(rows, 0)),
    "append": lambda rows: _changed(rows, lambda own: own.append({"id": 0})),
    "insert": lambda rows: _changed(rows, lambda own: own.insert(0, {"id": 0})),
    "pop": lambda rows: (rows.pop(), list(rows)),
    "remove": lambda rows: _changed(rows, lambda own: own.remove(own[2])),
    "reverse": lambda rows: _changed(rows, lambda own: own.reverse()),
    "clear": lambda rows: _changed(rows, lambda own: own.clear()),
    "sort": lambda rows: _changed(rows, lambda own: own.sort(key=key)),
    "set": lambda rows: _changed(rows, lambda own: own.__setitem__(0, {"id": 0})),
    "delete": lambda rows: _changed(rows, lambda own: own.__delitem__(slice(0, 2))),
    "row changed": lambda rows: _changed(rows, lambda own: own[0].update(id=0)),
    "page": lambda rows: [list(page) for page in Paginator(rows, 4)],
    "template": lambda rows: Template(
        "{{ rows|length }} {{ rows.0.id }} {% for row in rows %}{{ row.id }} {% endfor %}"
    ).render(Context({"rows": rows})),
}  # fmt: skip


def _changed(rows: Any, change: Callable[[Any], Any]) -> Any:
    change(rows)
    return list(rows)


@pytest.mark.parametrize("use", USES)
def test_it_behaves_like_a_list(use: str, read: Read) -> None:
    plain = list(read())
    assert len(plain) == ROWS
    assert USES[use](read()) == USES[use](plain)


@pytest.mark.parametrize(
    "use", ["+", "+ after", "*", "copy", "own copy", "deep copy", "pickle", "slice", "sorted"]
)
def test_derived_lists_are_plain(use: str, read: Read) -> None:
    made = USES[use](read())
    assert type(made[0] if use == "*" else made) is list


def test_two_unread_lists(read: Read) -> None:
    assert read() == read()
    assert (read() != read()) is False
    assert (read() < read()) is False
    assert len(read() + read()) == 2 * ROWS
    first = read()
    first.extend(read())
    assert len(first) == 2 * ROWS


def test_it_cannot_be_hashed(read: Read) -> None:
    assert isinstance(read(), list)
    with pytest.raises(TypeError):
        hash(read())
    with pytest.raises(TypeError):
        read() + 5  # type: ignore[operator]  # must be refused
    with pytest.raises(TypeError):
        5 + read()  # type: ignore[operator]  # must be refused
    for at in (ROWS, -ROWS - 1, 10**30):
        with pytest.raises(IndexError):
            read()[at]
    with pytest.raises(TypeError):
        read()["id"]  # type: ignore[call-overload]  # must be refused


def test_nothing_is_read_before_the_first_access(read: Read) -> None:
    assert queries(read) == 0


def test_a_page_reads_its_rows_their_exams_and_the_count(read: Read) -> None:
    rows = read()
    assert queries(lambda: list(Paginator(rows, 4).page(2))) == 3
    assert queries(lambda: (rows[4:8], rows[5], len(rows), bool(rows))) == 0
    assert queries(lambda: rows[8:12]) == 2
    assert queries(lambda: list(rows)) == 2
    assert queries(lambda: (rows[0], rows[:], len(rows), sorted(rows, key=key), rows == [])) == 0


def test_reading_everything_costs_two_queries(read: Read) -> None:
    rows = read()
    assert queries(lambda: [row["proctored_exam"]["exam_name"] for row in rows]) == 2
    assert queries(lambda: [rows[at] for at in range(len(rows))]) == 0


def test_access_by_position_reads_in_windows(read: Read) -> None:
    rows = read()
    assert queries(lambda: [rows[at] for at in range(len(rows))]) == 3


def test_rows_keep_modifications(read: Read) -> None:
    rows = read()
    rows[2]["note"] = "seen"
    assert rows[2:3][0]["note"] == "seen"
    assert [row.get("note") for row in rows].index("seen") == 2
    assert rows[2]["note"] == "seen"


@pytest.mark.parametrize("model", [ProctoredExamStudentAttempt, ProctoredExamStudentAllowance])
@pytest.mark.usefixtures("course")
def test_rows_deleted_during_pagination(model: Any) -> None:
    rows = LISTS["attempts" if model is ProctoredExamStudentAttempt else "allowances"]()
    assert len(rows) == ROWS
    model.objects.filter(
        pk__in=list(model.objects.order_by("pk").values_list("pk", flat=True))[5:]
    ).delete()
    assert len(rows[0:4]) == 4
    assert len(rows[4:8]) == 1
    assert rows[16:20] == []
    assert [row["id"] for row in Paginator(rows, 4).page(6)] == []
    assert len(list(rows)) == 5
    assert len(rows) == 5


@pytest.mark.usefixtures("course")
def test_an_unknown_order_is_reported_immediately() -> None:
    for ask in (api.get_all_exam_attempts, api.get_allowances_for_course):
        with pytest.raises(FieldError, match="choices are"):
            ask(COURSE_ID, ordering="user__password")


@pytest.mark.parametrize("ordering", [None, "created", "-id"])
def test_pages_of_large_lists_are_those_of_the_whole_list(course, monkeypatch, ordering):
    """Some learners have several attempts in an exam, and some attempts were created at the same time."""
    for row in ProctoredExamStudentAttempt.objects.order_by("?")[:9]:
        AttemptFactory(proctored_exam=row.proctored_exam, user=row.user)
    moments = [timezone.now() - datetime.timedelta(minutes=number) for number in range(8)]
    for row in ProctoredExamStudentAttempt.objects.order_by("?"):
        ProctoredExamStudentAttempt.objects.filter(pk=row.pk).update(
            created=moments[row.pk % len(moments)]
        )
    AttemptFactory(proctored_exam=ExamFactory(course_id="course-v1:edX+Other+2026"))
    everything = list(api.get_all_exam_attempts(COURSE_ID, ordering))
    monkeypatch.setattr(lazy_lists, "LARGE", 5)
    monkeypatch.setattr(lazy_lists, "SHARE", 1)
    for size in (1, 4, 10, len(everything)):
        pages = Paginator(api.get_all_exam_attempts(COURSE_ID, ordering), size)
        assert [row for page in pages for row in page] == everything
    empty = api.get_all_exam_attempts("course-v1:edX+None+2026", ordering)
    assert list(Paginator(empty, 10).get_page(1)) == []


def test_page_1_of_a_large_list_does_not_sort_all(course, monkeypatch):
    monkeypatch.setattr(lazy_lists, "LARGE", 5)
    old = ProctoredExamStudentAttempt.objects.order_by("pk")[: ROWS - 5].values_list(
        "pk", flat=True
    )
    long_ago = timezone.now() - datetime.timedelta(days=9)
    ProctoredExamStudentAttempt.objects.filter(pk__in=list(old)).update(created=long_ago)
    found = reads._beginning_with_newest(COURSE_ID, 3)
    assert 3 <= len(found) < ROWS
    assert len(api.get_all_exam_attempts(COURSE_ID)) == ROWS
    with CaptureQueriesContext(connection) as captured:
        Paginator(api.get_all_exam_attempts(COURSE_ID), 2).get_page(1)[0]
    assert len(captured) <= (5 if connection.vendor == "mysql" else 4)
