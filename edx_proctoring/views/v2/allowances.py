"""Allowances of a course."""

from typing import Any, TypeAlias

import django_filters
from django.db.models import Model
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api
from edx_proctoring.api.allowances import course
from edx_proctoring.api.allowances.bulk import Grant
from edx_proctoring.api.limited import RowsOfPage
from edx_proctoring.exceptions import AllowanceValueNotAllowedException
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.views.requests.fields import LONGEST_TEXT, MOST_LISTED
from edx_proctoring.views.v2.attempts import AttemptExamSerializer, LearnerSerializer
from edx_proctoring.views.v2.base import ResourceViewSet, StrictSerializer, valid
from edx_proctoring.views.v2.conditional import etag_of, expected_etags, is_expected
from edx_proctoring.views.v2.idempotency import idempotent
from edx_proctoring.views.v2.lists import Identifier, Order, Search

Allowance: TypeAlias = api.ProctoredExamStudentAllowance
Options: TypeAlias = dict[str, Any]
CODES = {
    api.NO_EXAM: "exam_not_found",
    api.OTHER_COURSE: "exam_not_found",
    api.NOT_ACTIVE: "exam_not_active",
}


class AllowanceExamSerializer(AttemptExamSerializer):
    """The exam of an allowance."""

    time_limit_mins = serializers.IntegerField()


class CourseAllowanceSerializer(serializers.Serializer[Model]):
    """An allowance. The e-mail address is empty unless the learner is enrolled or has an attempt in the course."""

    id = serializers.IntegerField()
    user = LearnerSerializer()
    exam = AllowanceExamSerializer(source="proctored_exam")
    key = serializers.CharField(
        help_text="additional_time_granted, time_multiplier, review_policy_exception, or another."
    )
    value = serializers.CharField(help_text="Minutes, a factor, or a text.")
    additional_minutes = serializers.SerializerMethodField(
        help_text="The minutes that it alone grants; 0 if it grants none. The due date may still cut them."
    )
    created = serializers.DateTimeField()
    modified = serializers.DateTimeField()

    def get_additional_minutes(self, allowance: Allowance) -> int:
        return course.additional_minutes(allowance)

    def to_representation(self, instance: Allowance) -> dict[str, Any]:  # type: ignore[override]  # of this model
        shown: dict[str, Any] = super().to_representation(instance)
        if instance.user_id not in self.context["members"]:
            shown["user"]["email"] = ""
        return shown


class AllowanceValueSerializer(StrictSerializer):
    """The body of a change."""

    value = serializers.CharField(max_length=LONGEST_TEXT)


class KindSerializer(AllowanceValueSerializer):
    """A kind of allowance and its value."""

    key = serializers.CharField(max_length=LONGEST_TEXT)


class GrantsSerializer(StrictSerializer):
    """The body of new allowances: each kind to each learner in each exam. Existing ones get the new value."""

    users = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TEXT),
        min_length=1,
        max_length=MOST_LISTED,
        help_text="Usernames or e-mail addresses.",
    )
    exam_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER),
        min_length=1,
        max_length=MOST_LISTED,
    )
    kinds = serializers.ListField(child=KindSerializer(), min_length=1, max_length=3)
    dry_run = serializers.BooleanField(required=False, help_text="Store nothing.")

    def validate(self, attrs: Options) -> Options:
        if len(attrs["users"]) * len(attrs["exam_ids"]) * len(attrs["kinds"]) > MOST_LISTED:
            raise ValidationError(f"At most {MOST_LISTED} allowances at once.")
        return attrs


class GrantResultSerializer(serializers.Serializer[Model]):
    """The result for one learner, exam and kind."""

    user = serializers.CharField(help_text="As the request names the learner.")
    exam_id = serializers.IntegerField()
    key = serializers.CharField()
    outcome = serializers.ChoiceField([course.DONE, course.POSSIBLE, course.FAILED])
    code = serializers.CharField(help_text="exam_not_found, exam_not_active, user_not_found, or empty.")  # fmt: skip
    detail = serializers.CharField(help_text="The same for people.")


class GrantsResultSerializer(serializers.Serializer[Model]):
    """The results of many grants."""

    dry_run = serializers.BooleanField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = GrantResultSerializer(many=True)


