"""Pagination, filters and order of lists. Unknown and repeated parameters are refused, not ignored."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError as InvalidValue
from django.core.paginator import Paginator
from django.db.models import Case, F, Model, QuerySet
from django.http import HttpRequest, QueryDict
from django_filters import MultipleChoiceFilter
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from edx_proctoring.api.words import with_words
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.views.requests.fields import LONGEST_TEXT

Row = TypeVar("Row", bound=Model)
MOST_ON_A_PAGE = 200
MOST_WORDS = 10
PAGING = {"page", "page_size", "format", "count"}
EARLIEST_YEAR, LATEST_YEAR = 1900, 9000


def is_number(text: str) -> bool:
    """Return whether the text consists of the digits 0 to 9."""
    return text.isascii() and text.isdigit()


def wants_exact_count(request: Request) -> bool:
    """Return whether the request has `count=exact`, for a number that is not remembered or rounded."""
    value = request.query_params.get("count", "")
    if value not in ("", "exact"):
        raise ValidationError({"count": ["Either exact or nothing."]})
    return bool(value)


class Pages(PageNumberPagination):
    """`page` and `page_size`; the response has `count`, `count_is_about`, `next`, `previous`, `results`."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MOST_ON_A_PAGE
    known_count: int | None = None  # set if the view has already counted the rows
    is_about = False  # whether that number is not exact

    def django_paginator_class(self, rows: Any, per_page: int) -> "Paginator[Any]":  # type: ignore[override]  # called only
        pages = Paginator(rows, per_page)
        if self.known_count is not None:
            pages.count = self.known_count
        return pages

    def get_page_number(self, request: Request, paginator: "Paginator[Any]") -> int | str:
        """Return 0, which is no page's number, for texts that only Python accepts as numbers, such as 1_0."""
        number: int | str = super().get_page_number(request, paginator)
        return number if isinstance(number, int) or is_number(number) else 0

    def get_page_size(self, request: Request) -> int:
        given = request.query_params.get("page_size", str(self.page_size))
        if not (is_number(given) and len(given) <= 3):
            given = "0"
        if not 1 <= int(given) <= MOST_ON_A_PAGE:
            raise ValidationError({"page_size": [f"A number from 1 to {MOST_ON_A_PAGE}."]})
        return int(given)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        wants_exact_count(request)  # an invalid value is an error in every list
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        response.data = {
            "count": response.data.pop("count"),
            "count_is_about": self.is_about,
            **response.data,
        }
        return response

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        exact = {
            "name": "count",
            "in": "query",
            "required": False,
            "description": "`exact`: count all rows, however long it takes.",
            "schema": {"type": "string", "enum": ["exact"]},
        }
        return [*super().get_schema_operation_parameters(view), exact]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Adapt the schema to OpenAPI 3.1, where null is a type."""
        found = super().get_paginated_response_schema(schema)
        for name in ("next", "previous"):
            found["properties"][name] = {"type": ["string", "null"], "format": "uri"}
        found["properties"]["count_is_about"] = {
            "type": "boolean",
            "description": "Whether `count` is not exact, as in large lists of attempts without `count=exact`.",
        }
        found["required"] = [*found["required"], "count_is_about"]
        return found


class Filters(DjangoFilterBackend):
    """Filters of django-filter. Unknown parameters are errors, because a typing error would return too many rows, and
    so are repeated ones, of which only the last would count.
    """

    def filter_queryset(
        self, request: HttpRequest | Request, queryset: QuerySet[Row], view: APIView
    ) -> QuerySet[Row]:
        filters = self.get_filterset_class(view, queryset)
        check_parameters(request.GET, filters.base_filters if filters else {}, PAGING)
        return super().filter_queryset(request, queryset, view)


def check_parameters(
    query: QueryDict, offered: Mapping[str, object], others: Collection[str] = ()
) -> None:
    """Refuse parameters that are neither filters nor `others`, and repeated ones of which only the last would count."""
    unknown = sorted(set(query) - set(others) - set(offered))
    if unknown:
        raise ValidationError({name: ["There is no such parameter."] for name in unknown})
    repeated = [
        name
        for name, values in query.lists()
        if len(values) > 1 and not isinstance(offered.get(name), MultipleChoiceFilter)
    ]
    if repeated:
        raise ValidationError({name: ["Send this parameter once."] for name in repeated})


class Flag(django_filters.TypedChoiceFilter):
    """`true` or `false`; anything else is an error."""

    def __init__(self, **options: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(choices=choices, coerce=lambda text: text == "true", **options)

    def filter(self, qs: QuerySet[Row], value: object) -> QuerySet[Row]:
        return qs.filter(**{str(self.field_name): value}) if isinstance(value, bool) else qs


class Choice(django_filters.ChoiceFilter):
    """One of these names, which the view reads itself: it is no condition on rows."""

    def __init__(self, names: Sequence[str], **options: Any) -> None:
        super().__init__(choices=[(name, name) for name in names], **options)

    def filter(self, qs: QuerySet[Row], value: object) -> QuerySet[Row]:
        return qs


class IdentifierField(forms.IntegerField):
    """A whole number in digits, without other notations that Python accepts, such as 1_0."""

    def to_python(self, value: Any) -> int | None:
        if value not in self.empty_values and not is_number(str(value)):
            raise InvalidValue(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class Identifier(django_filters.NumberFilter):
    """The id of a row: a whole number."""

    field_class = IdentifierField  # type: ignore[assignment]  # no id has decimals

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_INTEGER, **options)


class MomentField(IsoDateTimeField):
    """A moment in ISO 8601; one without a zone is in the server's. Years that databases cannot compare are refused."""

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        if found is not None and not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
            raise InvalidValue(self.error_messages["invalid"], code="invalid")
        return found


