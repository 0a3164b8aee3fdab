"""Locks: one row per learner is the learner's lock, one row per learner and exam is a creation in progress.

The foreign keys have no database constraint, so that older versions of the app can still delete users and exams.
"""

import datetime
import functools
from typing import Self

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from edx_proctoring import transactions
from edx_proctoring.compiled_queries import CompiledOnce
from edx_proctoring.models.exams import ProctoredExam


class LockIsMissing(Exception):
    """The learner has no row to lock yet."""


class LearnerManager(models.Manager["ProctoringLearner"]):
    """Takes the lock."""

    def ensure(self, user_id: int) -> None:
        """Make sure that the row exists before our transaction begins.

        Runs in autocommit: on MariaDB, inserting and locking the row in one transaction deadlocks with neighbouring
        rows.
        """
        if not connection.features.has_select_for_update or self.filter(user_id=user_id).exists():
            return
        try:
            transactions.run(lambda: self.create(user_id=user_id))
        except IntegrityError:
            return  # another process was faster

    def lock(self, user_id: int, *, ours: bool) -> None:
        """Lock the learner's row until the end of the transaction; must be its first statement.

        Uses an upsert in a foreign transaction, and if the row cannot be locked otherwise (SQLite). In our own one
        (`ours`) the same query tells PostgreSQL how long to wait for this and later locks, and LockIsMissing is raised
        if there is no row: the caller then ensures it, which costs a learner's first change a second transaction and
        saves all others a query.
        """
        if ours and connection.features.has_select_for_update:
            if not _lock(transactions.LOCK_SECONDS)(user_id):
                raise LockIsMissing
            return
        self.bulk_create(
            [self.model(user_id=user_id, locked_at=timezone.now())],
            update_conflicts=True,
            update_fields=["locked_at"],
            # MySQL and MariaDB accept no conflict target.
            unique_fields=["user"]
            if connection.features.supports_update_conflicts_with_target
            else None,
        )

    def try_lock(self, user_id: int, *, ours: bool) -> bool:
        """Take the lock without waiting; return False if it is held elsewhere or the row is missing.

        `ours`: the transaction is our own. SQLite has no row locks: there, it waits for the database as long as the
        host configured. Returns False on databases that cannot skip locked rows (MariaDB before 10.6).
        """
        if not connection.features.has_select_for_update:
            self.lock(user_id, ours=False)
            return True
        if not connection.features.has_select_for_update_skip_locked:
            return False
        row = self.filter(user_id=user_id)
        if ours:
            row = _limited(row, transactions.GLANCE_SECONDS)
        return bool(row.select_for_update(skip_locked=True))


def _limited(
    row: models.QuerySet["ProctoringLearner"], seconds: int
) -> models.QuerySet["ProctoringLearner"]:
    if connection.vendor == "postgresql":
        row = row.filter(transactions.lock_limit(seconds))
    return row.only("pk")


class ProctoringLearner(models.Model):
    """The lock of one learner, held during every change of the learner's attempts."""

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    locked_at = models.DateTimeField(default=timezone.now)

    objects = LearnerManager()

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_learner"

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: user={self.user_id}"


@functools.cache
def _lock(seconds: int) -> CompiledOnce[ProctoringLearner]:
    """Return the query that takes the lock; its SQL limits the waits."""
    rows = ProctoringLearner.objects.filter
    return CompiledOnce(
        lambda user_id: _limited(rows(user_id=user_id), seconds).select_for_update(), int
    )


class ReservationQuerySet(models.QuerySet["ProctoringReservation"]):
    """Look-ups that require the learner's lock."""

    def of_pair(self, exam_id: int, user_id: int) -> Self:
        """Return the creation in progress for the learner in the exam, if any."""
        return self.filter(exam_id=exam_id, user_id=user_id)

    def take(self, exam_id: int, user_id: int, token: str, basis: str, seconds: float) -> None:
        """Reserve the pair for `seconds`, replacing an expired reservation.

        Looks before it updates, because an UPDATE that finds no row takes a gap lock on MariaDB, which blocks other
        inserts.
        """
        until = transactions.database_now() + datetime.timedelta(seconds=seconds)
        values: dict[str, str | datetime.datetime] = {
            "token": token,
            "basis": basis,
            "reserved_until": until,
        }
        expired = self.of_pair(exam_id, user_id).values_list("pk", flat=True).first()
        if expired is None or not self.filter(pk=expired).update(**values):
            # A savepoint, so that a conflict with another creation does not break the transaction.
            with transaction.atomic():
                self.create(exam_id=exam_id, user_id=user_id, **values)

    def void(self, exam_id: int, user_id: int) -> None:
        """Invalidate a creation in progress: when its provider answers, its token is gone."""
        self.of_pair(exam_id, user_id).end()

    def end(self) -> None:
        """Delete these reservations. Looks first, as `take` does, except in a foreign transaction, which may not see
        all rows.
        """
        if transactions.is_foreign():
            self.delete()
        elif keys := list(self.values_list("pk", flat=True)):
            self.model._default_manager.filter(pk__in=keys).delete()


class ProctoringReservation(models.Model):
    """A creation for which the provider is being called; until it ends, no other attempt of the pair can be created."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    exam = models.ForeignKey(
        ProctoredExam, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    token = models.CharField(max_length=64)
    # Id and status of the newest attempt when the creation began; "" if there was none.
    basis = models.CharField(max_length=128)
    reserved_until = models.DateTimeField()

    objects = ReservationQuerySet.as_manager()

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_reservation"
        constraints = (
            models.UniqueConstraint(fields=["user", "exam"], name="proctoring_reservation_pair"),
        )

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: user={self.user_id} exam={self.exam_id}"
