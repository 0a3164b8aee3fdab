"""Queries that are sent with every request, compiled to SQL once; Django executes them and makes the rows as always.

Building and compiling such a query takes Django several times as long as sending it. Only the SQL and
the list of columns to convert are kept, so wrappers of cursors, related rows and routers work as for any other query.
"""

import datetime
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from django.apps import apps
from django.db import connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from django.db.models.query import QuerySet
from django.db.models.sql import DeleteQuery, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.constants import ROW_COUNT
from django.utils import timezone

from edx_proctoring import conf
from edx_proctoring.limits import LARGEST_INTEGER

Row = TypeVar("Row")
Value = int | str | datetime.datetime
# Marks that stand for the values while a query is compiled: found in its parameters, and nowhere else.
NUMBERS, TEXT, YEAR = 1_943_070_000, "value {} of a compiled query", 1907
ALL: "list[CompiledOnce[Any]]" = []
UPDATES: "list[UpdateOnce]" = []
DELETES: "list[DeleteOnce]" = []


class _Column(NamedTuple):
    """A column that Django converts, with its place in the rows.

    `method` is the method of the database's operations that converts it, if nothing else does: then Django need not be
    asked for each call.
    """

    at: int
    expression: Expression
    method: str | None

    @classmethod
    def of(cls, at: int, expression: Expression, connection: BaseDatabaseWrapper) -> "_Column":
        """Return the column."""
        found = [*connection.ops.get_db_converters(expression)]
        is_plain = len(found) == 1 and not expression.get_db_converters(connection)
        one = found[0] if is_plain else None
        name = getattr(one, "__name__", "")
        is_method = one is not None and one == getattr(connection.ops, name, None)
        return cls(at, expression, name if is_method else None)

    def converters(self, connection: BaseDatabaseWrapper) -> list[Callable[..., object]]:
        """Return what converts it, bound to the connection of this thread."""
        if self.method:
            return [getattr(connection.ops, self.method)]
        expression = self.expression
        return [
            *connection.ops.get_db_converters(expression),
            *expression.get_db_converters(connection),
        ]


def _copy(thing: Any) -> Any:
    """Return a shallow copy, in a fraction of the time that `copy.copy` takes."""
    made = object.__new__(type(thing))
    made.__dict__.update(thing.__dict__)
    return made


