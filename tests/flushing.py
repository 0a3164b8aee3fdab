"""Empty the database after a test without the cost of Django's `flush`.

Only tables with rows are emptied, and rows created by `post_migrate` stay, which saves minutes for a few thousand
tests. A host's tests work as usual in Django.
"""

import functools
from typing import Any

from django.db import connections, transaction
from django.test import TransactionTestCase

# What post_migrate makes.
STAYS = {"django_content_type", "auth_permission", "django_site"}


def install() -> None:
    """Make test cases that really commit clean up with `empty`."""
    TransactionTestCase._fixture_teardown = _teardown


def _teardown(case: Any) -> None:
    for alias in case._databases_names(include_mirrors=False):
        empty(alias)


def empty(alias: str) -> None:
    """Delete all rows except those to keep; like `flush`, without resetting sequences."""
    connection = connections[alias]
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}' FROM (SELECT 1) one WHERE EXISTS (SELECT 1 FROM {quote(table)})"
                for table in tables(alias)
            )
        )
        filled = [table for (table,) in cursor.fetchall()]
    with (
        transaction.atomic(alias),
        connection.constraint_checks_disabled(),
        connection.cursor() as cursor,
    ):
        for table in filled:
            cursor.execute(f"DELETE FROM {quote(table)}")


@functools.cache
def tables(alias: str) -> list[str]:
    """Return all tables of which `empty` deletes the rows."""
    names = connections[alias].introspection.django_table_names(only_existing=True)
    return sorted(set(names) - STAYS)
