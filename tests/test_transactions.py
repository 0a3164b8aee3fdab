"""The database errors that are retried, and work after the commit."""

import contextlib

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError

from edx_proctoring import transactions
from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable
from edx_proctoring.lifecycle.locking import locked
from edx_proctoring.testing.factories import UserFactory

pytestmark = pytest.mark.django_db

DEADLOCK = OperationalError(1213, "Deadlock found")


class Postgres(Exception):
    """Return the driver's error."""

    def __init__(self, sqlstate):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def from_postgres(state):
    error = OperationalError("x")
    error.__cause__ = Postgres(state)
    return error


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (DEADLOCK, True),
        (OperationalError(1020, "Record has changed"), True),
        (from_postgres("40P01"), True),
        (from_postgres("40001"), True),
        (from_postgres("57P01"), True),
        (from_postgres("25P03"), True),
        (from_postgres("25P04"), True),
        (from_postgres("25006"), True),
        (OperationalError(1290, "running with the --read-only option"), True),
        (OperationalError("database is locked"), True),
        (OperationalError(2013, "Lost connection"), True),
        (InterfaceError("connection already closed"), True),
        (TransactionManagementError("swallowed"), True),
        (OperationalError(1205, "Lock wait timeout"), False),
        (from_postgres("55P03"), False),
        (OperationalError(1054, "Unknown column"), False),
        (from_postgres("42P01"), False),
        (ValueError("locked"), False),
    ],
)
def test_retryable_errors(error, retryable, transactional_db):
    connection.ensure_connection()  # without one, an error without a code is a server that refuses
    assert transactions.is_retryable(error) is retryable


@pytest.mark.parametrize(
    "error",
    [
        OperationalError(1205, "Lock wait timeout exceeded"),
        OperationalError(3024, "maximum statement execution time exceeded"),
        OperationalError(1969, "max_statement_time exceeded"),
        from_postgres("55P03"),
        from_postgres("57014"),
    ],
)
def test_time_outs_are_not_retried(error):
    work = failing(1, error)
    with pytest.raises(ProctoringTemporarilyUnavailable):
        transactions.run(work)
    assert work() == 2


@pytest.mark.databases("postgresql", "mysql")  # SQLite has no failover
def test_a_connection_to_a_read_only_server_is_closed(transactional_db):
    """After a failover the process may still be connected to what was the primary."""
    read_only = {
        "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "mysql": "SET SESSION TRANSACTION READ ONLY",
    }
    with connection.cursor() as cursor:
        cursor.execute(read_only[connection.vendor])
    user = transactions.run(UserFactory)
    user.refresh_from_db()
    assert locked(user.pk, lambda: "written") == "written"


def lock_wait():
    """Return the lock time-out of this connection in the database's format."""
    names = {"postgresql": "current_setting('lock_timeout')", "mysql": "@@innodb_lock_wait_timeout"}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names[connection.vendor]}")
        return str(cursor.fetchone()[0]).removesuffix("s")


# SQLite has one lock, and the host says how long to wait for it.
waits_for_locks = pytest.mark.databases("postgresql", "mysql")


@waits_for_locks
def test_our_transactions_have_a_short_lock_time_out():
    before = lock_wait()
    seen = []

    def work():
        seen.append(lock_wait())
        transactions.after_commit(lambda: seen.append(lock_wait()))

    transactions.run(work)
    assert seen == ["3", before]
    assert lock_wait() == before
    with pytest.raises(ValueError, match="rolled back"):
        transactions.run(lambda: seen.append(lock_wait()) or int("rolled back"))
    assert seen == ["3", before, "3"]
    assert lock_wait() == before


@waits_for_locks
def test_the_query_of_the_learners_lock_sets_the_time_out(learner):
    before = lock_wait()
    assert locked(learner.pk, lock_wait) == "3"
    assert locked(learner.pk, lock_wait, waits=False) == "1"
    assert lock_wait() == before


@waits_for_locks
def test_in_a_foreign_transaction_the_time_out_is_unchanged(learner):
    before = lock_wait()
    with transaction.atomic():
        assert locked(learner.pk, lock_wait) == transactions.run(lock_wait) == before


def failing(times, error=DEADLOCK):
    """Work that fails this many times, and writes a row each time."""
    tries = []

    def work():
        tries.append(UserFactory())
        if len(tries) <= times:
            raise error
        return len(tries)

    return work


def test_a_deadlock_is_retried(django_user_model):
    assert transactions.run(failing(2)) == 3
    assert django_user_model.objects.count() == 1


def test_the_number_of_retries_is_limited(django_user_model):
    with pytest.raises(ProctoringTemporarilyUnavailable):
        transactions.run(failing(99))
    assert not django_user_model.objects.exists()


def test_other_errors_are_raised_immediately(django_user_model):
    work = failing(1, OperationalError(1054, "Unknown column"))
    with pytest.raises(OperationalError):
        transactions.run(work)
    assert not django_user_model.objects.exists()


def test_in_a_foreign_transaction_errors_are_raised():
    with pytest.raises(OperationalError), transaction.atomic():
        assert transactions.is_foreign()
        transactions.run(failing(1))
    assert not transactions.is_foreign()


def test_a_lost_connection_is_reopened(django_user_model):
    assert transactions.run(failing(1, OperationalError(2013, "Lost connection"))) == 2


def test_our_own_transaction_is_not_foreign():
    assert transactions.run(transactions.is_foreign) is False
    assert transactions.run(transactions.owns) is False
    assert transactions.owns()


def test_errors_after_the_commit_are_logged(caplog):
    done = []

    def work():
        transactions.after_commit(lambda: done.append(transactions.owns()))
        transactions.after_commit(lambda: 1 / 0)
        transactions.after_commit(lambda: done.append("second"))
        assert not done

    transactions.run(work)
    assert done == [True, "second"]
    assert "division by zero" in caplog.text


def test_the_databases_clock(db):
    assert transactions.database_now().tzinfo is not None
    assert connection.in_atomic_block is False


def test_a_lost_savepoint_repeats_the_transaction(learner):
    """A deadlock in MariaDB removes it, and the called code may have swallowed the error."""
    tries = []

    def work():
        tries.append(len(tries))
        type(learner).objects.filter(pk=learner.pk).update(first_name="Ada")
        try:
            with transaction.atomic():
                if len(tries) == 1:
                    with connection.cursor() as cursor:
                        cursor.execute("ROLLBACK")
        except DatabaseError as error:
            transactions.reraise_if_broken(error)

    transactions.run(work)
    assert tries == [0, 1]
    learner.refresh_from_db()
    assert learner.first_name == "Ada"


def test_an_error_caught_by_its_savepoint_repeats_nothing(learner):
    def work():
        type(learner).objects.filter(pk=learner.pk).update(first_name="Ada")
        try:
            with transaction.atomic():
                with contextlib.suppress(ValueError), transaction.atomic(savepoint=False):
                    raise ValueError("in silence")
                learner.refresh_from_db()
        except TransactionManagementError as error:
            transactions.reraise_if_broken(error)
            return "put off"

    assert transactions.run(work) == "put off"
    learner.refresh_from_db()
    assert learner.first_name == "Ada"
