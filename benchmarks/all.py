"""``make benchmark``: all benchmarks, one after the other, on SQLite, PostgreSQL and MariaDB.

On two quiet cores it takes about an hour, with `--short` a few minutes, which only shows that everything runs. It does not
begin on a busy machine. Each benchmark records its own result; then the summary and the pictures are made from all of
them. One that fails does not stop the others.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks import conditions, pictures, summary
from scripts import lanes

SERVERS = ("SQLite", "PostgreSQL", "MariaDB")
URLS = {"PostgreSQL": lanes.POSTGRESQL, "MariaDB": lanes.MARIADB}
GROWTH = [
    "grouped attempts, page 1",
    "grouped attempts, search",
    "allowances grouped by learner",
    "poll of one attempt",
]


@dataclass
class Part:
    """One command: its arguments for recording, and those of a short run."""

    module: str
    arguments: list[str]
    short: list[str]
    server: str
    also: list[str] = field(default_factory=list)  # in both
    by_url: bool = False  # whether the database is chosen by DATABASE_URL, not by an argument

    def command(self, options: argparse.Namespace) -> list[str]:
        """Return the whole command; a short run, and one on a busy machine, records nothing."""
        module = f"benchmarks.{self.module}" if self.module else "benchmarks"
        sizes = self.short if options.short else self.arguments
        anyway = ["--any-load"] if options.any_load or options.short else []
        return [sys.executable, "-m", module, *self.also, *sizes, *anyway]

    def environment(self) -> dict[str, str]:
        """Return the environment, in which a given database counts only for parts that look there."""
        env = {
            name: value for name, value in conditions.following().items() if name != "DATABASE_URL"
        }
        return (
            {**env, "DATABASE_URL": URLS[self.server]}
            if self.by_url and self.server in URLS
            else env
        )


def parts() -> Iterator[Part]:
    """Yield all parts, those of one database together."""
    for server in SERVERS:
        here = ["--server", server]
        yield Part("", ["--learners", "1000"], ["--learners", "150", "--rounds", "1"], server, here)
        growth = [*here, "--only", *GROWTH, "--rounds", "3"]
        yield Part("", ["--learners", "10000"], ["--learners", "300"], server, growth)
        yield Part("learner", [], ["--rounds", "3"], server, here)
        yield Part("lists", [], ["--learners", "400", "--rounds", "1"], server, here)
        outbox = ["--lanes", "500"]
        yield Part("outbox", ["--lanes", "50000"], outbox, server, ["backlog"], by_url=True)
        again = ["--attempts", "1000"]
        yield Part("recalculation", again, ["--attempts", "40"], server, by_url=True)
        if server != "SQLite":  # real servers only
            start = ["--learners", "20", "--threads", "4"]
            yield Part("start", ["--learners", "1000"], start, server, here)
            yield Part("migrations", [], ["--rows", "2000"], server, here)
    memory = ["--learners", "150", "300", "--overdue", "100", "--exported", "400"]
    yield Part("memory", ["--overdue", "20000"], memory, "SQLite")
    if shutil.which("chromium") or shutil.which("chromium-browser"):
        yield Part("staff_page", [], ["--attempts", "400", "--rounds", "1"], "SQLite")
    live = ["--learners", "20", "--boards", "1", "--seconds", "5"]
    yield Part("live", ["--seconds", "240"], live, "PostgreSQL")


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="make benchmark", description=__doc__)
    parser.add_argument("--short", action="store_true", help="small sizes; record nothing")
    parser.add_argument("--server", nargs="+", default=SERVERS, choices=SERVERS)
    options = conditions.parse(parser)
    failed = []
    for part in parts():
        if part.server not in options.server:
            continue
        command = part.command(options)
        shown = " ".join(command[1:])
        began = time.monotonic()
        code = subprocess.run(command, env=part.environment()).returncode
        print(f"== {time.monotonic() - began:.0f} s: {shown}: exit {code}", flush=True)
        failed += [shown] if code else []
    if not (options.short or options.any_load):
        summary.main()
        pictures.main()
    for one in failed:
        print(f"FAILED: {one}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
