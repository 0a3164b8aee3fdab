"""Lanes: what waits in them is delivered one after the other; the net looks for all that are due.

Messages with slow recipients let all others overtake: before each of them this process
looks whether others are due. So a provider that hangs, with thousands of messages before it, keeps no mail waiting.
"""

import datetime
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone

from edx_proctoring import conf, transactions
from edx_proctoring.models.outbox import OutboxMessage, OutboxQuerySet
from edx_proctoring.models.runs import NET, ScheduledRun
from edx_proctoring.outbox import delivery, registry

LOOK = 1000  # lanes that are looked up at once: each look-up reads all messages that wait
BATCH = 100  # lanes that are taken at once
MARK_SECONDS = 1  # deliveries of a batch are marked as often: after a crash so much is repeated
OVERTAKE_SECONDS = 0.5  # between two looks at who overtakes

_next_look = [0.0]  # of this process, by the monotonic clock


def deliver_messages(ids: Iterable[int]) -> int:
    """Deliver these messages and what waits with them in their lanes; returns how many were delivered."""
    rows = OutboxMessage.objects.filter(id__in=list(ids)).order_by("id").values_list("lane", "kind")
    ordered = sorted(rows, key=lambda row: registry.has_slow_recipient(row[1]))
    return sum(
        _deliver_lane(lane, polite=True) for lane in dict.fromkeys(row[0] for row in ordered)
    )


def deliver(
    limit: int | None = None, seconds: float = math.inf, after_each: Callable[[int], object] = int
) -> dict[str, int]:
    """Deliver whatever is due, in at most `limit` lanes and for about `seconds`; returns how many were delivered and wait.

    `after_each` lane hears how many so far. What fails is for a later run, however long this one takes.
    """
    until, left, delivered = time.monotonic() + seconds, math.inf if limit is None else limit, 0
    began = timezone.now()
    while left > 0 and time.monotonic() < until:
        taken = 0
        for batch in _claim_due(int(min(LOOK, left)), began):
            taken += len(batch)
            for count in _deliver_batch(batch, until):
                delivered += count
                after_each(delivered)
            if time.monotonic() >= until:
                break
        if not taken:
            break
        left -= taken
    ScheduledRun.objects.note(NET)
    return {"delivered": delivered, "waiting": _ours().unfinished().count()}


def due_lanes(limit: int | None) -> list[str]:
    """Lanes whose oldest message is due, the oldest first."""
    return [lane for lane, _first, _last in _due(Q(), limit, timezone.now())]


def _due(kinds: Q, limit: int | None, began: datetime.datetime) -> Any:
    """Lanes that are due, but for what has failed since the run began."""
    now = timezone.now()
    which = kinds & Q(origin__in=("", conf.proctoring.ORIGIN))
    failed_since = Q(tries__gt=0, next_try_at__gt=began, next_try_at__lte=now)
    return OutboxMessage.objects.first_due(now, which & ~failed_since)[:limit]


def _urgent() -> Q:
    return ~Q(kind__in=registry.slow_recipient_kinds())


def _ours() -> Any:
    return OutboxMessage.objects.of_origins("", conf.proctoring.ORIGIN)


def _claim_due(limit: int, began: datetime.datetime) -> Iterator[list[OutboxMessage]]:
    """Take the oldest messages of due lanes, batch by batch; those with slow recipients only while there are no others."""
    found = False
    for batch in _claim_first(_urgent(), limit, began):
        found = True
        yield batch
    if found:
        return
    for batch in _claim_first(~_urgent(), limit, began):
        yield batch
        if _due(_urgent(), 1, began):
            return


def _claim_first(kinds: Q, limit: int, began: datetime.datetime) -> Iterator[list[OutboxMessage]]:
    """Take the oldest messages of due lanes of these kinds, as found by one look-up.

    With very many lanes the look-up takes much longer than a batch. What somebody else has taken since is left out, and
    a message that joins a lane meanwhile is found by the next look-up.
    """
    alone = {first: first == last for _lane, first, last in _due(kinds, limit, began)}
    ids = list(alone)
    for start in range(0, len(ids), BATCH):
        batch = delivery.claim_all(ids[start : start + BATCH])
        for row in batch:
            row.is_alone = alone[row.id]
        if batch:
            yield batch


