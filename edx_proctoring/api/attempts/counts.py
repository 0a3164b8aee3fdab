"""How many attempts a list has. Only counting takes longer in larger courses, so large numbers are remembered."""

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


def count_roughly(
    rows: AttemptQuerySet, key: str, *, is_filtered: bool, is_exact: bool
) -> RowCount:
    """Return the number of newest attempts among these; of more than MOST_COUNTED that match a filter, that of all."""
    known: int | None = None if is_exact else cache.get(key)
    if known is not None:
        return RowCount(known, is_about=True)
    if is_filtered:
        newest = rows.latest_per_learner().order_by()
        number = (newest if is_exact else newest[: MOST_COUNTED + 1]).count()
        if is_exact or number <= MOST_COUNTED:
            return RowCount(number)
        count = RowCount(rows.order_by().count(), is_about=True)  # an index answers this alone
    else:
        count = RowCount(count_pairs(rows))
    if count.is_about or count.number >= LARGE:
        cache.set(key, count.number, SECONDS_REMEMBERED)
    return count


def count_exactly(rows: AttemptQuerySet, key: str, *, is_filtered: bool) -> int:
    """Return the same number, exactly as it is now, or was at most SECONDS_REMEMBERED ago in a large course."""
    known: int | None = cache.get(key)
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
