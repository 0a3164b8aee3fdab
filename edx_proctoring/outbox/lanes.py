"""Deliver the pending messages of each lane one after the other, and find all lanes that are due.

Before each message to a slow recipient, the process checks whether other messages are due and delivers them first. So
thousands of messages to a provider that hangs do not delay an e-mail.
"""

import datetime
import itertools
import math
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self

from django.db.models import Q, QuerySet
from django.utils import timezone

from edx_proctoring import conf, transactions
from edx_proctoring.models.outbox import OutboxMessage, OutboxQuerySet
from edx_proctoring.models.scheduled_runs import NET, ScheduledRun
from edx_proctoring.outbox import delivery, handlers
from edx_proctoring.outbox.shared import Shared

LOOK = 5000  # lanes per query: each query reads all pending messages
BATCH = 100  # lanes leased at once, at first
LARGEST_BATCH = 400  # and while batches are quick; with followers below 1,000 ids, for which MariaDB makes a table
QUICK_SECONDS = 0.5  # a batch that takes less is followed by one of twice its size
FOLLOWERS = 500  # further messages of these lanes, leased with them
OVERTAKE_SECONDS = 0.5  # between two checks for messages that may overtake

_next_look = [0.0]  # of this process, by the monotonic clock


class _Chunk(NamedTuple):
    """Leased messages of one lane in order, beginning with its oldest one; none between them is left out."""

    rows: list[OutboxMessage]
    is_all: bool  # nothing else waited in the lane


def deliver_messages(ids: Iterable[int]) -> int:
    """Deliver these messages and the pending ones in their lanes; return how many were delivered.

    Those of several lanes are leased and marked together, except for slow recipients.
    """
    rows = OutboxMessage.objects.filter(id__in=list(ids)).order_by("id").values_list("lane", "kind")
    ordered = sorted(rows, key=lambda row: handlers.has_slow_recipient(row[1]))
    lanes, count = list(dict.fromkeys(row[0] for row in ordered)), 0
    if len(lanes) > 1:
        for first in range(0, len(lanes), LARGEST_BATCH):
            count += _deliver_urgent(lanes[first : first + LARGEST_BATCH])
        waiting = OutboxMessage.objects.unfinished().filter(lane__in=lanes)
        left = set(waiting.order_by().values_list("lane", flat=True).distinct())
        lanes = [lane for lane in lanes if lane in left]
    return count + sum(_deliver_lane(lane, polite=True) for lane in lanes)


def _deliver_urgent(lanes: Sequence[str]) -> int:
    """Deliver the due messages of these lanes in batches, up to the first to a slow recipient; return how many."""
    began, count, found = timezone.now(), 0, True
    while found:
        found = False
        for batch in _claim_first(_urgent(), len(lanes), began, lanes):
            found = True
            count += sum(_deliver_batch(batch, math.inf))
    return count


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
    kinds: Q, limit: int | None, began: datetime.datetime, lanes: Sequence[str] | None = None
) -> QuerySet[OutboxMessage, tuple[str, int, int]]:
    """Return the lanes (of these, or of all) that are due, except those that failed during this run."""
    now = timezone.now()
    which = kinds & Q(origin__in=("", conf.proctoring.ORIGIN))
    failed_since = Q(tries__gt=0, next_try_at__gt=began, next_try_at__lte=now)
    rows = OutboxMessage.objects.all()
    if lanes is not None:
        rows = rows.filter(lane__in=lanes)
    return rows.first_due(now, which & ~failed_since)[:limit]


def _urgent() -> Q:
    return ~Q(kind__in=handlers.slow_recipient_kinds())


def _ours() -> OutboxQuerySet:
    return OutboxMessage.objects.of_origins("", conf.proctoring.ORIGIN)


def _claim_due(limit: int, began: datetime.datetime) -> Iterator[list[_Chunk]]:
    """Lease messages of due lanes batch by batch; slow recipients only if nothing else is due."""
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


def _claim_first(
    kinds: Q, limit: int, began: datetime.datetime, lanes: Sequence[str] | None = None
) -> Iterator[list[_Chunk]]:
    """Lease messages of due lanes (of these, or of all) whose oldest ones are of these kinds, using one query to find
    them.

    With very many lanes the query takes much longer than a batch. Messages leased elsewhere in the meantime are
    skipped, and messages that join a lane later are found by the next query.
    """
    found, size = list(_due(kinds, limit, began, lanes)), BATCH
    while found:
        part, found = found[:size], found[size:]
        ids = {lane: [first] for lane, first, _last in part}
        longer = [lane for lane, first, last in part if first != last]
        if longer:
            waiting = OutboxMessage.objects.unfinished().filter(lane__in=longer)
            _add_followers(ids, _without_texts(waiting, FOLLOWERS + len(longer)), began)
        claimed = time.monotonic()
        if batch := _claim(ids, {lane: last for lane, _first, last in part}):
            yield batch
        # No other worker delivers the messages leased here: slow receivers are shared in small batches.
        is_quick = time.monotonic() - claimed < QUICK_SECONDS
        size = min(2 * size, max(BATCH, LARGEST_BATCH)) if is_quick else BATCH


def _without_texts(waiting: OutboxQuerySet, limit: int) -> list[OutboxMessage]:
    return list(waiting.order_by("id").defer("payload", "last_error")[:limit])


