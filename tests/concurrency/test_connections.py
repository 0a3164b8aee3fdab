"""The connection is lost between two statements, closed by the server or by the network."""

import os
import socket

import pytest
from django.db import connection
from django.utils import timezone

from edx_proctoring import api, outbox
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt
from tests.concurrency.parallel import together, told

# SQLite has no connection that somebody could take away.
pytestmark = [pytest.mark.django_db, pytest.mark.databases("postgresql", "mysql")]


class Dropped:
    """Close this connection, or cut it off, once, right before a statement on the table that begins with `verb`.

    `in_transaction`: whether a transaction is open then; None: either way.
    """

    def __init__(self, table, in_transaction=True, is_cut=False, verb=""):
        self.table, self.in_transaction, self.done = table, in_transaction, False
        self.verb = verb
        self.drop = cut if is_cut else lambda: end(connection_id())

    def __call__(self, execute, sql, *more):
        is_it = self.table in sql and sql.startswith(self.verb)
        if not self.done and is_it and self.in_transaction in (None, connection.in_atomic_block):
            self.done = True
            self.drop()
        return execute(sql, *more)


def cut():
    """Cut it off as a network failure would: the driver gets no error code."""
    with socket.socket(fileno=os.dup(connection.connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def connection_id():
    with connection.connection.cursor() as cursor:
        postgresql = connection.vendor == "postgresql"
        cursor.execute("SELECT pg_backend_pid()" if postgresql else "SELECT CONNECTION_ID()")
        return cursor.fetchone()[0]


def end(number):
    """Close it from another connection."""

    def kill():
        with connection.cursor() as cursor:
            postgresql = connection.vendor == "postgresql"
            cursor.execute("SELECT pg_terminate_backend(%s)" if postgresql else "KILL %s", [number])

    together(kill)


@pytest.fixture
def submit(attempt):
    """Submit an attempt while the connection is dropped; return the result."""
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)

    def work(dropped):
        def on_it():
            with connection.execute_wrapper(dropped):
                done = api.update_attempt_status(known.pk, "submitted") == known.pk
            # The request goes on.
            return done and ProctoredExamStudentAttempt.objects.filter(pk=known.pk).exists()

        results = together(on_it)
        assert dropped.done
        return results

    return work


@pytest.mark.parametrize("is_cut", [False, True])
@pytest.mark.parametrize("table", ["proctoring_learner", "studentattempt", "proctoring_outbox"])
def test_a_connection_lost_in_a_transaction(submit, table, is_cut):
    """Everything is repeated on a new connection, and takes effect once."""
    assert submit(Dropped(table, is_cut=is_cut)) == [True]
    assert ProctoredExamStudentAttempt.objects.get().status == "submitted"
    assert told("signal") == told("email") == told("provider_notice") == 1


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_connection_lost_before_the_transaction(submit, is_cut):
    """When the learner's row is made; in a creation this is right after the provider's response."""
    dropped = Dropped("proctoring_learner", in_transaction=None, is_cut=is_cut, verb="INSERT")
    assert submit(dropped) == [True]
    assert told("signal") == told("email") == told("provider_notice") == 1


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_connection_lost_after_the_commit(submit, provider, is_cut):
    """The change stands; undelivered messages wait until their lease expires."""
    dropped = Dropped("proctoring_outbox", in_transaction=False, is_cut=is_cut)
    assert submit(dropped) == [True]
    assert ProctoredExamStudentAttempt.objects.get().status == "submitted"
    assert not provider.calls_of("stop_exam_attempt")
    OutboxMessage.objects.unfinished().update(lease_until=timezone.now())
    outbox.deliver()
    assert len(provider.calls_of("stop_exam_attempt")) == 1
