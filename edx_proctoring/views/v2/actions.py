"""Reset, resume and end attempts, one or many."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.attempts import actions
from edx_proctoring.api.attempts.pages import find_attempts
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.views.permissions import caller
from edx_proctoring.views.v2.attempts import AttemptFilter
from edx_proctoring.views.v2.base import ResourceViewSet, StrictSerializer, valid
from edx_proctoring.views.v2.idempotency import idempotent
from edx_proctoring.views.v2.problems import code_of
from edx_proctoring.views.v2.selections import (
    BulkActionsViewSet,
    ProgressSerializer,
    SelectionSerializer,
    check_selection,
    filter_field,
    ids_field,
    ids_matching,
    immediate,
    matching,
)

MOST_AT_ONCE = 200
Options: TypeAlias = dict[str, Any]


class ReasonSerializer(StrictSerializer):
    """The body of an action."""

    reason = serializers.CharField(
        max_length=actions.LONGEST_REASON,
        required=False,
        allow_blank=True,
        help_text="It stays in the attempt's history.",
    )


class ResetSerializer(ReasonSerializer):
    """The body of a reset."""

    keep_at_provider = serializers.BooleanField(
        required=False,
        help_text="If the provider cannot remove attempts at all, remove only our record of them.",
    )


class BulkActionSerializer(SelectionSerializer, ResetSerializer):
    """The body of an action on many attempts."""

    action = serializers.ChoiceField([actions.RESET, actions.RESUME, actions.END])
    attempt_ids = ids_field(MOST_AT_ONCE)
    filter = filter_field("attempt_ids", "exam=3&status=error")

    def validate(self, attrs: Options) -> Options:
        check_selection(attrs, "attempt_ids")
        return attrs


def choose_attempts(course_id: str, options: Options) -> list[int]:
    """Take the selection out of the options and return the ids of its attempts."""
    if "filter" in options:
        text, count = options.pop("filter"), options.pop("count", None)
        return ids_matching(matching(AttemptFilter, find_attempts(course_id), text), count)
    ids: list[int] = options.pop("attempt_ids")
    return list(dict.fromkeys(ids))


class ActionSerializer(serializers.Serializer[Model]):
    """The result of an action on one attempt."""

    attempt_id = serializers.IntegerField()
    action = serializers.CharField()


class ActionResultSerializer(serializers.Serializer[Any]):
    """The result for one of many attempts."""

    attempt_id = serializers.IntegerField()
    username = serializers.CharField(source="attempt.user.username", allow_null=True, default=None)
    exam_name = serializers.CharField(
        source="attempt.proctored_exam.exam_name", allow_null=True, default=None
    )
    outcome = serializers.ChoiceField(
        [actions.DONE, actions.POSSIBLE, actions.FAILED, actions.NOT_TRIED],
        help_text="possible: with `dry_run`. not_tried: the time for one request was over; send these again.",
    )
    code = serializers.SerializerMethodField(help_text="Why it failed, as in problem details; else empty.")  # fmt: skip
    detail = serializers.SerializerMethodField(help_text="The same for people.")

    def get_code(self, result: actions.ActionResult) -> str:
        return code_of(type(result.error)) if result.error else ""

    def get_detail(self, result: actions.ActionResult) -> str:
        return str(result.error) if result.error else ""


class BulkResultSerializer(ProgressSerializer):
    """The results of an action on many attempts: of each, or of the worker's action those that failed (at most 200)."""

    results = ActionResultSerializer(many=True)


class ActionViewSet(ResourceViewSet[Model]):
    """`/api/edx_proctoring/v2/courses/{course_id}/attempts/{attempt_id}/{reset,resume,end}/`."""

    serializer_class = ActionSerializer
    resource = "attempts"
    problem_codes = (502,)
    body_classes = {  # noqa: RUF012  a constant, as the classes above
        "reset": ResetSerializer,
        "resume": ReasonSerializer,
        "end": ReasonSerializer,
    }

    @idempotent
    def reset(self, request: Request, **kwargs: object) -> Response:
        """Remove all attempts of the learner in the exam, at the provider first, with the answers."""
        return self._act(request, actions.RESET)

    @idempotent
    def resume(self, request: Request, **kwargs: object) -> Response:
        """Permit the learner to continue in a new attempt with the remaining time."""
        return self._act(request, actions.RESUME)

    @idempotent
    def end(self, request: Request, **kwargs: object) -> Response:
        """Submit an attempt in progress."""
        return self._act(request, actions.END)

    def _act(self, request: Request, action: str) -> Response:
        options: Options = valid(self.body_classes[action](data=request.data))
        attempt_id = int(self.kwargs["attempt_id"])
        try:
            actions.act_on_attempt(
                self.kwargs["course_id"], attempt_id, action, by=caller(request), **options
            )
        except StudentExamAttemptDoesNotExistsException as error:
            raise NotFound(str(error)) from error
        return Response({"attempt_id": attempt_id, "action": action})


class BulkActionViewSet(BulkActionsViewSet):
    """`/api/edx_proctoring/v2/courses/{course_id}/attempts/actions/`, and `…/{id}/` with the progress."""

    serializer_class = BulkResultSerializer
    resource = "attempt_actions"
    body_classes = {"act": BulkActionSerializer}  # noqa: RUF012  a constant, as above

    @idempotent
    def act(self, request: Request, **kwargs: object) -> Response:
        """Reset, resume or end many attempts, each on its own. 207 if some failed or were not tried; more than 200 are
        left to the worker (202), and `dry_run` looks at the first 200 of them.
        """
        options: Options = valid(BulkActionSerializer(data=request.data))
        action, is_preview = options.pop("action"), options.pop("dry_run", False)
        course_id, by = self.kwargs["course_id"], caller(request)
        ids = choose_attempts(course_id, options)
        if len(ids) > MOST_AT_ONCE and not is_preview:
            return self.start(action, ids, options)
        results = actions.act_on_attempts(
            course_id, ids[:MOST_AT_ONCE], action, by=by, is_preview=is_preview, **options
        )
        return answer_of(action, results, total=len(ids), is_preview=is_preview)


def answer_of(
    action: str,
    results: Sequence[actions.ActionResult],
    *,
    total: int | None = None,
    is_preview: bool,
) -> Response:
    """Return the response with the results of an action on many attempts. `total`: the number selected, if only the first were tried."""
    rows = ActionResultSerializer(results, many=True).data
    return immediate(action, len(results) if total is None else total, rows, is_preview=is_preview)
