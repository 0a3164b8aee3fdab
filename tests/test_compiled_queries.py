"""Queries compiled once: exactly what the ORM would send and return, on every database."""

import copy
import datetime
import itertools

import pytest
from django.apps import apps
from django.core.exceptions import FieldError
from django.db import connection, connections, models, router, transaction
from django.db.transaction import TransactionManagementError

import edx_proctoring.api  # noqa: F401  imports all that compiles queries
from edx_proctoring import transactions
from edx_proctoring.compiled_queries import ALL, CompiledOnce
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamStudentAttempt,
    ProctoringLearner,
    locks,
)
from edx_proctoring.outbox import delivery
from edx_proctoring.testing.factories import AttemptFactory, ExamFactory

pytestmark = pytest.mark.django_db

# Values that find something, and others: of strings, each that any query takes.
TEXTS = [
    "pending",
    "lane",
    "key 1",
    "key 2",
    "learner_state",
    "additional_time_granted",
    "a course",
    "a subsection",
    "",
    "x'%s\\",
]


@pytest.fixture
def on(settings):
    """Return a function that switches compiled queries on or off."""

    def switch(is_on):
        settings.PROCTORING_SETTINGS = {
            **settings.PROCTORING_SETTINGS,
            "COMPILE_QUERIES_ONCE": is_on,
        }

    return switch


def columns(row, parts=True):
    """Return the row with its loaded relations, as data."""
    if isinstance(row, tuple):  # the time of the database's clock changes: compare its type
        return tuple(type(one) if isinstance(one, datetime.datetime) else one for one in row)
    if not isinstance(row, models.Model):
        return row
    parts = parts and {
        name: columns(part, parts=False) for name, part in row._state.fields_cache.items()
    }
    own = {name: value for name, value in vars(row).items() if name != "_state"}
    return type(row), own, parts, row._state.db, row._state.adding


def sent(query, values):
    """Return what one call sends and returns."""
    statements = []

    def note(execute, sql, params, many, context):
        statements.append((sql, [(type(one), one) for one in params]))
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(note):
        rows = query(*values)
    return statements, [columns(row) for row in rows]


def test_each_sends_and_returns_what_the_orm_would(on):
    exam = ExamFactory(course_id="a course", content_id="a subsection")
    attempt = AttemptFactory(status="started", proctored_exam=exam)
    ProctoringLearner.objects.create(user_id=attempt.user_id)
    for number in (1, 2):
        OutboxMessage.objects.create(kind="learner_state", key=f"key {number}", lane="lane")
    delivery._fresh(2)
    locks._lock(transactions.LOCK_SECONDS)
    queries = [one for one in ALL if one.build.__module__.startswith("edx_proctoring.")]
    assert len(queries) >= 15
    calls = []
    for query in queries:
        for shift in range(len(TEXTS)):
            user_id = attempt.user_id
            for numbers in (
                (exam.pk, user_id, attempt.pk),
                (attempt.pk,) * 3,
                (user_id,) * 3,
                (0,) * 3,
            ):
                texts = itertools.cycle(TEXTS[shift:] + TEXTS[:shift])
                ints = iter(numbers)
                calls.append((query, [next(ints if k is int else texts) for k in query.kinds]))
    on(False)
    by_orm = [sent(*call) for call in calls]
    on(True)
    for call, expected in zip(calls, by_orm, strict=True):
        assert sent(*call) == expected
    for query in queries:
        assert query.plan("default") is not None, query.build
    found = sum(bool(rows) for _statements, rows in by_orm)
    assert found > len(TEXTS)


def test_the_sql_is_compiled_once_unless_switched_off(on):
    built = []

    def build(key):
        built.append(key)
        return ProctoredExam.objects.filter(pk=key)

    exams = [ExamFactory(), ExamFactory()]
    query = CompiledOnce(build, int)
    on(True)
    assert [query.first(exam.pk) for exam in exams] == exams
    count = len(built)
    assert [query.first(exam.pk) for exam in exams] == exams
    assert len(built) == count
    on(False)
    assert [query.first(exam.pk) for exam in exams] == exams
    assert len(built) == count + 2


@pytest.mark.parametrize("key", [None, "5", -1, 2**31, 2**63, 2**70, True])
def test_other_values_are_left_to_the_orm(key):
    query = CompiledOnce(lambda key: ProctoredExam.objects.filter(pk=key).order_by("pk"), int)
    ExamFactory(pk=5)
    assert query(key) == list(ProctoredExam.objects.filter(pk=key).order_by("pk"))


def test_what_the_database_does_not_get_as_it_is_cannot_be_compiled():
    exam = ExamFactory(exam_name="midterm of May")
    ExamFactory(exam_name="final of June")
    query = CompiledOnce(lambda text: ProctoredExam.objects.filter(exam_name__contains=text), str)
    assert query("May") == [exam]
    assert query.plan("default") is None
    assert [row.exam_name for row in query("June")] == ["final of June"]


def test_a_value_that_is_used_in_two_ways_cannot_be_compiled():
    exam = ExamFactory(exam_name="May", content_id="midterm of May")
    query = CompiledOnce(
        lambda text: ProctoredExam.objects.filter(exam_name=text, content_id__contains=text), str
    )
    assert query("May") == [exam]
    assert query("June") == []


