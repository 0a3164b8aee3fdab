"""Execute requests with an idempotency key once, and answer repetitions with the stored response."""

import hashlib
from dataclasses import dataclass

from django.db import IntegrityError, transaction

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
    Keys are kept for a day.
    """
    row = IdempotentRequest(
        digest=_digest(user_id, route, key), user_id=user_id, body_digest=body_digest
    )
    same = IdempotentRequest.objects.filter(digest=row.digest)
    same.expired().delete()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        known = same.first()
        if known is None:  # just abandoned: the client may try again
            raise RequestStillRunning from None
        return _answer_of(known, body_digest)
    return None


def _answer_of(known: IdempotentRequest, body_digest: str) -> StoredAnswer:
    if known.body_digest != body_digest:
        raise IdempotencyKeyReused
    if known.status is None:
        raise RequestStillRunning
    return StoredAnswer(known.status, known.answer)


def finish_request(user_id: int, route: str, key: str, status: int, data: JSON) -> None:
    """Store the response for repetitions."""
    rows = IdempotentRequest.objects.filter(digest=_digest(user_id, route, key))
    rows.update(status=status, answer=data)


def abandon_request(user_id: int, route: str, key: str) -> None:
    """Forget a request that had no effect, so that it may be repeated."""
    IdempotentRequest.objects.filter(digest=_digest(user_id, route, key)).delete()


def forget_requests() -> int:
    """Delete responses older than a day; return how many."""
    return int(IdempotentRequest.objects.expired().delete()[0])


def _digest(user_id: int, route: str, key: str) -> str:
    return hashlib.sha256("\n".join([str(user_id), route, key]).encode()).hexdigest()
