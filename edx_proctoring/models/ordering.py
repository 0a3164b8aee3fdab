"""The order in which callers ask for lists."""

from typing import Any

from django.core.exceptions import FieldError
from django.db import models

ORDERINGS = ("id", "created", "modified", "exam_name")


def in_order(rows: models.QuerySet[Any], ordering: str | None) -> models.QuerySet[Any]:
    """Rows of exams, or with an exam, by one of ORDERINGS, with "-" before it the other way round.

    None leaves them as they are; of equals the lower id comes first. FieldError for anything else.
    """
    if ordering is None:
        return rows
    sign, name = ("-", ordering[1:]) if ordering.startswith("-") else ("", ordering)
    if name not in ORDERINGS:
        raise FieldError(f"Cannot order by {ordering!r}; choices are: {', '.join(ORDERINGS)}.")
    if name == "exam_name" and not hasattr(rows.model, "exam_name"):
        name = "proctored_exam__exam_name"
    return rows.order_by(f"{sign}{name}", "id")
