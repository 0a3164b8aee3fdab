"""Credit the attempts of a large outage in batches; the worker calls this."""

import time
from collections.abc import Collection

from django.contrib.auth import get_user_model

from edx_proctoring import conf, lifecycle, outbox
from edx_proctoring.contrib.live import outages
from edx_proctoring.contrib.live.models import Outage
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt

BATCH = 200


def deliver(message: OutboxMessage) -> None:
    """Credit the attempts in batches; after half of the lease, leave what remains to the next try.

    A batch that was credited when a worker died is repeated: each attempt has its key, and is counted once.
    """
    payload = message.payload.copy()
    outage = Outage.objects.filter(pk=payload["outage_id"]).first()
    if outage is None:
        return
    by = get_user_model()._default_manager.filter(pk=payload["by"]).first()
    until = time.monotonic() + conf.proctoring.OUTBOX_LEASE_SECONDS / 2
    while batch := _next_batch(outage, payload["after"], payload["without"]):
        payload["done"] += len(outages.credit(outage, batch, by))
        payload["after"] = batch[-1].pk
        outages.progressed(outage, payload["done"])
        outbox.note_progress(message, payload)
        if time.monotonic() > until:
            raise outbox.NotNow(f"{outage.done} of {outage.total} credited")
    outages.finished(outage)


def _next_batch(
    outage: Outage, after: int, without: Collection[int]
) -> list[ProctoredExamStudentAttempt]:
    """Return the next attempts, without those left out and those by which these have been resumed until now."""
    left_out = lifecycle.with_successors(without)
    affected = outages.affected_attempts(outage).filter(pk__gt=after)
    return list(affected.exclude(pk__in=left_out)[:BATCH])
