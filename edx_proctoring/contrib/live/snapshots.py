"""Boards that this process has built, and the views of them that clients have seen.

A board is built anew when the fingerprint of its tables or the outages of providers have changed, and every half minute.
Heartbeats are read once in five seconds; with these and with time, only the rows change that they concern. So the cost of
many open boards is that of one.
"""

import datetime
import hashlib
import struct
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edx_proctoring import cache
from edx_proctoring.circuit_breaker import State
from edx_proctoring.contrib.live import board
from edx_proctoring.contrib.live.board import Board, Part

HEARTBEATS_WAIT = datetime.timedelta(seconds=5)
# A change that commits after a later one may leave the newest moment of its table as it was.
LONGEST_TRUE = datetime.timedelta(seconds=30)
KEPT = 8  # courses in the memory of a process
CURSOR_SECONDS = 600  # a client that was away for longer gets the whole board
PAIR = struct.Struct("<qQ")  # an attempt's id and its revision


@dataclass(frozen=True)
class Snapshot:
    """A board, with the values that tell whether it is still current."""

    board: Board
    tables: Sequence[Part]
    down: Mapping[str, State]

    def is_true(self, now: datetime.datetime) -> bool:
        """Return whether neither time nor, for some seconds, heartbeats have changed the board."""
        changes_at, age = self.board.changes_at, now - self.board.heard_at
        return age < HEARTBEATS_WAIT and not (changes_at and now >= changes_at)


class Memory:
    """The newest snapshots of a few courses; one thread at a time builds that of a course."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Snapshot] = OrderedDict()
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()
            self._locks.clear()

    def current(self, course_id: str, now: datetime.datetime) -> Board:
        """Return the course's board: one query if nothing has changed, two if time or heartbeats have, else four."""
        with self._lock_of(course_id):
            tables, down = board.fingerprint(course_id, now), board.provider_outages()
            known = self._known.get(course_id)
            if known and self._is_kept(known, tables, down, now):
                if known.is_true(now):
                    return known.board
                found = board.listen(course_id, now, known.board)
            else:
                found = board.build(course_id, now, known.board if known else None)
            self._keep(course_id, Snapshot(found, tables, down))
            return found

    @staticmethod
    def _is_kept(
        known: Snapshot, tables: Sequence[Part], down: Mapping[str, State], now: datetime.datetime
    ) -> bool:
        """Return whether the tables, apart from heartbeats, are as they were; also after the clock was set back."""
        is_recent = now >= known.board.heard_at and now - known.board.read_at < LONGEST_TRUE
        return is_recent and (tables, down) == (known.tables, known.down)

    def _lock_of(self, course_id: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(course_id, threading.Lock())

    def _keep(self, course_id: str, snapshot: Snapshot) -> None:
        with self._lock:
            self._known[course_id] = snapshot
            self._known.move_to_end(course_id)
            while len(self._known) > KEPT:
                gone, _ = self._known.popitem(last=False)
                self._locks.pop(gone, None)


MEMORY = Memory()


def cursor_of(revisions: Mapping[int, str], others: object) -> str:
    """Return the name of a view: of its rows, and of everything else that its client is told."""
    digest = hashlib.blake2b(repr(others).encode(), digest_size=16)
    digest.update(_packed(revisions))
    return digest.hexdigest()


def remember(cursor: str, revisions: Mapping[int, str]) -> None:
    """Keep which rows a client has seen under this cursor."""
    cache.set(_key(cursor), _packed(revisions), CURSOR_SECONDS)


def seen_under(cursor: str) -> dict[int, str] | None:
    """Return the revisions of the rows that the client with this cursor has; None if they are no longer known."""
    stored = cache.get(_key(cursor))
    if not isinstance(stored, bytes):
        return None
    return {pk: f"{revision:016x}" for pk, revision in PAIR.iter_unpack(stored)}


def _packed(revisions: Mapping[int, str]) -> bytes:
    pairs: Iterable[tuple[int, str]] = revisions.items()
    return b"".join(PAIR.pack(pk, int(revision, 16)) for pk, revision in pairs)


def _key(cursor: str) -> str:
    digest = hashlib.sha256(cursor.encode()).hexdigest()
    return f"proctoring_live.cursor.{digest}"
