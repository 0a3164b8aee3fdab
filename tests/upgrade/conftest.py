"""Databases that the published package filled and that ours has migrated, with processes of both."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.upgrade import environments, sides

pytestmark = pytest.mark.needs("own-lane")

COURSE = "course-v1:edX+Upgrade+2026"
LOCKS = ("ProctoringLearner", "ProctoringReservation")
SQUASHED = "0001_squashed_0025_auto_20230727_2112"


@dataclass
class Upgrade:
    """Both sides, the data that the database was filled with, and what both sides returned at each stage."""

    published: Any
    ours: Any
    filled: dict[str, Any]
    stages: dict[str, Any]
    database: str = ""


PLACES = [
    pytest.param((version, server), id=f"{version}-{server}")
    for version in environments.VERSIONS
    for server in ("SQLite", "PostgreSQL", "MariaDB")
]


@pytest.fixture(scope="session")
def upgrades(tmp_path_factory):
    """Create each database once, whatever the order of the tests; each test uses its own learners."""
    made: dict[Any, Upgrade] = {}
    with ExitStack() as stack:

        def make(version: str, server: str) -> Upgrade:
            if (version, server) not in made:
                folder = tmp_path_factory.mktemp("upgrade")
                made[version, server] = stack.enter_context(_made(version, server, folder))
            return made[version, server]

        yield make


@pytest.fixture(params=PLACES)
def upgrade(request, upgrades):
    """6.1.4 or 5.2.0, on each database."""
    return upgrades(*request.param)


@pytest.fixture(params=["SQLite", "PostgreSQL", "MariaDB"])
def both_schemas(request, upgrades, tmp_path):
    """Return the schema of a migrated database of 6.1.4, and of a new one."""
    upgraded = upgrades("6.1.4", request.param).stages["schema after"]
    with sides.database(request.param, "upgrade_new", tmp_path) as database:
        ours = sides.Side(sides.OURS, database, tmp_path / "ours.log")
        try:
            ours.migrate()
            yield upgraded, ours.schema()
        finally:
            ours.close()


@contextmanager
def _made(version: str, server: str, folder: Path) -> Iterator[Upgrade]:
    name = f"upgrade_{version.replace('.', '')}"
    with sides.database(server, name, folder) as database:
        if why := environments.prepare():
            pytest.skip(why)
        published = sides.Side(environments.python_of(version), database, folder / "published.log")
        ours = sides.Side(sides.OURS, database, folder / "ours.log")
        try:
            yield replace(_upgrade(published, ours), database=database)
        finally:
            published.close()
            ours.close()


def _upgrade(published, ours):
    published.migrate()
    filled = published.fill()
    stages = {
        "rows before": ours.dump(),
        "schema before": ours.schema(),
        "seen before": published.seen(COURSE),
    }
    ours.migrate()
    stages["rows after"], stages["seen after"] = ours.dump(), ours.seen(COURSE)
    stages["unapplied"], stages["schema after"] = ours.unapplied(), ours.schema()
    ours.migrate("edx_proctoring", SQUASHED)
    stages["rows back"], stages["schema back"] = ours.dump(), ours.schema()
    published.migrate()
    stages["seen back"] = published.seen(COURSE)
    ours.migrate()
    stages["rows again"] = ours.dump()
    return Upgrade(published, ours, filled, stages)
