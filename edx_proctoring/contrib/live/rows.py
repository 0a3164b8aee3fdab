"""One learner's row of the live board, from what the tables say about the attempt. Pure: no query, no clock."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict

from edx_proctoring import deadlines
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.statuses import IN_PROGRESS, PRE_STARTED, ProctoredExamStudentAttemptStatus
from edx_proctoring.timing import Deadline

Status = ProctoredExamStudentAttemptStatus

# Pages poll every 30 or 60 seconds, and a poll within 30 seconds of the last one is not recorded.
SILENT = datetime.timedelta(seconds=150)
HOUR = datetime.timedelta(hours=1)
LONG_PAUSE = 0.8  # of LONGEST_PAUSE_MINUTES: from then on staff should look

ATTENTION, RUNNING, SETTING_UP, ENDED = "attention", "running", "setting_up", "ended"
GROUPS = (ATTENTION, RUNNING, SETTING_UP, ENDED)
CANNOT_START, UNWATCHED, QUIET, PAUSED, ASKS, MAY_NOT_RESUME = (
    "cannot_start", "unwatched", "silent", "paused", "asks", "ready_to_resume",
)  # fmt: skip


class Learner(TypedDict):
    """The learner of a row."""

    id: int
    username: str
    email: str


class NamedExam(TypedDict):
    """The exam of a row."""

    id: int
    exam_name: str


class Attention(TypedDict):
    """A reason why staff should look at a row: a code, since when, and the text of a question."""

    code: str
    since: datetime.datetime
    text: str


class Extra(TypedDict):
    """Time beyond the exam's limit: minutes of the allotment, and seconds granted or given back since the start."""

    minutes: int
    seconds_added: int


class ProviderOfRow(TypedDict):
    """The provider of a proctored attempt. `reachable` is None if nothing is known of it."""

    name: str
    label: str
    reachable: bool | None


class OpenQuestion(TypedDict):
    """A question that waits for an answer."""

    id: int
    text: str
    asked_at: datetime.datetime


class Row(TypedDict):
    """A row of the board, without the time left, which depends on the moment of the answer."""

    attempt_id: int
    user: Learner
    exam: NamedExam
    room: str
    status: str
    group: str
    attention: list[Attention]
    ends_at: datetime.datetime | None
    total_seconds: int | None
    paused_at: datetime.datetime | None
    pause_until: datetime.datetime | None
    on_break: bool
    extra: Extra
    seen_at: datetime.datetime | None
    silent: bool
    shows_messages: bool
    provider: ProviderOfRow | None
    flags: int
    question: OpenQuestion | None


@dataclass(frozen=True)
class ProviderFacts:
    """The state of an exam's provider. `down_since` is None if it answers, or if nothing is known."""

    name: str
    label: str
    reachable: bool | None = None
    down_since: datetime.datetime | None = None


@dataclass(frozen=True)
class AttemptFacts:
    """Everything that the tables say about one attempt. `ledger`: its rows, oldest first."""

    attempt: ProctoredExamStudentAttempt
    learner: Learner
    exam: NamedExam
    limit_minutes: int
    ledger: Sequence[TimeAdjustment] = ()
    room: str = ""
    seen_at: datetime.datetime | None = None
    shows_messages: bool | None = None
    flags: int = 0
    question: OpenQuestion | None = None
    provider: ProviderFacts | None = None

    @property
    def shown(self) -> bool:
        """Return whether the page shows messages, as far as is known."""
        return self.shows_messages is not False


