"""Exams: reading, creating, changing, and the registration of a whole course."""

from collections.abc import Mapping
from typing import Any

from django.utils.decorators import method_decorator
from rest_framework import serializers, status
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api
from edx_proctoring.exceptions import ProctoredExamReviewPolicyNotFoundException
from edx_proctoring.serializers import (
    ProctoredExamRegistrationSerializer,
    ProctoredExamSerializer,
)
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.inputs import LONGEST_TEXT, body, document, valid
from edx_proctoring.views.permissions import check_may_read_course, require_staff

MOST_MINUTES = 2**31 - 1
NO_LIST: dict[str, Any] = {}  # a form would count as an empty list, and switch all exams off
IGNORED = {"id", "course_id"}  # of an item in the registration of a course


def _minutes(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=MOST_MINUTES, **options)


def _check_backend(values: Mapping[str, Any]) -> None:
    """A proctored exam needs a provider that exists, before the exam is stored."""
    name = values.get("backend")
    if name and values.get("is_proctored", True) and not api.is_known_backend(name):
        raise serializers.ValidationError({"backend": ["There is no such provider."]})


def _check_stored_backend(exam: Mapping[str, Any]) -> None:
    """The same for an exam as it would become."""
    try:
        _check_backend(exam)
    except serializers.ValidationError as error:
        raise ParseError(f"backend: {error.detail['backend'][0]}") from error  # type: ignore[call-overload, index]


class NewExamSerializer(ProctoredExamSerializer):
    """The body that creates an exam."""

    time_limit_mins = _minutes()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        _check_backend(attrs)
        return attrs


class ExamChangesSerializer(serializers.Serializer[Any]):
    """The body that changes an exam: what is absent or null stays; null clears `due_date`."""

    exam_name = serializers.CharField(required=False, allow_null=True)
    time_limit_mins = _minutes(required=False, allow_null=True)
    is_proctored = serializers.BooleanField(required=False, allow_null=True)
    is_practice_exam = serializers.BooleanField(required=False, allow_null=True)
    external_id = serializers.CharField(required=False, allow_null=True, max_length=LONGEST_TEXT)
    is_active = serializers.BooleanField(required=False, allow_null=True)
    hide_after_due = serializers.BooleanField(required=False, allow_null=True)
    due_date = serializers.DateTimeField(required=False, allow_null=True)
    backend = serializers.CharField(required=False, allow_null=True, max_length=LONGEST_TEXT)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        _check_backend(attrs)
        return attrs


class RegisteredExamsSerializer(serializers.ListSerializer[Any]):
    """All exams of a course: no two of the same content."""

    def validate(self, attrs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = {item["content_id"] for item in attrs}
        if len(names) < len(attrs):
            raise serializers.ValidationError("The same content_id is there more than once.")
        return attrs


class RegisteredExamSerializer(ProctoredExamRegistrationSerializer):
    """One of them. The context names the course."""

    time_limit_mins = _minutes()

    class Meta(ProctoredExamRegistrationSerializer.Meta):
        list_serializer_class = RegisteredExamsSerializer

    def validate_course_id(self, value: str) -> str:
        if value != self.context["course_id"]:
            raise serializers.ValidationError("This is not the course of the request.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What to store: no `due_date` clears it, no `external_id` or `backend` keeps it."""
        _check_backend(attrs)
        kept = {name for name in ("external_id", "backend") if attrs.get(name) is None}
        values = {name: value for name, value in attrs.items() if name not in kept | IGNORED}
        return {"due_date": None, **values}


class ProctoredExamView(ProctoredAPIView):
    """Routes 1 to 4: an exam by id or content, a course's active exams, creation and change."""

    throttle_scope = "exams"

    @method_decorator(require_staff)
    def post(self, request: Request) -> Response:
        serializer = NewExamSerializer(data=document(request))
        if not serializer.is_valid():
            return Response(status=status.HTTP_400_BAD_REQUEST, data=serializer.errors)
        values = {name: value for name, value in serializer.validated_data.items() if name != "id"}
        return Response({"exam_id": api.create_exam(**values)})

    @method_decorator(require_staff)
    def put(self, request: Request) -> Response:
        exam_id: Any = body(request).get("exam_id")
        changes = valid(ExamChangesSerializer(data=document(request), partial=True))
        if changes.get("is_proctored") is not None or changes.get("backend"):
            said = {name: value for name, value in changes.items() if value is not None}
            _check_stored_backend({**api.get_exam_to_change(exam_id), **said})
        return Response({"exam_id": api.update_exam(exam_id, **changes)})

    def get(
        self,
        request: Request,
        exam_id: int | None = None,
        course_id: str | None = None,
        content_id: str | None = None,
    ) -> Response:
        if exam_id is None and content_id is None:
            check_may_read_course(request.user, str(course_id))
            return Response(api.get_all_exams_for_course(course_id, active_only=True))
        if exam_id is not None:
            exam = api.get_exam_by_id(exam_id)
        else:
            exam = api.get_exam_by_content_id(course_id, content_id)
        check_may_read_course(request.user, exam["course_id"])
        return Response(exam)


class RegisterProctoredExamsView(ProctoredAPIView):
    """Route 5: the complete set of a course's exams; those that are not named are switched off."""

    largest_body = "MAX_DOCUMENT_BYTES"
    throttle_scope = "exams"

    @method_decorator(require_staff)
    def patch(self, request: Request, course_id: str) -> Response:
        data = document(request)
        serializer = RegisteredExamSerializer(
            data=data if isinstance(data, list) else NO_LIST,
            many=True,
            context={"course_id": course_id},
        )
        if not serializer.is_valid():
            return Response(status=status.HTTP_422_UNPROCESSABLE_ENTITY, data=serializer.errors)
        ids = api.register_exams(course_id, serializer.validated_data)
        return Response([{"exam_id": exam_id} for exam_id in ids])


class ProctoredExamReviewPolicyView(ProctoredAPIView):
    """Route 27: what reviewers of an exam should know; null if there is nothing."""

    throttle_scope = "exams"

    def get(self, request: Request, exam_id: int) -> Response:
        check_may_read_course(request.user, api.get_exam_by_id(exam_id)["course_id"])
        try:
            text = api.get_review_policy_by_exam_id(exam_id)["review_policy"]
        except ProctoredExamReviewPolicyNotFoundException:
            text = None
        return Response({"review_policy": text})


class ProctoredSettingsView(ProctoredAPIView):
    """Route 26: contacts and links of the platform and of the exam's provider."""

    throttle_scope = "exams"

    def get(self, request: Request, exam_id: int) -> Response:
        check_may_read_course(request.user, api.get_exam_by_id(exam_id)["course_id"])
        return Response(api.get_proctoring_settings_by_exam_id(exam_id))
