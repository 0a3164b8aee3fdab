"""Store messages together with the change that causes them."""

import datetime
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from edx_proctoring import conf, logs, transactions
from edx_proctoring.compiled_queries import CompiledOnce
from edx_proctoring.compiled_rows import InsertOnce
from edx_proctoring.models.outbox import CANCELLED, OutboxMessage
from edx_proctoring.outbox import broker, delivery, handlers
from edx_proctoring.types import JSONObject, MessagePayload


@dataclass(frozen=True)
class Draft:
    """A message to be stored.

    With `coalesce` the message describes the current state: storing the same key again replaces the payload and causes
    one more delivery. Without it, the message is an event: a repeated key is the same message and is stored once.
    Messages that share an `ordering_key` are delivered one after the other. `any_process`: any process can deliver it.
    """

    kind: str
    key: str
    ordering_key: str
    payload: MessagePayload | JSONObject = field(default_factory=dict)
    coalesce: bool = False
    any_process: bool = False
    # Objects that a delivery right after the commit need not read again.
    prefetched: Mapping[str, Any] = field(default_factory=dict)


# The savepoint depth at which events are collected, and the collected events. Receivers of model signals store
# messages, too, and Django fixes their signatures.
_collected: ContextVar[tuple[int | None, list[Draft]]] = ContextVar("drafts", default=(None, []))


@contextmanager
def batched() -> Iterator[None]:
    """Inside a transaction: store all events put within this block with one statement at its end.

    Events put in an inner savepoint are stored immediately, because that savepoint may be rolled back on its own.
    """
    collected: list[Draft] = []
    token = _collected.set((len(transaction.get_connection().savepoint_ids), collected))
    try:
        yield
    finally:
        _collected.reset(token)
    put(*collected)


def put(*drafts: Draft) -> None:
    """Store messages in the current transaction; they are delivered after its commit."""
    depth, collected = _collected.get()
    if depth == len(transaction.get_connection().savepoint_ids):
        collected.extend(draft for draft in drafts if not draft.coalesce)
        drafts = tuple(draft for draft in drafts if draft.coalesce)
    if not drafts:
        return
    token, now = delivery.new_token(), timezone.now()
    events = [_row(draft, token, now) for draft in drafts if not draft.coalesce]
    if events:
        _INSERT(events)
    for draft in drafts:
        if draft.coalesce:
            row = _row(draft, token, now)
            # Update and lease in one step, or another process could deliver the message in between.
            delivery.in_one_transaction(partial(OutboxMessage.objects.put_coalescing, row))
            delivery.note_withdrawal()
    prefetched = {draft.key: draft.prefetched for draft in drafts}
    known = {row.key: row for row in reversed(events)}  # the first row of a key is the stored one
    transactions.after_commit(lambda: delivery.deliver_after_commit(prefetched, token, known))


_INSERT = InsertOnce(OutboxMessage, ignore_conflicts=True)


def _row(draft: Draft, token: str, now: datetime.datetime) -> OutboxMessage:
    leased = handlers.is_inline(draft.kind) or not broker.is_used()
    return OutboxMessage(
        kind=draft.kind,
        key=draft.key,
        lane=draft.ordering_key,
        payload=logs.with_id(draft.payload),
        origin="" if draft.any_process else conf.proctoring.ORIGIN,
        lease=token if leased else "",
        lease_until=now + delivery.lease_time() if leased else None,
        next_try_at=now,
        created=now,
    )


def cancel(ordering_key: str, *kinds: str) -> None:
    """Cancel the pending messages of a lane. A delivery in progress notices the cancellation when it finishes."""
    collected = _collected.get()[1]
    collected[:] = [
        one for one in collected if one.ordering_key != ordering_key or one.kind not in kinds
    ]
    waiting = OutboxMessage.objects.unfinished().filter(lane=ordering_key, kind__in=kinds)
    waiting.by_key().update(state=CANCELLED, version=F("version") + 1, modified=timezone.now())
    delivery.note_withdrawal()


def is_pending(key: str) -> bool:
    """Return whether this message is still pending."""
    return OutboxMessage.objects.unfinished().filter(key=key).exists()


def is_waiting(ordering_key: str, kind: str) -> bool:
    """Return whether a message of this kind is still pending in the lane."""
    return bool(_WAITING(ordering_key, kind))


_WAITING = CompiledOnce(
    lambda lane, kind: (
        OutboxMessage.objects.unfinished()
        .filter(lane=lane, kind=kind)
        .values_list("pk", flat=True)[:1]
    ),
    *(str, str),
)
