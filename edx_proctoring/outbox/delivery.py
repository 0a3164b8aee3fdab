"""Deliver single messages: lease, handle, record the result; and deliver new messages right after their commit."""

import datetime
import functools
import json
import logging
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from edx_proctoring import conf, logs, slow_calls, transactions
from edx_proctoring.backends.masking import without_secrets
from edx_proctoring.compiled_queries import CompiledOnce, UpdateOnce
from edx_proctoring.models.outbox import (
    DONE,
    GIVEN_UP,
    LONGEST_PAUSE,
    PENDING,
    OutboxMessage,
    OutboxQuerySet,
)
from edx_proctoring.outbox import broker, handlers
from edx_proctoring.outbox.handlers import NotNow, UnknownKind, WrongProcess
from edx_proctoring.types import MessagePayload

log = logging.getLogger(__name__)

Result = TypeVar("Result")
FIRST_PAUSE = datetime.timedelta(seconds=5)
FEW = 8  # messages: as many as a request usually stores
NO_ROWS: Mapping[str, OutboxMessage] = MappingProxyType({})
MARK_SECONDS = 1  # how often deliveries are recorded, which limits what a crash repeats
LONGEST_INLINE = 5  # seconds after a commit during which further messages are started


def in_one_transaction(work: Callable[[], Result]) -> Result:
    """Run the work in one transaction, repeated after a deadlock; inside an open transaction, as part of it."""
    return transactions.run(work) if transactions.owns() else work()


def lease_time() -> datetime.timedelta:
    """Return how long a leased message is reserved for its process."""
    return datetime.timedelta(seconds=conf.proctoring.OUTBOX_LEASE_SECONDS)


def claim(message_id: int, token: str = "") -> OutboxMessage | None:
    """Lease a due message, or return None if another process has leased it."""
    return next(iter(claim_all([message_id], token)), None)


def claim_all(ids: Sequence[int], token: str = "") -> list[OutboxMessage]:
    """Lease those of these messages that are due and not leased elsewhere, in one transaction."""
    token = token or uuid.uuid4().hex
    now = timezone.now()

    def take() -> list[OutboxMessage]:
        free = list(OutboxMessage.objects.filter(pk__in=ids).locked().due(now).order_by("id"))
        if not free:
            return []
        rows = OutboxMessage.objects.filter(pk__in=[row.id for row in free])
        taken = rows.due(now).update(lease=token, lease_until=now + lease_time())
        if taken < len(free):  # the database does not lock rows, and another process was faster
            mine = set(rows.filter(lease=token).values_list("id", flat=True))
            free = [row for row in free if row.id in mine]
        for row in free:
            row.lease = token
        return free

    return transactions.run(take)


def is_unchanged(row: OutboxMessage) -> bool:
    """Return whether the message has been neither cancelled, nor stored again, nor taken over since it was leased."""
    return bool(_UNCHANGED(row.id, row.lease, row.version))


_UNCHANGED = CompiledOnce(
    lambda message_id, lease, version: (
        OutboxMessage.objects.unfinished()
        .filter(id=message_id, lease=lease, version=version)
        .values_list("pk", flat=True)
    ),
    *(int, str, int),
)


def attempt(row: OutboxMessage, delivered: list[OutboxMessage]) -> bool:
    """Handle the message. Append it to the list on success; schedule a retry on failure."""
    request_id = str(row.payload.get(logs.PAYLOAD_KEY, ""))
    row.payload = {name: value for name, value in row.payload.items() if name != logs.PAYLOAD_KEY}
    with logs.working_on(request_id or logs.current_id()):
        return _attempt(row, delivered)


def _attempt(row: OutboxMessage, delivered: list[OutboxMessage]) -> bool:
    try:
        handlers.handle(row)
    except Exception as error:
        if isinstance(error, UnknownKind):
            if not row.tries:
                log.error(
                    "no handler registered for message kind, key=%s kind=%s", row.key, row.kind
                )
        elif not isinstance(error, NotNow | slow_calls.CallSkipped):
            log.warning(
                "delivery failed, queued for retry, key=%s tries=%s error=%r",
                row.key,
                row.tries + 1,
                error,
            )
        _postpone(row, error)
        return False
    delivered.append(row)
    return True


def finish(rows: Sequence[OutboxMessage]) -> None:
    """Mark messages as done if they are unchanged since the lease; a message stored again meanwhile stays pending."""
    by_version: dict[int, list[int]] = {}
    for row in rows:
        by_version.setdefault(row.version, []).append(row.id)
    for version, ids in by_version.items():
        _mark_done(rows[0].lease, version, ids)


