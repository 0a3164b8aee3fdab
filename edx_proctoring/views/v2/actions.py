"""Reset, resume and end attempts, one or many."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from django.db.models import Model
from django.http import QueryDict
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.attempts import actions
from edx_proctoring.api.attempts.pages import find_attempts
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.views.permissions import caller
from edx_proctoring.views.v2.attempts import AttemptFilter
from edx_proctoring.views.v2.base import ResourceViewSet, StrictSerializer
from edx_proctoring.views.v2.idempotency import idempotent
from edx_proctoring.views.v2.lists import check_parameters
from edx_proctoring.views.v2.problems import OthersMatch, code_of

MOST_AT_ONCE = 200
LONGEST_FILTER = 1000  # characters
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


class BulkActionSerializer(ResetSerializer):
    """The body of an action on many attempts."""

    action = serializers.ChoiceField([actions.RESET, actions.RESUME, actions.END])
    attempt_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER),
        min_length=1,
        max_length=MOST_AT_ONCE,
        required=False,
    )
    filter = serializers.CharField(
        max_length=LONGEST_FILTER,
        allow_blank=True,
        required=False,
        help_text="Instead of `attempt_ids`: all attempts that the list shows for this query, such as "
        f"exam=3&status=error; at most {MOST_AT_ONCE}.",
    )
    count = serializers.IntegerField(
        min_value=0,
        required=False,
        help_text="Required with `filter`: how many attempts the list counts. 409 if another number match now.",
    )
    dry_run = serializers.BooleanField(
        required=False, help_text="Change nothing; tell for which attempts the action is possible."
    )

    def validate(self, attrs: Options) -> Options:
        if ("attempt_ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError({"attempt_ids": ["Send either these or a filter."]})
        if ("filter" in attrs) != ("count" in attrs):
            raise serializers.ValidationError({"count": ["Send it with a filter, only."]})
        return attrs


def ids_matching(course_id: str, text: str, count: int) -> list[int]:
    """Return the ids of the newest attempts that match the list's query, in its order, which must be so many."""
    query = QueryDict(text)
    try:
        check_parameters(query, AttemptFilter.base_filters)
        found = AttemptFilter(query, queryset=find_attempts(course_id))
        if not found.is_valid():
            told = {name: [str(text) for text in texts] for name, texts in found.errors.items()}
            raise serializers.ValidationError(told)
    except serializers.ValidationError as error:
        raise serializers.ValidationError({"filter": error.detail}) from error
    ids = list(found.qs.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if len(ids) > MOST_AT_ONCE:
        too_many = f"More than {MOST_AT_ONCE} attempts match. Choose fewer by further conditions."
        raise serializers.ValidationError({"filter": [too_many]})
    if len(ids) != count:
        raise OthersMatch
    return ids


def ids_chosen(course_id: str, options: Options) -> list[int]:
    """Take the choice out of the options and return the ids of its attempts."""
    if "filter" in options:
        return ids_matching(course_id, options.pop("filter"), options.pop("count"))
    ids: list[int] = options.pop("attempt_ids")
    return ids


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


class BulkResultSerializer(serializers.Serializer[Model]):
    """The results of an action on many attempts."""

    action = serializers.CharField()
    dry_run = serializers.BooleanField()
    succeeded = serializers.IntegerField(help_text="How many are done, or possible.")
    failed = serializers.IntegerField(help_text="How many failed or were not tried.")
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
        body = self.body_classes[action](data=request.data)
        body.is_valid(raise_exception=True)
        options: Options = dict(body.validated_data)
        attempt_id = int(self.kwargs["attempt_id"])
        try:
            actions.act_on_attempt(
                self.kwargs["course_id"], attempt_id, action, by=caller(request), **options
            )
        except StudentExamAttemptDoesNotExistsException as error:
            raise NotFound(str(error)) from error
        return Response({"attempt_id": attempt_id, "action": action})


class BulkActionViewSet(ResourceViewSet[Model]):
    """`/api/edx_proctoring/v2/courses/{course_id}/attempts/actions/`."""

    serializer_class = BulkResultSerializer
    resource = "attempts"
    body_classes = {"act": BulkActionSerializer}  # noqa: RUF012  a constant, as above
    partial_codes = (207,)

    @idempotent
    def act(self, request: Request, **kwargs: object) -> Response:
        """Reset, resume or end many attempts, each on its own. 207 if some failed or were not tried."""
        body = BulkActionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        options: Options = dict(body.validated_data)
        action, is_preview = options.pop("action"), options.pop("dry_run", False)
        course_id, by = self.kwargs["course_id"], caller(request)
        ids = ids_chosen(course_id, options)
        results = actions.act_on_attempts(
            course_id, ids, action, by=by, is_preview=is_preview, **options
        )
        return answer_of(action, results, is_preview=is_preview)


def answer_of(
    action: str, results: Sequence[actions.ActionResult], *, is_preview: bool
) -> Response:
    """Return the response with the results of an action on many attempts."""
    succeeded = sum(one.outcome in (actions.DONE, actions.POSSIBLE) for one in results)
    failed = len(results) - succeeded
    data = {
        "action": action,
        "dry_run": is_preview,
        "succeeded": succeeded,
        "failed": failed,
        "results": ActionResultSerializer(results, many=True).data,
    }
    return Response(data, status=status.HTTP_207_MULTI_STATUS if failed else status.HTTP_200_OK)
