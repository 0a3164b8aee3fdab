"""Limited queries as subqueries: Django has no derived tables, and MariaDB accepts no LIMIT right inside IN."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL

Values = list[Any]  # of a statement
# Where a statement for each exam of a course, which Django compiles once, has the exam's id.
ANY_EXAM = "{exam}"


def as_sql(rows: "QuerySet[Model, object]", database: BaseDatabaseWrapper) -> tuple[str, Values]:
    """Return statement and values of the query. Raises EmptyResultSet if it cannot have rows."""
    sql, values = rows.query.get_compiler(connection=database).as_sql()
    return sql, list(values)


def limited(ids: "QuerySet[Model, int]") -> RawSQL | list[int]:
    """Return the query for one column as a subquery for `__in`; an empty list if it cannot have rows."""
    try:
        sql, values = as_sql(ids, connections[ids.db])
    except EmptyResultSet:
        return []
    return RawSQL(f"SELECT * FROM ({sql}) limited", values)  # noqa: S608, S611  SQL of Django


class RowsOfPage(Sequence[Model]):
    """The rows of a queryset, for a paginator: each page is one query.

    Databases sort ids in a fraction of the time of whole rows, and compute annotations for the page's rows alone.
    """

    def __init__(self, rows: QuerySet[Model]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return self._rows.count()

    def __getitem__(self, key: slice) -> Sequence[Model]:  # type: ignore[override]  # a paginator asks for pages only
        page = limited(self._rows.values_list("pk", flat=True)[key])
        return list(self._rows.filter(pk__in=page))
