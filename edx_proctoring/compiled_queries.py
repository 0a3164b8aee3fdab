"""Queries that are sent with every request, compiled to SQL once; Django executes them and makes the rows as always.

Building and compiling such a query takes Django several times as long as sending it. Only the SQL and
the list of columns to convert are kept, so wrappers of cursors, related rows and routers work as for any other query.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from django.apps import apps
from django.db import connections, models
from django.db.models.expressions import Expression
from django.db.models.query import QuerySet
from django.db.models.sql.compiler import SQLCompiler

from edx_proctoring import conf
from edx_proctoring.limits import LARGEST_INTEGER

Row = TypeVar("Row")
Value = int | str
# Marks that stand for the values while a query is compiled: found in its parameters, and nowhere else.
NUMBERS, TEXT = 1_943_070_000, "value {} of a compiled query"
ALL: "list[CompiledOnce[Any]]" = []


class _Plan(NamedTuple):
    """A compiled query of one database; `slots` tell which parameter takes which value."""

    compiler: SQLCompiler
    sql: str
    params: tuple[Any, ...]
    slots: tuple[tuple[int, int], ...]
    converted: tuple[
        tuple[int, Expression], ...
    ]  # the columns that Django converts, with their places
    tables: tuple[tuple[type[models.Model], str], ...]  # and the names that they had

    def is_current(self) -> bool:
        """Return whether the tables still have the names that were compiled."""
        return all(model._meta.db_table == name for model, name in self.tables)


def _is_patched() -> bool:
    """Return whether a tool that caches rows reads querysets in its own way: its conditions would be those of the marks."""
    return QuerySet._fetch_all.__module__ != QuerySet.__module__


class CompiledOnce(Generic[Row]):
    """A query whose SQL depends on nothing but its database: `CompiledOnce(build, int, str)(5, "lane")` is a list.

    `build` gets the values and returns the queryset. It must not read settings, clocks or anything else that changes.
    Values of other types, databases that do not take the values as they are, and tools that replace how querysets fetch
    their rows, get the queryset itself.
    """

    def __init__(
        self, build: Callable[..., "QuerySet[models.Model, Row]"], *kinds: type[Value]
    ) -> None:
        self.build, self.kinds = build, kinds
        self._template: QuerySet[models.Model, Row] | None = None
        self._plans: dict[tuple[str, str], _Plan | None] = {}
        ALL.append(self)

    def __call__(self, *values: Value | None) -> list[Row]:
        """Return the rows."""
        if not conf.proctoring.COMPILE_QUERIES_ONCE or _is_patched() or not self._fit(values):
            return list(self.build(*values))
        if self._template is None:
            self._template = self.build(*self._marks())
        alias = self._template.db  # the router decides each time
        locks = self._template.query.select_for_update
        plan = None
        if not (locks and connections[alias].get_autocommit()):  # else Django raises an error
            plan = self.plan(alias)
        if plan is None:
            return list(self.build(*values))
        return list(self._queryset(alias, plan, values))

    def first(self, *values: Value | None) -> Row | None:
        """Return the first row, or None; for queries of at most one row."""
        return next(iter(self(*values)), None)

    def plan(self, alias: str) -> _Plan | None:
        """Return the compiled query of this database, or None if it cannot be compiled in advance."""
        key = alias, connections[alias].vendor
        plan = self._plans.get(key)
        if key not in self._plans or (plan is not None and not plan.is_current()):
            plan = self._plans[key] = self._compile(alias)
        return plan

    def _fit(self, values: Sequence[Value | None]) -> bool:
        return len(values) == len(self.kinds) and all(
            type(value) is kind and (kind is str or 0 <= int(value or 0) <= LARGEST_INTEGER)
            for value, kind in zip(values, self.kinds, strict=True)
        )

    def _marks(self) -> list[Value]:
        return [
            NUMBERS + place if kind is int else TEXT.format(place)
            for place, kind in enumerate(self.kinds)
        ]

    def _compile(self, alias: str) -> _Plan | None:
        marks, connection = self._marks(), connections[alias]
        compiler: Any = self.build(*marks).query.get_compiler(using=alias)
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
        columns = [column[0] for column in compiler.select]
        converted = tuple((at, columns[at]) for at in compiler.get_converters(columns))
        compiler.connection = None  # belongs to this thread
        return _Plan(compiler, sql, tuple(params), tuple(slots), converted, tables)

    def _queryset(
        self, alias: str, plan: _Plan, values: Sequence[Value | None]
    ) -> "QuerySet[models.Model, Row]":
        params = list(plan.params)
        for at, which in plan.slots:
            # The same type of number: psycopg tells it to a server that binds the values.
            params[at] = type(params[at])(values[which])
        compiler: Any = copy.copy(plan.compiler)
        compiler.connection = connection = connections[alias]
        compiler.as_sql = lambda *_args, **_options: (plan.sql, tuple(params))
        compiler.get_converters = lambda _columns: {
            at: ([*connection.ops.get_db_converters(one), *one.get_db_converters(connection)], one)
            for at, one in plan.converted
        }
        query: Any = copy.copy(plan.compiler.query)
        query.get_compiler = lambda *_args, **_options: compiler
        template: Any = self._template
        rows: Any = QuerySet(template.model, query, alias)
        rows._iterable_class, rows._fields = template._iterable_class, template._fields
        found: QuerySet[models.Model, Row] = rows
        return found