def _add_followers(
    ids: Mapping[str, list[int]], waiting: Iterable[OutboxMessage], began: datetime.datetime
) -> None:
    """Add to the first ids of lanes those of the messages that can be delivered together with them."""
    now, closed = timezone.now(), set()
    for row in waiting:
        if row.lane not in closed and _is_ready(row, now, began):
            if row.id != ids[row.lane][0]:
                ids[row.lane].append(row.id)
        else:
            closed.add(row.lane)


def _is_ready(row: OutboxMessage, now: datetime.datetime, began: datetime.datetime) -> bool:
    """Return whether it may be leased with others: it is quick, ours, free and due, and did not fail in this run."""
    is_ours = row.origin in ("", conf.proctoring.ORIGIN)
    is_due = not row.lease and row.next_try_at <= (min(began, now) if row.tries else now)
    return handlers.is_quick(row.kind) and is_ours and is_due


def _claim(ids: Mapping[str, Sequence[int]], last: Mapping[str, int]) -> list[_Chunk]:
    """Lease these messages, of each lane only those before the first that is no longer free.

    Nobody delivers from a lane while its oldest message is leased. So the next ones may be leased with it, as long as
    none is left out.
    """
    token = uuid.uuid4().hex
    leased = delivery.claim_all([one for lane in ids.values() for one in lane], token)
    rows = {row.id: row for row in leased}
    chunks: list[_Chunk] = []
    for lane, wanted in ids.items():
        taken = [rows.pop(one) for one in itertools.takewhile(rows.__contains__, wanted)]
        if taken:
            chunks.append(_Chunk(taken, taken[-1].id >= last[lane]))
    delivery.release(*rows.values())
    return chunks


class _Run:
    """The delivery of leased messages; records what was delivered every second and at its end."""

    def __init__(self, until: float) -> None:
        self._began = self._marked = time.monotonic()
        self._until = until
        self._safe_until = self._began + conf.proctoring.OUTBOX_LEASE_SECONDS / 2
        self._withdrawals = delivery.withdrawals()
        self._has_tried = False
        self._delivered: list[OutboxMessage] = []
        self._left: list[OutboxMessage] = []
        self._shared = Shared()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.record()
            delivery.release(*self._left)
        finally:
            self._shared.close()

    def deliver(self, rows: Sequence[OutboxMessage]) -> int:
        """Deliver messages of one lane up to the first failure, or until time is over; return how many."""
        for count, row in enumerate(rows):
            if self.is_over():
                self._left += rows[count:]
                return count
            if not self._deliver(row):
                self._left += rows[count + 1 :]
                return count
        return len(rows)

    def is_over(self) -> bool:
        """Return whether no further message is started."""
        # However short the lease is, one message is tried: a loop of runs comes to an end.
        now = time.monotonic()
        return now >= self._until or (self._has_tried and now >= self._safe_until)

    def _deliver(self, row: OutboxMessage) -> bool:
        self._has_tried = True
        if handlers.takes_long(row.kind):
            self.record()
        if self._may_be_outdated() and not delivery.is_unchanged(row):
            delivery.release(row)
            return False
        row.shared = self._shared
        if not delivery.attempt(row, self._delivered):
            return False
        if time.monotonic() - self._marked >= delivery.MARK_SECONDS:
            self.record()
        return True

    def _may_be_outdated(self) -> bool:
        """Return whether messages may have been cancelled or stored again since they were leased: a second ago, or by
        this process.
        """
        is_old = time.monotonic() - self._began >= delivery.MARK_SECONDS
        return is_old or delivery.withdrawals() != self._withdrawals

    def record(self) -> None:
        """Mark messages as done."""
        done, self._delivered = self._delivered, []
        self._marked = time.monotonic()
        delivery.finish(done)


def _deliver_batch(batch: Sequence[_Chunk], until: float) -> Iterator[int]:
    """Deliver leased messages; yield the number delivered per lane.

    What follows a slow message in its lane is delivered right after it, one message at a time; what follows a chunk of
    quick ones is left to the next query, because the rest of the batch would have to wait for it.
    """
    with _Run(until) as run:
        for chunk in batch:
            if not run.is_over() and handlers.has_slow_recipient(chunk.rows[0].kind):
                _let_overtake()
            count = run.deliver(chunk.rows)
            is_slow = not handlers.is_quick(chunk.rows[0].kind)
            if is_slow and count == len(chunk.rows) and not chunk.is_all:
                run.record()
                count += _deliver_lane(chunk.rows[0].lane, until, polite=True)
            if count:
                yield count


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
    waiting = OutboxMessage.objects.unfinished().filter(lane=lane)
    while time.monotonic() < until:
        rows = _without_texts(waiting, BATCH)
        if not rows or rows[0].origin not in ("", conf.proctoring.ORIGIN):
            break
        if polite and handlers.has_slow_recipient(rows[0].kind):
            _let_overtake()
        ids = {lane: [rows[0].id]}
        _add_followers(ids, rows, timezone.now())
        chunks = _claim(ids, {lane: rows[-1].id})
        if not chunks:
            break
        with _Run(until) as run:
            delivered = run.deliver(chunks[0].rows)
        count += delivered
        if delivered < len(chunks[0].rows):
            break
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
