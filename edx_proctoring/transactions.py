"""Transactions: who owns one, which database errors deserve another try, and what runs after commit."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable

log = logging.getLogger(__name__)
Result = TypeVar("Result")

TRIES = 4
MYSQL_RETRYABLE = {1213, 1205, 1020}  # deadlock, lock wait time-out, record has changed
MYSQL_LOST = {1927, 2006, 2013, 2055, 4031}
POSTGRES_RETRYABLE = {
    "40P01",
    "40001",
    "55P03",
}  # deadlock, serialization failure, lock not available
POSTGRES_LOST = ("08", "57P")


_ours: ContextVar[bool] = ContextVar("ours", default=False)


def owns() -> bool:
    """True when no transaction is open: what we open then, we may also repeat."""
    return not connection.in_atomic_block


def is_foreign() -> bool:
    """True inside a transaction that somebody else opened and may still roll back."""
    return connection.in_atomic_block and not _ours.get()


def is_retryable(error: BaseException) -> bool:
    """Does the same work stand a chance in a new transaction?

    A `TransactionManagementError` counts: it is all that shows when somebody inside swallowed the deadlock.
    """
    return (
        isinstance(error, TransactionManagementError)
        or _has_code(error, MYSQL_RETRYABLE, POSTGRES_RETRYABLE)
        or ("locked" in str(error).lower() and isinstance(error, OperationalError))
        or is_lost_connection(error)
    )


def reraise_if_broken(error: Exception) -> None:
    """After somebody else's error in a savepoint of ours: raise what has the transaction repeated, if that must be.

    Else the savepoint is rolled back and all before it stands, also where only a `TransactionManagementError` shows.
    """
    if connection.in_atomic_block:
        if connection.needs_rollback:  # a deadlock took the savepoint, too
            raise TransactionManagementError("a savepoint was lost") from error
        if isinstance(error, TransactionManagementError):
            return
    if is_retryable(error):
        raise error


def is_lost_connection(error: BaseException) -> bool:
    """Has the server gone away in the middle?"""
    if isinstance(error, InterfaceError):
        return True
    if isinstance(error, OperationalError) and _is_gone():
        return True  # cut off in the middle: no server was left to send a code
    state = _sqlstate(error)
    return _has_code(error, MYSQL_LOST, set()) or bool(state and state.startswith(POSTGRES_LOST))


def _is_gone() -> bool:
    """Has its driver given up the connection?"""
    return bool(getattr(connection.connection, "closed", False))


def _sqlstate(error: BaseException) -> str | None:
    cause = error.__cause__
    return getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)


def _has_code(error: BaseException, mysql: set[int], postgres: set[str]) -> bool:
    if not isinstance(error, DatabaseError):
        return False
    return bool(error.args and error.args[0] in mysql) or _sqlstate(error) in postgres


def reconnecting(work: Callable[[], Result]) -> Result:
    """Call `work`, statements that each stand alone; once more on a new connection if this one was lost."""
    try:
        return work()
    except (DatabaseError, InterfaceError) as error:
        if not owns() or not is_lost_connection(error):
            raise
        connection.close()
        return work()


def run(work: Callable[[], Result]) -> Result:
    """Call `work` in a transaction; repeat it after a deadlock when the outermost transaction is ours.

    Inside a foreign transaction it is a savepoint, and retryable errors go to whoever owns the transaction.
    Raises `ProctoringTemporarilyUnavailable` when the tries are used up.
    """
    if not owns():
        with transaction.atomic():
            return work()
    return _tried(work, _our_transaction)


def repeated(statement: Callable[[], Result]) -> Result:
    """One statement, which needs no transaction around it; repeated after a deadlock as `run` does."""
    return _tried(statement, nullcontext) if owns() else statement()


def _tried(work: Callable[[], Result], scope: Callable[[], AbstractContextManager[None]]) -> Result:
    for tries_left in reversed(range(TRIES)):
        try:
            with scope():
                return work()
        except (DatabaseError, InterfaceError, TransactionManagementError) as error:
            if not is_retryable(error):
                raise
            if not tries_left:
                raise ProctoringTemporarilyUnavailable from error
            log.info(
                "transaction repeated, tries_left=%s error=%s", tries_left, type(error).__name__
            )
            _recover(error, TRIES - tries_left)
    raise AssertionError("unreachable")


@contextmanager
def _our_transaction() -> Iterator[None]:
    token: Token[bool] | None = _ours.set(True)
    try:
        with transaction.atomic(), _telling_what_is_lost():
            yield
            if token is not None:
                _ours.reset(token)  # what runs on commit starts afresh
            token = None
    finally:
        if token is not None:
            _ours.reset(token)


@contextmanager
def _telling_what_is_lost() -> Iterator[None]:
    """After the transaction's end there is a new connection, and nobody can tell that the old one was cut off."""
    try:
        yield
    except OperationalError as error:
        if _is_gone():
            raise InterfaceError("the connection was cut off") from error
        raise


def _recover(error: BaseException, try_number: int) -> None:
    if is_lost_connection(error):
        connection.close()
    time.sleep(random.uniform(0.005, 0.03) * 2**try_number)  # noqa: S311  jitter, not a secret


def after_commit(work: Callable[[], object]) -> None:
    """Call `work` once the current transaction is committed; its errors are logged, never raised."""

    def surviving() -> None:
        try:
            work()
        except Exception as error:
            if owns() and is_lost_connection(error):
                connection.close()  # or whatever comes next would fail, too
            raise

    transaction.on_commit(surviving, robust=True)


def database_now() -> datetime:
    """The database's clock, which all processes share; SQLite has none but this machine's."""
    query = {
        "postgresql": "SELECT clock_timestamp()",
        "mysql": "SELECT UTC_TIMESTAMP(6)",
    }.get(connection.vendor)
    if query is None:
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(query)
        now: datetime = cursor.fetchone()[0]
    return now if now.tzinfo else now.replace(tzinfo=UTC)
