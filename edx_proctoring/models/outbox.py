"""What the world still has to be told."""

import datetime
import random
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

FIRST_PAUSE = datetime.timedelta(seconds=5)
LONGEST_PAUSE = datetime.timedelta(minutes=15)  # between two tries
LONGEST_WAIT = LONGEST_PAUSE * 1.5  # with jitter, and with clocks that differ a little


def pause_after(tries: int) -> datetime.timedelta:
    """How long to wait for the next try: longer each time, and not everybody equally long."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(tries, 20)))
    return pause * random.uniform(0.8, 1.2)  # noqa: S311


def _is_due(now: datetime.datetime) -> Q:
    """Its time has come, and nobody holds it.

    Times much further ahead than we ever set them were set before the clock jumped back: they count as over. Much:
    whoever took a lease may have looked at the clock a little later than we.
    """
    no_lease = now + datetime.timedelta(seconds=2 * conf.proctoring.OUTBOX_LEASE_SECONDS)
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now) | Q(lease_until__gt=no_lease)
    return free & (Q(next_try_at__lte=now) | Q(next_try_at__gt=now + LONGEST_WAIT))


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    """Filters that chain."""

    def unfinished(self) -> Self:
        """Not delivered, not given up, not cancelled."""
        return self.filter(state=PENDING)

    def settled(self) -> Self:
        """Delivered, given up or cancelled."""
        return self.exclude(state=PENDING)

    def due(self, now: datetime.datetime) -> Self:
        """Unfinished, its time has come, and nobody holds it."""
        return self.unfinished().filter(_is_due(now))

    def first_due(self, now: datetime.datetime, which: Q) -> Any:
        """(lane, id of its oldest message, id of its newest) where the oldest is due and one of `which`; oldest first.

        Lanes keep their order, so whatever their oldest message waits for the others wait for, too. One pass over what
        is unfinished: looking for an older message of each would take some databases the square of a lane's length.
        """
        oldest = {"first": Min("id"), "due": Min("id", filter=_is_due(now) & which)}
        lanes: Any = self.unfinished().order_by().values("lane")
        lanes = lanes.annotate(**oldest, last=Max("id"))
        due = lanes.filter(first=F("due")).order_by("first")
        return due.values_list("lane", "first", "last")

    def knowing_what_is_before(self, lease: str) -> Self:
        """With `is_behind`: does an older message wait in its lane that whoever has this lease does not hold?"""
        older = self.model._default_manager.filter(
            lane=OuterRef("lane"), state=PENDING, id__lt=OuterRef("id")
        )
        return self.annotate(is_behind=Exists(older.exclude(lease=lease)))

    def put_coalescing(self, message: "OutboxMessage") -> None:
        """Store the message; if its key is there already, that one gets its payload and is delivered once more."""
        rows = self.filter(key=message.key)
        message_id = rows.values_list("id", flat=True).first()
        if message_id is not None and self._put_again(message_id, message):
            return
        try:  # there is none, or it was delivered long ago and forgotten just now
            with transaction.atomic():
                message.save(force_insert=True)
        except IntegrityError:  # put by somebody else just now; only a locking read surely sees it
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
            # Somebody may be delivering the older version right now: its lease stays, its version is outdated.
            rows.filter(lease="").update(lease=message.lease, lease_until=message.lease_until)
        return found

    def locked(self) -> Self:
        """Their rows locked, without those that others hold; just the rows where the database cannot lock any."""
        features = connection.features
        if not features.has_select_for_update:
            return self
        return self.select_for_update(skip_locked=features.has_select_for_update_skip_locked)

    def by_key(self) -> Self:
        """The same rows: an UPDATE that looks for them itself locks gaps on MariaDB, where others put messages.

        In a foreign transaction, which may not see what others have put since it began, the UPDATE has to look.
        """
        if transactions.is_foreign():
            return self
        return self.filter(id__in=list(self.values_list("id", flat=True)))

    def delivered_before(self, moment: datetime.datetime) -> Self:
        """Those that nobody needs any more."""
        return self.filter(state__in=(DONE, CANCELLED), modified__lt=moment)

    def given_up_before(self, moment: datetime.datetime) -> Self:
        """Those that nobody has delivered again since."""
        return self.filter(state=GIVEN_UP, modified__lt=moment)

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
    # Rises when a message that coalesces is put again.
    version = models.PositiveIntegerField(default=1)
    lease = models.CharField(max_length=64, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    last_error = models.TextField(blank=True, default="")
    created = models.DateTimeField(default=timezone.now)
    modified = models.DateTimeField(auto_now=True)

    # Of a message that is delivered right after the commit, in the process that put it: what need not be read again,
    # and until when (monotonic clock) saving exams may take.
    prefetched: Mapping[str, Any] = MappingProxyType({})
    inline_until: float | None = None
    # Of a message that was taken with others: is it the only one of its lane?
    is_alone: bool = False

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