def _mark_done(lease: str, version: int, ids: Sequence[int]) -> None:
    limited = transactions.takes_lock_limit()
    seconds = transactions.LOCK_SECONDS if limited else None

    def mark() -> int:
        now = timezone.now()
        if len(ids) <= FEW:
            return _done(len(ids), seconds)(lease, version, now, *ids)
        rows, changes = _done_rows(seconds, lease, version, now, *ids)
        return rows.update(**changes)

    if transactions.repeated(mark, limits_waits=limited) < len(ids):
        mine = OutboxMessage.objects.filter(lease=lease, id__in=ids)
        broker.enqueue(in_one_transaction(lambda: _reopened(mine)))


@functools.cache
def _done(count: int, seconds: int | None) -> UpdateOnce:
    """Return the update that marks this many messages as done; `seconds` limit how long it waits for a lock."""
    kinds = (str, int, datetime.datetime, *[int] * count)
    return UpdateOnce(functools.partial(_done_rows, seconds), *kinds)


def _done_rows(
    seconds: int | None, lease: str, version: int, now: datetime.datetime, *ids: int
) -> tuple[OutboxQuerySet, dict[str, Any]]:
    rows = OutboxMessage.objects.filter(lease=lease, id__in=ids, version=version, state=PENDING)
    if seconds is not None:
        rows = rows.filter(transactions.lock_limit(seconds))
    values = {"state": DONE, "lease": "", "lease_until": None, "last_error": "", "modified": now}
    return rows, values


def _reopened(mine: OutboxQuerySet) -> list[int]:
    """Return messages whose delivery did not take effect to pending."""
    pending = list(mine.filter(state=PENDING).values_list("id", flat=True))
    now = timezone.now()
    mine.update(lease="", lease_until=None, next_try_at=now, modified=now)
    return pending


def note_progress(row: OutboxMessage, payload: MessagePayload) -> None:
    """Store the progress of a long delivery, for operators and for the next try, and renew the lease."""
    row.payload = payload
    stored = logs.with_id(payload)
    now = timezone.now()
    mine = OutboxMessage.objects.filter(id=row.id, lease=row.lease)
    values = {"payload": stored, "lease_until": now + lease_time(), "modified": now}
    transactions.repeated(lambda: mine.update(**values))


def release(*rows: OutboxMessage) -> None:
    """End the lease of messages leased together, without a delivery."""
    if rows:
        mine = OutboxMessage.objects.filter(id__in=[row.id for row in rows], lease=rows[0].lease)
        transactions.repeated(lambda: mine.update(lease="", lease_until=None))


_withdrawals = [0]  # how often this process cancelled messages or stored some again


def withdrawals() -> int:
    """Return a number that changes when this process cancels a message or stores it again."""
    return _withdrawals[0]


def note_withdrawal() -> None:
    """Let deliveries that are under way in this process check their leased messages once more."""
    _withdrawals[0] += 1


def _pause_after(tries: int) -> datetime.timedelta:
    """Return how long to wait before the next try: exponentially longer, with jitter."""
    # After 20 tries the pause has long been LONGEST_PAUSE; many more doublings would overflow a timedelta.
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(tries, 20)))
    return pause * random.uniform(0.8, 1.2)  # noqa: S311  jitter, not a secret


def _postpone(row: OutboxMessage, error: Exception) -> None:
    now, pause = timezone.now(), _pause_after(row.tries)
    over = now - row.created > datetime.timedelta(days=conf.proctoring.OUTBOX_GIVE_UP_DAYS)
    values: dict[str, Any] = {
        "lease": "",
        "lease_until": None,
        "tries": F("tries") + 1,
        "last_error": without_secrets(f"{type(error).__name__}: {error}")[:2000],
        "next_try_at": now + pause,
        "modified": now,
    }
    mine = OutboxMessage.objects.filter(id=row.id, lease=row.lease)
    last = mine.filter(version=row.version, state=PENDING)
    if over and in_one_transaction(lambda: _give_up(row, last, values)):
        log.error("message given up, key=%s tries=%s", row.key, row.tries + 1)
        return
    in_one_transaction(lambda: mine.update(**values))
    if not isinstance(error, WrongProcess):
        broker.enqueue([row.id], countdown=pause.total_seconds())


def _give_up(row: OutboxMessage, last: OutboxQuerySet, values: Mapping[str, Any]) -> bool:
    """Give the message up unless it has changed; an extension deletes what only the delivery needed."""
    if not last.update(**values, state=GIVEN_UP):
        return False
    try:
        with transaction.atomic():
            handlers.note_given_up(row)
    except Exception:  # the message stays given up, or it would be tried for ever
        log.exception("data of a given-up message not deleted, key=%s", row.key)
    return True


