"""Operations that build indexes while others write to the table.

PostgreSQL builds an index concurrently only outside a transaction, so migrations with these operations have
`atomic = False`. What a killed migration has built stays: when it is repeated, complete indexes are kept, and those that
PostgreSQL left unfinished are built anew.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.db import models
from django.db.migrations.operations import AddIndex, AlterField


class BuildIndex(AddIndex):
    """`AddIndex` that blocks no writes. An index of this name counts as the same."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _ensure(schema_editor, model, self.index, self._is_same)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _drop(schema_editor, model, filter(self._is_same, _known(schema_editor, model)))

    def _is_same(self, known: "Known") -> bool:
        return bool(known.name == self.index.name)


class BuildFieldIndex(AlterField):
    """`AlterField` that only sets `db_index`, and blocks no writes. Any index of this column alone counts as the same."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            index = models.Index(fields=[self.name])
            index.set_name_with_model(model)
            _ensure(schema_editor, model, index, self._is_same)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _drop(schema_editor, model, filter(self._is_same, _known(schema_editor, model)))

    def _is_same(self, known: "Known") -> bool:
        return bool(known.columns == [self.name])


class Known(NamedTuple):
    """An index that the table has. An invalid one is left of a build that was killed."""

    name: str
    columns: list[str]
    is_valid: bool


def _known(schema_editor: Any, model: Any) -> list[Known]:
    connection, table = schema_editor.connection, model._meta.db_table
    unfinished = set()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(UNFINISHED, [table])
            unfinished = {name for (name,) in cursor.fetchall()}
        found = connection.introspection.get_constraints(cursor, table)
    return [
        Known(name, one["columns"], name not in unfinished)
        for name, one in found.items()
        if one["index"]
    ]


UNFINISHED = """SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    WHERE t.relname = %s AND pg_table_is_visible(t.oid) AND NOT x.indisvalid"""


def _ensure(
    schema_editor: Any, model: Any, index: models.Index, is_same: Callable[[Known], bool]
) -> None:
    same = list(filter(is_same, _known(schema_editor, model)))
    if not any(known.is_valid for known in same):
        _drop(schema_editor, model, same)
        _build(schema_editor, model, index)


def _build(schema_editor: Any, model: Any, index: models.Index) -> None:
    if schema_editor.connection.vendor == "mysql":
        # Without these words, a server that cannot build it this way would lock the table and say nothing.
        statement = index.create_sql(model, schema_editor)
        schema_editor.execute(f"{statement} ALGORITHM=INPLACE LOCK=NONE")
    else:
        schema_editor.add_index(model, index, **_concurrently(schema_editor))


def _drop(schema_editor: Any, model: Any, known: Iterable[Known]) -> None:
    for one in known:
        # The columns tell MariaDB and MySQL whether a foreign key needs another index now.
        index = models.Index(fields=one.columns, name=one.name)
        schema_editor.remove_index(model, index, **_concurrently(schema_editor))


def _concurrently(schema_editor: Any) -> dict[str, bool]:
    """PostgreSQL does so outside transactions only; test suites may migrate inside one."""
    connection = schema_editor.connection
    is_possible = connection.vendor == "postgresql" and not connection.in_atomic_block
    return {"concurrently": True} if is_possible else {}
