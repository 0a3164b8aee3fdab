"""``python -m benchmarks.imports``: what the package's own modules add to `django.setup()`, beside the published package.

New processes in turn, with `-X importtime`: the sum of the times that Python spent in modules of the package, without
what they import from elsewhere. Providers, handlers and libraries that only requests need are not imported there.
"""

import argparse
import re
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks import conditions
from benchmarks.__main__ import PUBLISHED, as_table, publish
from tests.upgrade import environments, sides

HEADER = ["version", "modules", "ms"]
LINE = re.compile(r"^import time: +(\d+) \| +\d+ \| +edx_proctoring(?:\.|$)", re.MULTILINE)


def imported(python: Path) -> tuple[int, float]:
    """Return how many modules of the package one process imports, and the milliseconds of that."""
    done = subprocess.run(
        [python, "-X", "importtime", "-c", "import django; django.setup()"],
        cwd=sides.PROJECT,
        env=sides.environment("sqlite://:memory:"),
        capture_output=True,
        text=True,
        check=True,
    )
    times = [int(microseconds) for microseconds in LINE.findall(done.stderr)]
    return len(times), sum(times) / 1000


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = conditions.parse(parser)
    if why := environments.prepare([PUBLISHED]):
        print(why)
        return 1
    versions = {"6.1.4": environments.python_of(PUBLISHED), "this one": sides.OURS}
    found: dict[str, list[tuple[int, float]]] = {name: [] for name in versions}
    for _ in range(options.rounds + 1):
        for name, python in versions.items():
            found[name].append(imported(python))
    rows = [
        [name, str(each[0][0]), f"{statistics.median(taken for _, taken in each[1:]):.1f}"]
        for name, each in found.items()  # the first process may compile modules
    ]
    title = "Imports of the package's own modules in django.setup()"
    publish("imports", "SQLite", [(title, as_table(HEADER, rows))])
    return 0


if __name__ == "__main__":
    sys.exit(main())
