"""The conditions of a benchmark: machine, versions and load. On a busy machine, a benchmark does not begin.

The load is an average of the last minute. A benchmark right after another one would find that one's load, so it counts for
five seconds how many cores work.
"""

import argparse
import datetime
import os
import platform
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import django

import edx_proctoring
from benchmarks.processes import busy_cores
from scripts import lanes

MOST_LOAD = 0.5  # for each core, during the minute before the start
FOLLOWS = "BENCHMARK_FOLLOWS_ANOTHER"
BUSY = os.EX_TEMPFAIL  # the exit status on a busy machine

_options = argparse.Namespace(any_load=False, load=None)


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return the options of the command line; exit with BUSY on a machine that is busy with other work.

    With `--any-load` the benchmark runs anyway, but nothing is recorded.
    """
    parser.add_argument(
        "--any-load", action="store_true", help="measure on a busy machine, too, and record nothing"
    )
    options = parser.parse_args()
    load = busy_cores() if os.environ.get(FOLLOWS) else _load()
    most = MOST_LOAD * (os.cpu_count() or 1)
    if load > most and not options.any_load:
        print(
            f"Not measured: the load of this machine is {load:.2f}; results count up to {most:.2f}. "
            "Wait, or see --any-load.",
            file=sys.stderr,
        )
        sys.exit(BUSY)
    _options.any_load, _options.load = options.any_load, load
    return options


def following() -> dict[str, str]:
    """Return the environment of a benchmark that begins right after another one."""
    return {**os.environ, FOLLOWS: "1"}


def _load() -> float:
    """Return how many processes wanted to run, on average of the last minute."""
    return os.getloadavg()[0]


def are_recorded() -> bool:
    """Return whether the results count."""
    return _options.load is not None and not _options.any_load


def description(server: str) -> str:
    """Return date, machine, versions and load, for the head of the results."""
    began = "unknown" if _options.load is None else f"{_options.load:.1f}"
    versions = [
        f"Python {platform.python_version()}",
        f"Django {django.__version__}",
        f"edx-proctoring {edx_proctoring.__version__}{_commit()}",
        database_version(server),
    ]
    return (
        f"{datetime.datetime.now(datetime.UTC).date()}, {machine()}; {', '.join(versions)}; "
        f"load {began} before the start and {_load():.1f} at the end."
    )


def _commit() -> str:
    """Return the commit in brackets, with a "+" if files of the package differ from it; '' outside of a checkout."""
    git = ["git", "-C", str(lanes.ROOT)]
    found = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    if found.returncode:
        return ""
    same = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "edx_proctoring"])
    return f" ({found.stdout.strip()}{'+' if same.returncode else ''})"


def machine() -> str:
    """Return the processor, its cores and the memory."""
    name = platform.processor() or platform.machine()
    about = Path("/proc/cpuinfo")
    if about.exists():
        lines = [line for line in about.read_text().splitlines() if line.startswith("model name")]
        name = lines[0].partition(":")[2].strip() if lines else name
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{name}, {os.cpu_count()} cores, {gib:.0f} GiB"


def database_version(server: str) -> str:
    """Return the name and version of this kind of database."""
    if server == "PostgreSQL":
        import psycopg

        with psycopg.connect(_url("postgres", lanes.POSTGRESQL_SERVER)) as postgresql:
            return f"PostgreSQL {postgresql.info.parameter_status('server_version')}"
    if server == "MariaDB":
        import MySQLdb

        url = urlsplit(_url("mysql", lanes.MARIADB_SERVER))
        connection = MySQLdb.connect(
            host=url.hostname, port=url.port or 3306, user=url.username, passwd=url.password or ""
        )
        try:
            return f"MariaDB {connection.get_server_info()}"
        finally:
            connection.close()
    return f"SQLite {sqlite3.sqlite_version}"


def _url(scheme: str, usual: str) -> str:
    """Return the address of the measured server."""
    given = os.environ.get("DATABASE_URL", "")
    return given if given.startswith(scheme) else usual
