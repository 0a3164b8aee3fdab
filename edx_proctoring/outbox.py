"""The outbox: what others must be told is stored with the change and delivered after it, at least once, in order.

Knows nothing of proctoring. `put` stores messages in the transaction of the change. After commit they are delivered in
the same process (kinds registered `inline`, or all with DELIVERY='inline') or by a Celery task; what fails or dies stays
as a row for the next try. Messages of one lane are delivered one after the other.
"""

import datetime
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from celery import current_app
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from edx_proctoring import cache, conf, patience, transactions
from edx_proctoring.models.outbox import (
    CANCELLED,
    DONE,
    GIVEN_UP,
    PENDING,
    OutboxMessage,
    OutboxQuerySet,
    pause_after,
)

log = logging.getLogger(__name__)

Handler = Callable[[OutboxMessage], object]
Result = TypeVar("Result")
TASK = "edx_proctoring.tasks.deliver_messages"
LONGEST_INLINE = 5  # seconds after a commit in which further messages are begun
PURGE_BATCH = 1000
BROKER_DOWN, BROKER_PAUSE = "edx_proctoring.broker_down", 30  # seconds

_handlers: dict[str, Handler] = {}
_inline: set[str] = set()


@dataclass(frozen=True)
class Draft:
    """A message to put.

    `state` messages say how things are: putting the same key again replaces the payload and delivers once more.
    Others are events: the same key is the same message and stored once. `anywhere`: any process may deliver it.
    """

    kind: str
    key: str
    lane: str
    payload: dict[str, Any] = field(default_factory=dict)
    state: bool = False
    anywhere: bool = False
    # For a delivery right after the commit only: what need not be read again.
    known: Mapping[str, Any] = field(default_factory=dict)


# At which depth of savepoints events are collected, and those that are.
_collected: ContextVar[tuple[int | None, list[Draft]]] = ContextVar("drafts", default=(None, []))


class NotNow(Exception):
    """Raised by a handler that wants another try later, without an error to report."""


class NotHere(NotNow):
    """Raised by a handler that only another process can do: no task of this one's is sent to try again."""


def register(kind: str, handler: Handler, *, inline: bool = False) -> None:
    """Name who delivers messages of this kind; an error that it raises means "try again".

    `inline`: deliver right after commit in the process that put it; such messages carry `inline_until`, the end of the
    time (monotonic clock) that saving exams may take. What was not begun within five seconds, and what needs somebody
    who was slow lately, is left to the worker.
    """
    _handlers[kind] = handler
    if inline:
        _inline.add(kind)


def kinds() -> list[str]:
    """The kinds of messages that somebody delivers."""
    return sorted(_handlers)


@contextmanager
def together() -> Iterator[None]:
    """Inside a transaction: the events put in here are stored by one statement, at the end.

    Not those put in a savepoint of somebody inside, who may roll it back and go on.
    """
    collected: list[Draft] = []
    token = _collected.set((len(transaction.get_connection().savepoint_ids), collected))
    try:
        yield
    finally:
        _collected.reset(token)
    put(*collected)


def put(*drafts: Draft) -> None:
    """Store messages in the current transaction; they are delivered after it."""
    depth, collected = _collected.get()
    if depth == len(transaction.get_connection().savepoint_ids):
        collected.extend(draft for draft in drafts if not draft.state)
        drafts = tuple(draft for draft in drafts if draft.state)
    if not drafts:
        return
    token, now = uuid.uuid4().hex, timezone.now()
    events = [_row(draft, token, now) for draft in drafts if not draft.state]
    if events:
        OutboxMessage.objects.bulk_create(events, ignore_conflicts=True)
    for draft in drafts:
        if draft.state:
            row = _row(draft, token, now)
            # Update and lease together, or somebody else's delivery comes between them.
            _at_once(lambda row=row: OutboxMessage.objects.put_state(row))  # type: ignore[misc]
    known = {draft.key: draft.known for draft in drafts}
    transactions.after_commit(lambda: _deliver_fresh(known, token))


def _at_once(work: Callable[[], Result]) -> Result:
    """In one transaction, repeated after a deadlock; in a transaction that is open already, as a part of it."""
    return transactions.run(work) if transactions.owns() else work()


def _row(draft: Draft, token: str, now: datetime.datetime) -> OutboxMessage:
    leased = _is_inline(draft.kind)
    return OutboxMessage(
        kind=draft.kind,
        key=draft.key,
        lane=draft.lane,
        payload=draft.payload,
        origin="" if draft.anywhere else conf.proctoring.ORIGIN,
        lease=token if leased else "",
        lease_until=now + _lease_time() if leased else None,
        next_try_at=now,
        created=now,
    )


def cancel(lane: str, *kinds: str) -> None:
    """What waits in the lane is not told any more; whoever is telling it just now finds out afterwards."""
    collected = _collected.get()[1]
    collected[:] = [one for one in collected if one.lane != lane or one.kind not in kinds]
    waiting = OutboxMessage.objects.unfinished().filter(lane=lane, kind__in=kinds)
    waiting.by_key().update(state=CANCELLED, version=F("version") + 1, modified=timezone.now())