@dataclass(frozen=True)
class Entry:
    """A row with its clock. `flips_at`: when time changes it at the earliest, apart from silence; `sign`: the last one
    of life while it runs.
    """

    row: Row
    deadline: Deadline | None
    flips_at: datetime.datetime | None
    sign: datetime.datetime | None = None

    @property
    def changes_at(self) -> datetime.datetime | None:
        """Return when time alone changes the row at the earliest."""
        if self.sign is None or self.row["silent"]:
            return self.flips_at
        quiet_at = self.sign + SILENT
        return quiet_at if self.flips_at is None else min(self.flips_at, quiet_at)

    def is_like(self, other: "Entry") -> bool:
        """Return whether the rows differ in the last poll of the page at most."""
        return self is other or {**self.row, "seen_at": None} == {**other.row, "seen_at": None}

    def seconds_left(self, now: datetime.datetime) -> float | None:
        """Return the time left; None before the start and after the end."""
        if self.deadline is None:
            return None
        return round(self.deadline.seconds_left(now), 3)


def entry_heard(
    known: Entry, facts: AttemptFacts, now: datetime.datetime, longest_pause: datetime.timedelta
) -> Entry | None:
    """Return the entry as it is now, which was made from the same facts, apart from the last poll of the page."""
    row = known.row
    if known.changes_at is not None and now >= known.changes_at:
        return entry_of(facts, now, longest_pause)
    if facts.seen_at == row["seen_at"] and facts.shown == row["shows_messages"]:
        return known
    sign = _last_sign(facts)
    is_silent = sign is None or now - sign >= SILENT
    if row["silent"] or is_silent or facts.shown != row["shows_messages"]:
        return entry_of(facts, now, longest_pause)
    new = row.copy()
    new["seen_at"] = facts.seen_at
    return Entry(new, known.deadline, known.flips_at, sign if known.sign else None)


@dataclass(frozen=True)
class _Clock:
    """The time of an attempt: its deadline while it runs, its end after it, the stop of its clock."""

    deadline: Deadline | None = None
    ended_at: datetime.datetime | None = None
    stop: TimeAdjustment | None = None


def entry_of(
    facts: AttemptFacts, now: datetime.datetime, longest_pause: datetime.timedelta
) -> Entry | None:
    """Return the attempt's row at this moment; None if it ended more than an hour ago."""
    attempt, clock = facts.attempt, _clock_of(facts, now)
    if clock.ended_at is not None and clock.ended_at <= now - HOUR:
        return None
    sign = _last_sign(facts) if clock.deadline is not None else None
    is_silent = sign is not None and now - sign >= SILENT
    watch = _Watch(facts, clock, now, sign if is_silent else None, longest_pause)
    attention = sorted(watch.reasons(), key=lambda one: one["since"])
    deadline = clock.deadline.at(now) if clock.deadline else None
    is_break = clock.stop is not None and clock.stop.kind == TimeAdjustment.BREAK
    row = Row(
        attempt_id=attempt.pk,
        user=facts.learner,
        exam=facts.exam,
        room=facts.room,
        status=attempt.status,
        group=ATTENTION if attention else group_of(attempt.status),
        attention=attention,
        ends_at=deadline.ends_at if deadline else None,
        total_seconds=_total_of(facts, clock),
        paused_at=clock.stop.began_at if clock.stop else None,
        pause_until=clock.stop.ends_by_itself_at if clock.stop else None,
        on_break=is_break,
        extra=_extra_of(facts),
        seen_at=facts.seen_at,
        silent=is_silent,
        shows_messages=facts.shown,
        provider=_provider_of(facts.provider),
        flags=facts.flags,
        question=facts.question if clock.ended_at is None else None,
    )
    flips = [one for one in watch.flips() if one > now]
    return Entry(row, deadline, min(flips, default=None), sign)


def group_of(status: str) -> str:
    """Return the group of an attempt with this status, if nothing needs attention."""
    if status in IN_PROGRESS:
        return RUNNING
    return SETTING_UP if status in PRE_STARTED else ENDED


def _clock_of(facts: AttemptFacts, now: datetime.datetime) -> _Clock:
    """Read the ledger. An attempt whose time is over counts as ended, as its learner would see it."""
    attempt = facts.attempt
    if attempt.status in PRE_STARTED:
        return _Clock()
    if attempt.status not in IN_PROGRESS:
        return _Clock(ended_at=attempt.completed_at or attempt.started_at)
    deadline = deadlines.from_ledger(attempt, facts.ledger)
    if deadline is not None and deadline.is_over(now):
        deadlines.as_ended(attempt, deadline.ends_at)
        return _Clock(ended_at=deadline.ends_at)
    stop = next((one for one in facts.ledger if one.stops_clock(now)), None)
    return _Clock(deadline, stop=stop)


