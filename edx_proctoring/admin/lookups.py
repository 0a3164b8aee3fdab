"""Make lists in Django admin safe against characters that PostgreSQL rejects."""

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest

NUL = "\0"


class RefuseNulMixin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at runtime
    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Treat it as Django treats an invalid filter: show the whole list, with ?e=1."""
        given = request.GET
        if any(NUL in text for name, texts in given.lists() for text in (name, *map(str, texts))):
            raise IncorrectLookupParameters
        return super().get_changelist_instance(request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        """Also covers autocomplete fields."""
        if NUL in search_term:
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)
