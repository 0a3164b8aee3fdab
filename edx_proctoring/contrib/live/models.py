"""The last poll of each attempt's page, and the silences before it."""

import datetime
from collections.abc import Iterable
from typing import Self

from django.db import models

from edx_proctoring.contrib.live import upsert
from edx_proctoring.models import ProctoredExamStudentAttempt

# Pages poll once a minute: a longer silence means that polls did not arrive.
SILENT_SECONDS = 120
EVERY_SECONDS = 30


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    """Reads heartbeats, and writes them with one statement."""

    def of_attempts(self, ids: Iterable[int]) -> Self:
        """Return the heartbeats of these attempts."""
        return self.filter(attempt_id__in=list(ids))

    def beat(self, attempt_id: int, status: str, now: datetime.datetime) -> None:
        """Record that the attempt's page is there, at most once per EVERY_SECONDS; a silence before it is kept.

        One statement, which waits for no lock longer than `upsert.LOCK_SECONDS`. Raises DatabaseError.
        """
        upsert.beat(
            self.model._meta.db_table, attempt_id, status, now, EVERY_SECONDS, SILENT_SECONDS
        )


class Heartbeat(models.Model):
    """The last poll of an attempt's page. The foreign key has no database constraint, because older versions of the app
    delete attempts, too.
    """

    id = models.BigAutoField(primary_key=True)
    attempt = models.OneToOneField(
        ProctoredExamStudentAttempt,
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="+",
    )
    seen_at = models.DateTimeField(db_index=True)
    status = models.CharField(max_length=64)
    # Seconds since the epoch, "begin-end " for each silence longer than SILENT_SECONDS that a poll has ended.
    silences = models.TextField(blank=True, default="")

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        db_table = "proctoring_live_heartbeat"

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: attempt={self.attempt_id} {self.seen_at}"

    def gaps(self, now: datetime.datetime) -> list[tuple[datetime.datetime, datetime.datetime]]:
        """Return the silences, also one that goes on."""
        found = []
        for text in self.silences.split():
            began, _, ended = text.partition("-")
            found.append((_moment(began), _moment(ended)))
        if (now - self.seen_at).total_seconds() > SILENT_SECONDS:
            found.append((self.seen_at, now))
        return found


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(int(text), datetime.UTC)
