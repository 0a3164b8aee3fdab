"""The outbox: messages are stored with the change that causes them and delivered afterwards, at least once, in order.

The outbox is independent of proctoring. `put` stores messages in the transaction of the change. After the commit they
are delivered in the same process (kinds registered as `inline`, or all kinds if no Celery worker is used) or by a
Celery task. Messages whose delivery failed or was interrupted stay in the table and are retried. Messages that share an
ordering key form a lane and are delivered one after the other.

`handlers` maps kinds to handlers, `drafts` stores messages, `delivery` handles a single message, `lanes` works through
pending messages, `broker` publishes Celery tasks, `maintenance` is for operators.
"""

from edx_proctoring.outbox.delivery import claim, delivered_together, note_progress
from edx_proctoring.outbox.drafts import Draft, batched, cancel, is_pending, is_waiting, put
from edx_proctoring.outbox.handlers import NotNow, WrongProcess, kinds, register, unregister
from edx_proctoring.outbox.lanes import deliver, deliver_messages, deliver_now, due_lanes, flush
from edx_proctoring.outbox.maintenance import purge, retry

__all__ = [
    "Draft",
    "NotNow",
    "WrongProcess",
    "batched",
    "cancel",
    "claim",
    "deliver",
    "deliver_messages",
    "delivered_together",
    "deliver_now",
    "due_lanes",
    "flush",
    "is_pending",
    "is_waiting",
    "kinds",
    "note_progress",
    "purge",
    "put",
    "register",
    "retry",
    "unregister",
]
