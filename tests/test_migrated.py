"""Test databases start as copies of what migrations created."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from pytest_django import DjangoDbBlocker

from tests import migrated

pytestmark = [pytest.mark.databases("sqlite"), pytest.mark.needs("one-project")]


@pytest.fixture
def created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[[], list[str]]]:
    """A function that creates a database in a file and returns its SQL, with copies in a folder of this test."""
    monkeypatch.setattr(migrated, "COPIES", tmp_path / "copies")
    database = deepcopy(connections.databases["default"])
    database["TEST"]["NAME"] = str(tmp_path / "created.sqlite3")
    connections.databases["created"] = database

    def create() -> list[str]:
        made = connections["created"]
        made.creation.create_test_db(verbosity=0, autoclobber=True)
        made.ensure_connection()
        lines = [re.sub(r"\x27\d{4}-.*", "", line) for line in made.connection.iterdump()]
        made.close()
        return lines

    with django_db_blocker.unblock():
        yield create
    del connections["created"]
    del connections.databases["created"]


def test_a_copy_is_what_migrations_create(
    created: Callable[[], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrated, "KEPT", 1)
    old = tmp_path / "copies" / "old.sqlite3"
    old.parent.mkdir()
    old.touch()
    by_migrations = created()
    [copy] = old.parent.glob("*.sqlite3")
    assert copy != old
    assert created() == by_migrations
    assert any("proctoring_proctoredexam" in line for line in by_migrations)


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (User._meta, "permissions", [("can_proctor", "Can proctor")]),
        (User._meta.get_field("email"), "db_index", True),
        (User._meta.get_field("email"), "max_length", 100),
    ],
)
def test_a_change_of_models_leads_to_another_copy(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, value: object
) -> None:
    before = migrated.state(connection)
    assert migrated.state(connection) == before
    monkeypatch.setattr(owner, name, value)
    assert migrated.state(connection) != before


def test_a_change_of_settings_leads_to_another_copy(settings: Any) -> None:
    before = migrated.state(connection)
    settings.SITE_ID = 7
    assert migrated.state(connection) != before
