"""Lists whose queries hold characters that PostgreSQL cannot take."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest

NUL = "\0"


class RefusesNul(admin.ModelAdmin):  # type: ignore[type-arg]
    """A NUL in a filter or a search finds nothing; it is no server error."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Django's own answer to a filter that makes no sense: the whole list, with ?e=1."""
        given = request.GET
        if any(NUL in text for name, texts in given.lists() for text in (name, *map(str, texts))):
            raise IncorrectLookupParameters
        return super().get_changelist_instance(request)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Also for fields that are completed while one types."""
        if NUL in search_term:
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)
