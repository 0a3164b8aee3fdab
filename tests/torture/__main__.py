"""``python -m tests.torture run|proof [--bounded]``: run the torture tests, or prove that they detect missing
safeguards.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from scripts import lanes
from tests.torture.report import Row, show

ROOT = Path(__file__).resolve().parents[2]
FAULTS = [
    "tests/torture/test_provider_faults.py",
    "tests/torture/test_own_faults.py",
    "tests/test_host_faults.py",
]
RACES = ["tests/concurrency", *FAULTS]
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/8")
RABBITMQ = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")
CRASHES = {  # of the bounded run
    "crash: web after_commit → submitted",
    "crash: worker delivered → submitted",
}


@dataclass(frozen=True)
class Server:
    """A database; `crashes`: whether processes are killed on it, too."""

    name: str
    database: str
    missing: str = ""
    isolation: str = ""
    crashes: bool = True


@dataclass(frozen=True)
class Broker:
    """A broker that carries tasks to the worker; without a URL, a folder of files."""

    name: str
    url: str = ""
    port: int = 0

    @property
    def missing(self) -> str:
        there = not self.port or lanes.listens(self.port)
        return "" if there else f"nothing listens on port {self.port}"


BROKERS = [Broker("files"), Broker("Redis", REDIS, 6379), Broker("RabbitMQ", RABBITMQ, 5672)]


def servers() -> list[Server]:
    """Return all kinds of databases; `missing` is the reason if one is not available."""
    postgresql, mariadb = lanes.no_postgresql(), lanes.no_mariadb()
    return [
        Server("SQLite file", lanes.SQLITE_FILE),
        Server("PostgreSQL", lanes.POSTGRESQL, postgresql),
        Server("MariaDB", lanes.MARIADB, mariadb, "read committed"),
        Server("MariaDB, repeatable read", lanes.MARIADB, mariadb, "repeatable read", False),
    ]


def pytest_rows(server: Server, paths: list[str], weaken: str = "") -> list[Row]:
    """Run tests against the server; return a row for each, whose number of runs is that of its parameters."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        environment = {
            **os.environ,
            "DATABASE_URL": server.database,
            "PROCTORING_WEAKEN": weaken,
            "DATABASE_ISOLATION": server.isolation or "read committed",
        }
        workers = [] if "::" in paths[0] else ["-n", "2"]
        command = lanes.pytest("-o", "junit_family=xunit1")
        output = None if os.environ.get("VERBOSE") else subprocess.DEVNULL
        subprocess.run(
            [*command, f"--junitxml={report}", *workers, *paths],
            cwd=ROOT,
            env=environment,
            stdout=output,
        )
        if not report.exists():
            return [Row("pytest", server.name, runs=1, failed=1, note="did not run")]
        tree = ElementTree.parse(report)
    rows: list[Row] = []
    _merge(rows, [_row(case, server.name) for case in tree.iter("testcase") if not _skipped(case)])
    return rows


def _skipped(case: ElementTree.Element) -> bool:
    return case.find("skipped") is not None


def _row(case: ElementTree.Element, database: str) -> Row:
    module = case.get("classname", "").rsplit(".", 1)[-1].removeprefix("test_")
    kind = "race" if "concurrency" in case.get("classname", "") else "fault"
    name = case.get("name", "").split("[")[0].removeprefix("test_").replace("_", " ")
    row = Row(f"{kind}: {module}: {name}"[:78], database, runs=1)
    for found in case.iter("property"):
        if found.get("name") in ("lost", "stuck", "doubled"):
            setattr(row, found.get("name", ""), int(found.get("value", "0")))
    broken = [found for tag in ("failure", "error") for found in case.findall(tag)]
    if broken:
        row.failed, row.note = 1, (broken[0].get("message") or "")[:160].replace("\n", " ")
    return row


