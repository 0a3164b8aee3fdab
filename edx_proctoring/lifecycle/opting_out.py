"""Offer learners a way back to proctoring if they opted out in a course that does not allow this.

Only the page knows whether the course allows opting out, because the host passes this when the learner opens the exam.
The page records what it offered in the attempt's history, where the creation of a proctored attempt looks it up.
Learners who have already seen the questions cannot go back to a proctored attempt.
"""

import logging

from django.db import connection

from edx_proctoring import conf
from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable
from edx_proctoring.lifecycle import rows
from edx_proctoring.lifecycle.locking import LockIsTaken, lock_attempt, locked
from edx_proctoring.lifecycle.rows import LEARNER, LEARNERS_CASCADE, Attempt, Status

log = logging.getLogger(__name__)

WAY_BACK = "opting out is not allowed"
OWN = (LEARNER, LEARNERS_CASCADE)  # reasons recorded when the learner decided
NEWEST = 20  # history reasons


def offer_way_back(attempt: Attempt) -> bool:
    """Return whether the learner who declined this attempt may still take the exam with proctoring, and record the
    offer.

    The learner must have declined this exam or another exam of the course personally, and must never have begun this
    one. Older versions did not record who declined.
    """
    reasons = _reasons(attempt)
    if not reasons or reasons[-1] not in OWN or _has_begun(attempt):
        return False
    if WAY_BACK not in reasons:
        _note(attempt)
    return True


def is_way_back_offered(attempt: Attempt) -> bool:
    """Return whether `offer_way_back` returned True and the attempt has not changed since."""
    return WAY_BACK in _reasons(attempt) and not _has_begun(attempt)


def has_opted_out(exam_id: int, user_id: int) -> bool:
    """Return whether the learner personally declined the exam and can still go back, or is about to."""
    pair = Attempt.objects.of_pair(exam_id, user_id).newest_first()
    newest, declined = pair.first(), pair.filter(status=Status.declined).first()
    if declined is None or (declined == newest and _has_begun(declined)):
        return False
    reasons = _reasons(declined)
    return bool(reasons) and reasons[-1] in OWN


def _has_begun(attempt: Attempt) -> bool:
    return rows.has_begun(attempt.proctored_exam_id, attempt.user_id)


def _reasons(attempt: Attempt) -> list[str]:
    """Return the history's reasons why the attempt is declined, newest first; empty if it is not declined."""
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
    """Record the offer. If the lock is taken, skip it: the next page view records it. Some databases always wait,
    though.
    """
    waits = not connection.features.has_select_for_update_skip_locked

    def note() -> None:
        current = lock_attempt(attempt, waits=waits)
        if current.status == Status.declined:
            rows.update(current, {"status": current.status}, reason=WAY_BACK)

    try:
        locked(attempt.user_id, note, waits=waits)
    except (LockIsTaken, ProctoringTemporarilyUnavailable):
        log.warning("way back to proctoring not recorded: attempt_id=%s", attempt.pk)
