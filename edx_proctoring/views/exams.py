"""Exams: read, create and change them, and register all exams of a course."""

from typing import Any

from django.utils.decorators import method_decorator
from rest_framework import serializers, status
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api
from edx_proctoring.exceptions import ProctoredExamReviewPolicyNotFoundException
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.permissions import check_may_read_course, require_staff
from edx_proctoring.views.requests.exams import (
    ExamChangesSerializer,
    NewExamSerializer,
    RegisteredExamSerializer,
    check_backend,
)


def _check_stored_backend(exam: dict[str, Any]) -> None:
    """Check the provider that the exam would have after the change."""
    try:
        check_backend(exam)
    except serializers.ValidationError as error:
        raise ParseError(f"backend: {error.detail['backend'][0]}") from error  # type: ignore[call-overload, index]  # a dictionary of ours


class ProctoredExamView(ProctoredAPIView):
    """Routes 1 to 4: an exam by id or content, a course's active exams, creation and change."""

    throttle_scope = "exams"

    @method_decorator(require_staff)
    def post(self, request: Request) -> Response:
        serializer = NewExamSerializer.of(request)
        if not serializer.is_valid():
            return Response(status=status.HTTP_400_BAD_REQUEST, data=serializer.errors)
        return Response({"exam_id": api.create_exam(**serializer.validated_data)})

    @method_decorator(require_staff)
    def put(self, request: Request) -> Response:
        changes = ExamChangesSerializer.read(request)
        exam_id = changes.pop("exam_id")
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
    """Route 5: replace all exams of a course; exams that are not listed are deactivated."""

    largest_body = "MAX_DOCUMENT_BYTES"
    throttle_scope = "exams"

    @method_decorator(require_staff)
    def patch(self, request: Request, course_id: str) -> Response:
        serializer = RegisteredExamSerializer.of(request, course_id)
        if not serializer.is_valid():
            return Response(status=status.HTTP_422_UNPROCESSABLE_ENTITY, data=serializer.errors)
        ids = api.register_exams(course_id, serializer.validated_data)
        return Response([{"exam_id": exam_id} for exam_id in ids])


class ProctoredExamReviewPolicyView(ProctoredAPIView):
    """Route 27: the instructions for reviewers of an exam, or null."""

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
