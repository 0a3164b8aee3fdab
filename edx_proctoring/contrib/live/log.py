"""The log of a course: everything that staff did, from the tables in which it is stored anyway. It has no table."""

import datetime
import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet, Value

from edx_proctoring.api.exports import Cell
from edx_proctoring.contrib.live import log_learners
from edx_proctoring.contrib.live.models import Announcement, Outage, Question, Receipt, RoomChange
from edx_proctoring.contrib.live.rooms import Scope, seated_in
from edx_proctoring.lifecycle import CONTINUED
from edx_proctoring.models import (
    BulkTimeChange,
    ProctoredExam,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
)
from edx_proctoring.types import User

Attempt = ProctoredExamStudentAttempt
Stored = TypeVar("Stored", bound=Model)

if TYPE_CHECKING:
    from edx_proctoring.models.attempts import PastAttempt

BATCH = 200
NOBODY = log_learners.Changed()
MOST_PAGED = 10_000  # entries that pages reach; a file has all
COLUMNS = ("at", "who", "what", "to", "exam", "attempt_id", "text", "reason")
BY_OTHERS = Q(kind__in=(TimeAdjustment.GRANT, TimeAdjustment.PAUSE, TimeAdjustment.OUTAGE))


@dataclass(frozen=True)
class Entry:
    """One thing that somebody did: when, who, what (a code), to whom (usernames, or words for many), and why."""

    at: datetime.datetime
    who: str
    what: str
    to: Sequence[str] = ()
    exam: str = ""
    attempt_id: int | None = None
    text: str = ""
    reason: str = ""

    def cells(self) -> Sequence[Cell]:
        """Return the row of a file."""
        to = "; ".join(self.to)
        return (
            self.at, self.who, self.what, to, self.exam, self.attempt_id, self.text, self.reason,
        )  # fmt: skip


@dataclass(frozen=True)
class Source(Generic[Stored]):
    """A table of the log: its rows, the column with their time, and a function that turns rows into entries."""

    rows: "QuerySet[Stored]"
    moment: str
    entries: Callable[[Sequence[Stored]], Sequence[Entry]]

    def newest_first(self) -> Iterator[Entry]:
        """Read all rows, in batches."""
        ordered = self.rows.order_by(f"-{self.moment}", "-pk")
        for place in count(0, BATCH):
            some = list(ordered[place : place + BATCH])
            yield from self.entries(some)
            if len(some) < BATCH:
                return

    def keys(self, number: int) -> "QuerySet[Any, tuple[Any, int, int]]":
        """Return the rows' moments, the source's number, and the rows' keys."""
        numbered = self.rows.order_by().annotate(
            log_at=F(self.moment), log_source=Value(number), log_key=F("pk")
        )
        found: QuerySet[Any, tuple[Any, int, int]] = numbered.values_list(
            "log_at", "log_source", "log_key"
        )
        return found

    def told(self, keys: Collection[int]) -> dict[int, Entry]:
        """Return the entries of these rows by their keys. One query, and two more for changes of many attempts."""
        found = list(self.rows.filter(pk__in=keys))
        return dict(zip((one.pk for one in found), self.entries(found), strict=True))


def each(entry: Callable[[Stored], Entry]) -> Callable[[Sequence[Stored]], Sequence[Entry]]:
    """Return a function that turns rows into entries, each row on its own."""
    return lambda rows: [entry(one) for one in rows]


