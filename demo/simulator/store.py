"""The simulator's rows, in one SQLite connection protected by a lock."""

import json
import random
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS exams (
    id TEXT PRIMARY KEY, course_id TEXT, exam_name TEXT, body TEXT, saves INTEGER DEFAULT 1);
CREATE TABLE IF NOT EXISTS attempts (
    id TEXT PRIMARY KEY, exam_id TEXT, user_id TEXT, full_name TEXT, email TEXT, lms_host TEXT,
    status TEXT, body TEXT, created REAL, deleted INTEGER DEFAULT 0, reviewed TEXT);
CREATE TABLE IF NOT EXISTS told (
    id INTEGER PRIMARY KEY, attempt_id TEXT, status TEXT, at REAL);
CREATE TABLE IF NOT EXISTS callbacks (
    id INTEGER PRIMARY KEY, attempt_id TEXT, kind TEXT, due REAL, body TEXT,
    tries INTEGER DEFAULT 0, state TEXT DEFAULT 'waiting', answer TEXT DEFAULT '');
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT);
CREATE TABLE IF NOT EXISTS desktops (attempt_id TEXT PRIMARY KEY, status TEXT);
CREATE TABLE IF NOT EXISTS retired (user_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS script (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT);
"""

Row = dict[str, Any]


class Store:
    """Rows as dictionaries; columns with JSON are decoded.

    ``seed`` makes every identifier reproducible; without it they are random.
    """

    JSON_COLUMNS = ("body", "reviewed")

    def __init__(
        self,
        path: str = ":memory:",
        *,
        seed: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.clock = clock
        self.random = random.Random(seed)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(SCHEMA)

    def new_id(self) -> str:
        """Return 32 hexadecimal digits, which are valid in every URL of the protocol."""
        with self._lock:
            return uuid.UUID(int=self.random.getrandbits(128), version=4).hex

    def rows(self, sql: str, *values: Any) -> list[Row]:
        with self._lock:
            return [self._decoded(row) for row in self._db.execute(sql, values).fetchall()]

    def row(self, sql: str, *values: Any) -> Row | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def write(self, sql: str, *values: Any) -> int:
        """Run one statement; return the number of changed rows."""
        with self._lock:
            return self._db.execute(sql, [self._encoded(value) for value in values]).rowcount

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _encoded(self, value: Any) -> Any:
        return json.dumps(value) if isinstance(value, dict | list) else value

    def _decoded(self, row: sqlite3.Row) -> Row:
        return {
            key: json.loads(row[key]) if key in self.JSON_COLUMNS and row[key] else row[key]
            for key in row.keys()  # noqa: SIM118  (iterating a sqlite3.Row gives its values)
        }

    # ── exams

    def exam(self, exam_id: str) -> Row | None:
        return self.row("SELECT * FROM exams WHERE id = ?", exam_id)

    def exams(self, course_id: str | None = None) -> list[Row]:
        return self.rows(
            "SELECT * FROM exams WHERE course_id = coalesce(?, course_id) ORDER BY rowid",
            course_id,
        )

    def save_exam(self, exam_id: str, body: Row) -> None:
        self.write(
            "INSERT INTO exams (id, course_id, exam_name, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET course_id = excluded.course_id, saves = saves + 1,"
            " exam_name = excluded.exam_name, body = excluded.body",
            exam_id,
            body["course_id"],
            body["exam_name"],
            body,
        )

    # ── attempts

    def attempt(self, attempt_id: str, exam_id: str | None = None) -> Row | None:
        return self.row(
            "SELECT * FROM attempts WHERE id = ? AND deleted = 0 AND exam_id = coalesce(?, exam_id)",
            attempt_id,
            exam_id,
        )

    def attempts(self, course_id: str | None = None) -> list[Row]:
        return self.rows(
            "SELECT attempts.*, exams.exam_name, exams.course_id FROM attempts"
            " LEFT JOIN exams ON exams.id = attempts.exam_id"
            " WHERE ? IS NULL OR exams.course_id = ? ORDER BY attempts.rowid",
            course_id,
            course_id,
        )

    def add_attempt(self, exam_id: str, body: Row) -> str:
        attempt_id = self.new_id()
        self.write(
            "INSERT INTO attempts (id, exam_id, user_id, full_name, email, lms_host, status,"
            " body, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            attempt_id,
            exam_id,
            *(body[key] for key in ("user_id", "full_name", "email", "lms_host", "status")),
            body,
            self.clock(),
        )
        return attempt_id

    def tell(self, attempt_id: str, status: str) -> bool:
        """Record the status that the LMS sent for an attempt; return True if it is new."""
        with self._lock:
            self.note(attempt_id, status)
            return bool(
                self.write(
                    "UPDATE attempts SET status = ? WHERE id = ? AND status <> ?",
                    status,
                    attempt_id,
                    status,
                )
            )

    def note(self, attempt_id: str, word: str) -> None:
        """Record what the LMS sent for an attempt, without changing its status."""
        self.write(
            "INSERT INTO told (attempt_id, status, at) VALUES (?, ?, ?)",
            attempt_id,
            word,
            self.clock(),
        )

    def told(self, attempt_id: str) -> list[str]:
        """Return the statuses and changes of time that the LMS has sent for an attempt, in order."""
        rows = self.rows("SELECT status FROM told WHERE attempt_id = ? ORDER BY id", attempt_id)
        return [row["status"] for row in rows]

    def remove_attempt(self, attempt_id: str) -> None:
        with self._lock:
            self.write("UPDATE attempts SET deleted = 1 WHERE id = ?", attempt_id)
            self.write(
                "UPDATE callbacks SET state = 'cancelled' WHERE attempt_id = ? AND state = 'waiting'",
                attempt_id,
            )

    # ── answers given before, for requests that come twice

    def answer_for(self, key: str, make: Callable[[], Row]) -> Row:
        """Return the response given earlier for ``key``, else that of ``make``, which is stored."""
        with self._lock:
            known = self.row("SELECT answer FROM answers WHERE key = ?", key)
            if known:
                answer: Row = json.loads(known["answer"])
                return answer
            answer = make()
            self.write("INSERT INTO answers (key, answer) VALUES (?, ?)", key, answer)
            return answer
