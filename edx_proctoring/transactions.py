"""Transactions: ownership, retries of database errors, and work after the commit."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, Func, Q, TextField, Value
from django.db.models.lookups import IsNull
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable

log = logging.getLogger(__name__)
Result = TypeVar("Result")

TRIES = 4
LOCK_SECONDS = 3  # how long a statement of our own transactions waits for a lock
GLANCE_SECONDS = 1  # the same for a read that may as well skip its write
MYSQL_RETRYABLE = {1213, 1020}  # deadlock, record has changed
# Connection lost or refused: shut down, too many connections, killed, refused, no route, and four codes for a lost
# connection; read-only since a failover, which a new connection solves.
MYSQL_LOST = {1053, 1040, 1927, 2002, 2003, 2006, 2013, 2055, 4031, 1290, 1792, 1836}
# Lock time-out, lock not available immediately, cancelled; statement time-out of MySQL, of MariaDB.
MYSQL_TIMED_OUT = {1205, 3572, 1317, 3024, 1969}
POSTGRES_RETRYABLE = {"40P01", "40001"}  # deadlock, serialization failure
# Connection lost or refused; closed because its transaction was idle or open for too long; read-only, as above.
POSTGRES_LOST = ("08", "53300", "57P", "25P03", "25P04", "25006")
POSTGRES_TIMED_OUT = {"55P03", "57014"}  # lock not available; statement time-out or cancelled


# Published functions and receivers of Django's signals are called in between, and their signatures have no parameter
# for this.
_ours: ContextVar[bool] = ContextVar("ours", default=False)


def owns() -> bool:
    """Return True if no transaction is open: a transaction that we open ourselves may be repeated."""
    return not connection.in_atomic_block


def is_foreign() -> bool:
    """Return True inside a transaction opened by other code, which may still roll back."""
    return connection.in_atomic_block and not _ours.get()


def is_retryable(error: BaseException) -> bool:
    """Return whether the same work may succeed in a new transaction.

    A `TransactionManagementError` counts, because it is the only trace of a deadlock that inner code swallowed.
    """
    return (
        isinstance(error, TransactionManagementError)
        or _has_code(error, MYSQL_RETRYABLE, POSTGRES_RETRYABLE)
        or ("locked" in str(error).lower() and isinstance(error, OperationalError))
        or is_lost_connection(error)
    )


def has_timed_out(error: BaseException) -> bool:
    """Return whether a lock or a statement timed out. It would probably time out again, so it is not retried
    immediately.
    """
    return _has_code(error, MYSQL_TIMED_OUT, POSTGRES_TIMED_OUT)


def is_passing(error: BaseException) -> bool:
    """Return whether the database caused the error and the same request may succeed a moment later."""
    return is_retryable(error) or has_timed_out(error)


def reraise_if_broken(error: Exception) -> None:
    """After an error of other code in our savepoint: raise if the whole transaction must be repeated.

    Otherwise only the savepoint is rolled back and everything before it is kept, even if only a
    `TransactionManagementError` is seen.
    """
    if connection.in_atomic_block:
        if connection.needs_rollback:  # a deadlock rolled back the savepoint, too
            raise TransactionManagementError("the savepoint was lost") from error
        if isinstance(error, TransactionManagementError):
            return
    if is_retryable(error):
        raise error


def is_lost_connection(error: BaseException) -> bool:
    """Return whether the connection to the server was lost or could not be made."""
    if isinstance(error, InterfaceError):
        return True
    state = _sqlstate(error)
    if isinstance(error, OperationalError) and not state and _is_gone(error):
        return True  # interrupted or refused: no server was left to send a code
    return _has_code(error, MYSQL_LOST, set()) or bool(state and state.startswith(POSTGRES_LOST))


def _is_gone(error: Exception) -> bool:
    """Return whether the driver has given up the connection or never had one."""
    if connection.vendor == "postgresql":
        # The server's errors have codes. Errors of the driver alone come from a broken connection, whether it has
        # noticed or not.
        return error.__cause__ is not None and not _sqlstate(error)
    return bool(getattr(connection.connection, "closed", False))


def _sqlstate(error: BaseException) -> str | None:
    cause = error.__cause__
    return getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)


def _has_code(error: BaseException, mysql: set[int], postgres: set[str]) -> bool:
    if not isinstance(error, DatabaseError):
        return False
    return bool(error.args and error.args[0] in mysql) or _sqlstate(error) in postgres


def reconnecting(work: Callable[[], Result]) -> Result:
    """Call `work`, whose statements are independent; repeat it on a new connection if this one was lost."""
    try:
        return work()
    except (DatabaseError, InterfaceError) as error:
        if not close_if_lost(error):
            raise
    return work()


@contextmanager
def answering_when_unavailable() -> Iterator[None]:
    """Within this block, passing database errors are raised as ProctoringTemporarilyUnavailable.

    Except deadlocks in a foreign transaction, whose owner may repeat it. A lost connection is closed, so that the
    process opens a new one next time.
    """
    try:
        yield
    except (DatabaseError, InterfaceError, TransactionManagementError) as error:
        if not is_passing(error):
            raise
        if not owns() and not (has_timed_out(error) or is_lost_connection(error)):
            raise
        close_if_lost(error)
        raise ProctoringTemporarilyUnavailable from error


def reading(work: Callable[[], Result]) -> Result:
    """Call `work`, which must be repeatable; retries once on a new connection. Raises ProctoringTemporarilyUnavailable."""
    with answering_when_unavailable():
        return reconnecting(work)


def close_if_lost(error: BaseException) -> bool:
    """Close a lost connection unless a transaction of other code is open on it; return True if it was closed."""
    if not owns() or not is_lost_connection(error):
        return False
    connection.close()
    return True


def run(
    work: Callable[[], Result], *, wait_seconds: int | None = None, limits_waits: bool = False
) -> Result:
    """Call `work` in a transaction; if the outermost transaction is ours, repeat it after a deadlock.

    Its statements wait at most `wait_seconds` (LOCK_SECONDS) for a lock. `limits_waits`: the first query of `work` sets
    this limit on PostgreSQL itself (`lock_limit`), which saves a round trip.
    Inside a foreign transaction this is a savepoint, waits are as the owner set them, and retryable errors are raised
    to the owner.
    Raises `ProctoringTemporarilyUnavailable` after the last retry, or if a lock or a statement timed out.
    """
    if not owns():
        with transaction.atomic():
            return work()
    seconds = LOCK_SECONDS if wait_seconds is None else wait_seconds
    return _tried(work, lambda: _our_transaction(_Waits(seconds, limits_waits)))


def repeated(statement: Callable[[], Result], *, limits_waits: bool = False) -> Result:
    """Run one statement, in a transaction only if needed to limit its waits; repeat it after a deadlock as `run` does.

    `limits_waits`: the statement sets the limit itself (`takes_lock_limit`).
    """
    if not owns():
        return statement()
    if limits_waits or not connection.features.has_select_for_update:
        return _tried(statement, nullcontext)
    # Only MariaDB can limit the waits of a single statement; the others need a transaction.
    if getattr(connection, "mysql_is_mariadb", False):
        return _tried(statement, _limited_statement)
    return run(statement)


@contextmanager
def _limited_statement() -> Iterator[None]:
    """Within this block, MariaDB limits the lock waits of each statement; the session keeps its own limit."""
    prefix = f"SET STATEMENT innodb_lock_wait_timeout={LOCK_SECONDS} FOR "

    def limited(execute: Callable[..., object], sql: str, *rest: object) -> object:
        return execute(prefix + sql, *rest)

    with connection.execute_wrapper(limited):
        yield


def _tried(work: Callable[[], Result], scope: Callable[[], AbstractContextManager[None]]) -> Result:
    for tries_left in reversed(range(TRIES)):
        try:
            with scope():
                return work()
        except (DatabaseError, InterfaceError, TransactionManagementError) as error:
            if not is_passing(error):
                raise
            if has_timed_out(error) or not tries_left:
                close_if_lost(error)
                raise ProctoringTemporarilyUnavailable from error
            log.info(
                "transaction repeated, tries_left=%s error=%s", tries_left, type(error).__name__
            )
            _recover(error, TRIES - tries_left)
    raise AssertionError("unreachable")


class _Waits:
    """The time limit for locks in one transaction of ours.

    PostgreSQL resets it with the transaction. On MySQL it belongs to the session, so the previous value is restored
    with the last statement, or after a rollback. SQLite has a single lock whose time-out the host configures.
    """

    def __init__(self, seconds: int, said_by_first_query: bool) -> None:
        self.seconds, self.said_by_first_query = seconds, said_by_first_query
        self.is_changed = False

    def limit(self) -> None:
        """Set the limit, as the transaction's first statement."""
        if connection.vendor == "postgresql" and not self.said_by_first_query:
            limit_waits(self.seconds)
        elif connection.vendor == "mysql":
            self.is_changed = True
            _execute(
                "SET @proctoring_lock_wait = @@SESSION.innodb_lock_wait_timeout, "
                f"SESSION innodb_lock_wait_timeout = {self.seconds}"
            )

    def restore(self) -> None:
        """Restore the previous limit, as the transaction's last statement."""
        if self.is_changed:
            _execute("SET SESSION innodb_lock_wait_timeout = @proctoring_lock_wait")
            self.is_changed = False

    def restore_after_rollback(self) -> None:
        """Restore the limit, or close the connection if that fails, so that the host never runs with our limit."""
        try:
            self.restore()
        except Exception as error:
            log.info("connection closed after a rollback: %s", type(error).__name__)
            connection.close()