class _Plan(NamedTuple):
    """A compiled query of one database; `slots` tell which parameter takes which value."""

    compiler: SQLCompiler
    sql: str
    params: tuple[Any, ...]
    slots: tuple[tuple[int, int], ...]
    converted: "tuple[_Column, ...]"  # the columns that Django converts
    tables: tuple[tuple[type[models.Model], str], ...]  # and the names that they had

    def is_current(self) -> bool:
        """Return whether the tables still have the names that were compiled."""
        return all(model._meta.db_table == name for model, name in self.tables)

    def filled(self, connection: BaseDatabaseWrapper, values: Sequence[Value | None]) -> Any:
        """Return the compiler, which gives the SQL with these values, for the connection of this thread."""
        params = list(self.params)
        for at, which in self.slots:
            value = values[which]
            if isinstance(value, datetime.datetime):
                params[at] = connection.ops.adapt_datetimefield_value(value)
            else:
                # The same type of number: psycopg tells it to a server that binds the values.
                params[at] = type(params[at])(value)
        compiler: Any = _copy(self.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *_args, **_options: (self.sql, tuple(params))
        return compiler


def is_on() -> bool:
    """Return whether compiled queries are sent: the setting allows it, and no tool that caches rows reads querysets in its
    own way, because their conditions would be those of the marks.
    """
    is_patched = QuerySet._fetch_all.__module__ != QuerySet.__module__
    return bool(conf.proctoring.COMPILE_QUERIES_ONCE) and not is_patched


class _Plans:
    """The compiled queries of each database, and what values they take."""

    def __init__(self, *kinds: type[Value]) -> None:
        self.kinds = kinds
        self._plans: dict[tuple[str, str], _Plan | None] = {}

    def plan(self, alias: str) -> _Plan | None:
        """Return the compiled query of this database, or None if it cannot be compiled in advance."""
        return self._plan(connections[alias])

    def _plan(self, connection: BaseDatabaseWrapper) -> _Plan | None:
        key = connection.alias, connection.vendor
        plan = self._plans.get(key)
        if key not in self._plans or (plan is not None and not plan.is_current()):
            plan = self._plans[key] = self._compile(connection.alias)
        return plan

    def _takes(self, values: Sequence[Value | None]) -> bool:
        """Return whether compiled queries are on and take these values."""
        if len(values) != len(self.kinds):
            return False
        for value, kind in zip(values, self.kinds, strict=True):
            if type(value) is not kind:
                return False
            if isinstance(value, int) and not 0 <= value <= LARGEST_INTEGER:
                return False
        return is_on()

    def _marks(self) -> list[Value]:
        moment = timezone.now().replace(year=YEAR, month=1, day=1)  # aware or not, as the host's
        forms: dict[type[Value], Callable[[int], Value]] = {
            int: lambda place: NUMBERS + place,
            str: TEXT.format,
            datetime.datetime: lambda place: moment.replace(microsecond=place + 1),
        }
        return [forms[kind](place) for place, kind in enumerate(self.kinds)]

    def _compiler(self, alias: str, marks: Sequence[Value]) -> Any:
        """Return Django's compiler of the query with the marks in place of the values."""
        raise NotImplementedError

    def _compile(self, alias: str) -> _Plan | None:
        connection, values = connections[alias], self._marks()
        compiler = self._compiler(alias, values)
        marks = [
            connection.ops.adapt_datetimefield_value(one)
            if isinstance(one, datetime.datetime)
            else one
            for one in values
        ]
        sql, params = compiler.as_sql()
        slots = [(at, marks.index(one)) for at, one in enumerate(params) if one in marks]
        others = [one for one in params if one not in marks]
        is_hidden = any(str(mark) in sql or str(mark) in repr(others) for mark in marks)
        if is_hidden or {which for _at, which in slots} != set(range(len(marks))):
            return None
        tables = tuple(
            (model, model._meta.db_table)
            for model in apps.get_models(include_auto_created=True)
            if connection.ops.quote_name(model._meta.db_table) in sql
        )
        columns = [column[0] for column in compiler.select or ()]
        converted = tuple(
            _Column.of(at, columns[at], connection) for at in compiler.get_converters(columns)
        )
        compiler.connection = None  # belongs to this thread
        return _Plan(compiler, sql, tuple(params), tuple(slots), converted, tables)


class CompiledOnce(_Plans, Generic[Row]):
    """A query whose SQL depends on nothing but its database: `CompiledOnce(build, int, str)(5, "lane")` is a list.

    `build` gets the values and returns the queryset. It must not read settings, clocks or anything else that changes.
    Values of other types, databases that do not take the values as they are, and tools that replace how querysets fetch
    their rows, get the queryset itself.
    """

    def __init__(
        self, build: Callable[..., "QuerySet[models.Model, Row]"], *kinds: type[Value]
    ) -> None:
        super().__init__(*kinds)
        self.build = build
        self._template: QuerySet[models.Model, Row] | None = None
        ALL.append(self)

    def __call__(self, *values: Value | None) -> list[Row]:
        """Return the rows."""
        if not self._takes(values):
            return list(self.build(*values))
        if self._template is None:
            self._template = self.build(*self._marks())
        alias = self._template.db  # the router decides each time
        connection = connections[alias]
        locks = self._template.query.select_for_update
        plan = None
        if not (locks and connection.get_autocommit()):  # else Django raises an error
            plan = self._plan(connection)
        if plan is None:
            return list(self.build(*values))
        return list(self._queryset(connection, plan, values))

    def first(self, *values: Value | None) -> Row | None:
        """Return the first row, or None; for queries of at most one row."""
        return next(iter(self(*values)), None)

    def _compiler(self, alias: str, marks: Sequence[Value]) -> Any:
        return self.build(*marks).query.get_compiler(using=alias)

    def _queryset(
        self, connection: BaseDatabaseWrapper, plan: _Plan, values: Sequence[Value | None]
    ) -> "QuerySet[models.Model, Row]":
        compiler = plan.filled(connection, values)
        compiler.get_converters = lambda _columns: {
            one.at: (one.converters(connection), one.expression) for one in plan.converted
        }
        query: Any = _copy(plan.compiler.query)
        query.get_compiler = lambda *_args, **_options: compiler
        template: Any = self._template
        rows: Any = QuerySet(template.model, query, connection.alias)
        rows._iterable_class, rows._fields = template._iterable_class, template._fields
        found: QuerySet[models.Model, Row] = rows
        return found


class _Writes(_Plans):
    """A statement that changes rows of one table."""

    _model: type[models.Model] | None = None

    def _rows(self, values: Sequence[Value]) -> "QuerySet[Any]":
        """Return the rows to change."""
        raise NotImplementedError

    def _changed(self, values: Sequence[Value]) -> int | None:
        """Execute the statement and return the number of rows; None if it is left to the ORM."""
        if self._model is None:
            self._model = self._rows(self._marks()).model
        connection = connections[router.db_for_write(self._model)]
        plan = self._plan(connection) if self._takes(values) else None
        if plan is None:
            return None
        with transaction.mark_for_rollback_on_error(using=connection.alias):
            return int(plan.filled(connection, values).execute_sql(ROW_COUNT))


class UpdateOnce(_Writes):
    """An UPDATE of rows of one table, compiled once; calling it returns the number of rows.

    `build` gets the values and returns the queryset, which must not be joined, and the new values of the columns. The same
    limits and exceptions apply as for `CompiledOnce`.
    """

    def __init__(
        self,
        build: Callable[..., "tuple[QuerySet[Any], dict[str, Any]]"],
        *kinds: type[Value],
    ) -> None:
        super().__init__(*kinds)
        self.build = build
        UPDATES.append(self)

    def __call__(self, *values: Value) -> int:
        """Update the rows."""
        changed = self._changed(values)
        if changed is None:
            rows, changes = self.build(*values)
            changed = rows.update(**changes)
        return changed

    def _rows(self, values: Sequence[Value]) -> "QuerySet[Any]":
        return self.build(*values)[0]

    def _compiler(self, alias: str, marks: Sequence[Value]) -> Any:
        rows, changes = self.build(*marks)
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(changes)
        query.clear_select_clause()
        return query.get_compiler(using=alias)


class DeleteOnce(_Writes):
    """A DELETE of rows of one table, compiled once. It sends no signals, and deletes no related rows.

    `build` gets the values and returns the queryset, which must not be joined. The same limits and exceptions apply as for
    `CompiledOnce`.
    """

    def __init__(self, build: Callable[..., "QuerySet[Any]"], *kinds: type[Value]) -> None:
        super().__init__(*kinds)
        self.build = build
        DELETES.append(self)

    def __call__(self, *values: Value) -> None:
        """Delete the rows."""
        if self._changed(values) is None:
            self.build(*values).delete()

    def _rows(self, values: Sequence[Value]) -> "QuerySet[Any]":
        return self.build(*values)

    def _compiler(self, alias: str, marks: Sequence[Value]) -> Any:
        query: Any = self.build(*marks).query.chain(DeleteQuery)
        return query.get_compiler(using=alias)
