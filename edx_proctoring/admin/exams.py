"""Exams and their review policies."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.http import HttpRequest

from edx_proctoring import api
from edx_proctoring.models import ProctoredExam, ProctoredExamReviewPolicy


class ProctoredExamForm(forms.ModelForm):  # type: ignore[type-arg]
    """Text fields left empty are empty."""

    class Meta:
        model = ProctoredExam
        fields = (
            "course_id",
            "content_id",
            "external_id",
            "exam_name",
            "time_limit_mins",
            "due_date",
            "is_proctored",
            "is_practice_exam",
            "is_active",
            "hide_after_due",
            "backend",
        )

    external_id = forms.CharField(required=False, empty_value=None)
    backend = forms.CharField(required=False, empty_value=None)
    due_date = forms.SplitDateTimeField(required=False, widget=AdminSplitDateTime())


@admin.register(ProctoredExam)
class ProctoredExamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Exams."""

    form = ProctoredExamForm
    search_fields = ("course_id", "exam_name")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """With the event that a change through the API has."""
        super().save_model(request, obj, form, change)
        api.announce_exam(obj, "updated" if change else "created")


@admin.register(ProctoredExamReviewPolicy)
class ProctoredExamReviewPolicyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Review policies; who saves one is its author."""

    autocomplete_fields = ("proctored_exam",)
    list_display = ("course_id", "exam_name")
    list_select_related = True
    readonly_fields = ("set_by_user",)
    search_fields = ("proctored_exam__course_id", "proctored_exam__exam_name")

    def course_id(self, policy: ProctoredExamReviewPolicy) -> str:
        """Column."""
        return policy.proctored_exam.course_id

    def exam_name(self, policy: ProctoredExamReviewPolicy) -> str:
        """Column."""
        return policy.proctored_exam.exam_name

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Note the author."""
        obj.set_by_user = request.user
        super().save_model(request, obj, form, change)
