"""Compare ids exactly on every database, while still using the index.

The usual collations of MySQL and MariaDB ignore case, accents and trailing spaces, so `=` finds the attempt `aBcDeF`
for the code `AbCdEf`. These lookups keep the plain comparison, which uses the index, and add a comparison of the bytes,
which filters the few rows found. Other databases compare bytes anyway, so nothing is added there.
"""

from collections.abc import Iterable

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import Exact, In
from django.db.models.sql.compiler import SQLCompiler

# utf8mb4 on both sides: columns of older installations are utf8mb3, and parameters are not.
BYTES = "CAST(CONVERT({} USING utf8mb4) AS BINARY)"


class _SameBytes:
    """The plain comparison and, on MySQL and MariaDB, a comparison of the bytes."""

    def as_mysql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[object]]:
        plain, plain_params = self.as_sql(compiler, connection)  # type: ignore[attr-defined]  # of the lookup it is mixed into
        bytewise, params = self.bytewise(compiler, connection)
        return f"({plain} AND {bytewise})", [*plain_params, *params]

    def bytewise(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[object]]:
        raise NotImplementedError


class SameId(_SameBytes, Exact):
    """`attempt_code__same_id=code`."""

    lookup_name = "same_id"

    def get_rhs_op(self, connection: BaseDatabaseWrapper, rhs: str) -> str:
        """Use the operator of `exact`, which database backends know."""
        return f"= {rhs}"

    def bytewise(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[object]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        sql = f"{BYTES.format(left)} = {BYTES.format(right)}"
        return sql, [*left_params, *right_params]


class SameIdIn(_SameBytes, In):
    """`attempt_code__same_id_in=codes`, for lists, not for subqueries."""

    lookup_name = "same_id_in"

    def bytewise(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[object]]:
        left, left_params = self.process_lhs(compiler, connection)
        _, values = self.batch_process_rhs(compiler, connection)
        marks = ", ".join([BYTES.format("%s")] * len(values))
        return f"{BYTES.format(left)} IN ({marks})", [*left_params, *values]


def compare_exactly(model: type[models.Model], *names: str) -> None:
    """Add the lookups to these columns of a model and of its history."""
    tables = [model]
    history = getattr(model, "history", None)
    if history is not None:
        tables.append(history.model)
    for table in tables:
        for name in names:
            field = table._meta.get_field(name)
            assert isinstance(field, models.Field)  # a column, no relation from elsewhere
            for lookup in (SameId, SameIdIn):
                field.register_lookup(lookup)


def exactly(**ids: object) -> models.Q:
    """Return the condition that columns have exactly these ids: `exactly(attempt_code=code)`.

    A column in another table is named as in a filter. None and values other than text match nothing.
    """
    if not all(
        isinstance(value, str) or hasattr(value, "resolve_expression") for value in ids.values()
    ):
        return models.Q(pk__in=())
    return models.Q(**{f"{name}__same_id": value for name, value in ids.items()})


def exactly_one_of(name: str, ids: Iterable[str]) -> models.Q:
    """Return the condition that a column has exactly one of these ids."""
    return models.Q(**{f"{name}__same_id_in": list(ids)})
