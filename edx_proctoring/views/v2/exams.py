"""Exams of a course."""

from typing import TYPE_CHECKING

import django_filters
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api
from edx_proctoring.api.providers.dashboards import dashboard_path
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.views.requests.fields import LONGEST_TEXT
from edx_proctoring.views.v2.base import MomentField, ResourceViewSet, StrictSerializer
from edx_proctoring.views.v2.conditional import etag_of, expected_etags, is_expected
from edx_proctoring.views.v2.lists import Flag, Order, Search

if TYPE_CHECKING:
    from edx_proctoring.models import ProctoredExam
    from edx_proctoring.models.exams import ExamQuerySet


class CourseExamSerializer(serializers.Serializer["ProctoredExam"]):
    """An exam."""

    id = serializers.IntegerField()
    content_id = serializers.CharField(help_text="The subsection's usage key.")
    exam_name = serializers.CharField()
    type = serializers.SerializerMethodField()
    time_limit_mins = serializers.IntegerField()
    due_date = MomentField(allow_null=True)
    is_active = serializers.BooleanField()
    is_proctored = serializers.BooleanField()
    is_practice_exam = serializers.BooleanField()
    hide_after_due = serializers.BooleanField()
    backend = serializers.CharField(allow_null=True, help_text="The provider's name.")
    dashboard_url = serializers.SerializerMethodField(
        help_text="The address that leads to the provider's dashboard of the exam; null if the provider has none."
    )
    created = serializers.DateTimeField()
    modified = serializers.DateTimeField()

    def get_type(self, exam: api.ProctoredExam) -> str:
        return api.type_of_exam(exam)

    def get_dashboard_url(self, exam: api.ProctoredExam) -> str | None:
        return dashboard_path(exam)


class CourseExamChangesSerializer(StrictSerializer):
    """The fields that course staff may change; absent fields stay unchanged."""

    exam_name = serializers.CharField(max_length=LONGEST_TEXT)
    time_limit_mins = serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER)
    due_date = MomentField(allow_null=True)
    is_active = serializers.BooleanField()
    hide_after_due = serializers.BooleanField()


class ExamFilter(django_filters.FilterSet):
    """Filters and orders of the list."""

    search = Search(["exam_name", "content_id"], help_text="Words in the name or the content id.")
    is_active = Flag(field_name="is_active")
    is_proctored = Flag(field_name="is_proctored")
    is_practice_exam = Flag(field_name="is_practice_exam")
    backend = django_filters.CharFilter(field_name="backend", max_length=LONGEST_TEXT)
    ordering = Order(
        fields=["id", "exam_name", "time_limit_mins", "due_date", "created", "modified"]
    )


class ExamViewSet(ResourceViewSet["ProctoredExam"]):
    """`/api/edx_proctoring/v2/courses/{course_id}/exams/`."""

    serializer_class = CourseExamSerializer
    filterset_class = ExamFilter
    changes_class = CourseExamChangesSerializer
    resource = "exams"

    def get_queryset(self) -> "ExamQuerySet":
        return api.find_exams(self.kwargs.get("course_id", ""))  # none for the OpenAPI document

    def get_object(self) -> "ProctoredExam":
        exam = self.get_queryset().filter(pk=self._exam_id()).first()
        if exam is None:
            raise NotFound
        return exam

    def _exam_id(self) -> int:
        exam_id = int(self.kwargs["exam_id"])
        if exam_id > LARGEST_INTEGER:
            raise NotFound
        return exam_id

    def partial_update(self, request: Request, **kwargs: str) -> Response:
        """Requires `If-Match`: the change is refused if the exam has changed in the meantime."""
        expected, exam_id = expected_etags(request), self._exam_id()
        self.get_object()
        changes = CourseExamChangesSerializer(data=request.data, partial=True)
        changes.is_valid(raise_exception=True)

        def is_as_seen(exam: "ProctoredExam") -> bool:
            return is_expected(expected, etag_of(CourseExamSerializer(exam).data))

        exam = api.change_exam(kwargs["course_id"], exam_id, changes.validated_data, is_as_seen)
        return Response(CourseExamSerializer(exam).data)