@functools.cache
def _fresh(count: int) -> CompiledOnce[OutboxMessage]:
    return CompiledOnce(_stored, str, *[str] * count)


def _stored(token: str, *keys: str) -> OutboxQuerySet:
    waiting = OutboxMessage.objects.unfinished().filter(key__in=keys)
    return waiting.with_is_behind(token).order_by("id")


@functools.cache
def _fresh_ids(count: int) -> CompiledOnce[tuple[int, str, str, int, bool]]:
    return CompiledOnce(_stored_ids, str, *[str] * count)


def _stored_ids(
    token: str, *keys: str
) -> "models.QuerySet[OutboxMessage, tuple[int, str, str, int, bool]]":
    rows: models.QuerySet[OutboxMessage, tuple[int, str, str, int, bool]]
    names: list[str] = ["id", "key", "lease", "version", "is_behind"]  # the last one is annotated
    rows = _stored(token, *keys).values_list(*names)
    return rows


def _completed(token: str, known: Mapping[str, OutboxMessage]) -> list[OutboxMessage]:
    """Return the stored ones of the events that this process has just inserted.

    Only what another process may have changed is read. Who stores an event again does not change it, so one with our lease
    has the values that we inserted.
    """
    rows = []
    for message_id, key, lease, version, is_behind in _fresh_ids(len(known))(token, *known):
        row = known[key]
        row.id, row.lease, row.version, row.is_behind = message_id, lease, version, bool(is_behind)
        row.payload = json.loads(json.dumps(row.payload))  # as the database returns it
        row._state.adding = False
        rows.append(row)
    return rows


@dataclass(frozen=True)
class _Batch:
    """Messages of several transactions that are delivered together, under one lease."""

    token: str
    prefetched: dict[str, Mapping[str, Any]] = field(default_factory=dict)


# Messages are stored by receivers of model signals, too, and Django fixes their signatures.
_batch: ContextVar[_Batch | None] = ContextVar("batch", default=None)


@contextmanager
def delivered_together() -> Iterator[None]:
    """Deliver at the end of this block the messages of all transactions in it, for work that makes many in a short time.

    The end of their lease limits how long that may be. Messages of a process that dies first are delivered by another.
    """
    batch = _Batch(uuid.uuid4().hex)
    token = _batch.set(batch)
    try:
        yield
    finally:
        _batch.reset(token)
        if batch.prefetched:  # as after a commit, errors are logged
            transactions.after_commit(lambda: deliver_after_commit(batch.prefetched, batch.token))


def new_token() -> str:
    """Return the lease of messages that this process is going to deliver after the commit."""
    batch = _batch.get()
    return batch.token if batch else uuid.uuid4().hex


def deliver_after_commit(
    prefetched: Mapping[str, Mapping[str, Any]],
    token: str,
    known: Mapping[str, OutboxMessage] = NO_ROWS,
) -> None:
    """Deliver the leased messages right after the commit if no earlier ones are pending; send the rest to the worker.

    `prefetched` maps the keys of stored messages to objects that their delivery need not read again, and `known` to the
    events themselves.
    """
    batch = _batch.get()
    if batch is not None and batch.token == token:
        batch.prefetched.update(prefetched)
        return
    if len(prefetched) > FEW:
        rows = list(_stored(token, *prefetched))
    elif len(known) == len(prefetched):
        rows = _completed(token, known)
    else:
        rows = _fresh(len(prefetched))(token, *prefetched)
    # Slow recipients come last. The sort is stable: it keeps the order within each lane.
    rows.sort(key=lambda row: handlers.has_slow_recipient(row.kind))
    blocked: set[str] = set()
    delivered: list[OutboxMessage] = []
    rest = [row.id for row in rows if row.lease != token]
    now = marked = time.monotonic()
    for row in rows:
        if row.lease != token:
            continue
        row.prefetched = prefetched[row.key]
        row.inline_until = now + conf.proctoring.INLINE_EXAM_SAVE_DEADLINE_SECONDS
        is_late = time.monotonic() >= now + LONGEST_INLINE
        if is_late or row.is_behind or row.lane in blocked:
            release(row)
            rest.append(row.id)
        else:
            with slow_calls.skip_if_slow():
                if attempt(row, delivered):
                    if time.monotonic() >= marked + MARK_SECONDS:
                        finish(delivered)
                        delivered, marked = [], time.monotonic()
                    continue
        blocked.add(row.lane)
    finish(delivered)
    broker.enqueue(rest)
