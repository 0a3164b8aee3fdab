"""One message: take it, hand it to its handler, note how that went; and what was put, right after its commit."""

import datetime
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import F
from django.utils import timezone

from edx_proctoring import conf, slow_calls, transactions
from edx_proctoring.backends.masking import without_secrets
from edx_proctoring.models.outbox import DONE, GIVEN_UP, PENDING, OutboxMessage, pause_after
from edx_proctoring.outbox import broker, registry
from edx_proctoring.outbox.registry import NotNow, UnknownKind, WrongProcess

log = logging.getLogger(__name__)

Result = TypeVar("Result")
LONGEST_INLINE = 5  # seconds after a commit in which further messages are begun


def at_once(work: Callable[[], Result]) -> Result:
    """In one transaction, repeated after a deadlock; in a transaction that is open already, as a part of it."""
    return transactions.run(work) if transactions.owns() else work()


def lease_time() -> datetime.timedelta:
    """How long a message that was taken is left alone."""
    return datetime.timedelta(seconds=conf.proctoring.OUTBOX_LEASE_SECONDS)


def claim(message_id: int, token: str = "") -> OutboxMessage | None:
    """Take a due message for a lease's time, or None when somebody else has it."""
    return next(iter(claim_all([message_id], token)), None)


def claim_all(ids: Sequence[int], token: str = "") -> list[OutboxMessage]:
    """Take those of these messages that are due and that nobody else has, in one transaction."""
    token = token or uuid.uuid4().hex
    now = timezone.now()

    def take() -> list[OutboxMessage]:
        free = list(OutboxMessage.objects.filter(pk__in=ids).locked().due(now).order_by("id"))
        if not free:
            return []
        rows = OutboxMessage.objects.filter(pk__in=[row.id for row in free])
        taken = rows.due(now).update(lease=token, lease_until=now + lease_time())
        if taken < len(free):  # the database locks no rows, and others were faster
            mine = set(rows.filter(lease=token).values_list("id", flat=True))
            free = [row for row in free if row.id in mine]
        for row in free:
            row.lease = token
        return free

    return transactions.run(take)


def is_unchanged(row: OutboxMessage) -> bool:
    """Was it neither cancelled nor put again nor taken over since we took it?"""
    mine = OutboxMessage.objects.unfinished().filter(id=row.id, lease=row.lease)
    return bool(mine.filter(version=row.version).exists())


def attempt(row: OutboxMessage, delivered: list[OutboxMessage]) -> bool:
    """Have it delivered; what was is added to the list, what was not is tried again later."""
    try:
        registry.handle(row)
    except Exception as error:
        if isinstance(error, UnknownKind):
            if not row.tries:
                log.error("nobody delivers this kind, key=%s kind=%s", row.key, row.kind)
        elif not isinstance(error, NotNow | slow_calls.CallSkipped):
            log.warning("not delivered, key=%s tries=%s error=%r", row.key, row.tries + 1, error)
        _postpone(row, error)
        return False
    delivered.append(row)
    return True


def finish(rows: Sequence[OutboxMessage]) -> None:
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
        broker.enqueue(at_once(lambda: _reopened(mine)))


def _reopened(mine: Any) -> list[int]:
    """Give back what is not done after all; what of it is still to be told."""
    pending = list(mine.filter(state=PENDING).values_list("id", flat=True))
    now = timezone.now()
    mine.update(lease="", lease_until=None, next_try_at=now, modified=now)
    return pending


def release(row: OutboxMessage) -> None:
    """Give it back as it was."""
    mine = OutboxMessage.objects.filter(id=row.id, lease=row.lease)
    transactions.repeated(lambda: mine.update(lease="", lease_until=None))


def _postpone(row: OutboxMessage, error: Exception) -> None:
    now, pause = timezone.now(), pause_after(row.tries)
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
    if over and at_once(lambda: last.update(**values, state=GIVEN_UP)):
        log.error("message given up, key=%s tries=%s", row.key, row.tries + 1)
        return
    at_once(lambda: mine.update(**values))
    if not isinstance(error, WrongProcess):
        broker.enqueue([row.id], countdown=pause.total_seconds())


def deliver_fresh(prefetched: Mapping[str, Mapping[str, Any]], token: str) -> None:
    """Right after commit: deliver what we hold if nothing waits before it, send the rest to the worker.

    `prefetched` holds the keys of what was put, each with what its delivery need not read again.
    """
    waiting = OutboxMessage.objects.unfinished().filter(key__in=prefetched)
    rows = list(waiting.knowing_what_is_before(token).order_by("id"))
    rows.sort(
        key=lambda row: registry.has_slow_recipient(row.kind)
    )  # stable: lanes keep their order
    blocked: set[str] = set()
    delivered: list[OutboxMessage] = []
    rest = [row.id for row in rows if row.lease != token]
    now = time.monotonic()
    for row in rows:
        if row.lease != token:
            continue
        row.prefetched = prefetched[row.key]
        row.inline_until = now + conf.proctoring.INLINE_EXAM_SAVE_DEADLINE_SECONDS
        is_late = time.monotonic() >= now + LONGEST_INLINE
        if is_late or row.is_behind or row.lane in blocked:  # type: ignore[attr-defined]
            release(row)
            rest.append(row.id)
        else:
            with slow_calls.skip_if_slow():
                if attempt(row, delivered):
                    continue
        blocked.add(row.lane)
    finish(delivered)
    broker.enqueue(rest)