class Moment(django_filters.IsoDateTimeFilter):
    """A date and time, such as 2026-03-01T12:00:00Z."""

    field_class = MomentField


def check_words(text: str) -> None:
    """Refuse more words than are searched for."""
    if len(text.split()) > MOST_WORDS:
        raise InvalidValue(f"At most {MOST_WORDS} words.", code="max_words")


class Search(django_filters.CharFilter):
    """Rows in which each word occurs in one of the columns. `prepare` adds columns that only a search needs."""

    def __init__(
        self,
        columns: Sequence[str],
        prepare: Callable[[Any], Any] = lambda rows: rows,
        **options: Any,
    ) -> None:
        self.columns, self.prepare = columns, prepare
        super().__init__(max_length=LONGEST_TEXT, strip=True, validators=[check_words], **options)

    def filter(self, qs: QuerySet[Row], value: str) -> QuerySet[Row]:
        return with_words(self.prepare(qs), value, self.columns) if value else qs


class Order(django_filters.OrderingFilter):
    """`ordering`: comma-separated names; a leading minus reverses the order. Ties are ordered by id, in the
    direction of the last name, so that `-name` is the reverse of `name`; empty values come first. `computed`: functions that return the expression to order by, by name.
    """

    def __init__(
        self, *args: Any, computed: Mapping[str, Callable[[], Case]] | None = None, **options: Any
    ) -> None:
        self.computed = computed or {}
        names = {name: name for name in self.computed}
        options["fields"] = {**self.normalize_fields(options["fields"]), **names}
        super().__init__(*args, **options)

    def filter(self, qs: QuerySet[Row], value: Sequence[str] | None) -> QuerySet[Row]:
        if not value:
            return qs
        columns: Mapping[str, str] = self.param_map or {}
        order = []
        for name in filter(None, value):  # commas without a name between them
            known = name.removeprefix("-")
            column = self.computed[known]() if known in self.computed else F(columns[known])
            turned = name.startswith("-")
            order.append(column.desc(nulls_last=True) if turned else column.asc(nulls_first=True))
        is_reversed = bool(order) and order[-1].descending
        return qs.order_by(*order, "-id" if is_reversed else "id")
