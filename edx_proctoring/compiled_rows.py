"""Writes of rows that are already in memory, compiled to SQL once; see `compiled_queries`."""

from collections.abc import Collection, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from django.db import DatabaseError, connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import OnConflict
from django.db.models.signals import post_save, pre_save
from django.db.models.sql import InsertQuery, UpdateQuery

from edx_proctoring.compiled_queries import is_on

Instance = TypeVar("Instance", bound=models.Model)
Column: TypeAlias = "models.Field[Any, Any]"
Fields = tuple[Column, ...]
Statement = tuple[str, tuple[Any, ...]]
Values = Sequence[tuple[Column, object]]
FEW = 8  # rows of one INSERT: databases limit the number of parameters
PLACEHOLDERS = ("get_placeholder", "get_placeholder_sql")  # before Django 6.1, and since
PREPARING = ("get_db_prep_save", "get_db_prep_value", "get_prep_value", "to_python")


class _Way(NamedTuple):
    """A field, and whether it sends nothing and text as they are, as Django's own fields do."""

    field: Column
    sends_none: bool
    sends_text: bool

    @classmethod
    def of(cls, field: Column) -> "_Way":
        kind = type(field)
        is_djangos = all(
            getattr(kind, name).__module__.startswith("django.db.models.") for name in PREPARING
        )
        return cls(field, is_djangos, kind in (models.CharField, models.TextField))


class InsertOnce(Generic[Instance]):
    """An INSERT of few new rows, compiled once. It sends no signals.

    The values of several rows follow one another in the statement of one row. On PostgreSQL, Django would send an array for
    each column, and building these takes longer than all the rest. Values that are expressions are left to the ORM.
    """

    def __init__(self, model: type[Instance], *, ignore_conflicts: bool = False) -> None:
        self.model, self.ignore_conflicts = model, ignore_conflicts
        self._statements: dict[tuple[object, ...], str] = {}
        self._fields = [
            field
            for field in model._meta.concrete_fields
            if not isinstance(field, models.AutoField) and not getattr(field, "generated", False)
        ]
        self._ways = [_Way.of(field) for field in self._fields]

    def __call__(self, rows: Sequence[Instance]) -> None:
        """Insert the rows, as `bulk_create` does, but their ids remain unknown."""
        alias = router.db_for_write(self.model)
        is_few = 0 < len(rows) <= FEW and all(row.pk is None for row in rows)
        if is_on() and is_few and self.sql(alias, len(rows)):
            self._send(alias, rows)
        else:
            manager = self.model._default_manager
            manager.bulk_create(rows, ignore_conflicts=self.ignore_conflicts)

    def add(self, row: Instance, alias: str) -> bool:
        """Insert one row that has no id yet, and set its id; return False if a conflict was ignored (PostgreSQL)."""
        key: Any = self.model._meta.pk
        found = self._send(alias, [row], (key,))
        values = found[0] if found else None  # Django 6 returns no row for an ignored conflict
        if values:
            setattr(row, key.attname, values[0])
        return bool(values)

    def sql(self, alias: str, count: int, returned: Fields = ()) -> str:
        """Return the statement for this number of rows, or '' if it cannot be compiled."""
        key = alias, connections[alias].vendor, self.model._meta.db_table, bool(returned), count
        known = self._statements.get(key)
        if known is None:
            parts = self._split(alias, returned)
            row = f"({', '.join(['%s'] * len(self._fields))})"
            known = parts[0] + ", ".join([row] * count) + parts[1] if parts else ""
            self._statements[key] = known
        return known

    def _send(
        self, alias: str, rows: Sequence[Instance], returned: Fields = ()
    ) -> list[tuple[object, ...] | None]:
        compiler = self._compiler(alias, rows)
        sql = self.sql(alias, len(rows), returned) if is_on() else ""
        params = self._params(connections[alias], rows) if sql else None
        if params is not None:
            compiler.as_sql = lambda: [(sql, params)]
        with transaction.mark_for_rollback_on_error(using=alias):
            found: list[tuple[object, ...] | None] = compiler.execute_sql(returned)
        return found

    def _params(
        self, connection: BaseDatabaseWrapper, rows: Sequence[Instance]
    ) -> tuple[object, ...] | None:
        """Return the values as Django sends them, or None if one is an expression."""
        params = []
        for row in rows:
            for field, sends_none, sends_text in self._ways:
                value = field.pre_save(row, True)
                if value is None:
                    is_sent = sends_none
                else:
                    is_sent = sends_text and type(value) is str
                if not is_sent:
                    if hasattr(value, "resolve_expression"):
                        return None
                    value = field.get_db_prep_save(value, connection=connection)
                params.append(value)
        return tuple(params)

    def _split(self, alias: str, returned: Fields) -> tuple[str, str] | None:
        """Return what precedes and follows the rows in the statement, or None if it cannot be compiled."""
        if any(hasattr(field, name) for field in self._fields for name in PLACEHOLDERS):
            return None
        compiler = self._compiler(alias, [self.model()])
        compiler.returning_fields = returned
        ((sql, _params),) = compiler.as_sql()
        before, *after = sql.split(f"({', '.join(['%s'] * len(self._fields))})")
        is_whole = len(after) == 1 and "%" not in before + after[0]
        return (before, after[0]) if is_whole and not compiler.returning_params else None

    def _compiler(self, alias: str, rows: Sequence[Instance]) -> Any:
        conflicts = OnConflict.IGNORE if self.ignore_conflicts else None
        query = InsertQuery(self.model, on_conflict=conflicts)
        query.insert_values(self._fields, list(rows))
        return query.get_compiler(using=alias)