class Log:
    """The entries of a course, newest first. Within a scope: those about its learners, and what the user did.

    Iterating reads all of them, each source in batches. For a page, the database merges the keys of the sources; only
    the rows of the page are read.
    """

    def __init__(self, course_id: str, scope: Scope, user_id: int) -> None:
        self.course_id, self.user_id = course_id, user_id
        self.learners = None if scope.rooms is None else seated_in(course_id, scope.rooms)
        exams = ProctoredExam.objects.in_course(course_id).values_list("pk", "exam_name")
        self.exams: dict[int, str] = dict(exams)
        self.sources: Sequence[Source[Any]] = [
            self._announced(),
            self._withdrawn(),
            self._closed(),
            self._seated(),
            self._outages(),
            self._bulk_changes(),
            self._time_changes(),
            self._statuses(),
        ]

    def __iter__(self) -> Iterator[Entry]:
        merged = (source.newest_first() for source in self.sources)
        return heapq.merge(*merged, key=lambda one: one.at, reverse=True)

    def count(self) -> int:
        """Count the entries that pages reach. One query."""
        return self._keys()[:MOST_PAGED].count()

    def __getitem__(self, place: slice) -> list[Entry]:
        """Return the entries of a page: with a query for the keys, and one for each source that it has rows of."""
        keys = [(number, key) for _, number, key in self._keys()[place]]
        wanted: dict[int, list[int]] = defaultdict(list)
        for number, key in keys:
            wanted[number].append(key)
        told = {number: self.sources[number].told(some) for number, some in wanted.items()}
        return [told[number][key] for number, key in keys if key in told[number]]

    def _keys(self) -> "QuerySet[Any, tuple[Any, int, int]]":
        first, *others = [source.keys(number) for number, source in enumerate(self.sources)]
        return first.union(*others, all=True).order_by("-log_at", "log_source", "-log_key")

    def _own(self, rows: "QuerySet[Stored]", about: Q | None, by: str) -> "QuerySet[Stored]":
        """Limit the rows to the scope: those about its learners, and those of the user."""
        if self.learners is None:
            return rows
        mine = Q(**{by: self.user_id})
        return rows.filter(mine | about if about is not None else mine)

    def _about(self, column: str = "user_id") -> Q:
        return Q(**{f"{column}__in": self.learners or []})

    def _exam(self, exam_id: int | None) -> str:
        return self.exams.get(exam_id or 0, "")

    def _announced(self) -> Source[Announcement]:
        rows = self._announcements("at").select_related("by")
        return Source(rows, "at", self._announced_to(lambda one: (one.at, "announced", one.by)))

    def _withdrawn(self) -> Source[Announcement]:
        rows = self._announcements("withdrawn_at").filter(withdrawn_at__isnull=False)
        rows = rows.select_related("withdrawn_by")
        entries = self._announced_to(
            lambda one: (one.withdrawn_at or one.at, "withdrawn", one.withdrawn_by)
        )
        return Source(rows, "withdrawn_at", entries)

    def _announced_to(
        self, fact: Callable[[Announcement], tuple[datetime.datetime, str, User | None]]
    ) -> Callable[[Sequence[Announcement]], Sequence[Entry]]:
        """Return how to tell announcements; `fact` returns moment, action and user. Selected learners are named."""

        def entries(some: Sequence[Announcement]) -> list[Entry]:
            chosen = [one for one in some if one.audience == one.ATTEMPTS and not one.username]
            names = log_learners.recipients_of(chosen, self.learners)
            return [self._told(one, *fact(one), names.get(one.pk, [])) for one in some]

        return entries

    def _told(
        self,
        one: Announcement,
        at: datetime.datetime,
        what: str,
        by: User | None,
        names: Sequence[str],
    ) -> Entry:
        whom = one.username or f"{one.audience} {one.room or one.exam_id or ''}".strip()
        exam = self._exam(one.exam_id)
        return Entry(at, _name(by), what, names or [whom], exam, text=one.text)

    def _announcements(self, column: str) -> "QuerySet[Announcement]":
        rows = Announcement.objects.in_course(self.course_id)
        got = Receipt.objects.filter(self._about()).values("announcement_id")
        return self._own(rows, Q(pk__in=got), "by_id")

    def _closed(self) -> Source[Question]:
        """Questions that staff have answered or closed."""
        closed = Question.objects.in_course(self.course_id).filter(closed_at__isnull=False)
        closed = closed.exclude(closed_by_id=F("user_id"))
        rows = self._own(closed, self._about(), "closed_by_id")
        rows = rows.select_related("user", "closed_by", "answer")

        def entry(one: Question) -> Entry:
            what = "answered" if one.answer else "closed_question"
            reply = one.answer.text if one.answer else ""
            return Entry(
                one.closed_at or one.asked_at, _name(one.closed_by), what, [_name(one.user)],
                attempt_id=one.attempt_id, text=reply, reason=one.text,
            )  # fmt: skip

        return Source(rows, "closed_at", each(entry))

    def _seated(self) -> Source[RoomChange]:
        changes = RoomChange.objects.in_course(self.course_id).select_related("user", "by")
        rows = self._own(changes, self._about(), "by_id")
        return Source(
            rows,
            "at",
            each(
                lambda one: Entry(
                    one.at, _name(one.by), one.action, [_name(one.user)], text=one.room
                )
            ),
        )

    def _outages(self) -> Source[Outage]:
        rows = Outage.objects.filter(course_id=self.course_id).select_related("by")
        rows = self._own(rows, None, "by_id")

        def entry(one: Outage) -> Entry:
            bounds = f"{one.began_at.isoformat()} – {one.ended_at.isoformat()} {one.provider}"
            exam = self._exam(one.exam_id)
            return Entry(
                one.created, _name(one.by), "outage_declared", exam=exam, text=bounds.strip(), reason=one.reason,
            )  # fmt: skip

        return Source(rows, "created", each(entry))

    def _bulk_changes(self) -> Source[BulkTimeChange]:
        """Changes of time from the board, also of a single attempt, with the learners whom they changed."""
        rows = BulkTimeChange.objects.filter(course_id=self.course_id)
        about = None if self.learners is None else log_learners.changes_of(self.learners)
        rows = self._own(rows, about, "by_id").select_related("by", "undoes")

        def entries(some: Sequence[BulkTimeChange]) -> list[Entry]:
            mine = [one for one in some if self.learners is None or one.by_id == self.user_id]
            others = [one for one in some if one not in mine]
            known = log_learners.learners_of(mine)
            known |= log_learners.learners_of(others, self.learners)
            return [self._bulk_change(one, known.get(one.pk, NOBODY)) for one in some]

        return Source(rows, "created", entries)

    def _bulk_change(self, one: BulkTimeChange, changed: log_learners.Changed) -> Entry:
        exam_id = one.exam_id
        if exam_id is None and len(changed.exam_ids) == 1:
            (exam_id,) = changed.exam_ids
        names = changed.usernames
        is_named = bool(names) and one.total <= log_learners.MOST_NAMED
        to = names if is_named else [f"{one.total - len(one.failed)} attempts"]
        text = f"{one.seconds} s" if one.seconds else ""
        exam = self._exam(exam_id)
        return Entry(one.created, _name(one.by), one.action, to, exam, text=text, reason=one.reason)

    def _time_changes(self) -> Source[TimeAdjustment]:
        """Single changes of the ledger; those of bulk changes have one entry together."""
        changes = TimeAdjustment.objects.filter(BY_OTHERS, exam_id__in=self.exams)
        changes = changes.exclude(key__startswith=BulkTimeChange.KEY_PREFIX)
        changes = changes.exclude(by_id__isnull=True)
        rows = self._own(changes, self._about(), "by_id").select_related("user", "by")

        def entry(one: TimeAdjustment) -> Entry:
            text = f"{one.seconds} s" if one.seconds else ""
            return Entry(
                one.created, _name(one.by), one.kind, [_name(one.user)], self._exam(one.exam_id),
                one.attempt_id, text, one.reason,
            )  # fmt: skip

        return Source(rows, "created", each(entry))

    def _statuses(self) -> "Source[PastAttempt]":
        """Changes of attempts by staff: ended, permitted to resume, removed, and singly continued."""
        continued = Q(history_change_reason=CONTINUED, history_user__isnull=False)
        continued &= ~Q(history_user_id=F("user_id"))  # the end of a learner's break
        rows = Attempt.history.filter(proctored_exam_id__in=self.exams)
        rows = rows.filter(Q(history_change_reason__startswith="staff") | continued)
        rows = self._own(rows, self._about(), "history_user_id")
        rows = rows.select_related("history_user", "user")

        def entry(one: "PastAttempt") -> Entry:
            what = "removed" if one.history_type == "-" else one.status
            reason = one.history_change_reason or ""
            if reason == CONTINUED:
                what = CONTINUED
            return Entry(
                one.history_date, _name(one.history_user), what, [_name(one.user)],
                self._exam(one.proctored_exam_id), one.id, reason=reason.partition(": ")[2],
            )  # fmt: skip

        return Source(rows, "history_date", each(entry))


def _name(user: "User | None") -> str:
    return user.get_username() if user else ""
