"""The lanes of ``make test``: the commands and requirements of each."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts import environments

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

# Tests of behaviour that depends on the database; the rest of the suite runs on SQLite only.
ON_DATABASES = [
    "tests/concurrency",
    "tests/lifecycle/test_creation.py",
    "tests/lifecycle/test_removal.py",
    "tests/lifecycle/test_transition.py",
    "tests/models",
    "tests/api/test_reviews.py",
    "tests/api/test_learner.py",
    "tests/api/test_allowances.py",
    "tests/api/test_time_changes.py",
    "tests/operations/test_expiry.py",
    "tests/test_host_faults.py",
    "tests/test_compiled_queries.py",
    "tests/test_compiled_rows.py",
    "tests/test_compiled_writes.py",
    "tests/test_outbox.py",
    "tests/test_transactions.py",
    "tests/views/test_large_course.py",
    "tests/views/test_list_plans.py",
    "tests/views/test_lost_connections.py",
    "tests/views/v2/test_attempt_orders.py",
    "tests/views/v2/test_attempt_pages.py",
]
# Thousands of requests and changes each, whose results do not depend on settings or versions. Coverage would make
# them half as slow again, and the other tests reach the same lines.
WALKS = [
    "tests/views/test_sequences.py",
    "tests/views/test_roles.py",
    "tests/lifecycle/test_deadline_oracle.py",
    "tests/lifecycle/test_state_machine.py",
]
# These have separate lanes.
WITHOUT_LANES = [
    f"--ignore=tests/{name}"
    for name in ("concurrency", "upgrade", "fuzz", "plugins", "attack", "clients", "tutor")
]
MARKED_LANES = ("demo", "browser", "packaging")
# The cores that a lane keeps busy while it waits for a database or locks, or for processes or a browser that it started.
WITH_SERVER, WITH_PROCESSES, WITH_NETWORK = 0.5, 0.5, 0.3
# Each run generates different requests; `make fuzz` generates thousands per operation.
FUZZ_EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "100")
FUZZ_EXAMPLES_ON_POSTGRESQL = "20"
OLDEST_NODE = (20, 19)
# Other checkouts on this machine use the same servers; each has its own databases.
CHECKOUT = f"{zlib.crc32(os.fsencode(ROOT)):08x}"


def own(url: str, lane: str) -> str:
    """Return the URL of a database for this lane and checkout, on the given server."""
    return f"{url.rpartition('/')[0]}/proctoring_{CHECKOUT}_{lane}"


POSTGRESQL_SERVER = os.environ.get(
    "TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres"
)
MARIADB_SERVER = os.environ.get("TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306/proctoring")
POSTGRESQL, MARIADB = own(POSTGRESQL_SERVER, "torture"), own(MARIADB_SERVER, "torture")
SQLITE_FILE = f"sqlite:///{tempfile.gettempdir()}/proctoring-{os.getpid()}.sqlite3"


def listens(port: int) -> bool:
    """Return whether a server listens on this port."""
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
    """Install the published package, once, in separate environments; return why that is not possible, or ''."""
    prepare = [sys.executable, "-m", "tests.upgrade.environments"]
    return subprocess.run(prepare, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def no_server() -> str:
    return no_postgresql() and no_mariadb()


def no_plugin() -> str:
    """Install a third party's provider, once, in a separate folder; return why that is not possible, or ''."""
    prepare = [sys.executable, "-m", "tests.plugins.environment"]
    return subprocess.run(prepare, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def no_tutor() -> str:
    """Install Tutor, once, in a separate environment; return why that is not possible, or ''."""
    prepare = [sys.executable, "-m", "tests.tutor.environment"]
    return subprocess.run(prepare, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def no_environment(name: str) -> Callable[[], str]:
    """Create an environment with other versions of Python and Django, once; return why that is not possible, or ''."""
    return lambda: environments.prepare(name)


def no_client() -> str:
    """Install the platform's micro-frontend library, once, in a separate folder; return why that is not possible, or ''."""
    prepare = [sys.executable, "-m", "tests.clients.environment"]
    return subprocess.run(prepare, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def nothing() -> str:
    return ""


def pytest(*arguments: str, python: Path = Path(sys.executable)) -> list[str]:
    return [str(python), "-m", "pytest", "-q", *arguments]


def torture(what: str) -> list[str]:
    """Return the commands of a part of ``make torture`` and ``make torture-proof``."""
    return [sys.executable, "-m", "tests.torture", what, "--bounded"]


def attack() -> list[str]:
    return pytest("--ds", "tests.attack.host.settings", "tests/attack")


PROJECTS = ("-rfEs", "-p", "tests.projects.plugin")
# Coverage is measured where nearly all of the package is reached, and by lines: Python 3.12 counts those at no cost.
COVERAGE = ("--cov", "--cov-report=")
COVERAGE_OF_BOTH = (
    "--cov",
    "--cov-append",
    "--cov-report=term:skip-covered",
    "--cov-fail-under=95",
)


def in_project(
    name: str, python: Path = Path(sys.executable), more: Sequence[str] = ()
) -> list[str]:
    """Return the command that runs the suite in a project."""
    return pytest(*PROJECTS, "--ds", f"tests.projects.{name}", *more, "tests", python=python)


def rest_of(name: str, python: Path, more: Sequence[str] = ()) -> list[str]:
    """Return the command that runs the tests that do not fit the project but may depend on versions."""
    return pytest(*PROJECTS, "--rest-of", name, *more, "tests", python=python)


def on_versions(environment: str, project: str, *, covered: bool = False) -> dict[str, Any]:
    """Return the commands that run the suite in a project on other versions, and then what does not fit the project."""
    first, second = (COVERAGE, COVERAGE_OF_BOTH) if covered else ((), ())

    def commands(python: Path) -> list[list[str]]:
        return [in_project(project, python, first), rest_of(project, python, second)]

    return {
        "missing": no_environment(environment),
        "commands": commands(environments.python_of(environment)),
        "otherwise": commands(Path(sys.executable)),
    }


def marked(name: str) -> list[str]:
    """The tests with a marker of `MARKED_LANES`; where everything is required, each of them has to run."""
    return pytest("-rs", "-p", "scripts.no_skips", "-m", name, f"tests/{name}")


def on_database() -> list[str]:
    return pytest(*ON_DATABASES)


def with_extensions() -> list[str]:
    """Return the commands that run the tests of the package's extensions, which the tests' project does not install."""
    return pytest("--ds", "tests.contrib.settings", "tests/contrib")


@dataclass(frozen=True)
class Lane:
    """Commands that run one after the other; the first failure ends the lane."""

    name: str
    missing: Callable[[], str]  # returns why the lane cannot run here, or ''
    commands: list[list[str]]
    environment: dict[str, str] = field(default_factory=dict)
    seconds: int = 30  # rough duration, because the longest lanes start first
    cores: float = 1  # cores kept busy: fewer if the lane waits for servers or processes
    # Commands to run instead if the requirement is not met.
    otherwise: list[list[str]] = field(default_factory=list)


LANES = [
    Lane(
        "lint",
        nothing,
        [
            [str(BIN / "ruff"), "format", "--check", "-q", "."],
            [str(BIN / "ruff"), "check", "-q", "."],
            [str(BIN / "lint-imports")],
        ],
        seconds=15,
    ),
    Lane("types", nothing, [[str(BIN / "mypy"), "edx_proctoring"]], seconds=40),
    Lane(
        "migrations",
        nothing,
        [[sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"]],
        {"DJANGO_SETTINGS_MODULE": "tests.contrib.settings", "PYTHONPATH": str(ROOT)},
        seconds=5,
    ),
    Lane(
        "docs",
        nothing,
        [[sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "docs", "docs/_build/html"]],
        seconds=40,
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
        seconds=60,
    ),
    Lane("extensions", nothing, [with_extensions()], seconds=70),
    Lane("upgrade", no_published, [pytest("-rs", "tests/upgrade")], seconds=120),
    Lane(
        "fuzz, PostgreSQL",
        no_postgresql,
        [pytest("tests/fuzz")],
        {
            "DATABASE_URL": own(POSTGRESQL_SERVER, "fuzz"),
            "FUZZ_EXAMPLES": FUZZ_EXAMPLES_ON_POSTGRESQL,
        },
        seconds=90,
    ),
    Lane(
        "SQLite file",
        nothing,
        [pytest("tests/concurrency")],
        {"DATABASE_URL": SQLITE_FILE},
        cores=WITH_PROCESSES,
        seconds=50,
    ),
    Lane("proctortrack", no_plugin, [pytest("-rs", "tests/plugins")], seconds=40),
    Lane("Tutor", no_tutor, [pytest("-rs", "tests/tutor")]),
    Lane(
        "micro-frontend",
        no_client,
        [pytest("-rs", "--ds", "tests.contrib.settings", "tests/clients")],
        cores=WITH_NETWORK,
        seconds=150,
    ),
    Lane("walks", nothing, [pytest(*WALKS)], seconds=150),
    Lane("torture", nothing, [torture("run")], seconds=25),
    Lane("torture proof", no_server, [torture("proof")], seconds=20),
    Lane(
        "platform, LMS",
        **on_versions("platform", "lms", covered=True),
        environment={"COVERAGE_CORE": "sysmon"},
        seconds=400,
    ),
    Lane("oldest, Studio", **on_versions("oldest", "studio"), seconds=200),
    Lane("newest, plain", **on_versions("newest", "plain"), seconds=200),
    Lane(
        "PostgreSQL",
        no_postgresql,
        [on_database(), with_extensions()],
        {"DATABASE_URL": own(POSTGRESQL_SERVER, "lane")},
        cores=WITH_SERVER,
        seconds=130,
    ),
    Lane(
        "MariaDB",
        no_mariadb,
        [on_database(), with_extensions()],
        {"DATABASE_URL": own(MARIADB_SERVER, "lane")},
        cores=WITH_SERVER,
        seconds=130,
    ),
    Lane(
        "MariaDB, RR",
        no_mariadb,
        [pytest("tests/concurrency")],
        {
            "DATABASE_URL": own(MARIADB_SERVER, "repeatable"),
            "DATABASE_ISOLATION": "repeatable read",
        },
        cores=WITH_SERVER,
        seconds=60,
    ),
    Lane(
        "attack, PostgreSQL",
        no_postgresql,
        [attack()],
        {"DATABASE_URL": own(POSTGRESQL_SERVER, "attack")},
        cores=WITH_SERVER,
        seconds=100,
    ),
    Lane(
        "attack, MariaDB",
        no_mariadb,
        [attack()],
        {"DATABASE_URL": own(MARIADB_SERVER, "attack")},
        cores=WITH_SERVER,
        seconds=100,
    ),
    Lane("fuzz", nothing, [pytest("tests/fuzz")], {"FUZZ_EXAMPLES": FUZZ_EXAMPLES}, seconds=120),
    Lane("demo", nothing, [marked("demo")], cores=WITH_PROCESSES, seconds=300),
    Lane("browser", nothing, [marked("browser")], cores=WITH_PROCESSES, seconds=200),
    Lane("packaging", nothing, [marked("packaging")], seconds=100),
]

CORES = max(2, os.cpu_count() or 1)
# Tests that no project and no lane runs, on SQLite in memory; one worker more than cores, as some mostly wait.
TESTS = [
    sys.executable, "-m", "pytest", "-n", str(CORES + 1), "-rs", *WITHOUT_LANES,
    *(f"--ignore={path}" for path in WALKS),
    "-m", f"not ({' or '.join(MARKED_LANES)})", "-p", "tests.projects.plugin", "--only-once", "tests",
]  # fmt: skip
