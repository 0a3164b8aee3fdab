"""What ``make test`` runs: every lane that this machine can run, then pytest with one closing table.

Lanes that need one core run two at a time. With REQUIRE_ALL=1 a lane that is left out is a failure. The last line of a
green run is pytest's own; a red run ends with the names of the lanes that failed.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scripts import pairs

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

# What must hold on every database, and not only on SQLite.
ON_DATABASES = [
    "tests/concurrency",
    "tests/lifecycle/test_creation.py",
    "tests/lifecycle/test_removal.py",
    "tests/lifecycle/test_transition.py",
    "tests/models",
    "tests/api/test_reviews.py",
    "tests/api/test_learner.py",
    "tests/api/test_allowances.py",
    "tests/api/test_clock.py",
    "tests/operations/test_expiry.py",
    "tests/test_host_faults.py",
    "tests/test_outbox.py",
    "tests/test_transactions.py",
    "tests/views/test_large_course.py",
    "tests/views/test_lost_connections.py",
]
# Every kind of host: an LMS, a Studio, a project without any package of Open edX. What does not fit is in the plug-in.
PROJECTS = ["lms", "studio", "plain"]
FUZZ_EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "300")
FUZZ_EXAMPLES_ON_POSTGRESQL = "20"
OLDEST_NODE = (20, 19)
# Other checkouts on this machine use the same servers; each has databases of its own.
CHECKOUT = f"{zlib.crc32(os.fsencode(ROOT)):08x}"


def own(url: str, lane: str) -> str:
    """The database of a lane of this checkout, on the server of the address."""
    return f"{url.rpartition('/')[0]}/proctoring_{CHECKOUT}_{lane}"


POSTGRESQL_SERVER = os.environ.get(
    "TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres"
)
MARIADB_SERVER = os.environ.get("TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306/proctoring")
POSTGRESQL, MARIADB = own(POSTGRESQL_SERVER, "torture"), own(MARIADB_SERVER, "torture")
SQLITE_FILE = f"sqlite:///{tempfile.gettempdir()}/proctoring-{os.getpid()}.sqlite3"


@dataclass
class Result:
    """How a lane went."""

    lane: str
    outcome: str  # passed, failed, left out
    why: str = ""
    seconds: float = 0
    red: list[str] = field(default_factory=list)  # what pytest says of each test that failed


def listens(port: int) -> bool:
    """Does a server answer on this machine?"""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def no_node() -> str:
    if not shutil.which("npm") or not shutil.which("node"):
        return "Node is not installed"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    numbers = tuple(int(part) for part in version.lstrip("v").split(".")[:2] if part.isdigit())
    return "" if numbers >= OLDEST_NODE else f"Node {version} is older than 20.19"


def no_postgresql() -> str:
    return "" if listens(5432) else "PostgreSQL does not listen on 127.0.0.1:5432"


def no_mariadb() -> str:
    if not listens(3306):
        return "MariaDB does not listen on 127.0.0.1:3306"
    probe = subprocess.run([sys.executable, "-c", "import MySQLdb"], capture_output=True)
    return (
        "" if probe.returncode == 0 else "mysqlclient is not installed (libmariadb-dev, pkg-config)"
    )


def no_published() -> str:
    """The published package is installed once, in environments of its own."""
    prepare = [sys.executable, "-m", "tests.upgrade.environments"]
    return subprocess.run(prepare, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def no_server() -> str:
    return no_postgresql() and no_mariadb()


def no_plugin() -> str:
    """A third party's provider is installed once, in a folder of its own."""
    prepare = [sys.executable, "-m", "tests.plugins.environment"]
    return subprocess.run(prepare, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def no_pair(name: str) -> Callable[[], str]:
    """An environment with the oldest or the newest Python and Django is made once. Without that Python no lane."""
    return lambda: pairs.prepare(name)


def on_pair(name: str) -> list[str]:
    options = ["-q", "-n", "2", "-m", "not demo and not packaging and not browser"]
    return [str(pairs.python_of(name)), "-m", "pytest", *options, *pairs.TESTS]


def no_client() -> str:
    """The platform's micro-frontend library is installed once, in a folder of its own."""
    prepare = [sys.executable, "-m", "tests.clients.environment"]
    return subprocess.run(prepare, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def nothing() -> str:
    return ""


def pytest(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", *arguments]


def torture(what: str) -> list[str]:
    """A part of ``make torture`` and ``make torture-proof``."""
    return [sys.executable, "-m", "tests.torture", what, "--bounded"]


def attack() -> list[str]:
    return pytest("--ds", "tests.attack.host.settings", "tests/attack")


def in_project(name: str) -> list[str]:
    options = ["-n", "2", "-rs", "-p", "tests.projects.plugin", "--ds", f"tests.projects.{name}"]
    return pytest(*options, "tests")


def on_database() -> list[str]:
    return pytest("-n", "2", *ON_DATABASES)


@dataclass(frozen=True)
class Lane:
    """Commands that run one after the other; the first that fails ends the lane."""

    name: str
    missing: Callable[[], str]  # why it cannot run here, or ''
    commands: list[list[str]]
    environment: dict[str, str] = field(default_factory=dict)
    cores: int = 1
    optional: bool = (
        False  # may be left out even where all is required: no distribution has each Python
    )


LANES = [
    Lane(
        "lint",
        nothing,
        [
            [str(BIN / "ruff"), "format", "--check", "-q", "."],
            [str(BIN / "ruff"), "check", "-q", "."],
            [str(BIN / "lint-imports")],
        ],
    ),
    Lane("types", nothing, [[str(BIN / "mypy"), "edx_proctoring"]]),
    Lane(
        "migrations",
        nothing,
        [[sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"]],
        {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)},
    ),
    Lane(
        "docs",
        nothing,
        [[sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "docs", "docs/_build/html"]],
    ),
    Lane(
        "front end",
        no_node,
        [
            ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--silent"],
            ["npm", "run", "--silent", "lint"],
            ["npm", "test", "--silent"],
            ["npm", "run", "--silent", "check-build"],
        ],
    ),
    Lane("upgrade", no_published, [pytest("-rs", "tests/upgrade")]),
    Lane(
        "fuzz, PostgreSQL",
        no_postgresql,
        [pytest("tests/fuzz")],
        {
            "DATABASE_URL": own(POSTGRESQL_SERVER, "fuzz"),
            "FUZZ_EXAMPLES": FUZZ_EXAMPLES_ON_POSTGRESQL,
        },
    ),
    Lane("SQLite file", nothing, [pytest("tests/concurrency")], {"DATABASE_URL": SQLITE_FILE}),
    Lane("newest Django", no_pair("newest"), [on_pair("newest")], cores=2, optional=True),
    Lane("oldest Django", no_pair("oldest"), [on_pair("oldest")], cores=2, optional=True),
    Lane("proctortrack", no_plugin, [pytest("-rs", "tests/plugins")]),
    Lane("micro-frontend", no_client, [pytest("-rs", "tests/clients")]),
    Lane("torture", nothing, [torture("run")]),
    Lane("torture proof", no_server, [torture("proof")]),
    Lane("projects", nothing, [in_project(name) for name in PROJECTS], cores=2),
    Lane(
        "PostgreSQL",
        no_postgresql,
        [on_database()],
        {"DATABASE_URL": own(POSTGRESQL_SERVER, "lane")},
        cores=2,
    ),
    Lane(
        "MariaDB",
        no_mariadb,
        [on_database()],
        {"DATABASE_URL": own(MARIADB_SERVER, "lane")},
        cores=2,
    ),
    Lane(
        "MariaDB, RR",
        no_mariadb,
        [pytest("-n", "2", "tests/concurrency")],
        {
            "DATABASE_URL": own(MARIADB_SERVER, "repeatable"),
            "DATABASE_ISOLATION": "repeatable read",
        },
        cores=2,
    ),
    Lane(
        "attack, PostgreSQL",
        no_postgresql,
        [attack()],
        {"DATABASE_URL": own(POSTGRESQL_SERVER, "attack")},
        cores=2,
    ),
    Lane(
        "attack, MariaDB",
        no_mariadb,
        [attack()],
        {"DATABASE_URL": own(MARIADB_SERVER, "attack")},
        cores=2,
    ),
    Lane(
        "fuzz",
        nothing,
        [pytest("-n", "2", "tests/fuzz")],
        {"FUZZ_EXAMPLES": FUZZ_EXAMPLES},
        cores=2,
    ),
]

# The rest of the suite, on SQLite in memory.
TESTS = [
    sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-rs",
    "--ignore=tests/concurrency", "--ignore=tests/upgrade", "--ignore=tests/fuzz", "--ignore=tests/plugins",
    "--ignore=tests/attack", "--ignore=tests/clients", "--cov", "--cov-report=term:skip-covered", "--cov-fail-under=90", "tests",
]  # fmt: skip

_screen = threading.Lock()


def run_lane(lane: Lane, live: bool) -> Result:
    """Run its commands; `live`: print what they say at once, and not when the lane has ended."""
    try:
        why = lane.missing()
    except pairs.NotInstalled as error:
        return Result(lane.name, "failed", str(error))
    if why:
        return Result(lane.name, "left out", why)
    said = [f"--- {lane.name}\n"]
    if live:
        print(said[0], end="", flush=True)
    began = time.monotonic()
    code, command = 0, []
    for command in lane.commands:
        code = _run(command, lane.environment, said, live)
        if code:
            break
    if not live:
        with _screen:
            print("".join(said), end="", flush=True)
    seconds = time.monotonic() - began
    if not code:
        return Result(lane.name, "passed", "", seconds)
    red = [line.rstrip() for line in said if line.startswith(("FAILED ", "ERROR "))]
    return Result(lane.name, "failed", " ".join(command)[-60:], seconds, red)


def _run(command: list[str], environment: dict[str, str], said: list[str], live: bool) -> int:
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if live:
                print(line, end="", flush=True)
    return process.returncode


def run_lanes(lanes: Sequence[Lane]) -> list[Result]:
    """Those of one core first, two at a time; then those that need both."""
    with ThreadPoolExecutor(2) as pool:
        beside = pool.map(lambda lane: run_lane(lane, live=False), _of(lanes, 1))
        results = {result.lane: result for result in beside}
    for lane in _of(lanes, 2):
        results[lane.name] = run_lane(lane, live=True)
    return [results[lane.name] for lane in lanes]


def _of(lanes: Sequence[Lane], cores: int) -> list[Lane]:
    return [lane for lane in lanes if lane.cores == cores]


def run_tests(
    results: list[Result], tests: list[str], seconds: float
) -> tuple[int, list[dict[str, Any]]]:
    """Pytest with the closing table; its exit status, and the rows of the table. `seconds` went by before."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "lanes.json"
        table.write_text(json.dumps([asdict(result) for result in results]), encoding="utf-8")
        environment = {
            **os.environ,
            "LANES": str(table),
            "LANES_SECONDS": str(seconds),
            "PYTHONPATH": str(ROOT),
        }
        environment.pop("DATABASE_URL", None)
        command = [*tests, "-p", "scripts.closing_table"]
        code = subprocess.run(command, cwd=ROOT, env=environment).returncode
        rows = json.loads(table.read_text(encoding="utf-8"))
    if "tests" not in {row["lane"] for row in rows}:
        rows.append(asdict(Result("tests", "failed", f"pytest broke off with status {code}")))
    return code, rows


def say_what_failed(rows: list[dict[str, Any]]) -> None:
    """The last words of a red run."""
    failed = [row for row in rows if row["outcome"] == "failed"]
    print()
    for row in failed:
        print(f"FAILED: {row['lane']}: {row['why']}")
        for line in row["red"]:
            print(f"    {line}")
    print(f"RED: {', '.join(row['lane'] for row in failed)}", flush=True)


def main(lanes: Sequence[Lane] = LANES, tests: list[str] = TESTS) -> int:
    """Run all of it; 0 when all is green."""
    required = os.environ.get("REQUIRE_ALL") == "1"
    began = time.monotonic()
    results = run_lanes(lanes)
    optional = {lane.name for lane in lanes if lane.optional}
    for result in results:
        if required and result.outcome == "left out" and result.lane not in optional:
            result.outcome = "failed"
    print("--- tests (SQLite in memory), demo, browser, packaging", flush=True)
    code, rows = run_tests(results, tests, time.monotonic() - began)
    if code or any(row["outcome"] == "failed" for row in rows):
        say_what_failed(rows)
        return code or 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
