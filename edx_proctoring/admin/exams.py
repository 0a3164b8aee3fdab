"""Exams and their review policies in Django admin."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.contrib.auth import get_user_model
from django.db.models import Model
from django.http import HttpRequest

from edx_proctoring.admin.lookups import RefuseNulMixin
from edx_proctoring.late_imports import late_module
from edx_proctoring.models import ProctoredExam, ProctoredExamReviewPolicy, save_with_history

if TYPE_CHECKING:
    from edx_proctoring import api
else:  # imported when used: see `late_imports`
    api = late_module("edx_proctoring.api")


class ProctoredExamForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at runtime
    """Stores empty text fields as empty strings."""

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
class ProctoredExamAdmin(RefuseNulMixin):
    form = ProctoredExamForm
    list_display = (
        "exam_name",
        "course_id",
        "time_limit_mins",
        "due_date",
        "is_proctored",
        "is_practice_exam",
        "is_active",
        "backend",
    )
    list_filter = ("is_active", "is_proctored", "is_practice_exam", "backend")
    show_full_result_count = False
    ordering = ("-id",)
    search_fields = ("course_id", "exam_name")

    def save_model(self, request: HttpRequest, obj: Any, form: forms.Form, change: bool) -> None:
        """Save, and emit the same event as a change through the API."""
        history_id = save_with_history(obj)
        api.announce_exam(obj, "updated" if change else "created", history_id)


def _deletes_accounts(request: HttpRequest) -> bool:
    """Return whether this is an admin page of the host's user accounts."""
    view = request.resolver_match.func if request.resolver_match else None
    page = getattr(view, "model_admin", None)
    return page is not None and issubclass(page.model, get_user_model())


@admin.register(ProctoredExamReviewPolicy)
class ProctoredExamReviewPolicyAdmin(RefuseNulMixin):
    """Review policies. The user who saves a policy becomes its author."""

    autocomplete_fields = ("proctored_exam",)
    list_display = ("course_id", "exam_name")
    list_select_related = ("proctored_exam", "set_by_user")
    readonly_fields = ("set_by_user",)
    search_fields = ("proctored_exam__course_id", "proctored_exam__exam_name")

    def course_id(self, policy: ProctoredExamReviewPolicy) -> str:
        return policy.proctored_exam.course_id

    def exam_name(self, policy: ProctoredExamReviewPolicy) -> str:
        return policy.proctored_exam.exam_name

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Do not delete a policy with its author's account; the page then explains why the account cannot be deleted."""
        return not _deletes_accounts(request) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: forms.Form, change: bool) -> None:
        """Save, with the current user as author."""
        obj.set_by_user = request.user
        super().save_model(request, obj, form, change)
