"""Consistency checks after a test: nothing was lost, is stuck, or was repeated."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.utils import timezone

from edx_proctoring import outbox
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
)
from edx_proctoring.models.outbox import CANCELLED, DONE
from edx_proctoring.testing.factories import SET_UP


@dataclass
class Damage:
    """Counts that are all 0 if the guarantees hold."""

    lost: int = 0
    stuck: int = 0
    doubled: int = 0

    def __add__(self, other: "Damage") -> "Damage":
        return Damage(
            self.lost + other.lost, self.stuck + other.stuck, self.doubled + other.doubled
        )

    def __bool__(self) -> bool:
        return any(asdict(self).values())


def check(record_property: Callable[[str, object], None]) -> None:
    """After a test: store the counts for the report, and fail unless all are zero."""
    damage = in_database()
    for name, count in asdict(damage).items():
        record_property(name, count)
    assert not damage, damage


def in_database() -> Damage:
    """Check that every stored change has its signal and event, every message was settled, and nothing was repeated.

    First delivers the messages that wait for the worker.
    """
    OutboxMessage.objects.unfinished().update(next_try_at=timezone.now())
    outbox.deliver()
    keys = OutboxMessage.objects.filter(kind__in=("signal", "event")).values_list("key", flat=True)
    told = {":".join(key.split(":")[:2]) for key in keys}
    wanted = {f"{kind}:{number}" for number in _changes() for kind in ("signal", "event")}
    return Damage(
        lost=len(wanted - told),
        stuck=OutboxMessage.objects.exclude(state__in=(DONE, CANCELLED)).count()
        + ProctoringReservation.objects.count(),
        doubled=_repeated() + _parallel_attempts(),
    )


def _signals() -> list[dict]:
    rows = OutboxMessage.objects.filter(kind="signal").order_by("id")
    return list(rows.values_list("payload", flat=True))


def changes_of(user_id: int) -> list[tuple[int, str]]:
    """Return the changes of one learner's attempts."""
    return list(_changes(user_id=user_id).values())


def _changes(**columns: int) -> dict[int, tuple[int, str]]:
    """Return history id → (attempt, status) of each change, except those made by test set-ups."""
    found = {}
    before: dict[int, str] = {}
    rows = (
        ProctoredExamStudentAttempt.history.exclude(history_type="-")
        .filter(**columns)
        .order_by("history_id")
    )
    for row in rows.values("history_id", "id", "status", "history_type", "history_change_reason"):
        changed = before.get(row["id"]) != row["status"]
        before[row["id"]] = row["status"]
        is_ours = row["history_type"] == "~" or row["history_change_reason"] not in (
            None,
            "",
            SET_UP,
        )
        if changed and is_ours and row["history_change_reason"] != "beside ours":
            found[row["history_id"]] = (row["id"], row["status"])
    return found


def _repeated() -> int:
    """Return signals that equal the one before them."""
    count, last = 0, {}
    for signal in _signals():
        count += last.get(signal["attempt_id"]) == signal["status"]
        last[signal["attempt_id"]] = signal["status"]
    return count


def _parallel_attempts() -> int:
    """Return attempts of a pair beyond the first, unless they follow one that is resumed."""
    pairs: dict[tuple[int, int], int] = {}
    for attempt in ProctoredExamStudentAttempt.objects.filter(
        resumed=False, is_sample_attempt=False
    ):
        pair = (attempt.proctored_exam_id, attempt.user_id)
        pairs[pair] = pairs.get(pair, 0) + 1
    return sum(count - 1 for count in pairs.values())