def _last_sign(facts: AttemptFacts) -> datetime.datetime | None:
    signs = [one for one in (facts.seen_at, facts.attempt.started_at) if one is not None]
    return max(signs, default=None)


@dataclass(frozen=True)
class _Watch:
    """Finds what staff should look at."""

    facts: AttemptFacts
    clock: _Clock
    now: datetime.datetime
    silent_since: datetime.datetime | None
    longest_pause: datetime.timedelta

    def reasons(self) -> Iterator[Attention]:
        """Yield each reason."""
        attempt, provider = self.facts.attempt, self.facts.provider
        if provider is not None and provider.down_since is not None:
            if attempt.status in PRE_STARTED:
                since = max(provider.down_since, attempt.created)
                yield Attention(code=CANNOT_START, since=since, text="")
            elif attempt.status in IN_PROGRESS and attempt.started_at:
                since = max(provider.down_since, attempt.started_at)
                yield Attention(code=UNWATCHED, since=since, text="")
        if self.silent_since is not None and self.clock.stop is None:
            yield Attention(code=QUIET, since=self.silent_since, text="")
        looked_at, stop = self._pause_looked_at(), self.clock.stop
        if looked_at is not None and looked_at <= self.now and stop is not None and stop.began_at:
            yield Attention(code=PAUSED, since=stop.began_at, text="")
        question = self.facts.question
        if question is not None and self.clock.ended_at is None:
            yield Attention(code=ASKS, since=question["asked_at"], text=question["text"])
        waits = attempt.status == Status.error and not attempt.ready_to_resume
        if waits and not attempt.resumed and attempt.completed_at:
            yield Attention(code=MAY_NOT_RESUME, since=attempt.completed_at, text="")

    def flips(self) -> Iterator[datetime.datetime]:
        """Yield the moments at which time alone changes the row, apart from silence."""
        if self.clock.ended_at is not None:
            yield self.clock.ended_at + HOUR
        stop, deadline = self.clock.stop, self.clock.deadline
        if stop is not None and stop.ends_by_itself_at is not None:
            yield stop.ends_by_itself_at
        if (looked_at := self._pause_looked_at()) is not None:
            yield looked_at
        if stop is None and deadline is not None:
            # The attempt is over after its last moment, not at it.
            yield deadline.at(self.now).ends_at + datetime.timedelta(microseconds=1)

    def _pause_looked_at(self) -> datetime.datetime | None:
        stop = self.clock.stop
        if stop is None or stop.kind != TimeAdjustment.PAUSE or stop.began_at is None:
            return None
        return stop.began_at + LONG_PAUSE * self.longest_pause


def _total_of(facts: AttemptFacts, clock: _Clock) -> int | None:
    """Return the time from start to end during which the clock runs."""
    if clock.deadline is None:
        return None
    stood_still = sum(one.seconds for one in facts.ledger if one.kind in TimeAdjustment.STOPS)
    whole = clock.deadline.ends_at - clock.deadline.started_at
    return max(round(whole.total_seconds()) - stood_still, 0)


def _extra_of(facts: AttemptFacts) -> Extra:
    allotment = deadlines.last_allotment(facts.ledger)
    minutes = allotment.seconds // 60 - facts.limit_minutes if allotment else 0
    given = (TimeAdjustment.GRANT, TimeAdjustment.OUTAGE)
    added = sum(one.seconds for one in facts.ledger if one.kind in given)
    return Extra(minutes=max(minutes, 0), seconds_added=added)


def _provider_of(facts: ProviderFacts | None) -> ProviderOfRow | None:
    if facts is None:
        return None
    return ProviderOfRow(name=facts.name, label=facts.label, reachable=facts.reachable)
