"""After a test the database is as the migrations have left it, without the cost of Django's `flush`.

Only tables that have rows are emptied, and what `post_migrate` has made stays instead of being made anew: with a few
thousand tests that is minutes. A host's tests do as Django does.
"""

import functools
from typing import Any

from django.db import connections, transaction
from django.test import TransactionTestCase

# What post_migrate makes.
STAYS = {"django_content_type", "auth_permission", "django_site"}


def install() -> None:
    """Test cases that really commit clean up by `empty`."""
    TransactionTestCase._fixture_teardown = _teardown


def _teardown(case: Any) -> None:
    for alias in case._databases_names(include_mirrors=False):
        empty(alias)


def empty(alias: str) -> None:
    """Delete all rows but those that stay; like `flush`, without resetting sequences."""
    connection = connections[alias]
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}' FROM (SELECT 1) one WHERE EXISTS (SELECT 1 FROM {quote(table)})"
                for table in _tables(alias)
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
def _tables(alias: str) -> list[str]:
    names = connections[alias].introspection.django_table_names(only_existing=True)
    return sorted(set(names) - STAYS)
