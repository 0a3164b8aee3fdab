"""Maintenance of messages, for operators and for periodic tasks."""

import datetime
from collections.abc import Iterable

from django.utils import timezone

from edx_proctoring import conf, transactions
from edx_proctoring.models.outbox import GIVEN_UP, PENDING, OutboxMessage, OutboxQuerySet
from edx_proctoring.outbox import broker, delivery

PURGE_BATCH = 1000


def retry(ids: Iterable[int]) -> int:
    """Queue messages that were given up for delivery again; return how many."""
    ids = list(ids)
    now = timezone.now()
    rows = OutboxMessage.objects.filter(id__in=ids, state__in=(PENDING, GIVEN_UP))
    # `created`, too: a message is given up by its age.
    count = rows.update(state=PENDING, tries=0, next_try_at=now, created=now, modified=now)
    transactions.after_commit(lambda: broker.enqueue(ids))
    return count


def purge() -> int:
    """Delete delivered messages older than OUTBOX_KEEP_DAYS and given-up ones older than OUTBOX_KEEP_GIVEN_UP_DAYS;
    return how many rows were deleted.
    """
    now = timezone.now()
    kept = datetime.timedelta(days=conf.proctoring.OUTBOX_KEEP_DAYS)
    kept_given_up = datetime.timedelta(days=conf.proctoring.OUTBOX_KEEP_GIVEN_UP_DAYS)
    return sum(
        map(
            _purge,
            (
                OutboxMessage.objects.delivered_before(now - kept),
                OutboxMessage.objects.given_up_before(now - kept_given_up),
            ),
        )
    )


def _purge(old: OutboxQuerySet) -> int:
    count = 0
    while ids := list(old.values_list("id", flat=True)[:PURGE_BATCH]):
        count += delivery.in_one_transaction(old.filter(id__in=ids).delete)[0]
    return count
