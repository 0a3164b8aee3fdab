"""Declare outages, find the affected attempts, and give the lost time back. These functions do not check permissions."""

import datetime
import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple, NotRequired, TypedDict, Unpack

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from edx_proctoring import api, backends, lifecycle, outbox, timing, transactions
from edx_proctoring.contrib.live.models import Heartbeat, Outage
from edx_proctoring.exceptions import (
    ProctoredBaseException,
    ProctoredExamNotFoundException,
)
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.models.attempts import AttemptQuerySet
from edx_proctoring.outbox import Draft
from edx_proctoring.statuses import IN_PROGRESS, ProctoredExamStudentAttemptStatus
from edx_proctoring.types import JSON, User

log = logging.getLogger(__name__)

Attempt = ProctoredExamStudentAttempt
Status = ProctoredExamStudentAttemptStatus
KIND = "proctoring_live_outage"
NOTHING, LONGEST = datetime.timedelta(0), datetime.timedelta(days=7)
OWN_KEY = re.compile(r"outage:([0-9]{1,18}):[0-9]+:[0-9]+\Z")
FEW = 500  # attempts credited in the request


class OutageNotAllowed(ProctoredBaseException):
    """The outage cannot be declared like this."""

    http_status = 400


@dataclass(frozen=True)
class Credit:
    """The result for one attempt: `outcome` is credited, unchanged, or why the attempt was left out."""

    attempt: Attempt
    outcome: str
    seconds: int = 0
    gained: int = 0
    ends_at: datetime.datetime | None = None


class Silence(NamedTuple):
    """A time in which no poll of an attempt's page arrived."""

    began_at: datetime.datetime
    ended_at: datetime.datetime


@dataclass(frozen=True)
class LostTime(api.PlannedChange):
    """The effect that a credit would have on one attempt, and what it rests on.

    `rests_on` is "silences" or "whole"; "unheard" if no page of the attempt has ever been heard of, so that nothing can be
    measured. `silences` are those within the outage, and `silent_seconds` their sum; `overlap_seconds` is the part of the
    outage between the attempt's start and its end.
    """

    rests_on: str = ""
    silences: Sequence[Silence] = ()
    silent_seconds: int = 0
    overlap_seconds: int = 0
    last_seen_at: datetime.datetime | None = None


class OutageColumns(TypedDict):
    """The arguments of `declare_outage`."""

    began_at: datetime.datetime
    ended_at: datetime.datetime
    reason: str
    course_id: NotRequired[str]
    exam_id: NotRequired[int | None]
    provider: NotRequired[str]
    whole: NotRequired[bool]
    by: NotRequired[User | None]


def new_outage(**columns: Unpack[OutageColumns]) -> Outage:
    """Return the outage without storing it, for `preview_outage`; arguments and errors as `declare_outage`."""
    outage = Outage(**columns)
    check(outage)
    return outage


def declare_outage(**columns: Unpack[OutageColumns]) -> Outage:
    """Store the outage; no time is given back until `credit_outage`.

    Name at least one of course, exam and provider. `whole`: give back the whole overlap, not only what heartbeats show to
    be lost. Raises OutageNotAllowed.
    """
    outage = new_outage(**columns)
    outage.save()
    return outage


def change_outage(
    outage: Outage,
    *,
    began_at: datetime.datetime | None = None,
    ended_at: datetime.datetime | None = None,
    whole: bool | None = None,
) -> Outage:
    """Declare the outage again with other bounds. A later credit gives back the difference; nothing is taken away.

    Raises OutageNotAllowed.
    """
    outage.began_at, outage.ended_at = began_at or outage.began_at, ended_at or outage.ended_at
    outage.whole = outage.whole if whole is None else whole
    outage.revision += 1
    check(outage)
    outage.save(update_fields=["began_at", "ended_at", "whole", "revision"])
    return outage


def check(outage: Outage) -> None:
    """Raise OutageNotAllowed if the outage is impossible."""
    if not (outage.course_id or outage.exam_id or outage.provider):
        raise OutageNotAllowed("Name the course, the exam or the provider that was down.")
    if not outage.reason.strip():
        raise OutageNotAllowed("An outage needs a reason.")
    if outage.ended_at > timezone.now():
        raise OutageNotAllowed("The end of the outage is in the future.")
    if not NOTHING < outage.ended_at - outage.began_at <= LONGEST:
        raise OutageNotAllowed("An outage ends after it began, and within seven days.")
    if outage.exam_id is not None:
        _check_exam(outage.exam_id, outage.course_id)


def _check_exam(exam_id: int, course_id: str) -> None:
    try:
        exam = api.get_exam_by_id(exam_id)
    except ProctoredExamNotFoundException:
        raise OutageNotAllowed("There is no such exam.") from None
    if course_id and exam["course_id"] != course_id:
        raise OutageNotAllowed("There is no such exam in this course.")


