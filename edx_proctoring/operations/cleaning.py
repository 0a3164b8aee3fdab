"""Delete rows that are kept only for a limited time."""

import datetime
import logging

from django.utils import timezone

from edx_proctoring import api, conf, extensions, outbox
from edx_proctoring.api import bulk_actions

log = logging.getLogger(__name__)


def forget_old_rows() -> int:
    """Delete old messages, stored responses, and records of work that the worker has done; return how many messages.

    The records are kept for OUTBOX_KEEP_GIVEN_UP_DAYS, as long as any message may be.
    """
    api.forget_requests()
    before = timezone.now() - datetime.timedelta(days=conf.proctoring.OUTBOX_KEEP_GIVEN_UP_DAYS)
    bulk_actions.forget(before)
    for kind, handler in extensions.message_kinds().items():
        if handler.forget is not None:
            try:
                handler.forget(before)
            except Exception:
                log.exception("old records not deleted, kind %s", kind)
    return outbox.purge()
