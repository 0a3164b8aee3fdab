"""``make benchmark``: all benchmarks, one after the other, on SQLite, PostgreSQL and MariaDB.

It ends after `--minutes`, an hour by default: what is running then is interrupted, and what has not begun is left out; both
are named. With `--short` it takes a few minutes, which only shows that everything runs. It does not begin on a busy
machine. Each benchmark records its own result, so `--only` and `--server` record the ones left out; then the summary
and the pictures are made from all results. One that fails does not stop the others.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks import conditions, pictures, summary
from scripts import lanes

OPERATIONS = "operations"  # the part that is the package itself
CLEAN_UP_SECONDS = 60
PATIENCE_SECONDS = 120
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

    @property
    def name(self) -> str:
        """Return the name for `--only`."""
        return self.module or OPERATIONS

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
        outbox = ["--lanes", "500", "--emails", "20"]
        yield Part("outbox", ["--lanes", "50000"], outbox, server, ["backlog"], by_url=True)
        again = ["--attempts", "1000"]
        yield Part("recalculation", again, ["--attempts", "40"], server, by_url=True)
        if server != "SQLite":  # real servers only
            start = ["--learners", "20", "--threads", "4"]
            yield Part("start", ["--learners", "1000"], start, server, here)
            yield Part("where", [], ["--learners", "10"], server, here)
            yield Part("migrations", [], ["--rows", "2000"], server, here)
            sweep = [*here, "--learners", "--exported", "0"]
            yield Part("memory", ["--overdue", "5000"], ["--overdue", "100"], server, sweep)
    yield Part("imports", [], ["--rounds", "1"], "SQLite")
    memory = ["--learners", "150", "300", "--overdue", "100", "--exported", "400"]
    yield Part("memory", ["--overdue", "20000"], memory, "SQLite")
    if shutil.which("chromium") or shutil.which("chromium-browser"):
        yield Part("staff_page", [], ["--attempts", "400", "--rounds", "1"], "SQLite")
    live = ["--learners", "20", "--boards", "1", "--seconds", "5"]
    for server in ("PostgreSQL", "MariaDB"):
        yield Part("live", [], live, server, ["--server", server])


def run(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> int | None:
    """Run a command and return its exit code; None if it was interrupted after this time, or had none left.

    An interrupted one may still drop its databases and stop its processes.
    """
    if seconds <= 0:
        return None
    with subprocess.Popen(command, env=environment) as process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(CLEAN_UP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    return None


def run_when_quiet(
    command: Sequence[str], environment: Mapping[str, str], until: float
) -> int | None:
    """Run a command; while the machine is busy, as when a server still cleans up, try again for two minutes."""
    patience = min(until, time.monotonic() + PATIENCE_SECONDS)
    while True:
        code = run(command, environment, until - time.monotonic())
        if code != conditions.BUSY or time.monotonic() >= patience:
            return code


def arguments() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="make benchmark", description=__doc__)
    parser.add_argument("--short", action="store_true", help="small sizes; record nothing")
    parser.add_argument("--server", nargs="+", default=SERVERS, choices=SERVERS)
    names = sorted({part.name for part in parts()})
    parser.add_argument("--only", nargs="+", default=names, choices=names, metavar="NAME")
    parser.add_argument("--minutes", type=float, default=60, help="(default: %(default)s)")
    return parser


def main() -> int:
    """Run the command line."""
    options = conditions.parse(arguments())
    until = time.monotonic() + 60 * options.minutes
    problems = []
    for part in parts():
        if part.server not in options.server or part.name not in options.only:
            continue
        command = part.command(options)
        shown = " ".join(command[1:])
        began = time.monotonic()
        code = run_when_quiet(command, part.environment(), until)
        ended = "time is over" if code is None else f"exit {code}"
        print(f"== {time.monotonic() - began:.0f} s: {shown}: {ended}", flush=True)
        if code != 0:
            problems.append(f"{'NOT MEASURED' if code is None else 'FAILED'}: {shown}")
    if not (options.short or options.any_load):
        summary.main()
        pictures.main()
    for one in problems:
        print(one, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