def crash_rows(
    server: Server, names: set[str], weaken: str = "", broker: Broker = BROKERS[0]
) -> list[Row]:
    """Kill processes on the server, from a separate process."""
    name = f"{server.name}, {broker.name}"
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "rows.json"
        database = "" if server.database.startswith("sqlite") else server.database
        command = [sys.executable, "-m", "tests.torture.crashes", name, database]
        command += [broker.url, str(answer), *sorted(names)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PROCTORING_WEAKEN": weaken},
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            return [Row("crashes", name, runs=1, failed=1, note=done.stderr[-400:])]
        return [Row(**row) for row in json.loads(answer.read_text())]


def run(bounded: bool, runs: int) -> int:
    """Run all cases on all servers; return 0 if all passed."""
    rows: list[Row] = []
    for server in servers():
        if server.missing:
            print(f"{server.name} is left out: {server.missing}", flush=True)
            continue
        if not bounded:
            for number in range(runs):
                print(f"{server.name}: races and faults, {number + 1} of {runs}", flush=True)
                _merge(rows, pytest_rows(server, RACES))
        if server.crashes and not bounded:
            rows += crashes(server)
    if bounded:
        rows += crash_rows(servers()[0], CRASHES)
    return 0 if show(rows) else 1


def crashes(server: Server) -> list[Row]:
    """Run all kill points with each broker."""
    rows: list[Row] = []
    for broker in BROKERS:
        if broker.missing:
            print(f"{server.name}, {broker.name} is left out: {broker.missing}", flush=True)
            continue
        print(f"{server.name}, {broker.name}: crashes", flush=True)
        rows += crash_rows(server, set(), broker=broker)
    return rows


def _merge(rows: list[Row], more: list[Row]) -> None:
    known = {(row.case, row.database): row for row in rows}
    for row in more:
        before = known.setdefault((row.case, row.database), row)
        if before is row:
            rows.append(row)
            continue
        for name in ("runs", "lost", "stuck", "doubled", "failed"):
            setattr(before, name, getattr(before, name) + getattr(row, name))
        before.note = before.note or row.note


# The proof: without its safeguard, each of these cases must turn red.
PROOF = {
    "learner_lock": [
        "tests/concurrency/test_attempts.py::test_parallel_creations_create_one_attempt"
    ],
    "second_check": [
        "tests/concurrency/test_attempts.py::test_an_expired_reservation_that_was_replaced"
    ],
    "outbox": ["tests/torture/test_provider_faults.py::test_learners_can_continue[unavailable]"],
    "version_check": [
        "tests/concurrency/test_outbox.py::test_a_message_that_is_stored_again_while_it_is_delivered"
    ],
}
CRASH_PROOF = {"outbox": "crash: web after_commit → submitted"}


def proof(bounded: bool) -> int:
    """Switch each safeguard off; return 0 only if its cases pass with it and fail without it."""
    able = [server for server in servers()[1:3] if not server.missing]
    if not able:
        print("The proof needs PostgreSQL or MariaDB: on SQLite every transaction is a lock.")
        return 2
    proven = True
    for server in able[:1] if bounded else able:
        sound = pytest_rows(server, [case for cases in PROOF.values() for case in cases])
        proven &= _say("none", sound, red=False)
        for weakness, cases in PROOF.items():
            proven &= _say(weakness, pytest_rows(server, cases, weaken=weakness), red=True)
    if not bounded:
        for weakness, case in CRASH_PROOF.items():
            proven &= _say(weakness, crash_rows(servers()[0], {case}, weaken=weakness), red=True)
    print("Each safeguard would be missed." if proven else "NOT PROVEN.", flush=True)
    return 0 if proven else 1


def _say(weakness: str, rows: list[Row], red: bool) -> bool:
    held = all(row.holds for row in rows)
    ran = all(row.note != "did not run" and row.case != "crashes" for row in rows)
    proven = ran and bool(rows) and held is not red
    verdict = ("red" if not held else "green") + ("" if proven else "   NOT AS IT SHOULD BE")
    for row in rows:
        print(f"{f'without {weakness}' if red else 'with all':<24} {row.line()}", flush=True)
    print(f"{f'without {weakness}' if red else 'with all':<24} → {verdict}", flush=True)
    return proven


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("what", choices=("run", "proof"))
    parser.add_argument("--bounded", action="store_true", help="the part that `make test` runs")
    parser.add_argument("--runs", type=int, default=3, help="of races and faults")
    options = parser.parse_args()
    if options.what == "proof":
        return proof(options.bounded)
    return run(options.bounded, options.runs)


if __name__ == "__main__":
    sys.exit(main())
