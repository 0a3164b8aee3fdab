"""Indexes are built while others write, and a migration that was killed can be repeated."""

import threading
import time

import pytest
from django.apps import apps
from django.db import connection, connections, models, transaction
from django.db.migrations.state import ProjectState
from django.db.utils import ProgrammingError

from edx_proctoring.migrations._indexes import BuildFieldIndex, BuildIndex
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import AttemptFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs("one-run")]
TABLE = ProctoredExamStudentAttempt._meta.db_table
HISTORY = ProctoredExamStudentAttempt.history.model
NAME = "proctoring_test_built"
ON_POSTGRESQL = pytest.mark.databases("postgresql")

BY_NAME = BuildIndex("ProctoredExamStudentAttempt", models.Index(fields=["resumed"], name=NAME))
BY_COLUMN = BuildFieldIndex("ProctoredExamStudentAttempt", "modified", models.DateTimeField())


def run(operation, *, backwards=False):
    """Run the part of the operation that changes the database, as a migration that is not atomic does."""
    state = ProjectState.from_apps(apps)
    work = operation.database_backwards if backwards else operation.database_forwards
    with connection.schema_editor(atomic=False) as editor:
        work("edx_proctoring", editor, state, state)


def indexes(*columns, table=TABLE):
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
    return {name for name, one in found.items() if one["index"] and one["columns"] == [*columns]}


def mark_unfinished(name):
    """Leave an index as a killed build does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [name]
        )


def is_valid(name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [name])
        return cursor.fetchone()[0]


@pytest.fixture(params=[(BY_NAME, "resumed"), (BY_COLUMN, "modified")], ids=["name", "column"])
def build(request):
    yield request.param
    run(request.param[0], backwards=True)


def test_an_index_is_built_once_and_removed(build):
    operation, column = build
    assert indexes(column) == set()
    for _ in range(2):  # the second time after a migration that was killed before it was recorded
        run(operation)
        assert len(indexes(column)) == 1
    run(operation, backwards=True)
    assert indexes(column) == set()
    run(operation, backwards=True)


def test_an_index_of_the_column_by_another_name_counts():
    index = models.Index(fields=["modified"], name="proctoring_test_other")
    with connection.schema_editor(atomic=False) as editor:
        editor.add_index(ProctoredExamStudentAttempt, index)
    run(BY_COLUMN)
    assert indexes("modified") == {"proctoring_test_other"}
    run(BY_COLUMN, backwards=True)
    assert indexes("modified") == set()


@pytest.mark.databases("sqlite", "postgresql")  # MariaDB's transactions do not include this
def test_it_is_built_inside_a_transaction_too(build):
    operation, column = build
    state = ProjectState.from_apps(apps)
    with connection.schema_editor(atomic=True) as editor:
        operation.database_forwards("edx_proctoring", editor, state, state)
    assert len(indexes(column)) == 1


@ON_POSTGRESQL
def test_an_index_left_by_a_killed_build_is_built_anew(build):
    operation, column = build
    run(operation)
    (name,) = indexes(column)
    mark_unfinished(name)
    run(operation)
    (name,) = indexes(column)
    assert is_valid(name)


@ON_POSTGRESQL
def test_others_write_while_an_index_waits_for_an_open_transaction(build):
    """The builder of an index waits for the transactions that have written; nobody may wait for the builder."""
    operation, column = build
    attempt = AttemptFactory()
    rows = ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk)
    failures = []

    def build_index():
        try:
            run(operation)
        except ProgrammingError as error:
            failures.append(error)
        finally:
            connections.close_all()

    builder = threading.Thread(target=build_index)
    with transaction.atomic():
        AttemptFactory()
        builder.start()
        until_somebody_waits()
        writer = threading.Thread(target=write, args=(rows, failures))
        writer.start()
        writer.join()
    builder.join()
    assert failures == []
    rows.get(resumed=True)
    assert len(indexes(column)) == 1


def until_somebody_waits():
    """Wait until a connection waits for a lock."""
    until = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the first
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")


def write(rows, failures):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        rows.update(resumed=True)
    except Exception as error:
        failures.append(error)
    finally:
        connections.close_all()


def test_the_history_has_its_index():
    assert len(indexes("history_date", table=HISTORY._meta.db_table)) == 1
