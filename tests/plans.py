"""Can the database answer a query by its indexes?

Which plan it takes depends on statistics, on the size of the table, on how much of it is in memory. Whether there is a
plan that reads no table as a whole depends on the query and the indexes alone, and this is what is asked here.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

# With these off, PostgreSQL takes an index wherever the query has a condition for one.
OTHER_WAYS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")


def analyze(table: str) -> None:
    """Update the statistics of the table."""
    statement = {"sqlite": "ANALYZE", "mysql": f"ANALYZE TABLE {table}"}
    with connection.cursor() as cursor:
        cursor.execute(statement.get(connection.vendor, f"ANALYZE {table}"))


def whole_reads(sql: str, table: str, *aliases: str) -> list[Any]:
    """Return the parts of the plan that read this whole table because no index fits the condition."""
    find = {"postgresql": _on_postgresql, "mysql": _on_mysql, "sqlite": _on_sqlite}
    return list(find[connection.vendor](sql, {table, *aliases}))


def _on_postgresql(sql: str, names: set[str]) -> Iterator[Any]:
    with _indexes_only(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        (found,) = cursor.fetchone()
    (plan,) = json.loads(found) if isinstance(found, str) else found
    for node in _nodes(plan["Plan"]):
        by_index = "Index Cond" in node or "Recheck Cond" in node
        if node.get("Relation Name") in names and not by_index:
            yield node["Node Type"]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)


@contextmanager
def _indexes_only() -> Iterator[None]:
    with connection.cursor() as cursor:
        for way in OTHER_WAYS:
            cursor.execute(f"SET {way} = off")
        try:
            yield
        finally:
            for way in OTHER_WAYS:
                cursor.execute(f"RESET {way}")


def _on_mysql(sql: str, names: set[str]) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        columns = [column[0] for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        if row["table"] in names and row["possible_keys"] is None:
            yield row


def _on_sqlite(sql: str, names: set[str]) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        steps = [str(row[-1]) for row in cursor.fetchall()]
    for step in steps:
        verb, name, *_ = [*step.split(), ""]
        if verb == "SCAN" and name in names:
            yield step
