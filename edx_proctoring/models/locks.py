"""Who waits for whom: one row per learner is the lock, one row per learner and exam a creation under way.

The foreign keys have no constraint in the database, so that older versions of the app can still delete users and exams.
"""

import datetime
from typing import Any, Self

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from edx_proctoring import transactions
from edx_proctoring.models.exams import ProctoredExam


class LearnerManager(models.Manager["ProctoringLearner"]):
    """The lock."""

    def ensure(self, user_id: int) -> None:
        """Make sure that the row exists before a transaction of ours begins.

        In autocommit: a row that is inserted and locked in one transaction deadlocks with its neighbours on MariaDB.
        """
        if not connection.features.has_select_for_update or self.filter(user_id=user_id).exists():
            return
        try:
            transactions.run(lambda: self.create(user_id=user_id))
        except IntegrityError:
            return  # somebody else did

    def lock(self, user_id: int, *, ensured: bool) -> None:
        """Lock the learner's row until the end of the transaction; the transaction's first statement.

        An upsert where the row may be missing (a foreign transaction) or cannot be locked otherwise (SQLite). In a
        transaction of ours the same query tells PostgreSQL how long we wait for it, and for later ones.
        """
        if ensured and connection.features.has_select_for_update:
            list(
                _limited(
                    self.filter(user_id=user_id), transactions.LOCK_SECONDS
                ).select_for_update()
            )
            return
        self.bulk_create(
            [self.model(user_id=user_id, locked_at=timezone.now())],
            update_conflicts=True,
            update_fields=["locked_at"],
            unique_fields=["user"]
            if connection.features.supports_update_conflicts_with_target
            else None,
        )

    def try_lock(self, user_id: int, *, ours: bool) -> bool:
        """The same without waiting: False where somebody else holds the row, or where there is none.

        `ours`: the transaction is. SQLite has no rows to lock: there it waits for the database, as long as the host says.
        A database that cannot leave out locked rows (MariaDB before 10.6) is not asked: False.
        """
        if not connection.features.has_select_for_update:
            self.lock(user_id, ensured=False)
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
    """The lock of one learner: whoever changes an attempt holds it."""

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


class ReservationQuerySet(models.QuerySet["ProctoringReservation"]):
    """Look-ups under the learner's lock."""

    def of_pair(self, exam_id: int, user_id: int) -> Self:
        """The creation under way of the learner in the exam, if any."""
        return self.filter(exam_id=exam_id, user_id=user_id)

    def take(self, exam_id: int, user_id: int, token: str, basis: str, seconds: float) -> None:
        """Reserve the pair for `seconds`, in place of an expired reservation.

        Looks first: an UPDATE that finds no row locks the gap on MariaDB, where others want to insert theirs.
        """
        until = transactions.database_now() + datetime.timedelta(seconds=seconds)
        values: dict[str, Any] = {"token": token, "basis": basis, "reserved_until": until}
        expired = self.of_pair(exam_id, user_id).values_list("pk", flat=True).first()
        if expired is None or not self.filter(pk=expired).update(**values):
            with transaction.atomic():
                self.create(exam_id=exam_id, user_id=user_id, **values)

    def void(self, exam_id: int, user_id: int) -> None:
        """End a creation under way: when its provider answers, it finds its token gone."""
        self.of_pair(exam_id, user_id).end()

    def end(self) -> None:
        """Delete these. Looks first, as `take` does, unless the transaction is foreign: it may see too little."""
        if transactions.is_foreign():
            self.delete()
        elif keys := list(self.values_list("pk", flat=True)):
            self.model._default_manager.filter(pk__in=keys).delete()


class ProctoringReservation(models.Model):
    """A creation that is asking the provider: nobody else may create an attempt of the pair meanwhile."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    exam = models.ForeignKey(
        ProctoredExam, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    token = models.CharField(max_length=64)
    # Id and status of the newest attempt when the creation began: "" without one.
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
