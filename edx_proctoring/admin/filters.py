"""Filters for the lists in Django admin."""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from edx_proctoring.admin.labels import ALLOWANCES, label, message_label
from edx_proctoring.late_imports import late_module
from edx_proctoring.models import ProctoredExam, exactly
from edx_proctoring.models.exams import ExamQuerySet
from edx_proctoring.statuses import KNOWN, SoftwareSecureReviewStatus

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from edx_proctoring import outbox
else:  # imported when used: see `late_imports`
    outbox = late_module("edx_proctoring.outbox")


Choices = Sequence[tuple[str, "StrOrPromise"]]


def prettify_course_id(course_id: str) -> str:
    """Return a readable course id: without its prefix, with spaces for + and /."""
    return course_id.replace("course-v1:", "").replace("+", " ").replace("/", " ")


def current_exams() -> ExamQuerySet:
    """Return active graded proctored exams that were due at most 30 days ago, are due within 7 days, or have no due
    date.
    """
    now = timezone.now()
    window = (now - datetime.timedelta(days=30), now + datetime.timedelta(days=7))
    exams = ProctoredExam.objects.active().graded_proctored()
    due = Q(due_date__range=window) | Q(due_date__isnull=True)
    return exams.filter(due).order_by("course_id", "exam_name")


class _Words(admin.SimpleListFilter):
    """A filter by a column whose values are defined in the code, so that the table is not scanned for them."""

    words: tuple[str, ...] = ()

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Model]") -> Choices:
        return [(word, label(word)) for word in self.words]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        """Filter the rows; an unknown value does not filter."""
        value = self.value()
        if value not in self.words:
            return queryset
        return queryset.filter(**{str(self.parameter_name): value})


class AttemptStatusFilter(_Words):
    """Attempts of one status."""

    title = _("status")
    parameter_name = "status"
    words = tuple(sorted(KNOWN))


class ReviewStatusFilter(_Words):
    """Reviews of one status."""

    title = _("review status")
    parameter_name = "review_status"
    words = tuple(SoftwareSecureReviewStatus.from_standard_status.values())


class AllowanceKeyFilter(_Words):
    """Allowances of one kind."""

    title = _("kind")
    parameter_name = "key"
    words = tuple(ALLOWANCES)

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Model]") -> Choices:
        return list(ALLOWANCES.items())


UNKNOWN = "?"  # of messages without a handler


class MessageKindFilter(admin.SimpleListFilter):
    """Messages of one kind."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Model]") -> Choices:
        return [*((kind, message_label(kind)) for kind in outbox.kinds()), (UNKNOWN, UNKNOWN)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        if self.value() == UNKNOWN:
            return queryset.exclude(kind__in=outbox.kinds())
        return queryset.filter(kind=self.value()) if self.value() else queryset


class ReviewListFilter(admin.SimpleListFilter):
    """Reviews that still need a decision by staff."""

    title = _("internally reviewed")
    parameter_name = "reviewed_by"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Model]") -> Choices:
        return (
            ("all_unreviewed", _("All Unreviewed")),
            ("all_unreviewed_failures", _("All Unreviewed Failures")),
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        if self.value() in ("all_unreviewed", "all_unreviewed_failures"):
            queryset = queryset.filter(reviewed_by__isnull=True)
        if self.value() == "all_unreviewed_failures":
            queryset = queryset.filter(review_status=SoftwareSecureReviewStatus.suspicious)
        return queryset


class ProctoredExamListFilter(admin.SimpleListFilter):
    """Reviews of one current exam."""

    title = _("active proctored exams")
    parameter_name = "exam__id"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Model]") -> Choices:
        return [
            (str(exam.pk), f"{prettify_course_id(exam.course_id)}: {exam.exam_name}")
            for exam in current_exams()
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        """Filter the rows; an unknown choice does not filter."""
        value = self.value()
        return queryset.filter(exam_id=value) if value in dict(self.lookup_choices) else queryset


class ProctoredExamCoursesListFilter(admin.SimpleListFilter):
    """Reviews of one course with current exams."""

    title = _("courses with active proctored exams")
    parameter_name = "exam__course_id"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Model]") -> Choices:
        dated = current_exams().filter(due_date__isnull=False).order_by("course_id")
        courses = dated.values_list("course_id", flat=True).distinct()
        return [(course_id, prettify_course_id(course_id)) for course_id in courses]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        if not self.value():
            return queryset
        exams = ProctoredExam.objects.in_course(self.value()).active().graded_proctored()
        return queryset.filter(exam__in=exams)


class ExamAttemptFilterByCourseId(admin.SimpleListFilter):
    """Attempts of one course."""

    title = _("Course Id")
    parameter_name = "proctored_exam__course_id"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Model]") -> Choices:
        courses = ProctoredExam.objects.order_by("course_id").values_list("course_id", flat=True)
        return [(course_id, prettify_course_id(course_id)) for course_id in courses.distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        course = exactly(proctored_exam__course_id=self.value())
        return queryset.filter(course) if self.value() else queryset
