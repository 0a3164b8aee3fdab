"""A learner's own attempts, with what happened to them and by whom, but without names and texts of staff."""

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from edx_proctoring import backends, extensions, lifecycle
from edx_proctoring.api.attempts.pages import shown_attempt
from edx_proctoring.api.attempts.time_changes import clocks_of
from edx_proctoring.api.exams import type_of_exam
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
)
from edx_proctoring.statuses import IN_PROGRESS
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.types import JSONObject

Attempt = ProctoredExamStudentAttempt

LEARNER, STAFF, PROVIDER, CLOCK, SYSTEM = "learner", "staff", "provider", "clock", "system"
STATUS, REMOVED, CONTINUED, EXTENSION = "status", "removed", "continue", "extension"
AUTHORS = {
    "learner": LEARNER,
    "staff": STAFF,
    "provider": PROVIDER,
    "time-out": CLOCK,
    "sweep": CLOCK,
    "cascade": SYSTEM,
    "onboarding": SYSTEM,
}
SAME_MOMENT = datetime.timedelta(seconds=5)  # of two rows of one transaction
CHOSEN_BY_THE_LEARNER = "cascade, learner"


@dataclass(frozen=True)
class OwnEntry:
    """One thing that happened: a status (`detail`), a change of time (`seconds`), or the sentence of an extension."""

    at: datetime.datetime
    kind: str
    by: str = ""  # learner, staff, provider, clock or system; empty if unknown
    detail: str = ""
    seconds: int = 0


@dataclass(frozen=True)
class OwnAttempt:
    """An attempt, perhaps a removed one, as its learner may see it. `provider` is a name, empty if not proctored."""

    attempt: Attempt
    exam: ProctoredExam
    status: str
    exam_type: str
    provider: str = ""
    kept_until: datetime.datetime | None = None  # the recording at the provider, if it tells
    removed_at: datetime.datetime | None = None
    entries: Sequence[OwnEntry] = field(default=())


class PastChange(NamedTuple):
    """A change, as recorded in the attempt's history."""

    at: datetime.datetime
    status: str
    reason: str
    by_id: int | None


def get_own_attempts(user_id: int, newest: int | None = None) -> list[OwnAttempt]:
    """Return the learner's attempts in all courses, newest first, including removed ones; `newest`: at most so many.

    At most six queries, and those of extensions; calls no service or provider. Stores nothing.
    """
    living = list(Attempt.objects.with_parts().filter(user_id=user_id).newest_first()[:newest])
    gone = Attempt.history.filter(user_id=user_id, history_type="-").order_by("-history_id")
    removals = {row.id: row for row in gone[:newest]}
    exams = ProctoredExam.objects.in_bulk({row.proctored_exam_id for row in removals.values()})
    found = [(one, one.proctored_exam) for one in living]
    found += [
        (row.instance, exams[row.proctored_exam_id])
        for row in removals.values()
        if row.proctored_exam_id in exams
    ]
    found = sorted(found, key=lambda pair: pair[0].created, reverse=True)[:newest]
    clocks = clocks_of(living)
    entries = _entries(user_id, None if newest is None else [one.pk for one, _ in found])
    return [
        _own(
            attempt if attempt.pk in removals else shown_attempt(attempt, clocks.get(attempt.pk)),
            exam,
            removals[attempt.pk].history_date if attempt.pk in removals else None,
            entries.get(attempt.pk, []),
        )
        for attempt, exam in found
    ]


def get_own_allowances(user_id: int) -> list[JSONObject]:
    """Return the learner's allowances in all courses."""
    rows = ProctoredExamStudentAllowance.objects.filter(user_id=user_id)
    return [
        {
            "course_id": row.proctored_exam.course_id,
            "exam_name": row.proctored_exam.exam_name,
            "key": row.key,
            "value": row.value,
        }
        for row in rows.select_related("proctored_exam").order_by("id")
    ]


def _own(
    attempt: Attempt,
    exam: ProctoredExam,
    removed_at: datetime.datetime | None,
    entries: list[OwnEntry],
) -> OwnAttempt:
    provider = backends.find_provider(exam) if attempt.taking_as_proctored else None
    extended = [
        OwnEntry(one.at, EXTENSION, detail=str(one.text))
        for one in (extensions.timeline(attempt) if removed_at is None else [])
        if one.for_learner
    ]
    return OwnAttempt(
        attempt=attempt,
        exam=exam,
        status=shown_status(attempt.status),
        exam_type=type_of_exam(exam),
        provider=str(getattr(provider, "verbose_name", "") or ""),
        kept_until=_kept_until(provider, attempt.completed_at or removed_at),
        removed_at=removed_at,
        entries=sorted([*entries, *extended], key=lambda one: one.at),
    )


def recording_days(provider: object) -> int | None:
    """Return for how many days after an exam the provider keeps its recording, if `recording_days` says so."""
    days = getattr(provider, "recording_days", None)
    if isinstance(days, bool) or not isinstance(days, int) or days <= 0:
        return None
    return days


def _kept_until(provider: object, end: datetime.datetime | None) -> datetime.datetime | None:
    """Return when the provider deletes the recording, if it tells."""
    days = recording_days(provider)
    if end is None or days is None:
        return None
    try:
        return end + datetime.timedelta(days=days)
    except OverflowError:
        return None


