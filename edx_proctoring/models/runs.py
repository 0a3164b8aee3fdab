"""When the schedule's tasks and commands ran last."""

import datetime

from django.db import models
from django.utils import timezone

SWEEP = "submit_expired_attempts"
NET = "deliver_outbox"
COMPARISON = "recalculate_deadlines"


class RunManager(models.Manager["ScheduledRun"]):
    """One row for each of them."""

    def note(self, name: str) -> None:
        """It has just come to its end."""
        now = timezone.now()
        if not self.filter(name=name).update(finished_at=now):
            self.bulk_create([self.model(name=name, finished_at=now)], ignore_conflicts=True)

    def last_of(self, name: str) -> datetime.datetime | None:
        """When it came to its end, or None if it never did."""
        return self.filter(name=name).values_list("finished_at", flat=True).first()


class ScheduledRun(models.Model):
    """The last run of one of them, by whatever way: Celery beat or cron."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=64, unique=True)
    finished_at = models.DateTimeField()

    objects = RunManager()

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_scheduled_run"

    def __str__(self) -> str:
        return f"{self.name} {self.finished_at}"
