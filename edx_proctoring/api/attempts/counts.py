"""The number of attempts in a list. Only counting takes longer in larger courses, so large numbers are remembered."""

import hashlib
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, F, Func

from edx_proctoring import cache
from edx_proctoring.models.attempts import AttemptQuerySet

LARGE = 5_000  # attempts, from which on their number is remembered
MOST_COUNTED = 1_000  # attempts that match a filter; the number of more is not exact
SECONDS_REMEMBERED = 30


@dataclass(frozen=True)
class RowCount:
    """The number of rows of a list. `is_about`: remembered for at most SECONDS_REMEMBERED, or too high by the number of
    earlier attempts that match the filter.
    """

    number: int
    is_about: bool = False


def key_of(*conditions: object) -> str:
    """Return the name under which the number of the rows that meet these conditions is remembered."""
    text = repr([str(one) for one in conditions])  # a search may contain anything
    return f"proctoring.attempts.{hashlib.sha256(text.encode()).hexdigest()}"


def remembered(key: str) -> int | None:
    """Return the number that is remembered under this name: that of many rows."""
    known: int | None = cache.get(key)
    return known


def count_roughly(
    rows: AttemptQuerySet, key: str, known: int | None, *, is_filtered: bool, is_exact: bool
) -> RowCount:
    """Return the number of newest attempts among these, or the `known` one, if it is remembered, unless `is_exact`.

    `is_filtered`: there are conditions, which more than MOST_COUNTED of them meet; then it is that of all attempts that
    meet them, unless `is_exact`.
    """
    if known is not None and not is_exact:
        return RowCount(known, is_about=True)
    if is_filtered and is_exact:
        return RowCount(rows.latest_per_learner().order_by().count())
    if is_filtered:
        count = RowCount(rows.order_by().count(), is_about=True)  # an index answers this alone
    else:
        count = RowCount(count_pairs(rows))
    if count.is_about or count.number >= LARGE:
        cache.set(key, count.number, SECONDS_REMEMBERED)
    return count


def count_exactly(rows: AttemptQuerySet, key: str, known: int | None, *, is_filtered: bool) -> int:
    """Return the same number, exactly as it is now, or was at most SECONDS_REMEMBERED ago in a large course (`known`)."""
    if known is None:
        newest = rows.latest_per_learner().order_by()
        known = newest.count() if is_filtered else count_pairs(rows)
        if known >= LARGE:
            cache.set(key, known, SECONDS_REMEMBERED)
    return known


def count_pairs(attempts: AttemptQuerySet) -> int:
    """Return the number of learners and exams. The index has them in order; COUNT(DISTINCT …) would sort them anew."""
    attempts = attempts.order_by()
    if connection.vendor == "mysql":  # there, a subquery would store them
        pair = Func(F("proctored_exam_id"), F("user_id"), template="%(expressions)s")
        return int(attempts.aggregate(number=Count(pair, distinct=True))["number"])
    return attempts.values("proctored_exam_id", "user_id").distinct().count()
