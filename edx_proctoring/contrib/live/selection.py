"""Views of a board as clients see it: chosen by filters, in order, with counters; whole, or only what has changed."""

import datetime
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from edx_proctoring.contrib.live import snapshots
from edx_proctoring.contrib.live.board import Board
from edx_proctoring.contrib.live.rooms import Scope
from edx_proctoring.contrib.live.rows import (
    ATTENTION,
    CANNOT_START,
    ENDED,
    GROUPS,
    RUNNING,
    SETTING_UP,
    UNWATCHED,
    Entry,
    NamedExam,
    Row,
    group_of,
)

SILENT, PAUSED = "silent", "paused"
COUNTERS = (ATTENTION, RUNNING, SETTING_UP, SILENT, PAUSED, ENDED)
BY_ATTENTION, BY_TIME_LEFT, BY_NAME = "attention", "time_left", "name"
ORDERS = (BY_ATTENTION, BY_TIME_LEFT, BY_NAME)
MOST_VIEWS = 32  # kept for each board
LAST = datetime.datetime.max.replace(tzinfo=datetime.UTC)
Key = tuple[object, ...]


@dataclass(frozen=True)
class Choice:
    """The filters and the order that a client asks for."""

    exam: int | None = None
    room: str = ""
    only: str = ""
    search: str = ""
    order: str = BY_ATTENTION


@dataclass(frozen=True)
class ProviderOutage:
    """A provider that does not answer: how many learners cannot start, and how many exams go on unwatched."""

    provider: str
    name: str
    since: datetime.datetime | None
    cannot_start: int
    unwatched: int
    last_try: datetime.datetime | None


@dataclass(frozen=True)
class View:
    """A view of a board under its cursor. `entries` are in the order of the display.

    The cursor does not depend on the last polls of the pages; the `etag` does.
    """

    cursor: str
    entries: Sequence[Entry]
    counts: Mapping[str, int]
    exams: Sequence[NamedExam]
    rooms: Sequence[str]
    outages: Sequence[ProviderOutage]
    revisions: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def seen(self) -> Sequence[datetime.datetime | None]:
        """Return when each page polled last, in the order of the display."""
        return [one.row["seen_at"] for one in self.entries]

    @cached_property
    def etag(self) -> str:
        """Return the tag of all but the time left."""
        digest = hashlib.blake2b(repr(self.seen).encode(), digest_size=8).hexdigest()
        return f'"{self.cursor}.{digest}"'

    def changed_since(self, cursor: str) -> "tuple[list[Entry], list[int]] | None":
        """Return the rows that differ from what the client with this cursor has, and the ids of those that are gone.

        None if that is no longer known.
        """
        if cursor == self.cursor:
            return [], []
        seen = snapshots.seen_under(cursor)
        if seen is None:
            return None
        changed = [
            one
            for one in self.entries
            if seen.get(one.row["attempt_id"]) != self.revisions[one.row["attempt_id"]]
        ]
        return changed, sorted(set(seen) - set(self.revisions))


def view_of(board: Board, scope: Scope, choice: Choice) -> View:
    """Return what a user with this scope sees. Users who see the same share the view."""
    key = (scope, choice)
    view = board.views.get(key)
    if view is None:
        if len(board.views) >= MOST_VIEWS:
            board.views.clear()
        view = board.views[key] = _view(board, scope, choice)
    assert isinstance(view, View)
    return view


def _view(board: Board, scope: Scope, choice: Choice) -> View:
    within = [one for one in board.entries if scope.has(one.row["room"])]
    found = [one for one in within if _matches(one.row, choice)]
    counts = {name: sum(is_in(one.row) for one in found) for name, is_in in COUNTED.items()}
    if choice.only:
        found = [one for one in found if COUNTED[choice.only](one.row)]
    found.sort(key=lambda one: _key(one.row, choice.order))
    exams = sorted({(one.row["exam"]["exam_name"], one.row["exam"]["id"]) for one in within})
    rooms = scope.rooms or {one.row["room"] for one in within if one.row["room"]}
    outages = _outages(board, within)
    revisions = {pk: board.revisions[pk] for pk in (one.row["attempt_id"] for one in found)}
    others = (sorted(counts.items()), exams, sorted(rooms), outages, scope.is_whole_course)
    return View(
        cursor=snapshots.cursor_of(revisions, others),
        entries=found,
        counts=counts,
        exams=[NamedExam(id=pk, exam_name=name) for name, pk in exams],
        rooms=sorted(rooms),
        outages=outages,
        revisions=revisions,
    )


def _matches(row: Row, choice: Choice) -> bool:
    if choice.exam is not None and row["exam"]["id"] != choice.exam:
        return False
    if choice.room and row["room"] != choice.room:
        return False
    names = f"{row['user']['username']} {row['user']['email']}".lower()
    return all(word in names for word in choice.search.lower().split())


COUNTED: Mapping[str, Callable[[Row], bool]] = {
    ATTENTION: lambda row: row["group"] == ATTENTION,
    RUNNING: lambda row: group_of(row["status"]) == RUNNING,
    SETTING_UP: lambda row: group_of(row["status"]) == SETTING_UP,
    SILENT: lambda row: row["silent"],
    PAUSED: lambda row: row["paused_at"] is not None and not row["on_break"],
    ENDED: lambda row: group_of(row["status"]) == ENDED,
}


def _key(row: Row, order: str) -> Key:
    """Order by group first: whatever the order, rows that need attention come first."""
    group = GROUPS.index(row["group"])
    name = (row["user"]["username"].lower(), row["attempt_id"])
    if order == BY_NAME:
        return (group, *name)
    if order == BY_ATTENTION and row["attention"]:
        return (group, row["attention"][0]["since"], *name)
    if order == BY_TIME_LEFT or row["group"] == RUNNING:
        return (group, row["ends_at"] or LAST, *name)
    return (group, LAST, *name)


def _outages(board: Board, within: Sequence[Entry]) -> list[ProviderOutage]:
    found = []
    for outage in board.outages:
        codes = _attention_codes(within, outage.provider)
        waiting, going_on = codes.count(CANNOT_START), codes.count(UNWATCHED)
        if waiting or going_on:
            found.append(
                ProviderOutage(
                    outage.provider, outage.label, outage.since, waiting, going_on, outage.last_try
                )
            )
    return found


def _attention_codes(entries: Sequence[Entry], provider_name: str) -> list[str]:
    return [
        reason["code"]
        for one in entries
        if (provider := one.row["provider"]) and provider["name"] == provider_name
        for reason in one.row["attention"]
    ]
