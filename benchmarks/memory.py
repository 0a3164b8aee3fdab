"""``python -m benchmarks.memory``: the memory used by pages, the sweep and exports, in small and large courses.

For each page: the peak memory of one call (tracemalloc), in courses of different sizes. For the sweep of overdue attempts:
the peak memory of its process (resident set) after each tenth. For exports: that of a process that writes one file. The
database is a SQLite file or a server.
"""

import argparse
import datetime
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import conditions
from benchmarks.__main__ import BENCH, as_table, publish
from tests.upgrade import sides

PAGES = (
    "grouped attempts, page 1",
    "grouped attempts, page 10",
    "grouped attempts, search",
    "onboarding panel, page 1",
)


@contextmanager
def _ours(server: str, name: str) -> Iterator[Callable[[], AbstractContextManager[Any]]]:
    """Create a database; each call of what this yields starts a process on it: a peak never falls."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sides.database(server, name, Path(folder)) as database,
    ):
        log = Path(folder) / "ours.log"
        yield lambda: closing(sides.Side(sides.OURS, database, log, BENCH))


def pages(server: str, sizes: list[int]) -> list[list[str]]:
    """Return a row for each page: KiB for each size of course."""
    columns = []
    for learners in sizes:
        with _ours(server, "bench_memory") as process, process() as ours:
            ours.fill_course(learners, datetime.datetime.now(datetime.UTC).isoformat())
            columns.append([f"{ours.peak(page) / 1024:,.0f}" for page in PAGES])
    return [[page, *cells] for page, *cells in zip(PAGES, *columns, strict=True)]


def sweep(server: str, count: int) -> list[str]:
    """Return the number of attempts, the seconds, the CPU time of each, and the MiB after each tenth."""
    with _ours(server, "bench_sweep") as process:
        with process() as ours:
            ours.fill_overdue(count)
        with process() as ours:
            found = ours.sweep()
    ended, failed = found["ended"]
    mib = ", ".join(f"{one:.0f}" for one in found["mib"])
    each = f"{1000 * found['cpu'] / max(ended, 1):.1f}"
    return [f"{ended:,}", str(failed), f"{found['seconds']:.0f}", each, mib]


def exports(server: str, count: int) -> list[list[str]]:
    """Return a row for each kind of file with this many attempts."""
    rows = []
    with _ours(server, "bench_exports") as process:
        with process() as ours:
            ours.fill_attempts(count)
        for kind in ("csv", "xlsx"):
            with process() as ours:
                found = ours.export(kind)
            mib = [f"{found[name]:.1f}" for name in ("size", "before", "most")]
            rows.append([kind, f"{count:,}", f"{found['seconds']:.1f}", *mib])
    return rows


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--learners", type=int, nargs="*", default=[1000, 10_000])
    parser.add_argument("--overdue", type=int, default=100_000, help="attempts to sweep")
    parser.add_argument("--exported", type=int, default=100_000, help="attempts to export")
    parser.add_argument("--server", default="SQLite", choices=["SQLite", "PostgreSQL", "MariaDB"])
    options = conditions.parse(parser)
    blocks = []
    if options.learners:
        sizes = [f"KiB, {learners:,} learners" for learners in options.learners]
        rows = pages(options.server, options.learners)
        blocks.append((f"Memory of pages, {options.server}", as_table(["page", *sizes], rows)))
    if options.overdue:
        head = [
            "ended",
            "failed",
            "seconds",
            "CPU per attempt (ms)",
            "MiB at most, after each tenth",
        ]
        rows = [sweep(options.server, options.overdue)]
        title = f"Sweep of overdue attempts, {options.server}"
        blocks.append((title, as_table(head, rows)))
    if options.exported:
        head = [
            "file",
            "rows",
            "seconds",
            "MiB of the file",
            "MiB of the process before",
            "MiB at most",
        ]
        rows = exports(options.server, options.exported)
        blocks.append((f"Exports of attempts, {options.server}", as_table(head, rows)))
    publish(f"memory-{options.server.lower()}", options.server, blocks)


if __name__ == "__main__":
    sys.exit(main())