def limit_waits(seconds: int) -> None:
    """Limit the lock waits of the rest of this transaction. PostgreSQL only."""
    _execute(f"SET LOCAL lock_timeout = '{seconds}s'")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def takes_lock_limit() -> bool:
    """Return whether a statement may limit its own lock waits by `lock_limit`: on PostgreSQL, outside of other
    transactions.
    """
    return owns() and connection.vendor == "postgresql"


def lock_limit(seconds: int) -> Q:
    """Return a condition that is always true and limits the lock waits of the transaction evaluating it. PostgreSQL
    only.
    """
    value = Func(
        Value("lock_timeout"),
        Value(f"{seconds}s"),
        Value(True),
        function="set_config",
        output_field=TextField(),
    )
    return Q(IsNull(value, False))


@contextmanager
def _our_transaction(waits: _Waits) -> Iterator[None]:
    token: Token[bool] | None = _ours.set(True)
    try:
        with transaction.atomic(), _detecting_lost_connection():
            waits.limit()
            yield
            waits.restore()
            if token is not None:
                _ours.reset(token)  # work run on commit starts afresh
            token = None
    except BaseException:  # even an interrupted request must not leave our limit in the session
        waits.restore_after_rollback()
        raise
    finally:
        if token is not None:
            _ours.reset(token)


