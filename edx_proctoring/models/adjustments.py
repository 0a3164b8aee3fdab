"""The ledger of time: every change of an attempt's time, with its author, time and reason."""

import datetime
from collections.abc import Iterable
from typing import ClassVar, Self, TypedDict, Unpack

from django.conf import settings
from django.db import models
from django.utils import timezone

from edx_proctoring.models.attempts import ProctoredExamStudentAttempt
from edx_proctoring.models.exact import compare_exactly
from edx_proctoring.models.exams import ProctoredExam
from edx_proctoring.statuses import IN_PROGRESS


class AdjustmentQuerySet(models.QuerySet["TimeAdjustment"]):
    """Chainable filters."""

    def of_attempts(self, ids: Iterable[int]) -> Self:
        """Return the ledgers of these attempts, oldest row first."""
        return self.filter(attempt_id__in=list(ids)).order_by("id")

    def left_open(self) -> Self:
        """Return open pauses and breaks of attempts that are gone or have ended: an older version knows no pauses."""
        running = ProctoredExamStudentAttempt.objects.filter(
            pk=models.OuterRef("attempt_id"), status__in=IN_PROGRESS
        )
        return self.open_pauses().filter(~models.Exists(running))

    def open_pauses(self) -> Self:
        """Return pauses and breaks that have not ended."""
        return self.filter(kind__in=TimeAdjustment.STOPS, ended_at__isnull=True)

    def pauses_since_before(self, moment: datetime.datetime) -> Self:
        """Return the open pauses by staff that began before this time."""
        return self.open_pauses().filter(kind=TimeAdjustment.PAUSE, began_at__lt=moment)


class AdjustmentValues(TypedDict, total=False):
    """Columns of a row other than its attempt, kind and key."""

    seconds: int
    began_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    by_id: int | None
    reason: str


class TimeAdjustment(models.Model):
    """One row of an attempt's ledger. Rows are never changed, except that an open pause is closed once.

    The foreign keys have no database constraint: rows outlive their attempt, and older versions of the app can still
    delete attempts, exams and users.
    """

    # Absolute seconds from limit and allowances; `ended_at` is the due date that limits the time, if any. The reason
    # BEYOND_DUE_DATE says that grants and pauses move that date.
    ALLOTMENT = "allotment"
    BEYOND_DUE_DATE = "beyond the due date"
    GRANT = "grant"
    PAUSE = "pause"
    BREAK = "break"
    # `ended_at`: the attempt had broken off, and the seconds were added to its remaining time.
    OUTAGE = "outage"
    # Seconds by which the allotment's whole minutes differ from the remaining time of a resumed attempt.
    CORRECTION = "correction"
    KINDS: ClassVar = [
        (ALLOTMENT, "allotment"),
        (GRANT, "grant"),
        (PAUSE, "pause"),
        (BREAK, "break"),
        (OUTAGE, "outage"),
        (CORRECTION, "correction"),
    ]
    STOPS: ClassVar = (PAUSE, BREAK)

    id = models.BigAutoField(primary_key=True)
    attempt = models.ForeignKey(
        ProctoredExamStudentAttempt,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    exam = models.ForeignKey(
        ProctoredExam, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    kind = models.CharField(max_length=16, choices=KINDS)
    seconds = models.BigIntegerField(default=0)
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="+",
    )
    reason = models.TextField(blank=True, default="")
    key = models.CharField(max_length=190, unique=True)
    created = models.DateTimeField(default=timezone.now)

    objects = AdjustmentQuerySet.as_manager()

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_timeadjustment"
        indexes = (models.Index(fields=["kind", "ended_at"], name="proctoring_adjustment_open"),)

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: {self.kind} {self.seconds} attempt={self.attempt_id}"

    @property
    def is_open(self) -> bool:
        """Return whether this row is a pause or break whose end is not stored."""
        return self.kind in self.STOPS and self.ended_at is None

    @property
    def is_in_rest(self) -> bool:
        """Return whether the seconds were added to the remaining time after the attempt had broken off."""
        return self.kind == self.OUTAGE and self.ended_at is not None

    @property
    def ends_by_itself_at(self) -> datetime.datetime | None:
        """Return when an open break ends without anybody ending it; None for pauses.

        Until its end is stored, `seconds` of a break is its longest duration.
        """
        if not self.is_open or self.began_at is None or not self.seconds:
            return None
        return self.began_at + datetime.timedelta(seconds=self.seconds)

    def stops_clock(self, now: datetime.datetime) -> bool:
        """Return whether the clock stands still because of this row."""
        end = self.ends_by_itself_at
        return self.is_open and (end is None or now < end)

    @classmethod
    def granted(cls, rows: Iterable["TimeAdjustment"]) -> int:
        """Return the seconds granted by the ledger of an attempt that has not started."""
        return sum(row.seconds for row in rows if row.kind != cls.ALLOTMENT)

    @classmethod
    def of(
        cls,
        attempt: ProctoredExamStudentAttempt,
        kind: str,
        key: str,
        now: datetime.datetime,
        **values: Unpack[AdjustmentValues],
    ) -> Self:
        """Return an unsaved row of the attempt's ledger."""
        return cls(
            attempt_id=attempt.pk,
            user_id=attempt.user_id,
            exam_id=attempt.proctored_exam_id,
            kind=kind,
            key=key,
            created=now,
            **values,
        )


compare_exactly(TimeAdjustment, "key")
