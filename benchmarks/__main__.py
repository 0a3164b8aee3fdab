"""``python -m benchmarks``: the published package and ours side by side, with the same data and the same requests.

The published package is installed by pip into a separate environment and only run. Both handle each request in turn
(A B A B …), each in its own process with its own database; the result is the median of the pairs' ratios. With SQLite,
CPU time is measured, with servers, elapsed time.
"""

import argparse
import datetime
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import conditions
from tests.upgrade import environments, sides

RESULTS = Path(__file__).resolve().parent / "results"
BENCH = Path(__file__).resolve().parent / "project" / "bench.py"
PUBLISHED = "6.1.4"
# Values that differ from call to call.
VOLATILE = {"time_remaining_seconds", "accessibility_time_string", "created", "modified"}
# Intended differences: defects of the published package.
MEANT = {
    "violation report (Python API)": "without practice exams",
    "onboarding panel, page 1": "a second review is shown as submitted",
}
TARGETS = {  # queries at most, published/ours at least; of 1,000 learners
    "grouped attempts, page 1": (6, 20),
    "grouped attempts, page 10": (6, 20),
    "grouped attempts, search": (6, 10),
    "allowances grouped by learner": (4, 20),
    "violation report (Python API)": (5, 50),
    "all attempts of a course (Python API)": (2, 50),
    "dashboard's page 1, attempts (Python API)": (3, 20),
    "dashboard's page 1, attempts, search (Python API)": (3, 20),
    "dashboard's page 1, allowances (Python API)": (3, 20),
    "onboarding panel, page 1": (8, 5),
    "bulk allowance, 50 learners × 3 exams": (15, 10),
    "timed exam: create and start, poll, end, submit": (40, 2),
    "poll of one attempt": (3, 2),
    "learning MFE: exam and attempt": (6, 2),
    "review callback with 3 comments": (18, 1.5),
    "status summary (Python API)": (2, 1.5),
}


@dataclass
class Row:
    """One operation on both sides."""

    name: str
    theirs: list[dict[str, Any]] = field(default_factory=list)
    ours: list[dict[str, Any]] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Return whether both responses were always equal."""
        return all(
            comparable(a["answer"]) == comparable(b["answer"])
            for a, b in zip(self.theirs, self.ours, strict=False)
        )

    @property
    def ratio(self) -> float | None:
        """Return published/ours, the median of the pairs; None without the published package."""
        pairs = zip(timed(self.theirs), timed(self.ours), strict=False)
        ratios = [a["ms"] / b["ms"] for a, b in pairs]
        return statistics.median(ratios) if ratios else None

    def cells(self) -> list[str]:
        """Return the cells of the table."""
        queries, least = TARGETS[self.name]
        missed = [] if self.ours[-1]["queries"] <= queries else [f"more than {queries} queries"]
        if self.ratio is not None and self.ratio < least:
            missed.append(f"less than {least}×")
        differs = [] if self.same else [MEANT.get(self.name, "OTHER ANSWERS")]
        return [
            self.name,
            *shown(self.theirs),
            *shown(self.ours),
            f"{self.ratio:.1f}" if self.ratio is not None else "–",
            ", ".join(missed + differs),
        ]


def timed(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Measure a call after one that warms up."""
    return calls[1:]


def shown(calls: list[dict[str, Any]]) -> list[str]:
    if not calls:
        return ["–", "–"]
    return [
        str(calls[-1]["queries"]),
        f"{statistics.median(one['ms'] for one in timed(calls)):.1f}",
    ]


def comparable(answer: Any) -> Any:
    """Remove values that differ from call to call."""
    if isinstance(answer, dict):
        return {key: comparable(one) for key, one in answer.items() if key not in VOLATILE}
    if isinstance(answer, list):
        return [comparable(one) for one in answer]
    return answer


def compare(
    server: str, learners: int, rounds: int, longest: float, only: Sequence[str] = ()
) -> list[Row]:
    """Run all operations, or `only` some, alternating, for `rounds` rounds; leave the published side out of operations for which it
    needs more than `longest` s.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            sides.database(server, "bench_published", folder) as database,
            sides.database(server, "bench_ours", folder) as own,
        ):
            theirs = sides.Side(
                environments.python_of(PUBLISHED), database, folder / "published.log", BENCH
            )
            ours = sides.Side(sides.OURS, own, folder / "ours.log", BENCH)
            try:
                now = datetime.datetime.now(datetime.UTC).replace(microsecond=0).isoformat()
                attempts = {side.fill_course(learners, now) for side in (theirs, ours)}
                assert len(attempts) == 1, attempts
                names = [name for name in ours.operations() if not only or name in only]
                return [_row(name, theirs, ours, rounds, longest) for name in names]
            finally:
                theirs.close()
                ours.close()


def _row(name: str, theirs: Any, ours: Any, rounds: int, longest: float) -> Row:
    row = Row(name)
    for number in range(rounds + 1):
        is_slow = bool(row.theirs) and row.theirs[-1]["ms"] > longest * 1000
        if not is_slow or number < 2:
            row.theirs.append(theirs.measure(name, number))
        row.ours.append(ours.measure(name, number))
    print(f"  {'  '.join(row.cells())}", file=sys.stderr, flush=True)
    return row


HEADER = ["operation", "queries", "ms", "our queries", "our ms", "ratio", "remarks"]


def as_table(head: list[str], rows: list[list[str]]) -> str:
    """Return the rows as a reStructuredText list table without a title."""
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: auto", ""]
    for cells in [head, *rows]:
        lines += [
            f"   {'*' if place == 0 else ' '} - {cell}".rstrip() for place, cell in enumerate(cells)
        ]
    return "\n".join(lines)


def publish(name: str, server: str, blocks: list[tuple[str, str]]) -> None:
    """Print titles and texts; if they count, write them to `benchmarks/results/<name>.rst`."""
    text = "\n\n".join(f"{title}\n{'~' * len(title)}\n\n{body}" for title, body in blocks)
    print(f"\n{text}", flush=True)
    if conditions.are_recorded():
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.rst").write_text(f"{conditions.description(server)}\n\n{text}\n")


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--learners", type=int, nargs="+", default=[1000], help="sizes of the course"
    )
    parser.add_argument(
        "--server", nargs="+", default=["SQLite"], choices=["SQLite", "PostgreSQL", "MariaDB"]
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="+", default=[], choices=TARGETS, help="operations")
    parser.add_argument("--longest", type=float, default=5, help="seconds, see the code")
    options = conditions.parse(parser)
    if why := environments.prepare([PUBLISHED]):
        print(why)
        return 2
    for server in options.server:
        for learners in options.learners:
            title = f"{server}, {learners:,} learners"
            print(title, file=sys.stderr, flush=True)
            rows = compare(server, learners, options.rounds, options.longest, options.only)
            table = as_table(HEADER, [row.cells() for row in rows])
            publish(f"{server.lower()}-{learners}", server, [(title, table)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
