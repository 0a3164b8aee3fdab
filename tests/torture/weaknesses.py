"""Safeguards that a run can switch off, to prove that the tests detect it.

`switch_off(name)` holds until the process ends. Names: learner_lock, second_check, outbox, version_check.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone

from edx_proctoring import outbox, transactions
from edx_proctoring.lifecycle import creation
from edx_proctoring.lifecycle.registration import Registration
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt, ProctoringReservation
from edx_proctoring.models.locks import LearnerManager
from edx_proctoring.models.outbox import DONE
from edx_proctoring.outbox import delivery, drafts, handlers
from tests.torture import killpoints

log = logging.getLogger(__name__)


def _learner_lock() -> None:
    """Do not wait for other changes of the learner's attempts."""

    def lock(_manager: LearnerManager, _user_id: int, *, ours: bool) -> None:
        return

    def try_lock(_manager: LearnerManager, _user_id: int, *, ours: bool) -> bool:
        return True

    _replace(LearnerManager, "lock", lock)
    _replace(LearnerManager, "try_lock", try_lock)


def _second_check() -> None:
    """Store the provider's registration without the second check."""

    def insert(
        new: creation.NewAttempt, answer: Registration, token: str, _basis: str
    ) -> ProctoredExamStudentAttempt:
        attempt = creation._insert(new, answer, creation.read_pair(new.exam.pk, new.user.pk))
        ProctoringReservation.objects.filter(token=token).delete()
        return attempt

    _replace(creation, "_insert_reserved", insert)


def _outbox() -> None:
    """Deliver messages once after the commit; failed ones are lost."""

    def put(*messages: outbox.Draft) -> None:
        transactions.after_commit(lambda: _tell_once(messages))

    _replace(outbox, "put", put)


def _tell_once(put: Sequence[outbox.Draft]) -> None:
    killpoints.reached("after_commit")
    for draft in put:
        try:
            handlers.handle(drafts._row(draft, "", timezone.now()))
        except Exception as error:
            log.warning("not told, and forgotten: key=%s error=%r", draft.key, error)


def _version_check() -> None:
    """Mark a leased message as done even if it was stored again meanwhile."""

    def finish(rows: Sequence[OutboxMessage]) -> None:
        taken = OutboxMessage.objects.filter(id__in=[row.id for row in rows])
        taken.update(state=DONE, lease="", lease_until=None)

    _replace(delivery, "finish", finish)


def _replace(owner: Any, name: str, value: Any) -> None:
    setattr(owner, name, value)


SAFEGUARDS: dict[str, Callable[[], None]] = {
    "learner_lock": _learner_lock,
    "second_check": _second_check,
    "outbox": _outbox,
    "version_check": _version_check,
}


def switch_off(name: str) -> None:
    """Switch off one of SAFEGUARDS; KeyError for other names."""
    SAFEGUARDS[name]()
