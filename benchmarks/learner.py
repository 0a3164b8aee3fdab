"""``python -m benchmarks.learner``: the CPU time of a learner's requests, beside the published package.

Both run in their own process with their own database, and in turn. Ours is measured twice: with queries that are compiled
once, and without (`COMPILE_QUERIES_ONCE`). Only the web process counts, not the database server. Messages are delivered
within the requests, and the provider answers at once.
"""

import argparse
import datetime
import statistics
import sys
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks import conditions
from benchmarks.__main__ import PUBLISHED, as_table, publish
from benchmarks.recorded import IDLE
from tests.upgrade import environments, sides

MODULE = Path(__file__).resolve().parent / "project" / "learner_path.py"
HEADER = [
    "requests",
    "6.1.4 (ms)",
    "ours (ms)",
    "ours, compiled each time (ms)",
    "ratio",
    "at most (ms)",
    "remarks",
]
MOST = {  # milliseconds; where the database matters, of MariaDB
    "timed exam: create and start, poll, end, submit": {"MariaDB": 12, "": 14},
    "proctored exam: create": {"": 10},
    "proctored exam: start": {"": 5},
    "status summary, permission granted (Python API)": {"": 0.15},
    IDLE: {"": 1.0},
}
WARM_UP = 5
FIRST = 2  # learner 1 is in an exam


def measure(server: str, rounds: int) -> list[list[str]]:
    """Return the rows of the table."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        theirs, ours = (
            stack.enter_context(
                closing(
                    sides.Side(
                        python,
                        stack.enter_context(sides.database(server, f"bench_{name}", folder)),
                        folder / f"{name}.log",
                        MODULE,
                    )
                )
            )
            for name, python in (
                ("published", environments.python_of(PUBLISHED)),
                ("ours", sides.OURS),
            )
        )
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0).isoformat()
        for side in (theirs, ours):
            side.prepare_learners(max(150, 2 * (FIRST + rounds + WARM_UP)), now)
        found = []
        for number in range(FIRST, FIRST + rounds + WARM_UP):
            published = theirs.requests_of(number)
            ours.compile_queries_once(True)
            compiled = ours.requests_of(2 * number)
            ours.compile_queries_once(False)
            found.append((published, compiled, ours.requests_of(2 * number + 1)))
        return [_row(name, server, found[WARM_UP:]) for name in MOST]


def _row(name: str, server: str, found: list[tuple[dict[str, float], ...]]) -> list[str]:
    theirs, compiled, not_compiled = (
        statistics.median(one[place][name] for one in found) for place in range(3)
    )
    ratio = statistics.median(one[0][name] / one[1][name] for one in found)
    most = MOST[name].get(server, MOST[name][""])
    times = [f"{one:.2f}" for one in (theirs, compiled, not_compiled)]
    return [name, *times, f"{ratio:.1f}", str(most), "" if compiled <= most else "more"]


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learner", description=__doc__)
    parser.add_argument(
        "--server", default="PostgreSQL", choices=["SQLite", "PostgreSQL", "MariaDB"]
    )
    parser.add_argument("--rounds", type=int, default=60)
    options = conditions.parse(parser)
    if why := environments.prepare([PUBLISHED]):
        print(why)
        return 2
    title = f"A learner's requests, CPU time, {options.server}"
    table = as_table(HEADER, measure(options.server, options.rounds))
    publish(f"learner-{options.server.lower()}", options.server, [(title, table)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
