"""The learner's lock, which every change of an attempt must hold."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from django.contrib.auth import get_user_model
from django.db import DatabaseError
from django.db.models import Q

from edx_proctoring import outbox, transactions
from edx_proctoring.compiled_queries import CompiledOnce
from edx_proctoring.exceptions import (
    ProctoringTemporarilyUnavailable,
    StudentExamAttemptDoesNotExistsException,
    UserNotFoundException,
)
from edx_proctoring.models import ProctoredExamStudentAttempt, ProctoringLearner
from edx_proctoring.models.locks import LockIsMissing
from edx_proctoring.types import User

log = logging.getLogger(__name__)

Result = TypeVar("Result")
# The learners whose lock this execution context holds. Signal receivers for saved and deleted models re-enter here
# while the lock is held, and Django fixes their signatures.
_held: ContextVar[frozenset[int]] = ContextVar("held", default=frozenset())


class LockIsTaken(Exception):
    """The lock is held elsewhere and the caller does not want to wait."""


def locked(user_id: int, work: Callable[[], Result], *, waits: bool = True) -> Result:
    """Call `work` in a transaction whose first statement locks the learner; see `transactions.run` for retries.

    If the caller already holds the lock, `work` runs in the same transaction. Outbox messages of `work` are stored
    immediately. Unless `waits` is set, raises LockIsTaken as soon as the lock is found to be held elsewhere.
    """
    if user_id in _held.get():
        return work()
    ours = transactions.owns()
    if ours and not waits:
        _ensure(user_id)

    def lock_and_work() -> Result:
        if waits:
            ProctoringLearner.objects.lock(user_id, ours=ours)
        elif not ProctoringLearner.objects.try_lock(user_id, ours=ours):
            raise LockIsTaken
        with outbox.batched(), _holding(user_id):
            return work()

    seconds = transactions.LOCK_SECONDS if waits else transactions.GLANCE_SECONDS
    try:
        return transactions.run(lock_and_work, wait_seconds=seconds, limits_waits=True)
    except LockIsMissing:
        _ensure(user_id, is_missing=True)
    return transactions.run(lock_and_work, wait_seconds=seconds, limits_waits=True)


def prepare_locks(user_ids: Iterable[int]) -> None:
    """Make sure that these learners' locks exist, which saves the first change of each a second transaction."""
    if not transactions.owns():
        return
    try:
        ProctoringLearner.objects.ensure_all(user_ids)
    except (DatabaseError, ProctoringTemporarilyUnavailable) as error:
        log.info("locks not prepared, each change makes its own: %r", error)


def _ensure(user_id: int, *, is_missing: bool = False) -> None:
    ensure = ProctoringLearner.objects.ensure
    transactions.reconnecting(lambda: ensure(user_id, is_missing=is_missing))


@contextmanager
def _holding(user_id: int) -> Iterator[None]:
    token = _held.set(_held.get() | {user_id})
    try:
        yield
    finally:
        _held.reset(token)


def lock_attempt(
    known: ProctoredExamStudentAttempt, *, waits: bool = True
) -> ProctoredExamStudentAttempt:
    """Return the attempt as it is now, and lock its row: older versions of this app do not take the learner's lock.

    Keeps the exam and learner objects that the caller has already read. Raises StudentExamAttemptDoesNotExistsException
    and, unless `waits`, LockIsTaken.
    """
    rows = (_WAITING if waits else _GLANCING)(known.pk)
    if not rows:
        if not waits and ProctoredExamStudentAttempt.objects.filter(pk=known.pk).exists():
            raise LockIsTaken
        raise StudentExamAttemptDoesNotExistsException(
            f"The attempt with id={known.pk} no longer exists."
        )
    attempt: ProctoredExamStudentAttempt = rows[0]
    for part in ("proctored_exam", "user"):
        if known._state.fields_cache.get(part) is not None:
            setattr(attempt, part, getattr(known, part))
    return attempt


_WAITING = CompiledOnce(lambda key: ProctoredExamStudentAttempt.objects.lockable([key]), int)
_GLANCING = CompiledOnce(
    lambda key: ProctoredExamStudentAttempt.objects.lockable([key], waits=False), int
)


def find_learner(user_id: int | None) -> User:
    """Return the user. Raises UserNotFoundException."""
    user = get_user_model()._default_manager.filter(Q(pk=user_id)).first()
    if user is None:
        raise UserNotFoundException(f"Cannot find user with id={user_id}")
    return user