def shown_status(status: str) -> str:
    """Return the status as learners see it: a second review is part of the review."""
    return Status.submitted if status == Status.second_review_required else status


def _entries(user_id: int, attempt_ids: Sequence[int] | None) -> dict[int, list[OwnEntry]]:
    """Return what history and ledger tell of the learner's attempts, by attempt id; of all attempts without ids."""
    history = Attempt.history.filter(user_id=user_id).order_by("history_id")
    ledger = TimeAdjustment.objects.filter(user_id=user_id).order_by("id")
    if attempt_ids is not None:
        history = history.filter(id__in=attempt_ids)
        ledger = ledger.filter(attempt_id__in=attempt_ids)
    found: dict[int, list[OwnEntry]] = {}
    statuses: dict[int, str] = {}
    past: dict[int, list[PastChange]] = {}
    for row in history:
        status = shown_status(row.status)
        reason = str(row.history_change_reason or "")
        change = PastChange(row.history_date, row.status, reason, row.history_user_id)
        past.setdefault(row.id, []).append(change)
        if row.history_type == "-":
            entry = OwnEntry(row.history_date, REMOVED, _author(row, user_id))
        elif statuses.get(row.id) != status:
            entry = OwnEntry(row.history_date, STATUS, _author(row, user_id), status)
        else:
            continue
        statuses[row.id] = status
        found.setdefault(row.id, []).append(entry)
    for adjusted in ledger:
        changes = _time_changes(adjusted, user_id, past.get(adjusted.attempt_id, []))
        found.setdefault(adjusted.attempt_id, []).extend(changes)
    return found


def _author(row: Attempt, user_id: int) -> str:
    """Return who caused a history row: what its reason says, else whose request it was."""
    reason = str(getattr(row, "history_change_reason", None) or "")
    if reason == CHOSEN_BY_THE_LEARNER:
        return LEARNER
    by = AUTHORS.get(re.split("[,:]", reason)[0].strip())
    return by or _person(getattr(row, "history_user_id", None), user_id)


def _person(by_id: int | None, user_id: int) -> str:
    if by_id is None:
        return ""
    return LEARNER if by_id == user_id else STAFF


def _time_changes(
    row: TimeAdjustment, user_id: int, past: Iterable[PastChange]
) -> Iterator[OwnEntry]:
    """Yield grants, pauses and outages; the other rows change nothing that a learner notices.

    `past`: the attempt's history, which names who has ended a pause or break.
    """
    if row.kind in (TimeAdjustment.GRANT, TimeAdjustment.OUTAGE):
        by = _person(row.by_id, user_id) or SYSTEM
        yield OwnEntry(row.created, row.kind, by, seconds=row.seconds)
    elif row.kind in TimeAdjustment.STOPS:
        yield OwnEntry(row.began_at or row.created, row.kind, _person(row.by_id, user_id))
        if row.ended_at is None:
            return
        by_whom = _continued_by(row.ended_at, user_id, past)
        if by_whom is not None:
            yield OwnEntry(row.ended_at, CONTINUED, by_whom)


def _continued_by(at: datetime.datetime, user_id: int, past: Iterable[PastChange]) -> str | None:
    """Return who let the exam continue at this moment; None if it has not, because it ended during the pause."""
    for change in past:
        if not is_at(at, change.at):
            continue
        if is_continuation(change.reason):
            return _person(change.by_id, user_id) or SYSTEM
        if change.status not in IN_PROGRESS:
            return None
    return SYSTEM  # a break that was used up


def is_at(moment: datetime.datetime, written: datetime.datetime) -> bool:
    """Return whether a history row `written` then may be of the transaction that stored this moment in the ledger."""
    return moment <= written < moment + SAME_MOMENT


def is_continuation(reason: str | None) -> bool:
    """Return whether a history row with this reason ended a pause or break."""
    return (reason or "").partition(",")[0] == lifecycle.CONTINUED


def own_data(user_id: int, attempts: Iterable[OwnAttempt]) -> JSONObject:
    """Return the learner's data as JSON, with the rows that extensions store."""
    return {
        "attempts": [_as_json(one) for one in attempts],
        "allowances": [*get_own_allowances(user_id)],
        "extensions": {name: [*rows] for name, rows in extensions.personal_data(user_id).items()},
    }


def _as_json(own: OwnAttempt) -> JSONObject:
    attempt, exam = own.attempt, own.exam
    return {
        "id": attempt.pk,
        "course_id": exam.course_id,
        "exam_name": exam.exam_name,
        "exam_type": own.exam_type,
        "taking_as_proctored": attempt.taking_as_proctored,
        "provider": own.provider,
        "status": own.status,
        "created": attempt.created.isoformat(),
        "started_at": _iso(attempt.started_at),
        "completed_at": _iso(attempt.completed_at),
        "removed_at": _iso(own.removed_at),
        "allowed_time_limit_mins": attempt.allowed_time_limit_mins,
        "recording_kept_until": _iso(own.kept_until),
        "timeline": [
            {
                "at": one.at.isoformat(),
                "kind": one.kind,
                "by": one.by,
                "detail": one.detail,
                "seconds": one.seconds,
            }
            for one in own.entries
        ],
    }


def _iso(moment: datetime.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
