"""``python -m benchmarks.where``: where the CPU time of an exam's start goes, in one web process of this version.

It serves one learner after the other, and the provider answers at once. With many threads, as in `benchmarks.start`, each
part takes longer, because threads wait for one another.
"""

import argparse
import json
import os
import signal
import sys

from benchmarks import conditions, start
from benchmarks.__main__ import as_table, publish

WARM_UP = 30  # learners
HEADER = ["part", "CPU of a create and a start (ms)", "share (%)"]


def measure(options: argparse.Namespace) -> list[list[str]]:
    """Return the rows of the table, the largest parts first, and the whole."""
    with start.prepared(start.Case("this one", 1, options)) as found:
        log, port = found.folder / "times.json", options.port
        command = [sys.executable, "-m", "start_timed", str(port)]
        first, others = found.sessions[:WARM_UP], found.sessions[WARM_UP:]
        with start.web(command, found.env, port, log) as process:
            _begin(found.exam_id, first, port)
            os.kill(process, signal.SIGUSR1)
            _begin(found.exam_id, others, port)
        seconds: dict[str, float] = json.loads(log.read_text().splitlines()[-1])
    return rows(seconds, len(others))


def _begin(exam_id: str, sessions: list[str], port: int) -> None:
    learners = start.Learners(exam_id, sessions, [port])
    learners.begin(1)
    assert not learners.errors, learners.errors[:3]


def rows(seconds: dict[str, float], learners: int) -> list[list[str]]:
    """Return the rows of the table, and one for the whole."""
    whole = sum(seconds.values())
    largest_first = sorted(seconds.items(), key=lambda one: -one[1])
    return [
        [part, f"{1000 * spent / learners:.1f}", f"{100 * spent / whole:.0f}"]
        for part, spent in [*largest_first, ("all", whole)]
    ]


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.where", description=__doc__)
    parser.add_argument("--server", default="PostgreSQL", choices=["PostgreSQL", "MariaDB"])
    parser.add_argument("--learners", type=int, default=300, help="after some that warm up")
    parser.add_argument("--port", type=int, default=18730, help="of the web process")
    options = conditions.parse(parser)
    options.learners += WARM_UP
    start.Provider.registration = 0.0
    title = f"Where the CPU time of a start goes, {options.server}"
    table = as_table(HEADER, measure(options))
    publish(f"where-{options.server.lower()}", options.server, [(title, table)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
