"""Can the database answer a query by its indexes?

Which plan it takes depends on statistics, on the size of the table, on how much of it is in memory. Whether there is a
plan that reads no table as a whole depends on the query and the indexes alone, and this is what is asked here.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

# With these off, PostgreSQL takes an index wherever it has the condition or the order of the query.
# In a table of a few rows, reading all of an index costs as much as looking for some; here, each row costs a lot.
COSTS = {"cpu_tuple_cost": 10, "cpu_index_tuple_cost": 10, "random_page_cost": 0.01}
OTHER_WAYS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_sort")


def analyze(table: str) -> None:
    """Update the statistics of the table."""
    statement = {"sqlite": "ANALYZE", "mysql": f"ANALYZE TABLE {table}"}
    with connection.cursor() as cursor:
        cursor.execute(statement.get(connection.vendor, f"ANALYZE {table}"))


def take_for_large(table: str) -> None:
    """Make SQLite, which reads a table of few rows as a whole, take this one for large; update other statistics."""
    if connection.vendor != "sqlite":
        analyze(table)
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("DELETE FROM sqlite_stat1")
        cursor.execute("ANALYZE sqlite_schema")  # forget what was read


def whole_reads(sql: str, table: str, *aliases: str, may_sort: bool = False) -> list[Any]:
    """Return the parts of the plan that read this whole table because no index fits the condition.

    `may_sort`: the query sorts a few rows in any case. PostgreSQL would rather read the table in the order of an index.
    """
    if connection.vendor == "postgresql":
        return list(_on_postgresql(sql, {table, *aliases}, ("enable_sort",) if may_sort else ()))
    find = {"mysql": _on_mysql, "sqlite": _on_sqlite}
    return list(find[connection.vendor](sql, {table, *aliases}))


def sorts(sql: str) -> int:
    """Return how often the plan must sort, because no index has the rows in the order that the query wants."""
    if connection.vendor == "postgresql":
        nodes = _plan_on_postgresql(sql)
        return sum(node["Node Type"] in ("Sort", "Incremental Sort") for node in nodes)
    if connection.vendor == "mysql":
        return sum("Using filesort" in (row["Extra"] or "") for row in _plan_on_mysql(sql))
    return sum("TEMP B-TREE FOR" in step for step in _plan_on_sqlite(sql))


def indexes_on_postgresql(sql: str) -> list[str]:
    """Return the index of each part of the plan that reads one."""
    return [node["Index Name"] for node in _plan_on_postgresql(sql) if "Index Name" in node]


def _on_postgresql(sql: str, names: set[str], on: Collection[str]) -> Iterator[Any]:
    for node in _plan_on_postgresql(sql, on):
        by_index = "Index Cond" in node or "Recheck Cond" in node
        if node.get("Relation Name") in names and not by_index:
            yield node["Node Type"]


def _plan_on_postgresql(sql: str, on: Collection[str] = ()) -> list[dict[str, Any]]:
    with _indexes_only(on), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        (found,) = cursor.fetchone()
    (plan,) = json.loads(found) if isinstance(found, str) else found
    return list(_nodes(plan["Plan"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)


@contextmanager
def _indexes_only(on: Collection[str]) -> Iterator[None]:
    with connection.cursor() as cursor:
        for way in set(OTHER_WAYS) - set(on):
            cursor.execute(f"SET {way} = off")
        for name, cost in COSTS.items():
            cursor.execute(f"SET {name} = {cost}")
        try:
            yield
        finally:
            for name in (*OTHER_WAYS, *COSTS):
                cursor.execute(f"RESET {name}")


def _on_mysql(sql: str, names: set[str]) -> Iterator[Any]:
    for row in _plan_on_mysql(sql):
        if row["table"] in names and row["possible_keys"] is None:
            yield row


def _plan_on_mysql(sql: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _on_sqlite(sql: str, names: set[str]) -> Iterator[Any]:
    for step in _plan_on_sqlite(sql):
        verb, name, *_ = [*step.split(), ""]
        if verb == "SCAN" and name in names:
            yield step


def _plan_on_sqlite(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return [str(row[-1]) for row in cursor.fetchall()]
