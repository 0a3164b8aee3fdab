"""The live board of a course: everybody who is in an exam, is setting up, or has ended within the hour."""

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Count, Max, Model, QuerySet, Value

from edx_proctoring import backends
from edx_proctoring.circuit_breaker import State
from edx_proctoring.contrib.live import sources
from edx_proctoring.contrib.live.models import Question, RoomChange, Seat
from edx_proctoring.contrib.live.rows import Entry, Row, entry_heard, entry_of
from edx_proctoring.contrib.live.sources import Heard, Sources
from edx_proctoring.models import TimeAdjustment

NOTHING = Sources({}, {}, (), datetime.timedelta(0))
NEVER = Heard()


@dataclass(frozen=True)
class Outage:
    """A provider that does not answer, with the attempts on the board that it concerns."""

    provider: str
    label: str
    since: datetime.datetime | None
    last_try: datetime.datetime | None


@dataclass(frozen=True)
class Board:
    """All rows of a course at a moment. `read_at`: when all tables were read; `heard_at`: when the heartbeats were."""

    read_at: datetime.datetime
    heard_at: datetime.datetime
    by_id: Mapping[int, Entry] = field(default_factory=dict)
    outages: Sequence[Outage] = ()
    revisions: Mapping[int, str] = field(default_factory=dict)
    sources: Sources = NOTHING
    # The views of users, by scope and choice: see `selection.view_of`.
    views: dict[object, object] = field(default_factory=dict, compare=False)

    @property
    def entries(self) -> list[Entry]:
        """Return all rows."""
        return list(self.by_id.values())

    @cached_property
    def changes_at(self) -> datetime.datetime | None:
        """Return when time alone changes the first row."""
        moments = [one.changes_at for one in self.by_id.values()]
        return min((one for one in moments if one), default=None)


Part = tuple[int, int, datetime.datetime | None, int | None, int]


def fingerprint(course_id: str, now: datetime.datetime) -> list[Part]:
    """Return numbers that change whenever the board does, apart from heartbeats and time. One query."""
    attempts = sources.attempts_on_board(course_id, now).order_by()
    adjustments = TimeAdjustment.objects.filter(attempt_id__in=attempts.values("pk"))
    parts = [
        _part(1, attempts, "modified", "completed_at"),
        _part(2, adjustments, "created", "ended_at"),
        _part(3, Question.objects.in_course(course_id), "asked_at", "closed_at"),
        _part(4, Seat.objects.in_course(course_id), "modified", "pk"),
        # A seat may change twice at the same moment, or on a machine whose clock is slow. Each change adds a row here.
        _part(5, RoomChange.objects.in_course(course_id), "at", "pk"),
    ]
    return sorted(parts[0].union(*parts[1:], all=True))


def _part(number: int, rows: QuerySet[Model], moment: str, counted: str) -> QuerySet[Model, Part]:
    grouped = rows.order_by().annotate(part=Value(number)).values("part")
    summed = grouped.annotate(
        many=Count("pk"), newest=Max(moment), highest=Max("pk"), filled=Count(counted)
    )
    found: QuerySet[Model, Part] = summed.values_list("part", "many", "newest", "highest", "filled")
    return found


def provider_outages() -> dict[str, State]:
    """Return the states of the providers whose last request failed; from the cache, without a query."""
    states = backends.provider_states().items()
    return {name: state for name, state in states if state.unanswered_since is not None}


def build(course_id: str, now: datetime.datetime, former: Board | None = None) -> Board:
    """Read the board from the tables, with three queries. Rows of the former one that are still true are reused."""
    if former is None or now < former.heard_at:  # the clock was set back
        former = Board(now, now)
    states = backends.provider_states()
    read = sources.read(course_id, now, states, former.sources.by_attempt)
    outages = [
        Outage(one.name, one.label, one.down_since, states[one.name].last_try)
        for one in read.providers
        if one.down_since is not None
    ]
    return _made(former, Board(now, now, outages=outages, sources=read), read.heard)


def listen(course_id: str, now: datetime.datetime, former: Board) -> Board:
    """Return the board with the newest heartbeats, and as time has changed it. One query."""
    heard = sources.heartbeats(course_id, now)
    new = Board(former.read_at, now, outages=former.outages, sources=former.sources)
    return _made(former, new, heard)


def _made(former: Board, new: Board, heard: Mapping[int, Heard]) -> Board:
    """Make the rows of the new board, from those of the former one where their sources are the same."""
    by_id, revisions, now = {}, {}, new.heard_at
    pause, before = new.sources.longest_pause, former.sources.by_attempt
    for pk, source in new.sources.by_attempt.items():
        facts = source.heard(heard.get(pk, NEVER))
        known = former.by_id.get(pk) if before.get(pk) is source else None
        entry = entry_heard(known, facts, now, pause) if known else entry_of(facts, now, pause)
        if entry is None:
            continue
        by_id[pk] = entry
        is_same = known is not None and known.is_like(entry)
        revisions[pk] = former.revisions[pk] if is_same else revision_of(entry.row)
    return Board(new.read_at, now, by_id, new.outages, revisions, new.sources)


def revision_of(row: Row) -> str:
    """Return a digest of the row, which changes with anything but the time left and the last poll of the page."""
    lasting = [value for name, value in row.items() if name != "seen_at"]
    return hashlib.blake2b(repr(lasting).encode(), digest_size=8).hexdigest()
