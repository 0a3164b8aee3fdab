"""Requests that clients repeat when they do not know whether the first one arrived: executed once, answered alike."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from edx_proctoring.exceptions import IdempotencyKeyReused, RequestStillRunning
from edx_proctoring.models import IdempotentRequest


@dataclass(frozen=True)
class StoredAnswer:
    """The answer to the first request."""

    status: int
    data: Any


def begin_request(user_id: int, route: str, key: str, body_digest: str) -> StoredAnswer | None:
    """None: this is the first request with the key, execute it and call `finish_request` or `abandon_request`.

    IdempotencyKeyReused for another body, RequestStillRunning while the first one has no answer. Keys live a day.
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
        if known is None:  # abandoned just now: the client may try again
            raise RequestStillRunning from None
        return _answer_of(known, body_digest)
    return None


def _answer_of(known: IdempotentRequest, body_digest: str) -> StoredAnswer:
    if known.body_digest != body_digest:
        raise IdempotencyKeyReused
    if known.status is None:
        raise RequestStillRunning
    return StoredAnswer(known.status, known.answer)


def finish_request(user_id: int, route: str, key: str, status: int, data: Any) -> None:
    """Keep the answer for repetitions."""
    rows = IdempotentRequest.objects.filter(digest=_digest(user_id, route, key))
    rows.update(status=status, answer=data)


def abandon_request(user_id: int, route: str, key: str) -> None:
    """Nothing was done: the same request may be tried again."""
    IdempotentRequest.objects.filter(digest=_digest(user_id, route, key)).delete()


def forget_requests() -> int:
    """Delete the answers that are a day old; returns how many."""
    return int(IdempotentRequest.objects.expired().delete()[0])


def _digest(user_id: int, route: str, key: str) -> str:
    return hashlib.sha256("\n".join([str(user_id), route, key]).encode()).hexdigest()
