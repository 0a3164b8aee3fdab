"""The values of the tables from which the rows of a course's live board are made.

The number of rows read does not grow with the attempts that ended earlier. Thousands of rows are compared as tuples: model
instances are made only of what has changed.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from edx_proctoring import backends, conf
from edx_proctoring.circuit_breaker import State
from edx_proctoring.contrib.live.models import Heartbeat, Question, Seat
from edx_proctoring.contrib.live.rows import (
    HOUR,
    AttemptFacts,
    Learner,
    NamedExam,
    OpenQuestion,
    ProviderFacts,
)
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
)
from edx_proctoring.models.attempts import AttemptQuerySet
from edx_proctoring.statuses import COMPLETED, IN_PROGRESS, PRE_STARTED

Attempt = ProctoredExamStudentAttempt

STARTED_WITHIN = datetime.timedelta(days=2)  # of attempts shown as ended
CREATED_WITHIN = datetime.timedelta(hours=12)  # of attempts shown as setting up
FLAGGED = ("Suspicious", "Rules Violation")
LEDGER = tuple(one.attname for one in TimeAdjustment._meta.concrete_fields)


class Columns(NamedTuple):
    """Columns of an attempt, and of the tables read with it. Those of the attempt are in the order of its table."""

    id: int
    created: datetime.datetime
    user_id: int
    proctored_exam_id: int
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    allowed_time_limit_mins: int | None
    status: str
    taking_as_proctored: bool
    time_remaining_seconds: int | None
    ready_to_resume: bool
    resumed: bool
    username: str
    email: str
    exam_name: str
    exam_limit: int
    exam_backend: str | None
    exam_is_proctored: bool
    room: str
    flags: int


OWN = Columns._fields[: Columns._fields.index("username")]  # of the attempt


class Heard(NamedTuple):
    """The last poll of an attempt's page: None if it never polled."""

    seen_at: datetime.datetime | None = None
    shows_messages: bool | None = None


@dataclass(frozen=True)
class Source:
    """The values of a row, apart from heartbeats, as they were read, and the facts they stand for."""

    basis: tuple[object, ...]
    facts: AttemptFacts

    def heard(self, last: Heard) -> AttemptFacts:
        """Return the facts with the last poll of the page."""
        return replace(self.facts, seen_at=last.seen_at, shows_messages=last.shows_messages)


@dataclass(frozen=True)
class Sources:
    """All that is on the board, by the attempt's id, and the providers of these attempts."""

    by_attempt: Mapping[int, Source]
    heard: Mapping[int, Heard]
    providers: Sequence[ProviderFacts]
    longest_pause: datetime.timedelta


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


def heartbeats(course_id: str, now: datetime.datetime) -> dict[int, Heard]:
    """Return the last polls of the attempts on the board. One query."""
    ids = attempts_on_board(course_id, now).order_by().values("pk")
    rows = Heartbeat.objects.filter(attempt_id__in=ids)
    found = rows.values_list("attempt_id", "seen_at", "shows_messages")
    return {pk: Heard(seen_at, shows) for pk, seen_at, shows in found}


def read(
    course_id: str,
    now: datetime.datetime,
    states: Mapping[str, State],
    known: Mapping[int, Source],
) -> Sources:
    """Read everything, with three queries. Sources that are known and have not changed are kept."""
    attempts = attempts_on_board(course_id, now)
    rows = list(_rows(attempts, course_id))
    ledgers = _ledgers([one.id for one, _ in rows])
    questions = _open_questions(course_id) if rows else {}
    longest_pause = datetime.timedelta(minutes=int(conf.proctoring.LONGEST_PAUSE_MINUTES))
    providers: dict[str, ProviderFacts] = {}
    found = {}
    for columns, _ in rows:
        ledger, question = ledgers.get(columns.id, ()), questions.get(columns.id)
        provider = _provider(columns, states, providers)
        basis = (columns, ledger, question, provider, longest_pause)
        source = known.get(columns.id)
        if source is None or source.basis != basis:
            adjustments = [TimeAdjustment.from_db(attempts.db, LEDGER, one) for one in ledger]
            attempt = Attempt.from_db(attempts.db, OWN, columns[: len(OWN)])
            source = Source(basis, _facts(attempt, columns, adjustments, question, provider))
        found[columns.id] = source
    heard = {columns.id: last for columns, last in rows}
    return Sources(found, heard, list(providers.values()), longest_pause)


def _rows(attempts: AttemptQuerySet, course_id: str) -> Iterable[tuple[Columns, Heard]]:
    beats = Heartbeat.objects.filter(attempt_id=OuterRef("pk"))
    seats = Seat.objects.in_course(course_id).filter(user_id=OuterRef("user_id"))
    marks = ProctoredExamSoftwareSecureComment.objects.filter(
        review__attempt_code=OuterRef("attempt_code"), status__in=FLAGGED
    )
    counted = marks.order_by().values("review__attempt_code").annotate(n=Count("pk")).values("n")
    others = {
        "username": F("user__username"),
        "email": F("user__email"),
        "exam_name": F("proctored_exam__exam_name"),
        "exam_limit": F("proctored_exam__time_limit_mins"),
        "exam_backend": F("proctored_exam__backend"),
        "exam_is_proctored": F("proctored_exam__is_proctored"),
        "room": Coalesce(Subquery(seats.values("room")[:1]), Value("")),
        "flags": Coalesce(Subquery(counted[:1]), Value(0)),
        "seen_at": Subquery(beats.values("seen_at")[:1]),
        "shows_messages": Subquery(beats.values("shows_messages")[:1]),
    }
    found = attempts.order_by("pk").annotate(**others).values_list(*OWN, *others)
    size = len(Columns._fields)
    for row in found:
        yield Columns._make(row[:size]), Heard._make(row[size:])


def _ledgers(ids: Sequence[int]) -> dict[int, list[tuple[object, ...]]]:
    """Return the rows of the ledger as tuples, oldest first, by attempt. One query if there are attempts."""
    found: dict[int, list[tuple[object, ...]]] = defaultdict(list)
    if ids:
        owner = LEDGER.index("attempt_id")
        for row in TimeAdjustment.objects.of_attempts(ids).values_list(*LEDGER):
            found[row[owner]].append(row)
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
    columns: Columns, states: Mapping[str, State], known: dict[str, ProviderFacts]
) -> ProviderFacts | None:
    if not (columns.exam_is_proctored and columns.taking_as_proctored):
        return None
    name = backends.full_name(columns.exam_backend)
    if name not in known:
        provider = backends.find_provider(_Exam(columns.exam_backend))
        label = str(getattr(provider, "verbose_name", "") or name)
        state = states.get(name)
        since = state.last_known_down_since if state else None
        known[name] = ProviderFacts(name, label, None if state is None else not since, since)
    return known[name]


def _facts(
    attempt: Attempt,
    columns: Columns,
    ledger: Sequence[TimeAdjustment],
    question: OpenQuestion | None,
    provider: ProviderFacts | None,
) -> AttemptFacts:
    return AttemptFacts(
        attempt=attempt,
        learner=Learner(id=columns.user_id, username=columns.username, email=columns.email),
        exam=NamedExam(id=columns.proctored_exam_id, exam_name=columns.exam_name),
        limit_minutes=columns.exam_limit,
        ledger=ledger,
        room=columns.room,
        flags=columns.flags,
        question=question,
        provider=provider,
    )
