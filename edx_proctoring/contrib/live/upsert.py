"""The statement that records a heartbeat: insert or update, keep a silence before it, never wait long.

The ORM has no upsert with a condition, and none that keeps a part of the row that it replaces. Each database has one
statement for it, with a limit for waits, so that a poll costs one round trip more.
"""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from edx_proctoring import transactions

LOCK_SECONDS = 1
LONGEST_SILENCES = 4000  # characters; 180 silences

# {t}: the table. A row from the future (a wrong clock) is replaced, too.
INSERT = (
    "INSERT INTO {t} (attempt_id, seen_at, status, silences, shows_messages) "
    "VALUES (%(id)s, %(now)s, %(status)s, '', %(shows)s)"
)
SILENCE = "{t}.seen_at < %(silent)s AND LENGTH({t}.silences) < %(longest)s"
STALE = "({t}.seen_at < %(fresh)s OR {t}.seen_at > %(now)s)"
ON_CONFLICT = (
    f"{INSERT} ON CONFLICT (attempt_id) DO UPDATE SET seen_at = excluded.seen_at, status = excluded.status, "
    f"shows_messages = excluded.shows_messages, "
    f"silences = CASE WHEN {SILENCE} THEN {{t}}.silences || {{epoch}} || '-' || {{until}} || ' ' "
    f"ELSE {{t}}.silences END WHERE {STALE}"
)
# A crash of the server may lose the heartbeats of its last second: pages send others, and nobody waits for the disk.
POSTGRESQL_LIMIT = (
    f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'; SET LOCAL synchronous_commit = off; "
)
STATEMENTS = {
    "sqlite": ON_CONFLICT.replace("{epoch}", "strftime('%%s', {t}.seen_at)"),
    "postgresql": POSTGRESQL_LIMIT
    + ON_CONFLICT.replace("{epoch}", "floor(extract(epoch from {t}.seen_at))::bigint"),
    # MySQL evaluates the assignments from left to right.
    "mysql": (
        f"{INSERT} ON DUPLICATE KEY UPDATE "
        f"silences = IF({SILENCE} AND {STALE}, CONCAT({{t}}.silences, "
        "TIMESTAMPDIFF(SECOND, '1970-01-01', {t}.seen_at), '-', {until}, ' '), {t}.silences), "
        f"status = IF({STALE}, VALUES(status), {{t}}.status), "
        f"shows_messages = IF({STALE}, VALUES(shows_messages), {{t}}.shows_messages), "
        f"seen_at = IF({STALE}, VALUES(seen_at), {{t}}.seen_at)"
    ),
}
MARIADB_LIMIT = f"SET STATEMENT innodb_lock_wait_timeout = {LOCK_SECONDS}, lock_wait_timeout = {LOCK_SECONDS} FOR "


@dataclass(frozen=True)
class Beat:
    """A poll of an attempt's page."""

    attempt_id: int
    status: str
    now: datetime.datetime
    shows_messages: bool = False


def record(table: str, beat: Beat, every: int, silent: int) -> None:
    """Record a heartbeat outside of transactions; inside one of other code, whose waits and locks are its own, do
    nothing. Raises DatabaseError.
    """
    if not transactions.owns():
        return
    name = connection.ops.quote_name(table)
    now = beat.now
    values: dict[str, str | int] = {
        "id": beat.attempt_id,
        "status": beat.status,
        "shows": beat.shows_messages,
        "now": _moment(now),
        "fresh": _moment(now - datetime.timedelta(seconds=every)),
        "silent": _moment(now - datetime.timedelta(seconds=silent)),
        "longest": LONGEST_SILENCES,
    }
    vendor = connection.vendor
    sql = STATEMENTS[vendor].replace("{t}", name)
    if connection.settings_dict["OPTIONS"].get("server_side_binding"):
        sql = sql.removeprefix(POSTGRESQL_LIMIT)  # takes a single statement only
    sql = sql.replace("{until}", f"'{int(now.timestamp())}'")
    with _waiting_briefly(), connection.cursor() as cursor:
        if getattr(connection, "mysql_is_mariadb", False):
            sql = MARIADB_LIMIT + sql
        cursor.execute(sql, values)


def _moment(moment: datetime.datetime) -> str:
    return str(connection.ops.adapt_datetimefield_value(moment))


@contextmanager
def _waiting_briefly() -> Iterator[None]:
    """SQLite: shorten the wait for the database, which has one lock, in this process alone; no statement is sent."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    raw = connection.connection
    before = raw.execute("PRAGMA busy_timeout").fetchone()[0]
    raw.execute(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA busy_timeout = {before}")