def test_a_value_that_is_used_twice_is_put_in_twice():
    query = CompiledOnce(
        lambda text: ProctoredExam.objects.filter(exam_name=text, content_id=text), str
    )
    exam = ExamFactory(exam_name="May", content_id="May")
    ExamFactory(exam_name="June", content_id="July")
    assert query("May") == [exam]
    assert query.plan("default") is not None
    assert query("June") == []


def test_a_renamed_table_is_compiled_anew(monkeypatch):
    query = CompiledOnce(lambda key: ProctoredExam.objects.filter(pk=key), int)
    query(1)
    assert '"elsewhere"' not in query.plan("default").sql.replace("`", '"')
    monkeypatch.setattr(ProctoredExam._meta, "db_table", "elsewhere")
    assert '"elsewhere"' in query.plan("default").sql.replace("`", '"')


@pytest.mark.databases("postgresql")
def test_the_rows_are_those_of_the_connections_schema():
    """As with django-tenants, which changes the search path of a connection between two requests."""
    query = CompiledOnce(lambda key: ProctoredExam.objects.filter(pk=key), int)
    exam = ExamFactory()
    table = ProctoredExam._meta.db_table

    def found_in(schema):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL search_path TO {schema}")
        return query(exam.pk)

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA tenant")
            cursor.execute(f"CREATE TABLE tenant.{table} (LIKE public.{table} INCLUDING ALL)")
        assert found_in("public") == [exam]
        assert found_in("tenant") == []
        assert found_in("public") == [exam]
        transaction.set_rollback(True)


@pytest.fixture
def other(monkeypatch):
    """Add an empty SQLite database, to which a router sends all reads."""
    connections.databases["other"] = {
        **connections.databases["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "OPTIONS": {},
    }
    connections["other"].connect()
    yield connections["other"]
    connections["other"].close()
    del connections["other"]
    del connections.databases["other"]


def test_each_database_has_its_own(other, monkeypatch):
    query = CompiledOnce(lambda key: ProctoredExam.objects.filter(pk=key), int)
    here = ExamFactory(pk=7, exam_name="here")
    with other.schema_editor() as editor:
        editor.create_model(ProctoredExam)
    ProctoredExam.objects.using("other").bulk_create([ProctoredExam(**values_of(here, "there"))])
    assert query.first(7).exam_name == "here"
    monkeypatch.setattr(router, "db_for_read", lambda model, **_hints: "other")
    found = query.first(7)
    assert (found.exam_name, found._state.db) == ("there", "other")


def values_of(exam, name):
    fields = (field.attname for field in exam._meta.concrete_fields)
    return {**{field: getattr(exam, field) for field in fields}, "exam_name": name}


@pytest.mark.django_db(transaction=True)
@pytest.mark.databases("postgresql", "mysql")  # SQLite locks no rows
def test_locks_need_a_transaction():
    query = CompiledOnce(lambda key: ProctoredExam.objects.filter(pk=key).select_for_update(), int)
    with pytest.raises(TransactionManagementError):
        query(1)
    with pytest.raises(TransactionManagementError):
        query(1)


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("seconds", [7, 8])
def test_the_learners_lock_waits_as_long_as_it_is_told_now(monkeypatch, seconds):
    monkeypatch.setattr(transactions, "LOCK_SECONDS", 6)
    ProctoringLearner.objects.create(user_id=1)
    for limit in (6, seconds):
        monkeypatch.setattr(transactions, "LOCK_SECONDS", limit)
        with transaction.atomic():
            ProctoringLearner.objects.lock(1, ours=True)
            with connection.cursor() as cursor:
                cursor.execute("SHOW lock_timeout")
                assert cursor.fetchone() == (f"{limit}s",)


def test_calls_at_the_same_time_keep_their_own_values():
    exams = [ExamFactory(), ExamFactory()]
    query = CompiledOnce(lambda key: ProctoredExam.objects.filter(pk=key), int)
    query(0)
    first, second = (
        query._queryset(connection, query.plan("default"), [exam.pk]) for exam in exams
    )
    assert list(second) == [exams[1]]
    assert list(first) == [exams[0]]


def test_querysets_can_be_copied_as_tools_that_patch_them_do():
    exam = ExamFactory()
    query = CompiledOnce(lambda key: ProctoredExam.objects.filter(pk=key), int)
    query(0)
    found = query._queryset(connection, query.plan("default"), [exam.pk])
    for one in (copy.copy(found), copy.deepcopy(found), found.all()):
        assert list(one) == [exam]


def test_tools_that_replace_how_rows_are_fetched_get_the_queryset(monkeypatch):
    keys = set()
    fetch = models.QuerySet._fetch_all

    def remember(rows):
        keys.add(str(rows.query.where))
        fetch(rows)

    monkeypatch.setattr(models.QuerySet, "_fetch_all", remember)
    one, other = (ExamFactory(content_id=name) for name in ("one", "other"))
    known = CompiledOnce(lambda key: ProctoredExam.objects.filter(pk=key), int)
    assert [known.first(one.pk), known.first(other.pk)] == [one, other]
    assert len(keys) == 2


def test_an_error_of_the_query_stays_an_error():
    with pytest.raises(FieldError):
        CompiledOnce(lambda key: ProctoredExam.objects.filter(nothing=key), int)(1)


def test_the_models_tables_are_known():
    plan = CompiledOnce(
        lambda key: ProctoredExamStudentAttempt.objects.with_parts().filter(pk=key), int
    ).plan("default")
    user = apps.get_model("auth", "User")
    tables = {ProctoredExamStudentAttempt, ProctoredExam, user}
    assert {model for model, _name in plan.tables} >= tables
