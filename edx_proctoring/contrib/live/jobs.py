"""Credit the attempts of a large outage in batches; the worker calls this."""

from django.contrib.auth import get_user_model

from edx_proctoring import outbox
from edx_proctoring.contrib.live import outages
from edx_proctoring.contrib.live.models import Outage
from edx_proctoring.models import OutboxMessage

BATCH = 200


def deliver(message: OutboxMessage) -> None:
    """Credit the next attempts, store the progress, and leave the rest to the next try."""
    payload = message.payload.copy()
    outage = Outage.objects.filter(pk=payload["outage_id"]).first()
    if outage is None:
        return
    by = get_user_model()._default_manager.filter(pk=payload["by"]).first()
    while batch := list(outages.affected_attempts(outage).filter(pk__gt=payload["after"])[:BATCH]):
        outages.progressed(outage, len(outages.credit(outage, batch, by)))
        payload["after"] = batch[-1].pk
        outbox.note_progress(message, payload)
