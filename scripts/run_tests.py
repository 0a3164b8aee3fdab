"""What ``make test`` runs: every lane that this machine can run, then pytest with one closing table.

With REQUIRE_ALL=1 a lane that is left out is a failure. The last line is pytest's own.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

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
    "tests/api/test_sweep.py",
    "tests/test_host_faults.py",
    "tests/test_outbox.py",
    "tests/test_transactions.py",
    "tests/views/test_large_course.py",
]
# Every kind of host: an LMS, a Studio, a project without any package of Open edX. What does not fit is in the plug-in.
PROJECTS = ["lms", "studio", "plain"]
FUZZ_EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "300")
OLDEST_NODE = (20, 19)
POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres")
MARIADB = os.environ.get("TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306/proctoring")
SQLITE_FILE = f"sqlite:///{tempfile.gettempdir()}/proctoring-{os.getpid()}.sqlite3"


@dataclass
class Result:
    """How a lane went."""

    lane: str
    outcome: str  # passed, failed, left out
    why: str = ""
    seconds: float = 0


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


def nothing() -> str:
    return ""


def pytest(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", *arguments]


def torture(what: str) -> list[str]:
    """A part of ``make torture`` and ``make torture-proof``."""
    return [sys.executable, "-m", "tests.torture", what, "--bounded"]


def in_project(name: str) -> list[str]:
    options = ["-n", "2", "-rs", "-p", "tests.projects.plugin", "--ds", f"tests.projects.{name}"]
    return pytest(*options, "tests")


def on_database() -> list[str]:
    return pytest("-n", "2", *ON_DATABASES)


Lane = tuple[str, Callable[[], str], list[list[str]], dict[str, str]]

LANES: list[Lane] = [
    (
        "lint",
        nothing,
        [
            [str(BIN / "ruff"), "format", "--check", "-q", "."],
            [str(BIN / "ruff"), "check", "-q", "."],
            [str(BIN / "lint-imports")],
        ],
        {},
    ),
    ("types", nothing, [[str(BIN / "mypy"), "edx_proctoring"]], {}),
    (
        "migrations",
        nothing,
        [[sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"]],
        {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)},
    ),
    (
        "docs",
        nothing,
        [[sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "docs", "docs/_build/html"]],
        {},
    ),
    (
        "front end",
        no_node,
        [
            ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--silent"],
            ["npm", "run", "--silent", "lint"],
            ["npm", "test", "--silent"],
            ["npm", "run", "--silent", "check-build"],
        ],
        {},
    ),
    ("projects", nothing, [in_project(name) for name in PROJECTS], {}),
    ("SQLite file", nothing, [pytest("tests/concurrency")], {"DATABASE_URL": SQLITE_FILE}),
    ("PostgreSQL", no_postgresql, [on_database()], {"DATABASE_URL": POSTGRESQL}),
    ("MariaDB", no_mariadb, [on_database()], {"DATABASE_URL": MARIADB}),
    ("fuzz", nothing, [pytest("-n", "2", "tests/fuzz")], {"FUZZ_EXAMPLES": FUZZ_EXAMPLES}),
    ("upgrade", no_published, [pytest("-rs", "tests/upgrade")], {}),
    ("proctortrack", no_plugin, [pytest("-rs", "tests/plugins")], {}),
    (
        "MariaDB, RR",
        no_mariadb,
        [pytest("-n", "2", "tests/concurrency")],
        {"DATABASE_URL": MARIADB, "DATABASE_ISOLATION": "repeatable read"},
    ),
    ("torture", nothing, [torture("run")], {}),
    ("torture proof", no_server, [torture("proof")], {}),
]


def run_lane(lane: Lane) -> Result:
    """Run its commands; the first that fails ends it."""
    name, missing, commands, environment = lane
    why = missing()
    if why:
        return Result(name, "left out", why)
    print(f"--- {name}", flush=True)
    began = time.monotonic()
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment})
        if done.returncode:
            return Result(name, "failed", " ".join(command)[-60:], time.monotonic() - began)
    return Result(name, "passed", "", time.monotonic() - began)


def main() -> int:
    required = os.environ.get("REQUIRE_ALL") == "1"
    results = [run_lane(lane) for lane in LANES]
    for result in results:
        if required and result.outcome == "left out":
            result.outcome = "failed"
    print("--- tests (SQLite in memory), demo, browser, packaging", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "lanes.json"
        table.write_text(json.dumps([asdict(result) for result in results]))
        environment = {**os.environ, "LANES": str(table), "PYTHONPATH": str(ROOT)}
        environment.pop("DATABASE_URL", None)
        command = [
            sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-rs", "-p", "scripts.closing_table",
            "--ignore=tests/concurrency", "--ignore=tests/upgrade", "--ignore=tests/fuzz", "--ignore=tests/plugins",
            "--cov", "--cov-report=term:skip-covered",
            "--cov-fail-under=90", "tests",
        ]  # fmt: skip
        return subprocess.run(command, cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
