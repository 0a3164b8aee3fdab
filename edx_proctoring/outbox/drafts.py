"""Storing messages with the change that others must be told of."""

import datetime
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from edx_proctoring import conf, transactions
from edx_proctoring.models.outbox import CANCELLED, OutboxMessage
from edx_proctoring.outbox import broker, delivery, registry


@dataclass(frozen=True)
class Draft:
    """A message to put.

    With `coalesce` the message says how things are: putting the same key again replaces the payload and delivers it once
    more. Without, it is an event: the same key is the same message, stored once. Messages that share an `ordering_key` are
    delivered one after the other. `any_process`: any process may deliver it.
    """

    kind: str
    key: str
    ordering_key: str
    payload: dict[str, Any] = field(default_factory=dict)
    coalesce: bool = False
    any_process: bool = False
    # For a delivery right after the commit only: what need not be read again.
    prefetched: Mapping[str, Any] = field(default_factory=dict)


# At which depth of savepoints events are collected, and those that are. Receivers of the signals of models put messages,
# too, and their signatures are Django's.
_collected: ContextVar[tuple[int | None, list[Draft]]] = ContextVar("drafts", default=(None, []))


@contextmanager
def batched() -> Iterator[None]:
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
        collected.extend(draft for draft in drafts if not draft.coalesce)
        drafts = tuple(draft for draft in drafts if draft.coalesce)
    if not drafts:
        return
    token, now = uuid.uuid4().hex, timezone.now()
    events = [_row(draft, token, now) for draft in drafts if not draft.coalesce]
    if events:
        OutboxMessage.objects.bulk_create(events, ignore_conflicts=True)
    for draft in drafts:
        if draft.coalesce:
            row = _row(draft, token, now)
            # Update and lease together, or somebody else's delivery comes between them.
            delivery.at_once(lambda row=row: OutboxMessage.objects.put_coalescing(row))  # type: ignore[misc]
    prefetched = {draft.key: draft.prefetched for draft in drafts}
    transactions.after_commit(lambda: delivery.deliver_fresh(prefetched, token))


def _row(draft: Draft, token: str, now: datetime.datetime) -> OutboxMessage:
    leased = registry.is_inline(draft.kind) or not broker.is_used()
    return OutboxMessage(
        kind=draft.kind,
        key=draft.key,
        lane=draft.ordering_key,
        payload=draft.payload,
        origin="" if draft.any_process else conf.proctoring.ORIGIN,
        lease=token if leased else "",
        lease_until=now + delivery.lease_time() if leased else None,
        next_try_at=now,
        created=now,
    )


def cancel(ordering_key: str, *kinds: str) -> None:
    """What waits in the lane is not told any more; whoever is telling it just now finds out afterwards."""
    collected = _collected.get()[1]
    collected[:] = [
        one for one in collected if one.ordering_key != ordering_key or one.kind not in kinds
    ]
    waiting = OutboxMessage.objects.unfinished().filter(lane=ordering_key, kind__in=kinds)
    waiting.by_key().update(state=CANCELLED, version=F("version") + 1, modified=timezone.now())


def is_pending(key: str) -> bool:
    """Does this message still wait for its delivery?"""
    return OutboxMessage.objects.unfinished().filter(key=key).exists()


def is_waiting(ordering_key: str, kind: str) -> bool:
    """Does a message of this kind still wait in the lane?"""
    return OutboxMessage.objects.unfinished().filter(lane=ordering_key, kind=kind).exists()
