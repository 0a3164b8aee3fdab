"""The last runs of periodic tasks and commands."""

import datetime

from django.db import models
from django.utils import timezone

SWEEP = "submit_expired_attempts"
NET = "deliver_outbox"
COMPARISON = "recalculate_deadlines"


class RunManager(models.Manager["ScheduledRun"]):
    """Reads and writes the last runs."""

    def note(self, name: str) -> None:
        """Record that the task has just finished."""
        now = timezone.now()
        if not self.filter(name=name).update(finished_at=now):
            # Another process may insert the row first.
            self.bulk_create([self.model(name=name, finished_at=now)], ignore_conflicts=True)

    def last_of(self, name: str) -> datetime.datetime | None:
        """Return when the task last finished, or None."""
        return self.filter(name=name).values_list("finished_at", flat=True).first()


class ScheduledRun(models.Model):
    """The last run of a task, whether by Celery beat or cron."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=64, unique=True)
    finished_at = models.DateTimeField()

    objects = RunManager()

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_scheduled_run"

    def __str__(self) -> str:
        return f"{self.name} {self.finished_at}"
