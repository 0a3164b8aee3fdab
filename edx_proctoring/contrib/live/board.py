"""The live board of a course, read from the tables: everybody who is in an exam, sets up, or has ended within the hour.

The number of rows read does not grow with the attempts that ended earlier.
"""

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, Max, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from edx_proctoring import backends, conf, deadlines
from edx_proctoring.circuit_breaker import State
from edx_proctoring.contrib.live.models import Heartbeat, Question, Seat
from edx_proctoring.contrib.live.rows import (
    HOUR,
    AttemptFacts,
    Entry,
    Learner,
    NamedExam,
    OpenQuestion,
    ProviderFacts,
    entry_of,
)
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
)
from edx_proctoring.models.attempts import AttemptQuerySet
from edx_proctoring.statuses import COMPLETED, IN_PROGRESS, PRE_STARTED

Attempt = ProctoredExamStudentAttempt

if TYPE_CHECKING:

    class ReadAttempt(Attempt):
        """An attempt with columns of other tables, which are read with it."""

        username: str
        email: str
        exam_name: str
        exam_limit: int
        exam_backend: str | None
        exam_is_proctored: bool
        seen_at: datetime.datetime | None
        shows_messages: bool | None
        room: str
        flags: int


Basis = tuple[object, ...]
STARTED_WITHIN = datetime.timedelta(days=2)  # of attempts shown as ended
CREATED_WITHIN = datetime.timedelta(hours=12)  # of attempts shown as setting up
FLAGGED = ("Suspicious", "Rules Violation")
USED = (
    "id", "user_id", "proctored_exam_id", "created", "started_at", "completed_at", "allowed_time_limit_mins", "status",
    "taking_as_proctored", "time_remaining_seconds", "ready_to_resume", "resumed",
)  # fmt: skip


@dataclass(frozen=True)
class Outage:
    """A provider that does not answer, with the attempts on the board that it concerns."""

    provider: str
    label: str
    since: datetime.datetime | None
    last_try: datetime.datetime | None


@dataclass(frozen=True)
class Board:
    """All rows of a course at a moment, and when time alone changes the first of them."""

    built_at: datetime.datetime
    entries: Sequence[Entry]
    outages: Sequence[Outage] = ()
    flips_at: datetime.datetime | None = None
    revisions: Mapping[int, str] = field(default_factory=dict)
    made_from: Mapping[int, Basis] = field(default_factory=dict)

    def row_made_from(self, pk: int, basis: Basis, now: datetime.datetime) -> Entry | None:
        """Return the attempt's entry if it was made from the same values, and time has not changed it."""
        known = self.by_id.get(pk) if self.made_from.get(pk) == basis else None
        is_true = known is not None and (known.flips_at is None or now < known.flips_at)
        return known if is_true and now >= self.built_at else None

    @cached_property
    def by_id(self) -> Mapping[int, Entry]:
        """Return the entries by the attempt's id."""
        return {one.row["attempt_id"]: one for one in self.entries}


def attempts_on_board(course_id: str, now: datetime.datetime) -> AttemptQuerySet:
    """Return the attempts that the board may show."""
    since = now - HOUR
    polled = Heartbeat.objects.filter(attempt_id=OuterRef("pk"), seen_at__gt=since)
    recent = Q(created__gt=since) | Q(modified__gt=since) | Exists(polled)
    is_setting_up = Q(status__in=PRE_STARTED, created__gt=now - CREATED_WITHIN) & recent
    has_ended = Q(
        status__in=COMPLETED,
        started_at__gt=now - STARTED_WITHIN,
        completed_at__gt=since,
        resumed=False,
    )
    is_running = Q(status__in=IN_PROGRESS, started_at__isnull=False)
    return Attempt.objects.in_course(course_id).filter(is_running | is_setting_up | has_ended)


Part = tuple[int, int, datetime.datetime | None, int | None, int]


def fingerprint(course_id: str, now: datetime.datetime) -> tuple[list[Part], list[Part]]:
    """Return numbers that change whenever the board does: of everything but heartbeats, and of these. One query."""
    attempts = attempts_on_board(course_id, now).order_by()
    ids = attempts.values("pk")
    parts = [
        _part(1, attempts, "modified", "completed_at"),
        _part(2, TimeAdjustment.objects.filter(attempt_id__in=ids), "created", "ended_at"),
        _part(3, Question.objects.in_course(course_id), "asked_at", "closed_at"),
        _part(4, Seat.objects.in_course(course_id), "modified", "pk"),
        _part(5, Heartbeat.objects.filter(attempt_id__in=ids), "seen_at", "pk"),
    ]
    found = list(parts[0].union(*parts[1:], all=True))
    return sorted(one for one in found if one[0] != 5), [one for one in found if one[0] == 5]


def _part(number: int, rows: QuerySet[Model], moment: str, counted: str) -> QuerySet[Model, Part]:
    grouped = rows.order_by().annotate(part=Value(number)).values("part")
    summed = grouped.annotate(
        many=Count("pk"), newest=Max(moment), highest=Max("pk"), filled=Count(counted)
    )
    found: QuerySet[Model, Part] = summed.values_list("part", "many", "newest", "highest", "filled")
    return found


def provider_outages() -> dict[str, State]:
    """Return the states of the providers that do not answer; from the cache, without a query."""
    return {name: state for name, state in backends.provider_states().items() if state.is_down}


