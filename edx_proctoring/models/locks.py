"""Locks: one row per learner is the learner's lock, one row per learner and exam is a creation in progress.

The foreign keys have no database constraint, so that older versions of the app can still delete users and exams.
"""

import datetime
import functools
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Self

from django.conf import settings
from django.db import connection, models, router, transaction
from django.utils import timezone

from edx_proctoring import transactions
from edx_proctoring.compiled_queries import CompiledOnce, DeleteOnce
from edx_proctoring.compiled_rows import InsertOnce
from edx_proctoring.models.exams import ProctoredExam


class LockIsMissing(Exception):
    """The learner has no row to lock yet."""


class LearnerManager(models.Manager["ProctoringLearner"]):
    """Takes the lock."""

    def ensure(self, user_id: int, *, is_missing: bool = False) -> None:
        """Make sure that the row exists before our transaction begins. `is_missing`: there was none a moment ago.

        Runs in autocommit: on MariaDB, inserting and locking the row in one transaction deadlocks with neighbouring
        rows.
        """
        if not connection.features.has_select_for_update:
            return
        if not is_missing and self.filter(user_id=user_id).exists():
            return
        row = self.model(user_id=user_id)  # another process may be faster
        transactions.repeated(lambda: _insert()([row]))

    def ensure_all(self, user_ids: Iterable[int]) -> None:
        """Do the same for many learners, with one query and at most one statement more."""
        if not connection.features.has_select_for_update:
            return
        wanted = set(user_ids)
        wanted.difference_update(self.filter(user_id__in=wanted).values_list("user_id", flat=True))
        rows = [self.model(user_id=user_id) for user_id in sorted(wanted)]
        if rows:
            transactions.run(lambda: self.bulk_create(rows, ignore_conflicts=True))

    def lock(self, user_id: int, *, ours: bool) -> None:
        """Lock the learner's row until the end of the transaction; must be its first statement.

        Uses an upsert in a foreign transaction, and if the row cannot be locked otherwise (SQLite). In our own one
        (`ours`) the same query tells PostgreSQL how long to wait for this and later locks. If there is no row yet,
        PostgreSQL inserts it in the same transaction; elsewhere LockIsMissing is raised and the caller ensures it, which
        costs a learner's first change a second transaction and saves all others a query.
        """
        if ours and connection.features.has_select_for_update:
            take = _lock(transactions.LOCK_SECONDS)
            if take(user_id):
                return
            if connection.vendor != "postgresql":
                raise LockIsMissing
            # Waits if another transaction has just inserted the row; then that one holds the lock. A row that we have
            # inserted is invisible to others until we commit, and so locked.
            transactions.limit_waits(transactions.LOCK_SECONDS)
            is_ours = _insert().add(self.model(user_id=user_id), connection.alias)
            if not is_ours and not take(user_id):
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
    # On MariaDB `transactions` limits the session; on SQLite nothing waits for a row.
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
def _insert() -> InsertOnce[ProctoringLearner]:
    return InsertOnce(ProctoringLearner, ignore_conflicts=True)


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

    def take(
        self,
        exam_id: int,
        user_id: int,
        token: str,
        basis: str,
        seconds: float,
        *,
        now: datetime.datetime | None = None,
        is_new: bool = False,
    ) -> int:
        """Reserve the pair for `seconds`, replacing an expired reservation; return the reservation's id.

        The caller may have read the database's clock (`now`), and that the pair has no reservation (`is_new`). Else
        looks before it updates, because an UPDATE that finds no row takes a gap lock on MariaDB, which blocks other
        inserts.
        """
        until = (now or transactions.database_now()) + datetime.timedelta(seconds=seconds)
        values: dict[str, str | datetime.datetime] = {
            "token": token,
            "basis": basis,
            "reserved_until": until,
        }
        if not is_new:
            expired = self.of_pair(exam_id, user_id).values_list("pk", flat=True).first()
            if expired is not None and self.filter(pk=expired).update(**values):
                return expired
        row = self.model(exam_id=exam_id, user_id=user_id, **values)
        # Only a foreign transaction may not see another creation: the conflict must not break it.
        with transaction.atomic() if transactions.is_foreign() else nullcontext():
            _reserve().add(row, router.db_for_write(self.model))
        return row.pk

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


@functools.cache
def _reserve() -> InsertOnce[ProctoringReservation]:
    return InsertOnce(ProctoringReservation)


# Ends a reservation that the caller has just seen; by its id, as other conditions lock more rows on MariaDB.
end_reservation = DeleteOnce(
    lambda key, token: ProctoringReservation.objects.filter(pk=key, token=token), int, str
)
