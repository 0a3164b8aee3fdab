"""The demo's walks with real processes, HTTP and a worker, on the servers that this machine has."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from demo import environment
from demo.environment import Place

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.demo

FAULTS = ("ready", "notify", "review", "mail", "grade")
SERVERS = {
    "PostgreSQL and Redis": (
        (5432, 6379),
        os.environ.get("TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres"),
        "redis://127.0.0.1:6379/5",
    ),
    "MariaDB and RabbitMQ": (
        (3306, 5672),
        os.environ.get("TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306/proctoring"),
        "amqp://guest:guest@127.0.0.1:5672//",
    ),
}


def check(*arguments, database="", broker=""):
    environment = {**os.environ, "DATABASE_URL": database, "CELERY_BROKER_URL": broker}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(
        [sys.executable, "-m", "demo", "check", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_all_walks_pass():
    done = check()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every step passed" in done.stdout
    for step in (
        "register",
        "ready",
        "start",
        "review",
        "mail",
        "decision",
        "grade",
        "launch",
        "gate",
        "correction",
        "import",
        "grant",
        "break",
        "outage",
        "clock",
        "provider",
        "language",
        "previews",
        "cut",
        "fast clock",
        "again",
        "menu",
        "timeline",
    ):
        assert f"  {step} " in done.stdout


@pytest.mark.parametrize("servers", SERVERS)
def test_on_real_servers(servers):
    ports, database, broker = SERVERS[servers]
    silent = [port for port in ports if not listens(port)]
    if silent:
        pytest.skip(f"{servers}: nothing listens on {silent}")
    if database.startswith("mysql"):
        pytest.importorskip("MySQLdb", reason="mysqlclient is not installed")
    done = check(database=database, broker=broker)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """The demo's SQLite database before its first start: the migrations of all walks are the same."""
    place = Place(tmp_path_factory.mktemp("demo"), web_port=0, simulator_port=0)
    environment = {**os.environ, **place.as_environment(), "DATABASE_URL": ""}
    migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    return place.database


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_step_is_named(fault, migrated):
    done = check("--fault", fault, "--begin-with", str(migrated))
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"The walk failed at the step: {fault}" in done.stdout


@pytest.mark.parametrize(
    ("servers", "text"),
    [
        ({"database": "nonsense"}, "DATABASE_URL begins with none of postgres://"),
        ({"database": "oracle://a/b"}, "DATABASE_URL begins with none of postgres://"),
        ({"database": "postgres://nobody@127.0.0.1:1/x"}, "The database server at 127.0.0.1:1"),
        ({"broker": "nonsense"}, "CELERY_BROKER_URL begins with none of redis://"),
        ({"broker": "redis://127.0.0.1:1/0"}, "The broker at 127.0.0.1:1 does not respond"),
        ({"broker": "amqp://127.0.0.1:1//"}, "The broker at 127.0.0.1:1 does not respond"),
    ],
)
def test_unusable_servers_are_named(servers, text):
    done = check(**servers)
    assert done.returncode == 2
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_an_invalid_port_is_reported():
    done = check("--web-port", "99999")
    assert done.returncode == 2
    assert "There is no port 99999" in done.stderr


def test_each_free_port_is_another_one(monkeypatch):
    first = environment.free_port()
    monkeypatch.setattr(environment, "FREE_PORTS", (first, first + 20))
    assert len({first, *(environment.free_port() for _ in range(11))}) == 12


def test_a_port_in_use_is_reported():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = check("--web-port", str(port))
    assert done.returncode == 2
    assert f"Port {port} is in use" in done.stderr
    assert "`make demo WEB_PORT=…`" in done.stderr
    assert "Traceback" not in done.stderr