class UpdateRowOnce(Generic[Instance]):
    """An UPDATE of some columns of one stored row, compiled once for each choice of columns and of those that become NULL.

    It sends the signals that `save(update_fields=…)` sends.
    """

    def __init__(self, model: type[Instance]) -> None:
        self.model = model
        self._statements: dict[tuple[object, ...], str] = {}
        self._names = {one.name for one in model._meta.concrete_fields if not one.primary_key}
        self._is_plain = not (model._meta.proxy or model._meta.parents)
        self._parts = [
            (field.name, field.attname, field.target_field.attname)
            for field in model._meta.concrete_fields
            if isinstance(field, models.ForeignKey)
        ]

    def takes(self, row: Instance, names: Collection[str]) -> bool:
        """Return whether these columns can be updated: the row is stored, and its related objects are those of its
        columns.
        """
        known = row._state.fields_cache
        parts = ((known.get(name), column, key) for name, column, key in self._parts)
        return (
            is_on()
            and self._is_plain
            and row.pk is not None
            and self._names.issuperset(names)
            and all(
                part is None or getattr(part, key) == getattr(row, column) is not None
                for part, column, key in parts
            )
        )

    def __call__(self, row: Instance, names: Collection[str]) -> None:
        """Store these columns, whose fields have these names. Raises DatabaseError if the row no longer exists."""
        alias = router.db_for_write(self.model, instance=row)
        about: dict[str, Any]
        about = {"instance": row, "raw": False, "using": alias, "update_fields": frozenset(names)}
        pre_save.send(sender=self.model, **about)
        self._send(row, names, alias)
        row._state.db, row._state.adding = alias, False
        post_save.send(sender=self.model, created=False, **about)

    def _send(self, row: Instance, names: Collection[str], alias: str) -> None:
        connection = connections[alias]
        fields = [one for one in self.model._meta.local_concrete_fields if one.name in names]
        values = [(field, field.pre_save(row, False)) for field in fields]
        with transaction.mark_for_rollback_on_error(using=alias):
            sql, params = self._statement(row, values, connection)
            with connection.cursor() as cursor:
                cursor.execute(sql, params)
                if not cursor.rowcount:
                    error = getattr(self.model, "NotUpdated", DatabaseError)  # Django 6 has it
                    raise error("Save with update_fields did not affect any rows.")

    def _statement(
        self, row: Instance, values: Values, connection: BaseDatabaseWrapper
    ) -> Statement:
        if any(hasattr(value, "resolve_expression") for _field, value in values):
            return self._by_django(row, values, connection)
        new = [field.get_db_prep_save(value, connection=connection) for field, value in values]
        choice = tuple(
            (field.name, one is None) for (field, _), one in zip(values, new, strict=True)
        )
        key = connection.alias, connection.vendor, self.model._meta.db_table, choice
        sql = self._statements.get(key)
        pk: Any = self.model._meta.pk
        params = (
            *(one for one in new if one is not None),
            pk.get_db_prep_value(row.pk, connection=connection),
        )
        if sql is None:
            sql, sent = self._by_django(row, values, connection)
            if sent != params or sql.count("%") != len(params):
                return sql, sent  # a field that does more than to prepare its value
            self._statements[key] = sql
        return sql, params

    def _by_django(
        self, row: Instance, values: Values, connection: BaseDatabaseWrapper
    ) -> Statement:
        query: Any = UpdateQuery(self.model)
        query.add_q(models.Q(pk=row.pk))
        query.add_update_fields([(field, None, value) for field, value in values])
        sql, params = query.get_compiler(connection=connection).as_sql()
        return sql, tuple(params)