@contextmanager
def _detecting_lost_connection() -> Iterator[None]:
    """Detect a connection that was lost at the end of the transaction, before Django replaces it with a new one."""
    try:
        yield
    except OperationalError as error:
        if _is_gone(error):
            raise InterfaceError("the database connection was lost") from error
        raise


def _recover(error: BaseException, try_number: int) -> None:
    close_if_lost(error)
    # Random, so that the transactions of a deadlock do not meet again.
    time.sleep(random.uniform(0.005, 0.03) * 2**try_number)  # noqa: S311  jitter, not a secret


def after_commit(work: Callable[[], object]) -> None:
    """Call `work` after the current transaction is committed; its errors are logged, never raised."""

    def surviving() -> None:
        try:
            work()
        except Exception as error:
            close_if_lost(error)  # otherwise whatever comes next would fail, too
            raise

    transaction.on_commit(surviving, robust=True)


CLOCKS = {"postgresql": "clock_timestamp()", "mysql": "UTC_TIMESTAMP(6)"}


class Clock(Expression):
    """A column with what `database_now` returns, for `read_clock`: it saves a statement of its own."""

    def __init__(self) -> None:
        super().__init__(output_field=Field())  # whose values Django does not convert

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        """Return the SQL of this kind of database."""
        return CLOCKS.get(connection.vendor, "NULL"), ()


def read_clock(value: datetime | None) -> datetime:
    """Return the time in a column `Clock`."""
    if value is None:
        return timezone.now()
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def database_now() -> datetime:
    """Return the database's clock, which all processes share; on SQLite, this machine's clock."""
    clock = CLOCKS.get(connection.vendor)
    if clock is None:
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {clock}")
        now: datetime = cursor.fetchone()[0]
    return read_clock(now)
