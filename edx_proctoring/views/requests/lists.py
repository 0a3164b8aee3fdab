"""Parameters of the lists of a course; all are optional."""

from collections.abc import Collection
from typing import ClassVar

from edx_proctoring.views.requests.base import QuerySerializer
from edx_proctoring.views.requests.fields import (
    LONGEST_TEXT,
    AttemptStatusesField,
    IdField,
    OrderingField,
    PageField,
    PageSizeField,
    PlainTextField,
)

STATUSES = "Only attempts in these statuses, with commas; lists of allowances heed none."
PAGE = "Number of the page; out of range is the last one."


class ListQuery(QuerySerializer):
    """Which rows, in which order, on which page."""

    orderings: ClassVar[Collection[str]] = ()

    page = PageField(required=False, help_text=PAGE)
    page_size = PageSizeField(default=None, help_text="How many on a page, 1 to 100.")
    exam = IdField(default=None, help_text="Only of this exam.")
    ordering = OrderingField(default=None, help_text="A name; a minus turns the order.")
    status = AttemptStatusesField(help_text=STATUSES)
    text = PlainTextField(
        default="",
        max_length=LONGEST_TEXT,
        error_messages={"max_length": "must not be longer than {max_length}."},
        help_text="Part of a username or an e-mail address.",
    )
