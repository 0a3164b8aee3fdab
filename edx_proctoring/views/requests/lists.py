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

STATUSES = "Only attempts in these statuses (comma-separated); ignored by lists of allowances."
PAGE = "Number of the page; a number out of range means the last page."


class ListQuery(QuerySerializer):
    """The filters, the order and the page of a list."""

    orderings: ClassVar[Collection[str]] = ()

    page = PageField(required=False, help_text=PAGE)
    page_size = PageSizeField(default=None, help_text="Number of rows per page, 1 to 100.")
    exam = IdField(default=None, help_text="Only attempts in this exam.")
    ordering = OrderingField(
        default=None, help_text="Name of a field; a leading minus reverses the order."
    )
    status = AttemptStatusesField(help_text=STATUSES)
    text = PlainTextField(
        default="",
        max_length=LONGEST_TEXT,
        error_messages={"max_length": "must not be longer than {max_length}."},
        help_text="Part of a username or an e-mail address.",
    )
