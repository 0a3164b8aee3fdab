"""Deliver the pending messages of each lane one after the other, and find all lanes that are due.

Before each message to a slow recipient, the process checks whether other messages are due and delivers them first. So
thousands of messages to a provider that hangs do not delay an e-mail.
"""

import datetime
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from django.db.models import Q, QuerySet
from django.utils import timezone

from edx_proctoring import conf, transactions
from edx_proctoring.models.outbox import OutboxMessage, OutboxQuerySet
from edx_proctoring.models.scheduled_runs import NET, ScheduledRun
from edx_proctoring.outbox import delivery, handlers

LOOK = 1000  # lanes per query: each query reads all pending messages
BATCH = 100  # lanes leased at once
MARK_SECONDS = 1  # how often a batch records its deliveries, which limits what a crash repeats
OVERTAKE_SECONDS = 0.5  # between two checks for messages that may overtake

_next_look = [0.0]  # of this process, by the monotonic clock


def deliver_messages(ids: Iterable[int]) -> int:
    """Deliver these messages and the pending ones in their lanes; return how many were delivered."""
    rows = OutboxMessage.objects.filter(id__in=list(ids)).order_by("id").values_list("lane", "kind")
    ordered = sorted(rows, key=lambda row: handlers.has_slow_recipient(row[1]))
    return sum(
        _deliver_lane(lane, polite=True) for lane in dict.fromkeys(row[0] for row in ordered)
    )


def deliver(
    limit: int | None = None, seconds: float = math.inf, after_each: Callable[[int], object] = int
) -> dict[str, int]:
    """Deliver all due messages, from at most `limit` lanes and for about `seconds`; return how many were delivered and
    are left.

    `after_each` is called after each lane with the count so far. Failed messages are left to a later run, however long
    this one takes.
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
    """Return the lanes whose oldest message is due, oldest first."""
    return [lane for lane, _first, _last in _due(Q(), limit, timezone.now())]


def _due(
    kinds: Q, limit: int | None, began: datetime.datetime
) -> QuerySet[OutboxMessage, tuple[str, int, int]]:
    """Return the lanes that are due, except those that failed during this run."""
    now = timezone.now()
    which = kinds & Q(origin__in=("", conf.proctoring.ORIGIN))
    failed_since = Q(tries__gt=0, next_try_at__gt=began, next_try_at__lte=now)
    return OutboxMessage.objects.first_due(now, which & ~failed_since)[:limit]


def _urgent() -> Q:
    return ~Q(kind__in=handlers.slow_recipient_kinds())


def _ours() -> OutboxQuerySet:
    return OutboxMessage.objects.of_origins("", conf.proctoring.ORIGIN)


def _claim_due(limit: int, began: datetime.datetime) -> Iterator[list[OutboxMessage]]:
    """Lease the oldest messages of due lanes batch by batch; slow recipients only if nothing else is due."""
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
    """Lease the oldest messages of due lanes of these kinds, using one query.

    With very many lanes the query takes much longer than a batch. Messages leased elsewhere in the meantime are
    skipped, and messages that join a lane later are found by the next query.
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
    """Deliver leased messages, each followed by the rest of its lane; yield the number delivered per lane."""
    began = marked = time.monotonic()
    until = min(until, began + conf.proctoring.OUTBOX_LEASE_SECONDS / 2)
    delivered: list[OutboxMessage] = []
    for row in batch:
        if time.monotonic() >= until:
            delivery.release(row)
            continue
        if handlers.has_slow_recipient(row.kind):
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
    """Deliver messages that must not wait for a slow recipient: checks twice a second and uses at most half of the
    time.
    """
    began = time.monotonic()
    if began < _next_look[0]:
        return
    _next_look[0] = math.inf  # called from within itself
    try:
        for batch in _claim_first(_urgent(), BATCH, timezone.now()):
            for _count in _deliver_batch(batch, began + 20 * OVERTAKE_SECONDS):
                pass
    finally:
        now = time.monotonic()
        _next_look[0] = now + max(OVERTAKE_SECONDS, now - began)


def _deliver_lane(lane: str, until: float = math.inf, *, polite: bool = False) -> int:
    """Deliver the due messages of a lane. `polite`: let other messages go before those with slow recipients."""
    count = 0
    while time.monotonic() < until:
        oldest = OutboxMessage.objects.unfinished().filter(lane=lane).order_by("id").first()
        if oldest is None or oldest.origin not in ("", conf.proctoring.ORIGIN):
            break
        if polite and handlers.has_slow_recipient(oldest.kind):
            _let_overtake()
        row = delivery.claim(oldest.id)
        delivered: list[OutboxMessage] = []
        if row is None or not delivery.attempt(row, delivered):
            break
        delivery.finish(delivered)
        count += 1
    return count


def flush(ordering_key: str) -> bool:
    """Deliver the pending messages of a lane now, even if their retry is not due yet; False if some are left.

    Inside an outer transaction nothing is delivered, because its messages may still be rolled back.
    """
    waiting = OutboxMessage.objects.unfinished().filter(lane=ordering_key)
    if transactions.owns():
        _make_due(waiting)
        _deliver_lane(ordering_key)
    return not waiting.exists()


def _make_due(waiting: OutboxQuerySet) -> None:
    delivery.in_one_transaction(lambda: waiting.by_key().update(next_try_at=timezone.now()))


def deliver_now(key: str, wait_seconds: float, enough: Callable[[], object] = bool) -> bool:
    """Deliver this message immediately, or wait for the process that leased it; False if it is still pending
    afterwards.

    `enough`: returns whether the message has already had its effect, although it may have been stored again since.
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
        time.sleep(0.1)  # leased by another process, or that process was faster
    return True