def build(course_id: str, now: datetime.datetime, former: Board | None = None) -> Board:
    """Read the board from the tables, with three queries. Entries of the former one that are still true are reused."""
    attempts = list(_with_columns(attempts_on_board(course_id, now), course_id))
    ledgers = deadlines.ledgers(attempts) if attempts else {}
    questions = _open_questions(course_id) if attempts else {}
    states = backends.provider_states() if attempts else {}
    providers: dict[str, ProviderFacts] = {}
    longest = datetime.timedelta(minutes=int(conf.proctoring.LONGEST_PAUSE_MINUTES))
    entries, made_from, revisions = [], {}, {}
    for attempt in attempts:
        facts = _facts(attempt, ledgers, questions, _provider(attempt, states, providers))
        basis = _basis(attempt, facts, longest)
        known = former.row_made_from(attempt.pk, basis, now) if former else None
        entry = known or entry_of(facts, now, longest)
        if entry is None:
            continue
        entries.append(entry)
        made_from[attempt.pk] = basis
        old = former.revisions[attempt.pk] if former and known else ""
        revisions[attempt.pk] = old or revision_of(entry)
    down = [one for one in providers.values() if one.down_since is not None]
    return Board(
        built_at=now,
        entries=entries,
        outages=[
            Outage(one.name, one.label, one.down_since, states[one.name].last_try) for one in down
        ],
        flips_at=min((one.flips_at for one in entries if one.flips_at), default=None),
        revisions=revisions,
        made_from=made_from,
    )


def _basis(attempt: "ReadAttempt", facts: AttemptFacts, longest_pause: datetime.timedelta) -> Basis:
    """Return all values from which the row is made, before making it changes an attempt that is over."""
    ledger = tuple((one.pk, one.seconds, one.ended_at) for one in facts.ledger)
    question = facts.question["id"] if facts.question else None
    return (
        attempt.status, attempt.started_at, attempt.completed_at, attempt.allowed_time_limit_mins,
        attempt.time_remaining_seconds, attempt.ready_to_resume, attempt.resumed, attempt.seen_at,
        attempt.shows_messages, attempt.room, attempt.flags, attempt.username, attempt.email, attempt.exam_name,
        attempt.exam_limit, facts.provider, question, ledger, longest_pause,
    )  # fmt: skip


def revision_of(entry: Entry) -> str:
    """Return a digest of the row, which changes with anything but the time left."""
    return hashlib.blake2b(repr(entry.row).encode(), digest_size=8).hexdigest()


def _with_columns(attempts: AttemptQuerySet, course_id: str) -> "Iterable[ReadAttempt]":
    beats = Heartbeat.objects.filter(attempt_id=OuterRef("pk"))
    seats = Seat.objects.in_course(course_id).filter(user_id=OuterRef("user_id"))
    marks = ProctoredExamSoftwareSecureComment.objects.filter(
        review__attempt_code=OuterRef("attempt_code"), status__in=FLAGGED
    )
    counted = marks.order_by().values("review__attempt_code").annotate(n=Count("pk")).values("n")
    found: Iterable[ReadAttempt] = (
        attempts.order_by("pk")
        .only(*USED)
        .annotate(  # type: ignore[assignment]  # annotated
            username=F("user__username"),
            email=F("user__email"),
            exam_name=F("proctored_exam__exam_name"),
            exam_limit=F("proctored_exam__time_limit_mins"),
            exam_backend=F("proctored_exam__backend"),
            exam_is_proctored=F("proctored_exam__is_proctored"),
            seen_at=Subquery(beats.values("seen_at")[:1]),
            shows_messages=Subquery(beats.values("shows_messages")[:1]),
            room=Coalesce(Subquery(seats.values("room")[:1]), Value("")),
            flags=Coalesce(Subquery(counted[:1]), Value(0)),
        )
    )
    return found


def _open_questions(course_id: str) -> dict[int, OpenQuestion]:
    rows = Question.objects.in_course(course_id).filter(closed_at__isnull=True).order_by("id")
    found = rows.values_list("attempt_id", "id", "text", "asked_at")
    return {
        attempt_id: OpenQuestion(id=pk, text=text, asked_at=asked_at)
        for attempt_id, pk, text, asked_at in found
    }


@dataclass
class _Exam:
    backend: str | None
    is_proctored: bool = True


def _provider(
    attempt: "ReadAttempt", states: Mapping[str, State], known: dict[str, ProviderFacts]
) -> ProviderFacts | None:
    if not (attempt.exam_is_proctored and attempt.taking_as_proctored):
        return None
    name = backends.full_name(attempt.exam_backend)
    if name not in known:
        provider = backends.find_provider(_Exam(attempt.exam_backend))
        label = str(getattr(provider, "verbose_name", "") or name)
        state = states.get(name)
        since = state.since if state and state.is_down else None
        known[name] = ProviderFacts(name, label, None if state is None else not since, since)
    return known[name]


def _facts(
    attempt: "ReadAttempt",
    ledgers: Mapping[int, Sequence[TimeAdjustment]],
    questions: Mapping[int, OpenQuestion],
    provider: ProviderFacts | None,
) -> AttemptFacts:
    return AttemptFacts(
        attempt=attempt,
        learner=Learner(id=attempt.user_id, username=attempt.username, email=attempt.email),
        exam=NamedExam(id=attempt.proctored_exam_id, exam_name=attempt.exam_name),
        limit_minutes=attempt.exam_limit,
        ledger=ledgers.get(attempt.pk, ()),
        room=attempt.room,
        seen_at=attempt.seen_at,
        shows_messages=attempt.shows_messages,
        flags=attempt.flags,
        question=questions.get(attempt.pk),
        provider=provider,
    )