def affected_attempts(outage: Outage) -> QuerySet[Attempt]:
    """Return the attempts whose time ran during the outage, those that have ended included, by id.

    In place of an attempt that was resumed, the attempt that goes on is in the list.
    """
    found = Attempt.objects.filter(_ran(outage) | _resumes_one_that_ran(outage)).exclude(
        Q(resumed=True) & Exists(_same_pair().filter(pk__gt=OuterRef("pk")))
    )
    if outage.course_id:
        found = found.in_course(outage.course_id)
    if outage.exam_id is not None:
        found = found.filter(proctored_exam_id=outage.exam_id)
    if outage.provider:
        found = found.filter(
            backends.attempts_at([outage.provider]),
            taking_as_proctored=True,
            proctored_exam__is_proctored=True,
        )
    return found.with_parts().order_by("pk")


def _same_pair() -> AttemptQuerySet:
    return Attempt.objects.filter(
        user=OuterRef("user"), proctored_exam=OuterRef("proctored_exam")
    ).order_by()


def _ran(outage: Outage) -> Q:
    broken_off = Attempt.history.filter(
        id=OuterRef("pk"), status=Status.error, history_date__lte=outage.began_at
    )
    ended_later = (
        Q(status__in=IN_PROGRESS)
        | Q(completed_at__gt=outage.began_at)
        | Q(status=Status.error, completed_at=None) & ~Exists(broken_off.order_by())
    )
    return ended_later & Q(started_at__lt=outage.ended_at)


def _resumes_one_that_ran(outage: Outage) -> Q:
    resumed = _same_pair().filter(_ran(outage), resumed=True, pk__lt=OuterRef("pk"))
    return Q(time_remaining_seconds__isnull=False) & Q(Exists(resumed))


def preview_outage(outage: Outage, attempts: Sequence[Attempt]) -> list[LostTime]:
    """Return what a credit would do for these affected attempts; a few queries for all of them together."""
    runs = lifecycle.runs_of(attempts)
    concerned = [run.attempt for found in runs.values() for run in found]
    beats, rows = _beats(concerned), _rows_of(concerned)
    ids = {pk: [run.attempt.pk for run in found] for pk, found in runs.items()}
    others = _outages_of({pk: [row for one in ids[pk] for row in rows.get(one, ())] for pk in ids})
    lost = {
        one: _lost([outage, *others[pk]], beats.get(one))
        for pk, found in ids.items()
        for one in found
    }
    planned = api.plan_giving_back(attempts, lost, runs)
    return [_with_evidence(one, outage, runs[one.attempt.pk], beats) for one in planned]


def _with_evidence(
    planned: api.PlannedChange,
    outage: Outage,
    runs: Sequence[lifecycle.Run],
    beats: Mapping[int, Heartbeat],
) -> LostTime:
    now, ran, silences = timezone.now(), [], []
    for run in runs:
        begin, end = run.attempt.started_at or now, run.ended_at or now
        part = max(begin, outage.began_at), min(end, outage.ended_at)
        ran.append(part)
        beat = beats.get(run.attempt.pk)
        cut = [(max(since, part[0]), min(until, part[1])) for since, until in _gaps(beat)]
        silences += [Silence(since, until) for since, until in cut if since < until]
    heard = [beats[run.attempt.pk].seen_at for run in runs if run.attempt.pk in beats]
    measured = "silences" if heard else "unheard"
    return LostTime(
        **{field.name: getattr(planned, field.name) for field in fields(planned)},
        rests_on="whole" if outage.whole else measured,
        silences=silences,
        silent_seconds=timing.seconds_in(silences),
        overlap_seconds=timing.seconds_in(ran),
        last_seen_at=max(heard, default=None),
    )


def credit_outage(
    outage: Outage,
    *,
    by: User | None = None,
    attempt_ids: Collection[int] | None = None,
    without: Collection[int] = (),
) -> list[Credit] | None:
    """Give the lost time back to all affected attempts that go on, or to the given ones, but not to those `without`; each
    gets it once.

    An attempt that broke off and may be resumed gets it with its remaining time. Others that have ended are not changed. Returns one result per attempt; None if there are more than 500: then the
    worker does it, and the outage's `done` and `total` show the progress. May be repeated.
    """
    attempts = affected_attempts(outage)
    if without:  # also those by which they have been resumed since the caller has read the list
        attempts = attempts.exclude(pk__in=lifecycle.with_successors(without))
    if attempt_ids is not None:
        attempts = attempts.filter(pk__in=lifecycle.with_successors(attempt_ids))
    ids = list(attempts.values_list("pk", flat=True)[: FEW + 1])
    if len(ids) > FEW:
        if attempt_ids is not None:
            raise OutageNotAllowed(f"Select at most {FEW} attempts, or all.")
        _begin(outage, attempts.count())
        payload: dict[str, JSON] = {
            "outage_id": outage.pk,
            "by": getattr(by, "pk", None),
            "without": [*sorted(without)],
            "after": 0,
            "done": 0,
        }
        key = f"{KIND}:{outage.pk}:{outage.revision}"
        outbox.put(Draft(KIND, key, f"{KIND}:{outage.pk}", payload, coalesce=True))
        return None
    _begin(outage, len(ids))
    found = credit(outage, attempts.filter(pk__in=ids), by)
    progressed(outage, len(found))
    return found


