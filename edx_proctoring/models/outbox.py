"""Outbox messages."""

import datetime
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Exists, F, Max, Min, OuterRef, Q
from django.utils import timezone

from edx_proctoring import conf, transactions

PENDING = "pending"
DONE = "done"
GIVEN_UP = "given_up"
CANCELLED = "cancelled"

LONGEST_PAUSE = datetime.timedelta(minutes=15)  # between two tries
LONGEST_WAIT = LONGEST_PAUSE * 1.5  # with jitter and some difference between clocks


def _is_due(now: datetime.datetime) -> Q:
    """Return the condition that a message is due and not leased.

    Times much further ahead than we ever set were set before the clock was moved back, and count as due. The margin is
    large because the process that took the lease may have read a slightly later clock.
    """
    no_lease = now + datetime.timedelta(seconds=2 * conf.proctoring.OUTBOX_LEASE_SECONDS)
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now) | Q(lease_until__gt=no_lease)
    return free & (Q(next_try_at__lte=now) | Q(next_try_at__gt=now + LONGEST_WAIT))


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    """Chainable filters."""

    def unfinished(self) -> Self:
        """Return messages that are not delivered, given up or cancelled."""
        return self.filter(state=PENDING)

    def settled(self) -> Self:
        """Return messages that are delivered, given up or cancelled."""
        return self.exclude(state=PENDING)

    def due(self, now: datetime.datetime) -> Self:
        """Return unfinished messages that are due and not leased."""
        return self.unfinished().filter(_is_due(now))

    def due_since(self, now: datetime.datetime) -> datetime.datetime | None:
        """Return since when the oldest due message has been due; None if no message is due."""
        first: datetime.datetime | None
        first = self.due(now).aggregate(first=Min("next_try_at"))["first"]
        return first

    def first_due(
        self, now: datetime.datetime, which: Q
    ) -> "models.QuerySet[OutboxMessage, tuple[str, int, int]]":
        """Return (lane, id of its oldest message, id of its newest) if the oldest is due and one of `which`; oldest
        first.

        Lanes keep their order, so all messages of a lane wait for the oldest one. This reads the unfinished messages
        once: looking up the oldest message for each of them would be quadratic in the length of a lane on some
        databases.
        """
        oldest = {"first": Min("id"), "due": Min("id", filter=_is_due(now) & which)}
        lanes: Any = self.unfinished().order_by().values("lane")
        due = lanes.annotate(**oldest, last=Max("id")).filter(first=F("due")).order_by("first")
        found: models.QuerySet[OutboxMessage, tuple[str, int, int]]
        found = due.values_list("lane", "first", "last")
        return found

    def with_is_behind(self, lease: str) -> Self:
        """Annotate `is_behind`: an older message of the lane is pending that the owner of this lease does not hold."""
        older = self.model._default_manager.filter(
            lane=OuterRef("lane"), state=PENDING, id__lt=OuterRef("id")
        )
        return self.annotate(is_behind=Exists(older.exclude(lease=lease)))

    def put_coalescing(self, message: "OutboxMessage") -> None:
        """Store the message; if its key exists, replace the payload and deliver it once more."""
        rows = self.filter(key=message.key)
        message_id = rows.values_list("id", flat=True).first()
        if message_id is not None and self._put_again(message_id, message):
            return
        try:  # there was none, or it was delivered long ago and just purged
            with transaction.atomic():
                message.save(force_insert=True)
        except IntegrityError:
            # Another process has just stored it; only a locking read is sure to see it.
            with transaction.atomic():
                message_id = rows.select_for_update().values_list("id", flat=True).get()
            self._put_again(message_id, message)

    def _put_again(self, message_id: int, message: "OutboxMessage") -> int:
        rows = self.filter(pk=message_id)
        found = rows.update(
            payload=message.payload,
            version=F("version") + 1,
            state=PENDING,
            tries=0,
            next_try_at=message.next_try_at,
            created=message.created,
            modified=message.created,
        )
        if message.lease:
            # Another process may be delivering the older version: its lease stays, but its version is outdated.
            rows.filter(lease="").update(lease=message.lease, lease_until=message.lease_until)
        return found

    def locked(self) -> Self:
        """Lock the rows, skipping those locked elsewhere; without a lock if the database does not support that."""
        features = connection.features
        if not features.has_select_for_update:
            return self
        return self.select_for_update(skip_locked=features.has_select_for_update_skip_locked)

    def by_key(self) -> Self:
        """Select the same rows by key: an UPDATE that searches for them takes gap locks on MariaDB, which block other
        inserts.

        In a foreign transaction, which may not see newer rows, the UPDATE has to search.
        """
        if transactions.is_foreign():
            return self
        return self.filter(id__in=list(self.values_list("id", flat=True)))

    def delivered_before(self, moment: datetime.datetime) -> Self:
        """Return delivered messages that are no longer needed."""
        return self.filter(state__in=(DONE, CANCELLED), modified__lt=moment)

    def given_up_before(self, moment: datetime.datetime) -> Self:
        """Return messages that were given up before this time and not retried."""
        return self.filter(state=GIVEN_UP, modified__lt=moment)

    def of_origins(self, *origins: str) -> Self:
        """Return messages that processes of these origins may deliver."""
        return self.filter(origin__in=origins)


class OutboxMessage(models.Model):
    """One message. The key is unique: a repeated key is the same message."""

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
    # The origin of processes that may deliver it: "" for any, else PROCTORING_SETTINGS['ORIGIN'].
    origin = models.CharField(max_length=64, blank=True, default="")
    # Ids and codes, no names.
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=STATES, default=PENDING)
    # Incremented when a coalescing message is stored again.
    version = models.PositiveIntegerField(default=1)
    lease = models.CharField(max_length=64, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    last_error = models.TextField(blank=True, default="")
    created = models.DateTimeField(default=timezone.now)
    modified = models.DateTimeField(auto_now=True)

    # For a message delivered right after the commit by the process that stored it: objects that need not be read again,
    # and until when (monotonic clock) saving exams may take.
    prefetched: Mapping[str, Any] = MappingProxyType({})
    inline_until: float | None = None
    # For a message delivered with others: what their deliveries share (`outbox.shared.Shared`).
    shared: Any = None
    is_behind: bool  # where it was annotated

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