def is_pending(key: str) -> bool:
    """Does this message still wait for its delivery?"""
    return OutboxMessage.objects.unfinished().filter(key=key).exists()


def is_waiting(lane: str, kind: str) -> bool:
    """Does a message of this kind still wait in the lane?"""
    return OutboxMessage.objects.unfinished().filter(lane=lane, kind=kind).exists()


def flush(lane: str) -> bool:
    """Deliver what waits in the lane now, whatever its next try; False when something still waits.

    Inside somebody else's transaction nothing is delivered: what it put may still be rolled back.
    """
    waiting = OutboxMessage.objects.unfinished().filter(lane=lane)
    if transactions.owns():
        _hurry(waiting)
        _deliver_lane(lane)
    return not waiting.exists()


def _hurry(waiting: OutboxQuerySet) -> None:
    _at_once(lambda: waiting.by_key().update(next_try_at=timezone.now()))


def _is_inline(kind: str) -> bool:
    return kind in _inline or conf.proctoring.DELIVERY == "inline"


def _lease_time() -> datetime.timedelta:
    return datetime.timedelta(seconds=conf.proctoring.OUTBOX_LEASE_SECONDS)


# Delivery


def _deliver_fresh(known: Mapping[str, Mapping[str, Any]], token: str) -> None:
    """Right after commit: deliver what we hold if nothing waits before it, send the rest to the worker.

    `known` are the keys of what was put, each with what its delivery need not read again.
    """
    waiting = OutboxMessage.objects.unfinished().filter(key__in=known)
    rows = list(waiting.knowing_what_is_before(token).order_by("id"))
    blocked: set[str] = set()
    delivered: list[OutboxMessage] = []
    rest = [row.id for row in rows if row.lease != token]
    now = time.monotonic()
    for row in rows:
        if row.lease != token:
            continue
        row.known = known[row.key]
        row.inline_until = now + conf.proctoring.INLINE_EXAM_SAVE_DEADLINE_SECONDS
        is_late = time.monotonic() >= now + LONGEST_INLINE
        if is_late or row.is_behind or row.lane in blocked:  # type: ignore[attr-defined]
            _release(row)
            rest.append(row.id)
        else:
            with patience.impatient():
                if _attempt_delivery(row, delivered):
                    continue
        blocked.add(row.lane)
    _finish(delivered)
    _enqueue(rest)


def _attempt_delivery(row: OutboxMessage, delivered: list[OutboxMessage]) -> bool:
    try:
        _handlers[row.kind](row)
    except Exception as error:
        if not isinstance(error, NotNow | patience.TooSlow):
            log.warning("not delivered, key=%s tries=%s error=%r", row.key, row.tries + 1, error)
        _postpone(row, error)
        return False
    delivered.append(row)
    return True


def _finish(rows: Sequence[OutboxMessage]) -> None:
    """Mark as done what is still as it was when we took it; a row put again meanwhile stays pending."""
    by_version: dict[int, list[int]] = {}
    for row in rows:
        by_version.setdefault(row.version, []).append(row.id)
    for version, ids in by_version.items():
        _mark_done(OutboxMessage.objects.filter(lease=rows[0].lease, id__in=ids), version, len(ids))


def _mark_done(mine: Any, version: int, count: int) -> None:
    values = {"state": DONE, "lease": "", "lease_until": None, "last_error": ""}
    unchanged = mine.filter(version=version, state=PENDING)
    done = transactions.repeated(lambda: unchanged.update(**values, modified=timezone.now()))
    if done < count:
        _enqueue(_at_once(lambda: _reopened(mine)))


def _reopened(mine: Any) -> list[int]:
    """Give back what is not done after all; what of it is still to be told."""
    pending = list(mine.filter(state=PENDING).values_list("id", flat=True))
    now = timezone.now()
    mine.update(lease="", lease_until=None, next_try_at=now, modified=now)
    return pending


def _release(row: OutboxMessage) -> None:
    mine = OutboxMessage.objects.filter(id=row.id, lease=row.lease)
    transactions.repeated(lambda: mine.update(lease="", lease_until=None))


def _postpone(row: OutboxMessage, error: Exception) -> None:
    now, pause = timezone.now(), pause_after(row.tries)
    over = now - row.created > datetime.timedelta(days=conf.proctoring.OUTBOX_GIVE_UP_DAYS)
    values: dict[str, Any] = {
        "lease": "",
        "lease_until": None,
        "tries": F("tries") + 1,
        "last_error": f"{type(error).__name__}: {error}"[:2000],
        "next_try_at": now + pause,
        "modified": now,
    }
    mine = OutboxMessage.objects.filter(id=row.id, lease=row.lease)
    last = mine.filter(version=row.version, state=PENDING)
    if over and _at_once(lambda: last.update(**values, state=GIVEN_UP)):
        log.error("message given up, key=%s tries=%s", row.key, row.tries + 1)
        return
    _at_once(lambda: mine.update(**values))
    if not isinstance(error, NotHere):
        _enqueue([row.id], countdown=pause.total_seconds())


