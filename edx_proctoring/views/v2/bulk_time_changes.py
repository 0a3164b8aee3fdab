"""Grant time to many attempts, pause or continue them: with a preview and an undo."""

from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.attempts import bulk_time_changes as api
from edx_proctoring.api.attempts.previews import PlannedChange
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.types import User
from edx_proctoring.views.permissions import caller
from edx_proctoring.views.v2.actions import choose_attempts
from edx_proctoring.views.v2.base import ResourceViewSet, StrictSerializer, row_of, valid
from edx_proctoring.views.v2.idempotency import idempotent
from edx_proctoring.views.v2.problems import code_of
from edx_proctoring.views.v2.selections import check_selection, count_field, filter_field
from edx_proctoring.views.v2.time_changes import LONGEST_REASON

if TYPE_CHECKING:
    from edx_proctoring.models import BulkTimeChange

ACTIONS = ["extend", "pause", "continue"]


class NewBulkTimeChangeSerializer(StrictSerializer):
    """The body: what to do, with which attempts."""

    action = serializers.ChoiceField(ACTIONS)
    exam = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_INTEGER,
        required=False,
        help_text="All running attempts of this exam.",
    )
    attempt_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER),
        required=False,
        allow_empty=False,
        max_length=api.AT_ONCE,
        help_text="These attempts; instead of `exam`. Those that have not started get granted time when they start.",
    )
    filter = filter_field("exam", "exam=3&status=started&search=hall")
    count = count_field()
    seconds = serializers.IntegerField(
        min_value=-LARGEST_INTEGER,
        max_value=LARGEST_INTEGER,
        required=False,
        help_text="For `extend` only; negative seconds take time away.",
    )
    reason = serializers.CharField(max_length=LONGEST_REASON, help_text="It stays in the ledger.")
    dry_run = serializers.BooleanField(
        required=False, help_text="Change nothing; tell what would be changed."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "filter" in attrs or "count" in attrs:  # the API checks the other two
            check_selection(attrs, "attempt_ids", "exam")
        return attrs


class BulkRowSerializer(serializers.Serializer[Any]):
    """The effect on one attempt, or with `dry_run` the effect that it would have."""

    attempt_id = serializers.IntegerField()
    username = serializers.CharField()
    outcome = serializers.ChoiceField(["possible", "done", "unchanged", "refused"])
    code = serializers.CharField(
        help_text="Why it is refused, else empty: with `dry_run` ended, time_is_over, not_started (pauses, and more seconds taken "
        "away than were granted before the start), paused or not_paused, else as in problem details."
    )
    seconds = serializers.IntegerField()
    gained = serializers.IntegerField(help_text="Fewer than `seconds` where the due date cuts.")
    minutes_before = serializers.IntegerField(allow_null=True, help_text="With `dry_run` only.")
    minutes_after = serializers.IntegerField(allow_null=True, help_text="With `dry_run` only.")
    ends_before = serializers.DateTimeField(allow_null=True, help_text="With `dry_run` only.")
    ends_after = serializers.DateTimeField(allow_null=True)
    is_cut = serializers.BooleanField(help_text="Does the due date cut the time?")
    provider_limit = serializers.CharField(
        help_text="The name of a provider that ends sessions after the duration of the registration, whatever is granted "
        "later; else empty."
    )


class BulkTimeChangeSerializer(serializers.Serializer[Any]):
    """A change of many attempts, and how far it has come."""

    id = serializers.IntegerField(allow_null=True, help_text="Null with `dry_run`.")
    action = serializers.ChoiceField([*ACTIONS, "undo"])
    exam = serializers.IntegerField(source="exam_id", allow_null=True)
    seconds = serializers.IntegerField()
    reason = serializers.CharField()
    created = serializers.DateTimeField()
    total = serializers.IntegerField(help_text="Attempts concerned.")
    done = serializers.IntegerField(help_text="Those that have been tried.")
    failed = serializers.DictField(
        child=serializers.CharField(), help_text="The errors of attempts that refused, by id."
    )
    undoes = serializers.IntegerField(source="undoes_id", allow_null=True)
    may_be_undone_until = serializers.DateTimeField(allow_null=True)


class BulkAnswerSerializer(serializers.Serializer[Any]):
    """The change, and a row for each attempt: at most 500, and none with 202, when the worker makes the change."""

    change = BulkTimeChangeSerializer()
    rows = BulkRowSerializer(many=True)


class UndoSerializer(StrictSerializer):
    """The body of an undo: an empty object."""


class BulkTimeChangeViewSet(ResourceViewSet[Model]):
    """`/api/edx_proctoring/v2/courses/{course_id}/time-changes/`, `…/{id}/` with the progress, and `…/{id}/undo/`."""

    serializer_class = BulkTimeChangeSerializer
    resource = "time_changes"
    body_classes = {  # noqa: RUF012  a constant, as the classes above
        "create": NewBulkTimeChangeSerializer,
        "undo": UndoSerializer,
    }
    answer_classes = {"create": BulkAnswerSerializer, "undo": BulkAnswerSerializer}  # noqa: RUF012  as above
    partial_codes = (202,)

    def get_queryset(self) -> QuerySet[Any]:
        return api.bulk_time_changes_of(self.kwargs.get("course_id", ""))  # none for OpenAPI

    def get_object(self) -> "BulkTimeChange":
        return change_of(self)

    @idempotent
    def create(self, request: Request, **kwargs: str) -> Response:
        """Grant time to attempts, pause or continue them. Each is changed on its own; more than 500 by the worker (202)."""
        values = valid(NewBulkTimeChangeSerializer(data=request.data))
        is_preview, values["exam_id"] = values.pop("dry_run", False), values.pop("exam", None)
        if "filter" in values:
            values["attempt_ids"] = choose_attempts(kwargs["course_id"], values)
        change = api.new_bulk_time_change(kwargs["course_id"], **values, by=caller(request))
        return previewed(change) if is_preview else made(change)

    @idempotent
    def undo(self, request: Request, **kwargs: str) -> Response:
        """Reverse a grant or a pause within ten minutes. Attempts that have ended stay as they are."""
        UndoSerializer(data=request.data).is_valid(raise_exception=True)
        return undone(change_of(self), caller(request))


def change_of(view: ResourceViewSet[Any]) -> "BulkTimeChange":
    """Return the change of the address; 404 unless it is the course's."""
    changes = api.bulk_time_changes_of(view.kwargs["course_id"]).select_related("by")
    return row_of(changes, view.kwargs["change_id"])


def previewed(change: "BulkTimeChange") -> Response:
    """Return the response with the effects that the change would have."""
    planned, change.total = api.preview_bulk_time_change(change)
    return _answer(change, [_planned(one) for one in planned])


def made(change: "BulkTimeChange") -> Response:
    """Make the change, and return the response with its results."""
    return _made(change, api.run_bulk_time_change(change))


def undone(change: "BulkTimeChange", by: User) -> Response:
    """Reverse the change, and return the response with the results."""
    return _made(*api.undo_bulk_time_change(change, by=by))


def _made(change: "BulkTimeChange", results: list[api.BulkResult] | None) -> Response:
    rows = [_result(one) for one in results or ()]
    is_left = results is None
    return _answer(change, rows, status.HTTP_202_ACCEPTED if is_left else status.HTTP_200_OK)


def _answer(
    change: "BulkTimeChange", rows: list[dict[str, Any]], code: int = status.HTTP_200_OK
) -> Response:
    return Response(BulkAnswerSerializer({"change": change, "rows": rows}).data, status=code)


def _planned(one: PlannedChange) -> dict[str, Any]:
    names = ("seconds", "gained", "minutes_before", "minutes_after", "ends_before", "ends_after")
    return {
        **{name: getattr(one, name) for name in (*names, "is_cut", "provider_limit")},
        "attempt_id": one.attempt.pk,
        "username": one.attempt.user.username,
        "outcome": "refused" if one.refused else "possible",
        "code": one.refused,
    }


def _result(one: api.BulkResult) -> dict[str, Any]:
    change = one.change
    row = change.adjustment if change else None
    seconds, gained = row.seconds if row else 0, change.gained if change else 0
    done = "done" if change and change.changed else "unchanged"
    return {
        "attempt_id": one.attempt.pk,
        "username": one.attempt.user.username,
        "outcome": "refused" if one.error else done,
        "code": code_of(type(one.error)) if one.error else "",
        "seconds": seconds,
        "gained": gained,
        "minutes_before": None,
        "minutes_after": None,
        "ends_before": None,
        "ends_after": one.ends_at,
        "is_cut": done == "done" and gained < seconds,
        "provider_limit": "",
    }