def _deliver_batch(batch: Sequence[OutboxMessage], until: float) -> Iterator[int]:
    """Messages that we hold, each followed by the rest of its lane: yields how many were delivered of each lane."""
    began = marked = time.monotonic()
    until = min(until, began + conf.proctoring.OUTBOX_LEASE_SECONDS / 2)
    delivered: list[OutboxMessage] = []
    for row in batch:
        if time.monotonic() >= until:
            delivery.release(row)
            continue
        if registry.has_slow_recipient(row.kind):
            _let_overtake()
        if time.monotonic() - began >= MARK_SECONDS and not delivery.is_unchanged(row):
            delivery.release(row)
            continue
        if not delivery.attempt(row, delivered):
            continue
        if not row.is_alone or time.monotonic() - marked >= MARK_SECONDS:
            delivery.finish(delivered)
            delivered, marked = [], time.monotonic()
        yield 1 if row.is_alone else 1 + _deliver_lane(row.lane, until, polite=True)
    delivery.finish(delivered)


def _let_overtake() -> None:
    """Deliver what must not wait for a slow recipient: two looks a second, and no more than half of the time."""
    began = time.monotonic()
    if began < _next_look[0]:
        return
    _next_look[0] = math.inf  # a look within a look
    try:
        for batch in _claim_first(_urgent(), BATCH, timezone.now()):
            for _count in _deliver_batch(batch, began + 20 * OVERTAKE_SECONDS):
                pass
    finally:
        now = time.monotonic()
        _next_look[0] = now + max(OVERTAKE_SECONDS, now - began)


def _deliver_lane(lane: str, until: float = math.inf, *, polite: bool = False) -> int:
    """What waits in the lane, as far as it is due. `polite`: before messages with slow recipients the others go first."""
    count = 0
    while time.monotonic() < until:
        oldest = OutboxMessage.objects.unfinished().filter(lane=lane).order_by("id").first()
        if oldest is None or oldest.origin not in ("", conf.proctoring.ORIGIN):
            break
        if polite and registry.has_slow_recipient(oldest.kind):
            _let_overtake()
        row = delivery.claim(oldest.id)
        delivered: list[OutboxMessage] = []
        if row is None or not delivery.attempt(row, delivered):
            break
        delivery.finish(delivered)
        count += 1
    return count


def flush(ordering_key: str) -> bool:
    """Deliver what waits in the lane now, whatever its next try; False when something still waits.

    Inside somebody else's transaction nothing is delivered: what it put may still be rolled back.
    """
    waiting = OutboxMessage.objects.unfinished().filter(lane=ordering_key)
    if transactions.owns():
        _make_due(waiting)
        _deliver_lane(ordering_key)
    return not waiting.exists()


def _make_due(waiting: OutboxQuerySet) -> None:
    delivery.at_once(lambda: waiting.by_key().update(next_try_at=timezone.now()))


def deliver_now(key: str, wait_seconds: float, enough: Callable[[], object] = bool) -> bool:
    """Deliver this message here and now, or wait for whoever holds it; False when it still waits afterwards.

    `enough`: says that the message has had its effect, although others may have put it again since.
    """
    until = time.monotonic() + wait_seconds
    waiting = OutboxMessage.objects.unfinished().filter(key=key)
    while (message := waiting.first()) is not None and not enough():
        if message.lease_until is None or message.lease_until <= timezone.now():
            _make_due(waiting)
            _deliver_lane(message.lane)
            if waiting.filter(tries__gt=message.tries, version=message.version).exists():
                return False
        if time.monotonic() >= until and waiting.exists():
            return False
        time.sleep(0.1)  # somebody else holds it, or was faster
    return True
