"""Give back the time that outages have cost a learner, to the attempt that goes on.

A learner whose attempt broke off continues in another one, with the remaining time. Both are one exam to her: what outages
cost the first is given back to the second, and while there is no second, to the remaining time. All decisions are made
under the learner's lock, so nothing is given back twice, whether the attempt is resumed before or after.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, takewhile

from django.db.models import Min

from edx_proctoring import deadlines, timing
from edx_proctoring.lifecycle import rows
from edx_proctoring.lifecycle.ledger import Ledger, TimeChange, read, store
from edx_proctoring.lifecycle.locking import locked
from edx_proctoring.lifecycle.resume import is_in_resume_process
from edx_proctoring.lifecycle.rows import Attempt, Status
from edx_proctoring.lifecycle.time_changes import add_seconds, check_key, done_before, not_in
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.statuses import IN_PROGRESS, PRE_STARTED
from edx_proctoring.types import User

KIND = TimeAdjustment.OUTAGE

Lost = Callable[[int, Sequence[TimeAdjustment]], Iterable[timing.Interval]]


@dataclass(frozen=True)
class Run:
    """An attempt, and when its clock stopped for good: None while it runs."""

    attempt: Attempt
    ended_at: datetime.datetime | None


def runs_of(attempts: Iterable[Attempt]) -> dict[int, list[Run]]:
    """Return the attempts that each of these resumes, oldest first, and itself, by its id; at most three queries."""
    attempts = list(attempts)
    resumed = _resumed_by([one for one in attempts if one.time_remaining_seconds is not None])
    found = {one.pk: [*resumed.get(one.pk, ()), one] for one in attempts}
    broken = {one.pk: one for one in chain(*found.values()) if one.status == Status.error}
    ends = _when_broken_off(broken) if broken else {}
    return {pk: [Run(one, _end(one, ends)) for one in parts] for pk, parts in found.items()}


def with_successors(ids: Collection[int]) -> set[int]:
    """Return these attempts, and those by which they have been resumed meanwhile; at most two queries."""
    resumed = list(Attempt.objects.filter(pk__in=ids, resumed=True))
    found = set(ids)
    pairs = _pairs_of(resumed)
    for attempt in resumed:
        pair = pairs[attempt.proctored_exam_id, attempt.user_id]
        for one in (one for one in reversed(pair) if one.pk > attempt.pk):
            found.add(one.pk)
            if not one.resumed:
                break
    return found


def _pairs_of(attempts: Sequence[Attempt]) -> dict[tuple[int, int], list[Attempt]]:
    """Return all attempts of these learners in these exams, newest first, by exam and learner."""
    pairs: dict[tuple[int, int], list[Attempt]] = defaultdict(list)
    if not attempts:
        return pairs
    known = Attempt.objects.filter(
        user_id__in={one.user_id for one in attempts},
        proctored_exam_id__in={one.proctored_exam_id for one in attempts},
    )
    for one in known.order_by("-pk"):
        pairs[one.proctored_exam_id, one.user_id].append(one)
    return pairs


def _resumed_by(attempts: Sequence[Attempt]) -> dict[int, list[Attempt]]:
    pairs, found = _pairs_of(attempts), {}
    for attempt in attempts:
        pair = pairs[attempt.proctored_exam_id, attempt.user_id]
        earlier = takewhile(lambda one: one.resumed, (one for one in pair if one.pk < attempt.pk))
        found[attempt.pk] = [*earlier][::-1]
    return found


def _when_broken_off(attempts: Mapping[int, Attempt]) -> dict[int, datetime.datetime]:
    """Return when the clocks stopped: when the attempts got the status error, for which there is no column, or earlier,
    when their time was over.
    """
    changes = Attempt.history.filter(id__in=list(attempts), status=Status.error).order_by()
    found = dict(changes.values("id").annotate(at=Min("history_date")).values_list("id", "at"))
    for pk, book in deadlines.ledgers(attempts.values()).items():
        rows = [row for row in book if not row.is_in_rest]
        end = deadlines.from_ledger(attempts[pk], rows)
        # Without an allotment, the columns tell: they have the remaining time of now, not that of the start.
        if end is not None and deadlines.last_allotment(rows) is not None:
            found[pk] = min(found.get(pk) or attempts[pk].modified, end.ends_at)
    return found


def _end(attempt: Attempt, broken_off: Mapping[int, datetime.datetime]) -> datetime.datetime | None:
    if attempt.status in IN_PROGRESS:
        return None
    # Rows of older versions may have neither of the first two.
    return attempt.completed_at or broken_off.get(attempt.pk) or attempt.modified


def owed(
    runs: Iterable[Run],
    books: Mapping[int, Sequence[TimeAdjustment]],
    lost: Callable[[int], Iterable[timing.Interval]],
    now: datetime.datetime,
) -> int:
    """Return the seconds of these intervals, by attempt id, in which time ran and that were not given back yet.

    `books` are the ledgers by attempt id.
    """
    seconds = given_back = 0
    for run in runs:
        book = books.get(run.attempt.pk, ())
        given_back += sum(row.seconds for row in book if row.kind == KIND)
        started_at = run.attempt.started_at
        if started_at is None:
            continue
        until = run.ended_at or now
        ran = [(max(begin, started_at), min(end, until)) for begin, end in lost(run.attempt.pk)]
        stops = [
            (row.began_at, row.ended_at or row.ends_by_itself_at or until)
            for row in book
            if row.kind in TimeAdjustment.STOPS and row.began_at
        ]
        seconds += timing.seconds_in(ran, stops)
    return max(seconds - given_back, 0)


def may_get_back(attempt: Attempt) -> bool:
    """Return whether lost time can be given back to the attempt: it runs, waits to resume another, or may be resumed."""
    if attempt.status in PRE_STARTED:
        return attempt.time_remaining_seconds is not None
    if attempt.status in IN_PROGRESS:
        return attempt.started_at is not None
    return is_broken_off(attempt)


def is_broken_off(attempt: Attempt) -> bool:
    """Return whether a later attempt may have the remaining time of this one."""
    has_rest = attempt.started_at is not None and attempt.time_remaining_seconds is not None
    may_go_on = attempt.is_resumable or is_in_resume_process(attempt)
    return bool(attempt.status == Status.error and has_rest and may_go_on)


def give_back(
    attempt: Attempt, lost: Lost, *, reason: str = "", by: User | None = None, key: str = ""
) -> TimeChange:
    """Give back the time that ran in the intervals that `lost` returns, without pauses, and without what has been given
    back before. If the attempt has been resumed, the attempt that goes on gets it; if it has only broken off, its
    remaining time.

    `lost` is called under the learner's lock for the attempt and those that it resumes, with the id of each and the rows
    of all their ledgers. Does nothing if no time was lost or if `key` was used before. The due date still limits the total.
    Raises TimeChangeNotAllowed, StudentExamAttemptDoesNotExistsException.
    """
    check_key(key)

    def credit() -> TimeChange:
        ledger = read(attempt)
        if ledger.attempt.resumed:
            # It was resumed after the caller had chosen it.
            ledger = read(_the_one_that_goes_on(ledger.attempt))
        known = ledger.attempt
        runs = runs_of([known])[known.pk]
        earlier = [run.attempt for run in runs if run.attempt.pk != known.pk]
        books = {**(deadlines.ledgers(earlier) if earlier else {}), known.pk: ledger.rows}
        found = [*chain(*books.values())]
        if done := done_before(ledger, KIND, key, found):
            return done
        if not may_get_back(known):
            raise not_in(known, "Only an attempt that goes on gets lost time back.")
        seconds = owed(runs, books, lambda pk: lost(pk, found), ledger.now)
        if not seconds:
            return TimeChange(known, None, changed=False)
        add = _add_to_rest if is_broken_off(known) else add_seconds
        return add(ledger, seconds, reason, by, key, kind=KIND)

    return locked(attempt.user_id, credit)


def _the_one_that_goes_on(attempt: Attempt) -> Attempt:
    """Return the attempt by which this one has been resumed; the caller holds the learner's lock."""
    pair = Attempt.objects.of_pair(attempt.proctored_exam_id, attempt.user_id)
    later = list(pair.filter(pk__gt=attempt.pk).with_parts().order_by("pk"))
    return next((one for one in later if not one.resumed), attempt)


def _add_to_rest(
    ledger: Ledger, seconds: int, reason: str, by: User | None, key: str, *, kind: str
) -> TimeChange:
    """Add the seconds to the remaining time, which the next attempt takes over, also one that an older version creates."""
    attempt = ledger.attempt
    rest = min((attempt.time_remaining_seconds or 0) + seconds, timing.LONGEST_SECONDS)
    rows.update(attempt, {"time_remaining_seconds": rest}, reason=kind, user=by)
    row = ledger.new_row(kind, key, by, seconds=seconds, ended_at=ledger.now, reason=reason)
    gained = store(ledger, None, row, reason=kind, by=by)
    return TimeChange(attempt, row, changed=True, gained=gained)
