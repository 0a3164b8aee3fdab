"""Run several functions at the same time, each with its own database connection."""

import contextlib
import fcntl
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.db import connection

from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import OutboxMessage

LOCK_KEEPS_THEM = 0.3  # seconds until it is plain that the others wait for a lock
CROWD = 10  # connections of one test: a server has about a hundred for all who test on it


class Meeting:
    """A barrier: connections that have read the table wait for the others, so that all act on the same state.

    If a lock lets only one of them read, they cannot meet, and that one continues alone.
    """

    def __init__(self, parties: int, table: str) -> None:
        self.barrier, self.table = threading.Barrier(parties), table
        self.mine = threading.local()

    def __call__(self, execute, sql, *more):
        answer = execute(sql, *more)
        if not hasattr(self.mine, "met") and sql.startswith("SELECT") and self.table in sql:
            self.mine.met = True
            with contextlib.suppress(threading.BrokenBarrierError):
                self.barrier.wait(LOCK_KEEPS_THEM)
        return answer


def together(*works: Callable[[], object], meet_at: str = "", threads: int = 0) -> list[object]:
    """Run all at the same time; return results and proctoring errors.

    `meet_at` names a table: no connection acts on it before all have read it. `threads` limits how many run at the
    same time.
    """
    threads = threads or len(works)
    gate = threading.Barrier(threads)
    meeting = Meeting(len(works), meet_at)
    entered = threading.local()

    def run(work):
        try:
            if not hasattr(entered, "yes"):
                entered.yes = True
                connection.ensure_connection()
                gate.wait(timeout=120)
            if not meet_at:
                return work()
            with connection.execute_wrapper(meeting):
                return work()
        except ProctoredBaseException as error:
            return error
        finally:
            connection.close()

    with _crowded() if threads > CROWD else contextlib.nullcontext():
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(run, works))


@contextlib.contextmanager
def _crowded() -> Iterator[None]:
    """Allow one such test at a time on this machine, even if several checkouts are tested."""
    path = Path(tempfile.gettempdir()) / f"proctoring-crowd-{os.getuid()}"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def told(kind: str) -> int:
    """Return the number of messages of this kind."""
    return OutboxMessage.objects.filter(kind=kind).count()
