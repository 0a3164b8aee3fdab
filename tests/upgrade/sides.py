"""Two processes on one database, with the published package and with ours."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dj_database_url
import pytest

from scripts import lanes

BEGIN = "import django; django.setup(); {more}import driver; driver.main()"
MORE = "import sys; sys.path.append({folder!r}); import {name}; "
OURS = Path(sys.executable)
# With the folder of compiled modules: without it each process compiles all of them again.
KEPT = ("PATH", "HOME", "LANG", "PYTHONPYCACHEPREFIX")
PROJECT = Path(__file__).resolve().parent / "project"


def environment(database: str, settings: str = "settings") -> dict[str, str]:
    """Return the variables of a process that runs either package in `project/`."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": settings}


class Side:
    """A process that runs `project/driver.py`; its commands, and those of the module `more`, are methods."""

    def __init__(
        self,
        python: Path,
        database: str,
        errors: Path,
        more: Path | None = None,
        settings: str = "settings",
    ) -> None:
        also = MORE.format(folder=str(more.parent), name=more.stem) if more else ""
        self._errors = errors
        with errors.open("w") as log:
            self._process = subprocess.Popen(
                [python, "-c", BEGIN.format(more=also)],
                cwd=PROJECT,
                env=environment(database, settings),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **options: self._do(name, args, options)

    def _do(self, name: str, args: Any, options: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(
            json.dumps({"do": name, "args": args, "options": options}),
            file=self._process.stdin,
            flush=True,
        )
        line = self._process.stdout.readline()
        assert line, self._errors.read_text()[-3000:]
        reply = json.loads(line)
        assert "error" not in reply, f"{name}{args}: {reply['error']}"
        return reply["answer"]

    def close(self) -> None:
        """Terminate the process."""
        self._process.communicate(timeout=30)


@contextmanager
def running(python: Path, folder: Path, name: str, more: Path) -> Iterator[Side]:
    """Start a side with its own SQLite database."""
    side = Side(python, f"sqlite:///{folder}/{name}.sqlite3", folder / f"{name}.log", more)
    try:
        yield side
    finally:
        side.close()


@contextmanager
def database(server: str, name: str, folder: Path) -> Iterator[str]:
    """Create a database for this process and return its URL. Skips if there is no such server."""
    name = f"{name}_{os.getpid()}"
    if server == "SQLite":
        yield f"sqlite:///{folder}/{name}.sqlite3"
        return
    missing, url = {
        "PostgreSQL": (lanes.no_postgresql, lanes.POSTGRESQL),
        "MariaDB": (lanes.no_mariadb, lanes.MARIADB),
    }[server]
    if why := missing():
        pytest.skip(why)
    run = _postgresql if server == "PostgreSQL" else _mariadb
    letters = "CHARACTER SET utf8mb4" if server == "MariaDB" else ""
    run(url, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} {letters}")
    try:
        yield url.rsplit("/", 1)[0] + f"/{name}"
    finally:
        run(url, f"DROP DATABASE {name}")


def _postgresql(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url.rsplit("/", 1)[0] + "/postgres", autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def _mariadb(url: str, *statements: str) -> None:
    import MySQLdb

    at = dj_database_url.parse(url)
    connection = MySQLdb.connect(
        host=at["HOST"], port=at["PORT"] or 3306, user=at["USER"], password=at["PASSWORD"]
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()
