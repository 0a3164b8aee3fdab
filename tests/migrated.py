"""Create the test database on SQLite from a copy that earlier migrations left.

`make test` starts dozens of processes, and each would apply the same migrations to an empty database. The first one
saves the result to `.databases/`; the others load it. The name of a copy is a hash of all that migrations and
`post_migrate` depend on, so that a change of a model, a migration, a setting or a version leads to a new copy.
"""

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.backends.sqlite3.creation import DatabaseCreation

COPIES = Path(__file__).resolve().parents[1] / ".databases"
KEPT = 40  # copies: one for each project, each version and each absent package

_migrate = DatabaseCreation.create_test_db


def install() -> None:
    """Make databases on SQLite start as copies."""
    DatabaseCreation.create_test_db = _create


def _create(creation: Any, *arguments: Any, **options: Any) -> str:
    if options.get("serialize") or options.get("keepdb"):
        return _migrate(creation, *arguments, **options)
    copy = COPIES / f"{state(creation.connection)}.sqlite3"
    try:
        source = sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)
    except sqlite3.OperationalError:  # there is none
        name: str = _migrate(creation, *arguments, **options)
        _save(creation.connection, copy)
        return name
    with closing(source):
        with suppress(FileNotFoundError):  # another process removes it; what is open stays readable
            os.utime(copy)
        return _load(creation, source)


def _load(creation: Any, source: sqlite3.Connection) -> str:
    """Do what `create_test_db` does, with a copy instead of migrations; return the name of the database."""
    connection = creation.connection
    name: str = creation._create_test_db(verbosity=0, autoclobber=True)
    connection.close()
    settings.DATABASES[connection.alias]["NAME"] = name
    connection.settings_dict["NAME"] = name
    connection.ensure_connection()
    source.backup(connection.connection)
    return name


def _save(connection: Any, copy: Path) -> None:
    """Write the copy at once, as other processes may look for it, and remove those that were not used for longest."""
    COPIES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=COPIES) as folder:
        new = Path(folder) / copy.name
        with closing(sqlite3.connect(new)) as target:
            connection.connection.backup(target)
        os.replace(new, copy)
    with suppress(FileNotFoundError):  # another process removes them, too
        for old in sorted(COPIES.glob("*.sqlite3"), key=_last_used)[:-KEPT]:
            old.unlink()


def _last_used(copy: Path) -> float:
    return copy.stat().st_mtime


def state(connection: Any) -> str:
    """Return a hash of the migrations, the models and the settings from which the database is created."""
    found = hashlib.sha256()
    versions = (django.get_version(), sqlite3.sqlite_version)
    for part in (*versions, settings.SITE_ID, settings.MIGRATION_MODULES):
        found.update(repr(part).encode())
    for app in apps.get_app_configs():
        found.update(repr((app.name, app.label)).encode())
        for module in sorted(Path(app.path).glob("migrations/**/*.py")):
            found.update(module.read_bytes())
        for model in app.get_models(include_auto_created=True):
            found.update(repr([*_of(model, connection)]).encode())
    return found.hexdigest()


def _of(model: type[models.Model], connection: Any) -> Iterator[Any]:
    """Yield what tables, content types and permissions are created from."""
    meta = model._meta
    yield meta.label, meta.db_table, meta.managed, str(meta.verbose_name_raw)
    yield meta.default_permissions, meta.permissions, meta.unique_together
    yield from (part.deconstruct() for part in (*meta.indexes, *meta.constraints))
    for field in meta.local_fields:
        yield (
            field.column,
            field.db_parameters(connection),
            field.null,
            field.unique,
            field.db_index,
        )
