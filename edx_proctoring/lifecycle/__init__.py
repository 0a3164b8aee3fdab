"""Create, change, expire, reset, resume and remove attempts. Only this package writes `attempt.status`.

Each function locks the learner's row first, decides under the lock, stores the result, and then lets `effects` carry
out the consequences.
"""

from edx_proctoring.lifecycle.bulk import BulkResult, attempts_of
from edx_proctoring.lifecycle.bulk import apply as apply_bulk
from edx_proctoring.lifecycle.change import outcome
from edx_proctoring.lifecycle.creation import create, reset
from edx_proctoring.lifecycle.giving_back import (
    Run,
    give_back,
    is_broken_off,
    may_get_back,
    owed,
    runs_of,
    with_successors,
)
from edx_proctoring.lifecycle.ledger import TimeChange
from edx_proctoring.lifecycle.locking import find_learner, lock_attempt, locked, prepare_locks
from edx_proctoring.lifecycle.opting_out import has_opted_out, offer_way_back
from edx_proctoring.lifecycle.recalculation import follow_changes, outdated, recalculate
from edx_proctoring.lifecycle.removal import remove, tell_deleted
from edx_proctoring.lifecycle.resume import annotate, ready_to_resume, resumed
from edx_proctoring.lifecycle.rows import (
    CASCADE,
    CONTINUED,
    LEARNER,
    LEARNERS_CASCADE,
    PROVIDER,
    STAFF,
    SWEEP,
    TIME_OUT,
    Attempt,
)
from edx_proctoring.lifecycle.time_changes import (
    close_left_open,
    continue_,
    extend,
    pause,
    renew_pause,
)
from edx_proctoring.lifecycle.transition import expire, expire_if_overdue, transition

__all__ = [
    "Attempt",
    "BulkResult",
    "CASCADE",
    "CONTINUED",
    "LEARNER",
    "LEARNERS_CASCADE",
    "PROVIDER",
    "Run",
    "STAFF",
    "SWEEP",
    "TIME_OUT",
    "TimeChange",
    "annotate",
    "apply_bulk",
    "attempts_of",
    "close_left_open",
    "continue_",
    "create",
    "expire",
    "expire_if_overdue",
    "extend",
    "find_learner",
    "follow_changes",
    "give_back",
    "has_opted_out",
    "is_broken_off",
    "lock_attempt",
    "locked",
    "may_get_back",
    "outcome",
    "outdated",
    "owed",
    "pause",
    "prepare_locks",
    "ready_to_resume",
    "recalculate",
    "renew_pause",
    "remove",
    "reset",
    "resumed",
    "runs_of",
    "offer_way_back",
    "tell_deleted",
    "transition",
    "with_successors",
]
