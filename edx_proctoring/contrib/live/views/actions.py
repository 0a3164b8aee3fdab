"""Actions on the board: the time of attempts, their end, permission to resume; for a choice, an exam or a room."""

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.attempts import actions
from edx_proctoring.api.attempts import bulk_time_changes as core
from edx_proctoring.contrib.live.actions import check_chosen, chosen, own_changes
from edx_proctoring.contrib.live.serializers.actions import (
    BoardActionSerializer,
    BoardTimeChangeSerializer,
)
from edx_proctoring.contrib.live.views.base import ScopedViewSet
from edx_proctoring.views.permissions import caller, caller_id
from edx_proctoring.views.v2 import bulk_time_changes as shapes
from edx_proctoring.views.v2.actions import MOST_AT_ONCE, BulkResultSerializer, answer_of
from edx_proctoring.views.v2.base import row_of, valid
from edx_proctoring.views.v2.idempotency import idempotent
from edx_proctoring.views.v2.selections import BulkActionsViewSet


class BoardTimeChangeViewSet(ScopedViewSet[Model]):
    """`…/live/time-changes/`: as `time-changes/`, for course staff and for invigilators, within their scope."""

    serializer_class = shapes.BulkTimeChangeSerializer
    body_classes = {"create": BoardTimeChangeSerializer, "undo": shapes.UndoSerializer}  # noqa: RUF012  a constant
    answer_classes = {"create": shapes.BulkAnswerSerializer, "undo": shapes.BulkAnswerSerializer}  # noqa: RUF012  as above
    partial_codes = (202,)
    resource = "live_time_changes"

    def get_queryset(self) -> QuerySet[Any]:
        if not self.kwargs:  # for the OpenAPI document
            return core.bulk_time_changes_of("")
        changes = core.bulk_time_changes_of(self.kwargs["course_id"])
        return own_changes(changes, self.own_scope, caller_id(self.request))

    def get_object(self) -> Any:
        return row_of(self.get_queryset().select_related("by"), self.kwargs["change_id"])

    @idempotent
    def create(self, request: Request, **kwargs: str) -> Response:
        """Grant time to attempts, pause or continue them. Each is changed on its own; more than 500 by the worker (202)."""
        body = valid(BoardTimeChangeSerializer(data=request.data))
        is_preview = body.pop("dry_run", False)
        choice = {name: body.pop(name, None) for name in ("attempt_ids", "exam", "room")}
        ids = chosen(kwargs["course_id"], self.own_scope, caller_id(request), **choice)
        check_chosen(ids)
        change = core.new_bulk_time_change(
            kwargs["course_id"], **body, attempt_ids=ids, by=caller(request)
        )
        return shapes.previewed(change) if is_preview else shapes.made(change)

    @idempotent
    def undo(self, request: Request, **kwargs: str) -> Response:
        """Reverse a grant or a pause within ten minutes. Attempts that have ended stay as they are."""
        valid(shapes.UndoSerializer(data=request.data))
        return shapes.undone(self.get_object(), caller(request))


class BoardActionViewSet(ScopedViewSet[Model], BulkActionsViewSet):
    """`…/live/actions/`: as `attempts/actions/`, for course staff and for invigilators, within their scope."""

    serializer_class = BulkResultSerializer
    body_classes = {"act": BoardActionSerializer}  # noqa: RUF012  a constant, as the class above
    partial_codes = (202, 207)
    resource = "live_actions"

    def get_object(self) -> Any:
        found = super().get_object()
        if not self.own_scope.is_whole_course and found.by_id != caller_id(self.request):
            raise NotFound
        return found

    @idempotent
    def act(self, request: Request, **kwargs: str) -> Response:
        """End attempts, or permit their learners to resume, each on its own. 207 if some failed or were not tried; more
        than 200 are left to the worker (202), and `dry_run` looks at the first 200 of them.
        """
        body = valid(BoardActionSerializer(data=request.data))
        action, is_preview = body.pop("action"), body.pop("dry_run", False)
        choice = {name: body.pop(name, None) for name in ("attempt_ids", "exam", "room")}
        ids = chosen(kwargs["course_id"], self.own_scope, caller_id(request), **choice)
        check_chosen(ids)
        if len(ids) > MOST_AT_ONCE and not is_preview:
            return self.start(action, ids, body)
        course_id, some, by = kwargs["course_id"], ids[:MOST_AT_ONCE], caller(request)
        results = actions.act_on_attempts(
            course_id, some, action, by=by, is_preview=is_preview, **body
        )
        return answer_of(action, results, total=len(ids), is_preview=is_preview)