class AllowanceFilter(django_filters.FilterSet):
    """Filters and order of the list."""

    search = Search(
        ["user__username", "member_email"],
        course.with_member_email,
        help_text="Words in the learner's username or e-mail address.",
    )
    exam = Identifier(field_name="proctored_exam_id", help_text="The exam's id.")
    key = django_filters.CharFilter(field_name="key", max_length=LONGEST_TEXT)
    ordering = Order(
        fields={
            "id": "id",
            "user__username": "username",
            "proctored_exam__exam_name": "exam_name",
            "key": "key",
            "value": "value",
            "created": "created",
            "modified": "modified",
        }
    )


class AllowanceViewSet(ResourceViewSet[Model]):
    """`/api/edx_proctoring/v2/courses/{course_id}/allowances/`."""

    serializer_class = CourseAllowanceSerializer
    filterset_class = AllowanceFilter
    changes_class = AllowanceValueSerializer
    body_classes = {"grant": GrantsSerializer}  # noqa: RUF012  a constant
    answer_classes = {"grant": GrantsResultSerializer}  # noqa: RUF012  a constant
    partial_codes = (207,)
    resource = "allowances"

    def get_queryset(self) -> Any:
        return course.find_allowances(self.kwargs.get("course_id", ""))

    def filter_queryset(self, queryset: Any) -> Any:
        return RowsOfPage(super().filter_queryset(queryset))

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Decide once per page whose e-mail addresses are shown."""
        if args:
            rows = args[0] if kwargs.get("many") else [args[0]]
            kwargs["context"] = {
                **self.get_serializer_context(),
                "members": course.known_members(self.kwargs["course_id"], rows),
            }
        return super().get_serializer(*args, **kwargs)

    def get_object(self) -> Any:
        return course.get_allowance(self.kwargs["course_id"], int(self.kwargs["allowance_id"]))

    def _condition(self, request: Request) -> course.IsAsSeen:
        expected = expected_etags(request)
        return lambda one: is_expected(expected, etag_of(self.get_serializer(one).data))

    def partial_update(self, request: Request, **kwargs: str) -> Response:
        """Change the value. Requires `If-Match`."""
        is_as_seen, one = self._condition(request), self.get_object()
        body = AllowanceValueSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            changed = course.change_allowance(
                kwargs["course_id"], one.pk, body.validated_data["value"], is_as_seen
            )
        except AllowanceValueNotAllowedException as error:
            raise ValidationError({"value": [str(error)]}) from error
        return Response(self.get_serializer(changed).data)

    def destroy(self, request: Request, **kwargs: str) -> Response:
        """Take the allowance back. Requires `If-Match`."""
        is_as_seen, one = self._condition(request), self.get_object()
        course.remove_allowance(kwargs["course_id"], one.pk, is_as_seen)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @idempotent
    def grant(self, request: Request, **kwargs: object) -> Response:
        """Grant each kind to each learner in each exam. 207 if some failed."""
        data: Options = valid(GrantsSerializer(data=request.data))
        is_preview = data.get("dry_run", False)
        for number, kind in enumerate(data["kinds"]):  # all are checked before the first is stored
            try:
                self._grants(data, kind, is_preview=True)
            except AllowanceValueNotAllowedException as error:
                raise ValidationError({"kinds": {str(number): {"value": [str(error)]}}}) from error
        rows = [
            _row(kind["key"], one, is_preview=is_preview)
            for kind in data["kinds"]
            for one in self._grants(data, kind, is_preview=is_preview)
        ]
        return _answer(rows, rows, is_preview=is_preview)

    def _grants(self, data: Options, kind: Options, *, is_preview: bool) -> list[Grant]:
        return api.grant_allowances(
            data["exam_ids"],
            data["users"],
            kind["key"],
            kind["value"],
            course_id=self.kwargs["course_id"],
            enrolled_only=course.only_enrolled(),
            keeps_factor=True,
            is_preview=is_preview,
        )


def _row(key: str, grant: Grant, *, is_preview: bool) -> Options:
    outcome = course.POSSIBLE if is_preview else course.DONE
    problem = api.NO_EXAM if grant.problem == api.OTHER_COURSE else grant.problem
    return {
        "user": str(grant.user_id),
        "exam_id": grant.exam_id,
        "key": key,
        "outcome": course.FAILED if problem else outcome,
        "code": CODES.get(problem, "user_not_found") if problem else "",
        "detail": problem,
    }


def _answer(outcomes: list[Options], results: object, *, is_preview: bool) -> Response:
    failed = sum(one["outcome"] == course.FAILED for one in outcomes)
    data = {
        "dry_run": is_preview,
        "succeeded": len(outcomes) - failed,
        "failed": failed,
        "results": results,
    }
    return Response(data, status=status.HTTP_207_MULTI_STATUS if failed else status.HTTP_200_OK)
