"""Execute requests with an idempotency key once, and answer repetitions with the stored response."""

import hashlib
from contextlib import nullcontext
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction

from edx_proctoring import transactions
from edx_proctoring.exceptions import IdempotencyKeyReused, RequestStillRunning
from edx_proctoring.models import IdempotentRequest
from edx_proctoring.types import JSON


@dataclass(frozen=True)
class StoredAnswer:
    """The response to the first request."""

    status: int
    data: JSON


def begin_request(user_id: int, route: str, key: str, body_digest: str) -> StoredAnswer | None:
    """Return None for the first request with the key; the caller executes it, then calls `finish_request` or
    `abandon_request`.

    Raises IdempotencyKeyReused if the body differs, and RequestStillRunning if the first request has no response yet.
    Keys are kept for a day, or for seven minutes if the first request dies without a response. One statement for a new
    key.
    """
    row = IdempotentRequest(
        digest=_digest(user_id, route, key), user_id=user_id, body_digest=body_digest
    )
    if _claimed(row):
        return None
    same = IdempotentRequest.objects.filter(digest=row.digest)
    if same.expired().delete()[0] and _claimed(row):
        return None
    known = same.first()
    if known is None:  # just abandoned: the client may try again
        raise RequestStillRunning
    return _answer_of(known, body_digest)


def _claimed(row: IdempotentRequest) -> bool:
    """Insert the row; return whether its key was free."""
    row.pk = None
    try:
        # A single statement outside of transactions needs none of its own.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _answer_of(known: IdempotentRequest, body_digest: str) -> StoredAnswer:
    if known.body_digest != body_digest:
        raise IdempotencyKeyReused
    if known.status is None:
        raise RequestStillRunning
    return StoredAnswer(known.status, known.answer)


def finish_request(user_id: int, route: str, key: str, status: int, data: JSON) -> None:
    """Store the response for repetitions."""
    rows = IdempotentRequest.objects.filter(digest=_digest(user_id, route, key))
    transactions.reconnecting(lambda: rows.update(status=status, answer=data))


def abandon_request(user_id: int, route: str, key: str) -> None:
    """Forget a request that had no effect, so that it may be repeated."""
    rows = IdempotentRequest.objects.filter(digest=_digest(user_id, route, key))
    transactions.reconnecting(rows.delete)


def forget_requests() -> int:
    """Delete expired requests and their responses; return how many."""
    return int(IdempotentRequest.objects.expired().delete()[0])


def _digest(user_id: int, route: str, key: str) -> str:
    return hashlib.sha256("\n".join([str(user_id), route, key]).encode()).hexdigest()
