"""The outbox: what others must be told is stored with the change and delivered after it, at least once, in order.

Knows nothing of proctoring. `put` stores messages in the transaction of the change. After commit they are delivered in
the same process (kinds registered `inline`, or all where no Celery worker delivers) or by a Celery task; what fails or
dies stays as a row for the next try. Messages of one lane are delivered one after the other.

`registry` knows who delivers what, `drafts` stores, `delivery` handles one message, `lanes` works through what waits,
`broker` speaks to Celery, `upkeep` is for operators.
"""

from edx_proctoring.outbox.delivery import claim
from edx_proctoring.outbox.drafts import Draft, batched, cancel, is_pending, is_waiting, put
from edx_proctoring.outbox.lanes import deliver, deliver_messages, deliver_now, due_lanes, flush
from edx_proctoring.outbox.registry import NotNow, WrongProcess, kinds, register, unregister
from edx_proctoring.outbox.upkeep import purge, retry

__all__ = [
    "Draft",
    "NotNow",
    "WrongProcess",
    "batched",
    "cancel",
    "claim",
    "deliver",
    "deliver_messages",
    "deliver_now",
    "due_lanes",
    "flush",
    "is_pending",
    "is_waiting",
    "kinds",
    "purge",
    "put",
    "register",
    "retry",
    "unregister",
]