def _enqueue(ids: Sequence[int], countdown: float | None = None) -> None:
    """Send a task; with the broker down the row waits for the periodic delivery.

    Finding out that the broker is down takes seconds: after a failure nobody tries for a while.
    """
    if not ids or conf.proctoring.DELIVERY == "inline" or cache.get(BROKER_DOWN):
        return
    try:
        current_app.signature(TASK, args=[list(ids)]).apply_async(countdown=countdown, retry=False)
    except Exception as error:
        log.warning("broker not reached, messages=%s error=%r", len(ids), error)
        cache.set(BROKER_DOWN, True, BROKER_PAUSE)


def claim(message_id: int, token: str) -> OutboxMessage | None:
    """Take a due message for a lease's time, or None when somebody else has it."""
    now = timezone.now()
    rows = OutboxMessage.objects.filter(pk=message_id)

    def take() -> OutboxMessage | None:
        row = rows.locked().due(now).first()
        until = now + _lease_time()
        if row is None or not rows.due(now).update(lease=token, lease_until=until):
            return None
        row.lease = token
        return row

    return transactions.run(take)


def deliver_messages(ids: Iterable[int]) -> int:
    """Deliver these messages and what waits with them in their lanes; returns how many were delivered."""
    lanes = OutboxMessage.objects.filter(id__in=list(ids)).order_by("id")
    return sum(_deliver_lane(lane) for lane in dict.fromkeys(lanes.values_list("lane", flat=True)))


def deliver(limit: int = 1000, after_each: Callable[[int], object] = int) -> dict[str, int]:
    """Deliver whatever is due; returns how many were delivered and wait. `after_each` lane hears how many so far."""
    delivered = 0
    for lane in due_lanes(limit):
        delivered += _deliver_lane(lane)
        after_each(delivered)
    return {"delivered": delivered, "waiting": _ours().unfinished().count()}


def due_lanes(limit: int) -> list[str]:
    """Lanes whose oldest message is due, the oldest first."""
    due = _ours().due(timezone.now()).first_in_lane().order_by("id")
    return list(due.values_list("lane", flat=True)[:limit])


def _ours() -> Any:
    return OutboxMessage.objects.of_origins("", conf.proctoring.ORIGIN)


def _deliver_lane(lane: str) -> int:
    count = 0
    while True:
        oldest = OutboxMessage.objects.unfinished().filter(lane=lane).order_by("id").first()
        if oldest is None or oldest.origin not in ("", conf.proctoring.ORIGIN):
            return count
        if oldest.kind not in _handlers:
            log.error("nobody delivers this kind, key=%s kind=%s", oldest.key, oldest.kind)
            return count
        row = claim(oldest.id, uuid.uuid4().hex)
        if row is None:
            return count
        delivered: list[OutboxMessage] = []
        if not _attempt_delivery(row, delivered):
            return count
        _finish(delivered)
        count += 1


def deliver_now(key: str, wait_seconds: float, enough: Callable[[], object] = bool) -> bool:
    """Deliver this message here and now, or wait for whoever holds it; False when it still waits afterwards.

    `enough`: says that the message has had its effect, although others may have put it again since.
    """
    until = time.monotonic() + wait_seconds
    waiting = OutboxMessage.objects.unfinished().filter(key=key)
    while (message := waiting.first()) is not None and not enough():
        if message.lease_until is None or message.lease_until <= timezone.now():
            _hurry(waiting)
            _deliver_lane(message.lane)
            if waiting.filter(tries__gt=message.tries, version=message.version).exists():
                return False
        if time.monotonic() >= until and waiting.exists():
            return False
        time.sleep(0.1)  # somebody else holds it, or was faster
    return True


# Upkeep


def retry(ids: Iterable[int]) -> int:
    """Give up no more: deliver these messages anew; returns how many."""
    ids = list(ids)
    now = timezone.now()
    rows = OutboxMessage.objects.filter(id__in=ids, state__in=(PENDING, GIVEN_UP))
    count = rows.update(state=PENDING, tries=0, next_try_at=now, created=now, modified=now)
    transactions.after_commit(lambda: _enqueue(ids))
    return count


def purge() -> int:
    """Delete what was delivered longer ago than OUTBOX_KEEP_DAYS; returns how many rows."""
    before = timezone.now() - datetime.timedelta(days=conf.proctoring.OUTBOX_KEEP_DAYS)
    old, count = OutboxMessage.objects.delivered_before(before), 0
    while ids := list(old.values_list("id", flat=True)[:PURGE_BATCH]):
        count += _at_once(lambda ids=ids: old.filter(id__in=ids).delete()[0])  # type: ignore[misc]
    return count
