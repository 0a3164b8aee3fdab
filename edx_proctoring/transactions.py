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
from django.db.models import Func, Q, TextField, Value
from django.db.models.lookups import IsNull
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable

log = logging.getLogger(__name__)
Result = TypeVar("Result")

TRIES = 4
LOCK_SECONDS = 3  # how long a statement of our own transactions waits for a lock
GLANCE_SECONDS = 1  # the same for a read that may as well write nothing
MYSQL_RETRYABLE = {1213, 1020}  # deadlock, record has changed
# Lost, or not to be had: shut down, too many, killed, refused, no route, gone in four ways; read-only since a failover,
# which a new connection leaves behind.
MYSQL_LOST = {1053, 1040, 1927, 2002, 2003, 2006, 2013, 2055, 4031, 1290, 1792, 1836}
# Lock time-out, lock not available at once, cancelled; statement time-out of MySQL, of MariaDB.
MYSQL_TIMED_OUT = {1205, 3572, 1317, 3024, 1969}
POSTGRES_RETRYABLE = {"40P01", "40001"}  # deadlock, serialization failure
# Lost, or not to be had; ended because its transaction was idle, or open, for too long; read-only, as above.
POSTGRES_LOST = ("08", "53300", "57P", "25P03", "25P04", "25006")
POSTGRES_TIMED_OUT = {"55P03", "57014"}  # lock not available; statement time-out or cancelled


# Between `run` and the question whose the transaction is stand published functions and receivers of Django's signals,
# whose signatures have no place for it.
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


def has_timed_out(error: BaseException) -> bool:
    """Has a lock or a statement taken too long? It would again: nobody tries it again on the spot."""
    return _has_code(error, MYSQL_TIMED_OUT, POSTGRES_TIMED_OUT)


def is_passing(error: BaseException) -> bool:
    """Is the database to blame for the error, and may the same request succeed a moment later?"""
    return is_retryable(error) or has_timed_out(error)


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
    """Has the server gone away in the middle, or is it not there?"""
    if isinstance(error, InterfaceError):
        return True
    state = _sqlstate(error)
    if isinstance(error, OperationalError) and not state and _is_gone(error):
        return True  # cut off in the middle, or refused: no server was left to send a code
    return _has_code(error, MYSQL_LOST, set()) or bool(state and state.startswith(POSTGRES_LOST))


def _is_gone(error: Exception) -> bool:
    """Has its driver given up the connection, or never had one?"""
    if connection.vendor == "postgresql":
        # The server's errors have codes. Those of the driver alone come from a broken connection, whatever it knows of it.
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
    """Call `work`, statements that each stand alone; once more on a new connection if this one was lost."""
    try:
        return work()
    except (DatabaseError, InterfaceError) as error:
        if not close_if_lost(error):
            raise
    return work()


@contextmanager
def answering_when_unavailable() -> Iterator[None]:
    """In here a database error that will pass is raised as ProctoringTemporarilyUnavailable.

    Except a deadlock in somebody else's transaction: whoever owns that may repeat it. A lost connection is closed, so
    that whatever the process does next opens a new one.
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
    """Call `work`, which may be repeated: once more on a new connection; ProctoringTemporarilyUnavailable as above."""
    with answering_when_unavailable():
        return reconnecting(work)


def close_if_lost(error: BaseException) -> bool:
    """Close a lost connection, unless somebody's transaction is open on it; True when it was closed."""
    if not owns() or not is_lost_connection(error):
        return False
    connection.close()
    return True


def run(
    work: Callable[[], Result], *, wait_seconds: int | None = None, limits_waits: bool = False
) -> Result:
    """Call `work` in a transaction; repeat it after a deadlock when the outermost transaction is ours.

    Then its statements wait `wait_seconds` (LOCK_SECONDS) for a lock at most. `limits_waits`: the first query of `work` says so itself
    to PostgreSQL (`lock_limit`), which saves a round trip.
    Inside a foreign transaction it is a savepoint, waits are as its owner wants them, and retryable errors go to the owner.
    Raises `ProctoringTemporarilyUnavailable` when the tries are used up or a lock or a statement took too long.
    """
    if not owns():
        with transaction.atomic():
            return work()
    seconds = LOCK_SECONDS if wait_seconds is None else wait_seconds
    return _tried(work, lambda: _our_transaction(_Waits(seconds, limits_waits)))


def repeated(statement: Callable[[], Result]) -> Result:
    """One statement, which needs no transaction around it but to limit its waits; repeated after a deadlock as `run` does."""
    if not owns():
        return statement()
    if connection.features.has_select_for_update:
        return run(statement)
    return _tried(statement, nullcontext)


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
    """How long the statements of one transaction of ours wait for locks.

    PostgreSQL forgets the limit with the transaction. To MySQL it is the session's, so what was there comes back: with the
    last statement, or after a rollback. SQLite has one lock, and the host says how long to wait for it.
    """

    def __init__(self, seconds: int, said_by_first_query: bool) -> None:
        self.seconds, self.said_by_first_query = seconds, said_by_first_query
        self.is_changed = False

    def limit(self) -> None:
        """As the transaction's first statement."""
        if connection.vendor == "postgresql" and not self.said_by_first_query:
            _execute(f"SET LOCAL lock_timeout = '{self.seconds}s'")
        elif connection.vendor == "mysql":
            self.is_changed = True
            _execute(
                "SET @proctoring_lock_wait = @@SESSION.innodb_lock_wait_timeout, "
                f"SESSION innodb_lock_wait_timeout = {self.seconds}"
            )

    def restore(self) -> None:
        """As its last one."""
        if self.is_changed:
            _execute("SET SESSION innodb_lock_wait_timeout = @proctoring_lock_wait")
            self.is_changed = False

    def restore_after_rollback(self) -> None:
        """A connection that does not take it is closed: what the host does next must not find our limit."""
        try:
            self.restore()
        except Exception as error:
            log.info("connection closed after a rollback: %s", type(error).__name__)
            connection.close()


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def lock_limit(seconds: int) -> Q:
    """A condition, always true, that limits the waits of the transaction it is first evaluated in. PostgreSQL only."""
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
        with transaction.atomic(), _telling_what_is_lost():
            waits.limit()
            yield
            waits.restore()
            if token is not None:
                _ours.reset(token)  # what runs on commit starts afresh
            token = None
    except BaseException:
        waits.restore_after_rollback()
        raise
    finally:
        if token is not None:
            _ours.reset(token)


@contextmanager
def _telling_what_is_lost() -> Iterator[None]:
    """After the transaction's end there is a new connection, and nobody can tell that the old one was cut off."""
    try:
        yield
    except OperationalError as error:
        if _is_gone(error):
            raise InterfaceError("the connection was cut off") from error
        raise


def _recover(error: BaseException, try_number: int) -> None:
    close_if_lost(error)
    time.sleep(random.uniform(0.005, 0.03) * 2**try_number)  # noqa: S311  jitter, not a secret


def after_commit(work: Callable[[], object]) -> None:
    """Call `work` once the current transaction is committed; its errors are logged, never raised."""

    def surviving() -> None:
        try:
            work()
        except Exception as error:
            close_if_lost(error)  # or whatever comes next would fail, too
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
