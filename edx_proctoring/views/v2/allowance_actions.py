"""Delete or copy many allowances."""

from typing import Any, TypeAlias

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.allowances import course
from edx_proctoring.api.bulk_actions import COPY, DELETE, BulkAction
from edx_proctoring.exceptions import ProctoredExamNotFoundException
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.views.requests.fields import MOST_LISTED
from edx_proctoring.views.v2.allowances import AllowanceFilter
from edx_proctoring.views.v2.base import valid
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

Options: TypeAlias = dict[str, Any]
MOST_AT_ONCE = 200  # of those that match a filter


class AllowanceActionSerializer(SelectionSerializer):
    """The body of an action on many allowances."""

    action = serializers.ChoiceField([DELETE, COPY])
    allowance_ids = ids_field(MOST_LISTED)
    filter = filter_field("allowance_ids", "exam=3&key=time_multiplier")
    exam_id = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_INTEGER,
        required=False,
        help_text="The exam to copy to; only for copy.",
    )

    def validate(self, attrs: Options) -> Options:
        if (attrs["action"] == COPY) != ("exam_id" in attrs):
            raise ValidationError({"exam_id": ["Required for copy, and only there."]})
        check_selection(attrs, "allowance_ids")
        return attrs


class AllowanceResultSerializer(serializers.Serializer[Any]):
    """The result for one of many allowances."""

    allowance_id = serializers.IntegerField()
    username = serializers.CharField(
        source="allowance.user.username", allow_null=True, default=None
    )
    exam_name = serializers.CharField(
        source="allowance.proctored_exam.exam_name", allow_null=True, default=None
    )
    outcome = serializers.ChoiceField([course.DONE, course.POSSIBLE, course.FAILED])
    code = serializers.SerializerMethodField(help_text="Why it failed, as in problem details; else empty.")  # fmt: skip
    detail = serializers.SerializerMethodField(help_text="The same for people.")

    def get_code(self, result: course.AllowanceResult) -> str:
        return code_of(type(result.error)) if result.error else ""

    def get_detail(self, result: course.AllowanceResult) -> str:
        return str(result.error) if result.error else ""


class AllowanceResultsSerializer(ProgressSerializer):
    """The results of an action on many allowances: of each, or of the worker's action those that failed (at most 200)."""

    results = AllowanceResultSerializer(many=True)


class AllowanceActionViewSet(BulkActionsViewSet):
    """`/api/edx_proctoring/v2/courses/{course_id}/allowances/actions/`, and `…/{id}/` with the progress."""

    serializer_class = AllowanceResultsSerializer
    resource = "allowance_actions"
    rows = BulkAction.ALLOWANCES
    id_name = "allowance_id"
    body_classes = {"act": AllowanceActionSerializer}  # noqa: RUF012  a constant

    @idempotent
    def act(self, request: Request, **kwargs: object) -> Response:
        """Delete many allowances, or copy them to another exam. 207 if some failed; if more than 200 match the filter,
        they are left to the worker (202), and `dry_run` looks at the first 200.
        """
        data: Options = valid(AllowanceActionSerializer(data=request.data))
        action, is_preview = data["action"], data.get("dry_run", False)
        if "filter" not in data:
            ids = list(dict.fromkeys(data["allowance_ids"]))
            return self._act(data, ids, len(ids))
        rows = course.find_allowances(self.kwargs["course_id"])
        ids = ids_matching(matching(AllowanceFilter, rows, data["filter"]), data.get("count"))
        if len(ids) <= MOST_AT_ONCE or is_preview:
            return self._act(data, ids[:MOST_AT_ONCE], len(ids))
        self._act({**data, "dry_run": True}, [], 0)  # the exam to copy to must exist
        return self.start(action, ids, {"exam_id": data["exam_id"]} if action == COPY else {})

    def _act(self, data: Options, ids: list[int], total: int) -> Response:
        course_id, is_preview = self.kwargs["course_id"], data.get("dry_run", False)
        if data["action"] == DELETE:
            results = course.remove_allowances(course_id, ids, is_preview=is_preview)
        else:
            try:
                results = course.copy_allowances(
                    course_id, ids, data["exam_id"], is_preview=is_preview
                )
            except ProctoredExamNotFoundException as error:
                raise ValidationError({"exam_id": [str(error)]}) from error
        rows = AllowanceResultSerializer(results, many=True).data
        return immediate(data["action"], total, rows, is_preview=is_preview)
