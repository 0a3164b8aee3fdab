"""The server takes the connection away between two statements."""

import pytest
from django.db import connection
from django.utils import timezone

from edx_proctoring import api, outbox
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt
from tests.concurrency.parallel import together, told

pytestmark = pytest.mark.django_db


class Dropped:
    """Has the server end this connection, once, right before a statement on the table."""

    def __init__(self, table, in_transaction=True):
        self.table, self.in_transaction, self.done = table, in_transaction, False

    def __call__(self, execute, sql, *more):
        in_transaction = connection.in_atomic_block
        if not self.done and self.table in sql and in_transaction == self.in_transaction:
            self.done = True
            end(connection_id())
        return execute(sql, *more)


def connection_id():
    with connection.connection.cursor() as cursor:
        postgresql = connection.vendor == "postgresql"
        cursor.execute("SELECT pg_backend_pid()" if postgresql else "SELECT CONNECTION_ID()")
        return cursor.fetchone()[0]


def end(number):
    """From another connection."""

    def kill():
        with connection.cursor() as cursor:
            postgresql = connection.vendor == "postgresql"
            cursor.execute("SELECT pg_terminate_backend(%s)" if postgresql else "KILL %s", [number])

    together(kill)


@pytest.fixture
def submit(attempt):
    """Submit an attempt while the connection is dropped; returns what came of it."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no connection that somebody could take away")
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)

    def work(dropped):
        def on_it():
            with connection.execute_wrapper(dropped):
                return api.update_attempt_status(known.pk, "submitted") == known.pk

        results = together(on_it)
        assert dropped.done
        return results

    return work


@pytest.mark.parametrize("table", ["proctoring_learner", "studentattempt", "proctoring_outbox"])
def test_in_a_transaction(submit, table):
    """All is done again on a new connection, and once."""
    assert submit(Dropped(table)) == [True]
    assert ProctoredExamStudentAttempt.objects.get().status == "submitted"
    assert told("signal") == told("email") == told("provider_notice") == 1


def test_after_the_commit(submit, provider):
    """The change stands; what could not be delivered waits until its lease is over."""
    assert submit(Dropped("proctoring_outbox", in_transaction=False)) == [True]
    assert ProctoredExamStudentAttempt.objects.get().status == "submitted"
    assert not provider.calls_of("stop_exam_attempt")
    OutboxMessage.objects.unfinished().update(lease_until=timezone.now())
    outbox.deliver()
    assert len(provider.calls_of("stop_exam_attempt")) == 1
