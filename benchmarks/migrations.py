"""``python -m benchmarks.migrations``: how long a writer waits while the published tables get their indexes.

The database is as the published package leaves it, with 1,000,000 rows of history and 250,000 attempts. One thread changes
an attempt and adds a row of history, again and again, as a request does; first alone, then while the migrations run.
Writes also take longer because the server is busy; "longest lock" is how long at most one waited for the migrations.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks import conditions
from benchmarks.__main__ import as_table, publish
from tests.upgrade import sides

PUBLISHED = "0001_squashed_0025_auto_20230727_2112"
FIRST = 1000  # rows that are stored one by one; the others are copies
ALONE = 10  # seconds
MIGRATE = [sys.executable, "-m", "django", "migrate", "--skip-checks", "--verbosity=0"]


def fill(rows: int) -> None:
    """Store so many rows of history, and a fourth of it attempts."""
    from django.contrib.auth import get_user_model

    from edx_proctoring.models import ProctoredExamStudentAttempt as Attempt
    from edx_proctoring.testing.factories import AttemptFactory, ExamFactory

    exam, users = ExamFactory(), get_user_model().objects
    users.bulk_create(users.model(username=f"learner{number}") for number in range(FIRST))
    for user in users.filter(username__startswith="learner"):
        AttemptFactory(proctored_exam=exam, user=user)
    _double(Attempt.history.model, rows)
    _double(Attempt, rows // 4)


def _double(model: Any, rows: int) -> None:
    from django.db import connection

    table = model._meta.db_table
    columns = ", ".join(
        field.column for field in model._meta.concrete_fields if not field.primary_key
    )
    while (missing := rows - model._default_manager.count()) > 0:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} LIMIT {missing}"
            )


def write(over: threading.Event, waits: list[float]) -> None:
    """Write until it is over; note how long each write takes."""
    from django.db import connection

    from edx_proctoring.models import ProctoredExamStudentAttempt as Attempt

    attempts = list(Attempt.objects.order_by("pk")[:FIRST])
    number = 0
    while not over.is_set():
        attempt = attempts[number % len(attempts)]
        number += 1
        began = time.monotonic()
        attempt.save()  # with its row of history
        waits.append(1000 * (time.monotonic() - began))
    connection.close()


# Connections that wait for a lock on a table or row. The builder of an index waits for the writer, too, which does no harm.
WAITING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    " AND query NOT LIKE '%%CONCURRENTLY%%'",
    "mysql": "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND state LIKE 'Waiting for%%'"
    " AND info NOT LIKE 'CREATE INDEX%%'",
}


def watch(over: threading.Event, longest: list[float]) -> None:
    """Ask again and again whether the writer waits for a lock; note for how many seconds at most."""
    from django.db import connection

    since = None
    with connection.cursor() as cursor:
        while not over.is_set():
            cursor.execute(WAITING[connection.vendor], [])
            now = time.monotonic()
            since = (since or now) if cursor.fetchone()[0] else None
            longest[0] = max(longest[0], now - since if since else 0.0)
            time.sleep(0.002)
    connection.close()


def measure(rows: int) -> list[list[str]]:
    """Return the rows of the table."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("migrate", "edx_proctoring", PUBLISHED, verbosity=0)
    fill(rows)
    found = []
    for name, work in (
        ("the writer alone", lambda: time.sleep(ALONE)),
        ("during the migrations", lambda: subprocess.run(MIGRATE, check=True)),
    ):
        over, waits = threading.Event(), list[float]()
        blocked = [0.0]
        threads = [
            threading.Thread(target=write, args=(over, waits)),
            threading.Thread(target=watch, args=(over, blocked)),
        ]
        for one in threads:
            one.start()
        began = time.monotonic()
        work()
        seconds = time.monotonic() - began
        over.set()
        for one in threads:
            one.join()
        waits.sort()
        middle, most = waits[len(waits) // 2], waits[int(len(waits) * 0.999)]
        cells = [
            f"{seconds:.1f}",
            f"{len(waits):,}",
            f"{middle:.1f}",
            f"{most:.0f}",
            f"{waits[-1]:.0f}",
            f"{1000 * blocked[0]:.0f}",
        ]
        found.append([name, *cells])
    return found


HEADER = [
    "",
    "seconds",
    "writes",
    "median (ms)",
    "99.9 % (ms)",
    "longest (ms)",
    "longest lock (ms)",
]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.migrations", description=__doc__)
    parser.add_argument("--server", default="PostgreSQL", choices=["PostgreSQL", "MariaDB"])
    parser.add_argument("--rows", type=int, default=1_000_000, help="of history")
    options = conditions.parse(parser)
    with (
        tempfile.TemporaryDirectory() as folder,
        sides.database(options.server, "bench_migrations", Path(folder)) as database,
    ):
        os.environ["DATABASE_URL"] = database
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        import django
        from django.db import connections

        django.setup()
        table = as_table(HEADER, measure(options.rows))
        title = f"Writes during the migrations, {options.server}, {options.rows:,} rows of history"
        publish(f"migrations-{options.server.lower()}", options.server, [(title, table)])
        connections.close_all()


if __name__ == "__main__":
    main()
