"""Searches of lists for words."""

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


def with_words(rows: QuerySet[Row], text: str, columns: Collection[str]) -> QuerySet[Row]:
    """Return the rows in which each word of the text occurs in one of the columns."""
    for word in text.split():
        rows = rows.filter(reduce(or_, (Q(**{f"{column}__icontains": word}) for column in columns)))
    return rows