def _begin(outage: Outage, total: int) -> None:
    outage.credited_at, outage.total, outage.done = timezone.now(), total, 0
    outage.save(update_fields=["credited_at", "total", "done"])


def progressed(outage: Outage, done: int) -> None:
    """Store how many attempts have been looked at."""
    outage.done = done
    outage.save(update_fields=["done"])


def finished(outage: Outage) -> None:
    """Store that all have been looked at: meanwhile attempts may have been removed or added since they were counted."""
    outage.total = outage.done
    outage.save(update_fields=["total"])


def credit(outage: Outage, attempts: Iterable[Attempt], by: User | None) -> list[Credit]:
    """Credit these attempts, each in a transaction of its own; what fails for one does not stop the others."""
    return [_credit_one(outage, attempt, by) for attempt in attempts]


def _credit_one(outage: Outage, attempt: Attempt, by: User | None) -> Credit:
    if not (attempt.resumed or lifecycle.may_get_back(attempt)):
        return Credit(attempt, "ended")

    def lost(attempt_id: int, rows: Sequence[TimeAdjustment]) -> list[timing.Interval]:
        others = _outages_of({attempt.pk: rows}).get(attempt.pk, [])
        return _lost([outage, *others], Heartbeat.objects.of_attempts([attempt_id]).first())

    key = f"outage:{outage.pk}:{attempt.pk}:{outage.revision}"
    try:
        done = api.give_back_time(attempt.pk, lost, reason=outage.reason, by=by, key=key)
    except ProctoredBaseException as error:
        return Credit(attempt, type(error).__name__)
    except Exception as error:
        # The other learners of the outage get their time all the same.
        transactions.reraise_if_broken(error)
        log.exception("lost time not given back, attempt_id=%s", attempt.pk)
        return Credit(attempt, type(error).__name__)
    outcome = "credited" if done.changed else "unchanged"
    return Credit(attempt, outcome, done.seconds, done.gained, done.ends_at)


def _lost(outages: Iterable[Outage], beat: Heartbeat | None) -> list[timing.Interval]:
    """The parts of the outages, overlapping or not, in which the attempt was cut off."""
    gaps = _gaps(beat)
    return [part for outage in outages for part in outage.lost(gaps)]


def _gaps(beat: Heartbeat | None) -> list[timing.Interval]:
    return [*beat.gaps(timezone.now())] if beat else []


def _beats(attempts: Sequence[Attempt]) -> dict[int, Heartbeat]:
    rows = Heartbeat.objects.of_attempts(one.pk for one in attempts)
    return {row.attempt_id: row for row in rows}


def _rows_of(attempts: Sequence[Attempt]) -> dict[int, list[TimeAdjustment]]:
    found: dict[int, list[TimeAdjustment]] = {}
    ids = [one.pk for one in attempts]
    for row in TimeAdjustment.objects.of_attempts(ids).filter(kind=TimeAdjustment.OUTAGE):
        found.setdefault(row.attempt_id, []).append(row)
    return found


def _outages_of(books: Mapping[int, Sequence[TimeAdjustment]]) -> dict[int, list[Outage]]:
    """Return the outages that have given time back before, by attempt id, as the keys of the ledger's rows name them.

    Other code gives time back, too, with keys of its own.
    """
    named = {
        attempt_id: {
            int(known[1])
            for row in rows
            if row.kind == TimeAdjustment.OUTAGE and (known := OWN_KEY.match(row.key))
        }
        for attempt_id, rows in books.items()
    }
    ids = {one for known in named.values() for one in known}
    outages = {one.pk: one for one in Outage.objects.filter(pk__in=ids)} if ids else {}
    return {
        attempt_id: [outages[one] for one in sorted(known) if one in outages]
        for attempt_id, known in named.items()
    }


def outages_of_course(course_id: str) -> QuerySet[Outage]:
    """Return the outages that staff of the course have declared, newest first."""
    return Outage.objects.filter(course_id=course_id).order_by("-pk")
