"""What the world still has to be told."""

import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from edx_proctoring import conf

PENDING = "pending"
DONE = "done"
GIVEN_UP = "given_up"
CANCELLED = "cancelled"

LONGEST_PAUSE = datetime.timedelta(minutes=15)  # between two tries
LONGEST_WAIT = LONGEST_PAUSE * 1.5  # with jitter, and with clocks that differ a little


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    """Filters that chain."""

    def unfinished(self) -> Self:
        """Not delivered, not given up, not cancelled."""
        return self.filter(state=PENDING)

    def settled(self) -> Self:
        """Delivered, given up or cancelled."""
        return self.exclude(state=PENDING)

    def due(self, now: datetime.datetime) -> Self:
        """Unfinished, its time has come, and nobody holds it.

        Times much further ahead than we ever set them were set before the clock jumped back: they count as over. Much:
        whoever took a lease may have looked at the clock a little later than we.
        """
        no_lease = now + datetime.timedelta(seconds=2 * conf.proctoring.OUTBOX_LEASE_SECONDS)
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now) | Q(lease_until__gt=no_lease)
        its_time = Q(next_try_at__lte=now) | Q(next_try_at__gt=now + LONGEST_WAIT)
        return self.unfinished().filter(free, its_time)

    def first_in_lane(self) -> Self:
        """Only the oldest unfinished message of each lane: lanes keep their order."""
        older = self.model._default_manager.filter(
            lane=OuterRef("lane"), state=PENDING, id__lt=OuterRef("id")
        )
        return self.filter(~Exists(older))

    def of_origins(self, *origins: str) -> Self:
        """Messages that these processes may deliver."""
        return self.filter(origin__in=origins)


class OutboxMessage(models.Model):
    """One message. Its key tells doubles apart: the same key is the same message."""

    STATES: ClassVar = [
        (PENDING, "pending"),
        (DONE, "done"),
        (GIVEN_UP, "given up"),
        (CANCELLED, "cancelled"),
    ]

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=64)
    key = models.CharField(max_length=191, unique=True)
    lane = models.CharField(max_length=128)
    # Which processes may deliver it: "" any, else those of the same PROCTORING_SETTINGS['ORIGIN'].
    origin = models.CharField(max_length=64, blank=True, default="")
    # Ids and words, no names.
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=STATES, default=PENDING)
    # Rises when a delivered or waiting state message is put again.
    version = models.PositiveIntegerField(default=1)
    lease = models.CharField(max_length=64, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    last_error = models.TextField(blank=True, default="")
    created = models.DateTimeField(default=timezone.now)
    modified = models.DateTimeField(auto_now=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_outbox"
        indexes = (
            models.Index(fields=["state", "next_try_at"], name="proctoring_outbox_due"),
            models.Index(fields=["lane", "state", "id"], name="proctoring_outbox_lane"),
        )

    def __str__(self) -> str:
        return f"{self.key} {self.state}"
