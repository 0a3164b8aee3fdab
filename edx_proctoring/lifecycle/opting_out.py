"""A learner who takes an exam without proctoring, where the course does not allow it, is shown the way back in.

Only the page knows whether the course allows it: the host tells it when the learner looks at the exam. What it showed
is noted in the attempt's history, so that the creation of a proctored attempt knows, too. A learner who was shown the
questions instead has no way back to a proctored attempt.
"""

import logging

from django.db import connection

from edx_proctoring import conf
from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable
from edx_proctoring.lifecycle import rows
from edx_proctoring.lifecycle.locking import LockIsTaken, lock_attempt, locked
from edx_proctoring.lifecycle.rows import LEARNER, LEARNERS_CASCADE, Attempt, Status

log = logging.getLogger(__name__)

WAY_IN = "opting out is not allowed"
OWN = (LEARNER, LEARNERS_CASCADE)  # reasons of a learner's own decision
NEWEST = 20  # history rows


def show_way_in(attempt: Attempt) -> bool:
    """May the learner who declined this attempt take the exam with proctoring after all? Notes that she may.

    Only if she declined it, or another exam of the course, herself and never began this one. Older versions did not note
    who declined.
    """
    reasons = _reasons(attempt)
    if not reasons or reasons[-1] not in OWN or _has_begun(attempt):
        return False
    if WAY_IN not in reasons:
        _note(attempt)
    return True


def is_way_in_shown(attempt: Attempt) -> bool:
    """Has `show_way_in` said yes, and has nothing happened since?"""
    return WAY_IN in _reasons(attempt) and not _has_begun(attempt)


def has_opted_out(exam_id: int, user_id: int) -> bool:
    """Did the learner decline this exam herself, with a way back? Also while she is on that way."""
    pair = Attempt.objects.of_pair(exam_id, user_id).newest_first()
    newest, declined = pair.first(), pair.filter(status=Status.declined).first()
    if declined is None or (declined == newest and _has_begun(declined)):
        return False
    reasons = _reasons(declined)
    return bool(reasons) and reasons[-1] in OWN


def _has_begun(attempt: Attempt) -> bool:
    return rows.has_begun(attempt.proctored_exam_id, attempt.user_id)


def _reasons(attempt: Attempt) -> list[str]:
    """Why the history says that the attempt is declined, newest first; nothing for one that is not."""
    if attempt.status != Status.declined or conf.proctoring.OPT_OUT_ANYWAY:
        return []
    found = []
    rows = Attempt.history.filter(id=attempt.pk).order_by("-history_id")
    for status, reason in rows.values_list("status", "history_change_reason")[:NEWEST]:
        if status != Status.declined:
            break
        found.append(reason or "")
    return found


def _note(attempt: Attempt) -> None:
    """Pages do not wait for a lock: where it is taken, the next look notes it. Unless the database always waits."""
    waits = not connection.features.has_select_for_update_skip_locked

    def note() -> None:
        current = lock_attempt(attempt, waits=waits)
        if current.status == Status.declined:
            rows.update(current, {"status": current.status}, reason=WAY_IN)

    try:
        locked(attempt.user_id, note, waits=waits)
    except (LockIsTaken, ProctoringTemporarilyUnavailable):
        log.warning("not noted that attempt_id=%s leads back to proctoring", attempt.pk)
