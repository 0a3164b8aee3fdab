"""The last poll of each attempt's page with the silences before it, and declared outages."""

import datetime
from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from edx_proctoring.contrib.live import upsert
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.timing import Interval

# Pages poll once a minute: a longer silence means that polls did not arrive.
SILENT_SECONDS = 120
EVERY_SECONDS = 30


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    """Reads heartbeats, and writes them with one statement."""

    def of_attempts(self, ids: Iterable[int]) -> Self:
        """Return the heartbeats of these attempts."""
        return self.filter(attempt_id__in=list(ids))

    def beat(self, attempt_id: int, status: str, now: datetime.datetime) -> None:
        """Record a poll of the attempt's page, at most once per EVERY_SECONDS; a silence before it is stored.

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

    def gaps(self, now: datetime.datetime) -> list[Interval]:
        """Return the silences, also one that goes on."""
        found: list[Interval] = []
        for text in self.silences.split():
            began, _, ended = text.partition("-")
            found.append((_moment(began), _moment(ended)))
        if (now - self.seen_at).total_seconds() > SILENT_SECONDS:
            found.append((self.seen_at, now))
        return found


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(int(text), datetime.UTC)


class Outage(models.Model):
    """A statement by staff that something was down from `began_at` to `ended_at`.

    It concerns attempts of the course, the exam and the provider, as far as these are named. An outage of a course is the
    matter of its staff; one without a course that of operators.
    """

    id = models.BigAutoField(primary_key=True)
    course_id = models.CharField(max_length=255, blank=True, default="", db_index=True)
    exam_id = models.PositiveIntegerField(null=True, blank=True)
    provider = models.CharField(max_length=255, blank=True, default="")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    # Whether to give back the whole overlap, even to attempts whose pages polled meanwhile.
    whole = models.BooleanField(default=False)
    reason = models.TextField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="+",
    )
    created = models.DateTimeField(default=timezone.now)
    revision = models.PositiveIntegerField(default=0)  # counts changes of the bounds
    # Progress of giving the time back: attempts looked at, of how many; empty while nobody has asked for it.
    credited_at = models.DateTimeField(null=True, blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "proctoring_live_outage"

    def __str__(self) -> str:
        return f"{self.__class__.__name__} {self.pk}: {self.began_at} – {self.ended_at}"

    def lost(self, gaps: Iterable[Interval]) -> list[Interval]:
        """Return the parts of the outage in which an attempt with these silences was cut off."""
        if self.whole:
            return [(self.began_at, self.ended_at)]
        return [(max(begin, self.began_at), min(end, self.ended_at)) for begin, end in gaps]
