"""``python -m benchmarks.memory``: the memory used by pages, the sweep and exports, in small and large courses.

For each page: the peak memory of one call (tracemalloc), in courses of different sizes. For the sweep of overdue attempts:
the peak memory of its process (resident set) after each tenth. For exports: that of a process that writes one file. The
database is a SQLite file or a server.
"""

import argparse
import datetime
import sys
import tempfile
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


def _ours(server: str, folder: Path, database: str) -> Any:
    return sides.Side(sides.OURS, database, folder / "ours.log", BENCH)


def pages(server: str, sizes: list[int]) -> list[list[str]]:
    """Return a row for each page: KiB for each size of course."""
    columns = []
    for learners in sizes:
        with (
            tempfile.TemporaryDirectory() as name,
            sides.database(server, "bench_memory", Path(name)) as database,
        ):
            ours = _ours(server, Path(name), database)
            try:
                ours.fill_course(learners, datetime.datetime.now(datetime.UTC).isoformat())
                columns.append([f"{ours.peak(page) / 1024:,.0f}" for page in PAGES])
            finally:
                ours.close()
    return [[page, *cells] for page, *cells in zip(PAGES, *columns, strict=True)]


def sweep(server: str, count: int) -> list[str]:
    """Return the number of attempts, the seconds, and the MiB after each tenth."""
    with (
        tempfile.TemporaryDirectory() as name,
        sides.database(server, "bench_sweep", Path(name)) as database,
    ):
        ours = _ours(server, Path(name), database)
        ours.fill_overdue(count)
        ours.close()
        ours = _ours(
            server, Path(name), database
        )  # a new process: what filling took is not counted
        try:
            found = ours.sweep()
        finally:
            ours.close()
    ended, failed = found["ended"]
    mib = ", ".join(f"{one:.0f}" for one in found["mib"])
    return [f"{ended:,}", str(failed), f"{found['seconds']:.0f}", mib]


def exports(server: str, count: int) -> list[list[str]]:
    """Return a row for each kind of file with this many attempts."""
    rows = []
    with (
        tempfile.TemporaryDirectory() as name,
        sides.database(server, "bench_exports", Path(name)) as database,
    ):
        ours = _ours(server, Path(name), database)
        ours.fill_attempts(count)
        ours.close()
        for kind in ("csv", "xlsx"):  # a process for each: its peak never falls
            ours = _ours(server, Path(name), database)
            try:
                found = ours.export(kind)
            finally:
                ours.close()
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
        head = ["ended", "failed", "seconds", "MiB at most, after each tenth"]
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
