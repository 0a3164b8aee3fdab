"""A selection of rows in the body of a request: their ids, or the query of the list that shows them."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict
from rest_framework import serializers, status
from rest_framework.response import Response

from edx_proctoring.api import bulk_actions
from edx_proctoring.api.bulk_actions import BulkAction
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.types import JSONObject
from edx_proctoring.views.permissions import caller
from edx_proctoring.views.v2.base import ResourceViewSet, StrictSerializer, row_of
from edx_proctoring.views.v2.lists import check_parameters
from edx_proctoring.views.v2.problems import OthersMatch, code_of_name

if TYPE_CHECKING:
    from django_filters import FilterSet

Row = TypeVar("Row", bound=Model)
LONGEST_FILTER = 1000  # characters
MOST_FAILED_SHOWN = 200
FILTER_HELP = "Instead of `{ids}`: all rows that the list shows for this query, such as `{example}`; at most {most:,}."
COUNT_HELP = (
    "How many rows the filter must match; 409 if another number match now. Required with `filter` unless `dry_run`, "
    "whose `total` tells it."
)


def ids_field(most: int) -> serializers.ListField:
    """Return a field for the ids of the chosen rows."""
    return serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER),
        min_length=1,
        max_length=most,
        required=False,
    )


def filter_field(ids: str, example: str) -> serializers.CharField:
    """Return a field for the query of the list, which replaces the field `ids`."""
    return serializers.CharField(
        max_length=LONGEST_FILTER,
        allow_blank=True,
        required=False,
        help_text=FILTER_HELP.format(ids=ids, example=example, most=bulk_actions.MOST_ROWS),
    )


def count_field() -> serializers.IntegerField:
    """Return a field for the number of rows that the filter must match."""
    return serializers.IntegerField(min_value=0, required=False, help_text=COUNT_HELP)


def check_selection(attrs: dict[str, Any], *names: str) -> None:
    """Require exactly one of these fields and `filter`, and `count` with the filter only."""
    if sum(name in attrs for name in (*names, "filter")) != 1:
        raise serializers.ValidationError({names[-1]: ["Send either these or a filter."]})
    if "filter" not in attrs and "count" in attrs:
        raise serializers.ValidationError({"count": ["Send it with a filter, only."]})
    if "filter" in attrs and "count" not in attrs and not attrs.get("dry_run"):
        raise serializers.ValidationError({"count": ["Required with a filter."]})


def matching(filters: "type[FilterSet]", rows: QuerySet[Row], text: str) -> QuerySet[Row]:
    """Return the rows that the list shows for this query, in its order; errors are those of the field `filter`."""
    query = QueryDict(text)
    try:
        check_parameters(query, filters.base_filters)
        found = filters(query, queryset=rows)
        if not found.is_valid():
            told = {name: [str(text) for text in texts] for name, texts in found.errors.items()}
            raise serializers.ValidationError(told)
    except serializers.ValidationError as error:
        raise serializers.ValidationError({"filter": error.detail}) from error
    chosen: QuerySet[Row] = found.qs
    return chosen


def ids_matching(rows: QuerySet[Row], count: int | None) -> list[int]:
    """Return the ids of the rows, which must be `count` (unless that is None) and at most MOST_ROWS."""
    most = bulk_actions.MOST_ROWS
    ids = list(rows.values_list("pk", flat=True)[: most + 1])
    if len(ids) > most:
        too_many = f"More than {most:,} rows match. Choose fewer by further conditions."
        raise serializers.ValidationError({"filter": [too_many]})
    if count is not None and len(ids) != count:
        raise OthersMatch
    return ids


class SelectionSerializer(StrictSerializer):
    """The fields that every action on a selection has."""

    filter = filter_field("…_ids", "exam=3")
    count = count_field()
    dry_run = serializers.BooleanField(
        required=False, help_text="Change nothing; tell for which rows the action is possible."
    )


class ProgressSerializer(serializers.Serializer[Any]):
    """The progress of an action. Subclasses add a row for each result."""

    id = serializers.IntegerField(
        allow_null=True, help_text="Of an action that the worker executes (202); else null."
    )
    action = serializers.CharField()
    dry_run = serializers.BooleanField()
    total = serializers.IntegerField(help_text="Rows that were chosen.")
    done = serializers.IntegerField(help_text="Rows that have been tried, or looked at.")
    succeeded = serializers.IntegerField(help_text="How many are done, or possible.")
    failed = serializers.IntegerField(help_text="How many failed or were not tried.")


def immediate(
    action: str, total: int, results: Collection[Mapping[str, Any]], *, is_preview: bool
) -> Response:
    """Return the response for results of this request: 207 if some failed."""
    succeeded = sum(one["outcome"] in ("done", "possible") for one in results)
    data = {
        "id": None,
        "action": action,
        "dry_run": is_preview,
        "total": total,
        "done": len(results),
        "succeeded": succeeded,
        "failed": len(results) - succeeded,
        "results": results,
    }
    is_partial = succeeded < len(results)
    return Response(data, status.HTTP_207_MULTI_STATUS if is_partial else status.HTTP_200_OK)


class BulkActionsViewSet(ResourceViewSet[Model]):
    """Actions on a selection. Small ones are executed in the request, others by the worker; `…/{id}/` tells how far they are."""

    rows = BulkAction.ATTEMPTS
    id_name = "attempt_id"
    partial_codes = (202, 207)

    def start(
        self, action: str, row_ids: Sequence[int], options: JSONObject | None = None
    ) -> Response:
        """Leave the action to the worker."""
        course_id, by = self.kwargs["course_id"], caller(self.request)
        bulk = bulk_actions.start_bulk_action(
            course_id, self.rows, action, row_ids, by=by, options=options
        )
        return Response(self.progress_of(bulk), status.HTTP_202_ACCEPTED)

    def get_object(self) -> Any:
        known = bulk_actions.bulk_actions_of(self.kwargs["course_id"], self.rows)
        return row_of(known, self.kwargs["action_id"])

    def retrieve(self, request: object, *args: object, **kwargs: object) -> Response:
        """Return the progress of an action that the worker executes, with the first 200 rows that failed."""
        return Response(self.progress_of(self.get_object()))

    def progress_of(self, bulk: BulkAction) -> JSONObject:
        """Return the action as JSON."""
        failed = bulk_actions.failed_rows(bulk, MOST_FAILED_SHOWN) if bulk.failed else []
        return {
            "id": bulk.pk,
            "action": bulk.action,
            "dry_run": False,
            "total": bulk.total,
            "done": bulk.done,
            "succeeded": bulk.done - len(bulk.failed),
            "failed": len(bulk.failed),
            "results": [
                {
                    self.id_name: one.row_id,
                    "username": one.username,
                    "exam_name": one.exam_name,
                    "outcome": "failed",
                    "code": code_of_name(one.error),
                    "detail": "",
                }
                for one in failed
            ],
        }
