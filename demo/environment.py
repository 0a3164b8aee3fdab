"""The environment of a demo: its folder, its ports, and the environment variables of its processes."""

import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("queue", "control", "mails", "cache", "logs")
LAST_PORT = 65535
FREE_PORTS = (20_000, 32_000)
FILES = ("demo.sqlite3*", "simulator.sqlite3*", "beat*", "walked", "lock")


class Trouble(Exception):
    """A problem that the user can solve; the message says how."""


@dataclass(frozen=True)
class Place:
    """One demo."""

    data: Path
    web_port: int
    simulator_port: int
    fault: str = ""
    fast: bool = False  # delays of a check, not of a visit
    servers: dict[str, str] = field(default_factory=dict)  # DATABASE_URL, CELERY_BROKER_URL

    @property
    def queue(self) -> str:
        """Return the name of its queue at a shared broker."""
        return f"demo-{self.web_port}"

    @property
    def log(self) -> Path:
        """Return the folder for the logs of its processes."""
        return self.data / "logs" / "processes.log"

    @property
    def database(self) -> Path:
        """Return the file of its SQLite database, which is used unless it has a server."""
        return self.data / "demo.sqlite3"

    def as_environment(self) -> dict[str, str]:
        """Return the environment variables that the demo's processes read."""
        return {
            "DEMO_DATA": str(self.data),
            "DEMO_PORT": str(self.web_port),
            "DEMO_SIMULATOR_PORT": str(self.simulator_port),
            "DEMO_FAULT": self.fault,
            "DEMO_QUEUE": self.queue,
            "DJANGO_SETTINGS_MODULE": "demo.host.settings",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            **self.servers,
        }

    def prepare(self) -> None:
        """Create folders, and check that the ports are free."""
        for name in FOLDERS:
            (self.data / name).mkdir(parents=True, exist_ok=True)
        for name, port in (("web", self.web_port), ("simulator", self.simulator_port)):
            choose = f"with --{name}-port, or with `make demo {name.upper()}_PORT=…`."
            if not 0 < port <= LAST_PORT:
                raise Trouble(f"There is no port {port}. Choose one up to {LAST_PORT} {choose}")
            if not is_free(port):
                raise Trouble(
                    f"Port {port} is in use. Stop what listens there, or choose another one {choose}"
                )


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Lock the folder: it can only be used by one demo at a time."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        file = (data / "lock").open("w")
    except OSError as error:
        raise Trouble(f"The folder {data} cannot be used: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Trouble(
                f"A demo runs on {data} already. Stop it first, or choose another folder with --data."
            ) from error
        yield


def forget(data: Path) -> None:
    """Delete a demo's data, but no other files in the folder."""
    for name in FOLDERS:
        shutil.rmtree(data / name, ignore_errors=True)
    for pattern in FILES:
        for file in data.glob(pattern):
            file.unlink()
    if data.is_dir() and not any(data.iterdir()):
        data.rmdir()


def is_free(port: int) -> bool:
    """Return whether a server can listen on this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_chosen: set[int] = set()


def free_port() -> int:
    """Return an unused port outside of the kernel's range for outgoing connections; another one each time."""
    chance = SystemRandom()  # tests seed the other one
    while (port := chance.randrange(*FREE_PORTS)) in _chosen or not is_free(port):
        pass
    _chosen.add(port)
    return port


def named_servers() -> dict[str, str]:
    """Return the value from the caller's environment; '' means files."""
    return {name: os.environ.get(name, "") for name in ("DATABASE_URL", "CELERY_BROKER_URL")}
