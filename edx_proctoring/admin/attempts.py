"""Attempts in Django admin. Changing a status there triggers all its effects."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from edx_proctoring.admin import timeline
from edx_proctoring.admin.filters import AttemptStatusFilter, ExamAttemptFilterByCourseId
from edx_proctoring.admin.labels import STATUS_CHOICES, label
from edx_proctoring.admin.lookups import RefuseNulMixin
from edx_proctoring.admin.mixins import FailureMessageMixin
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.late_imports import late_module
from edx_proctoring.models import ProctoredExamStudentAttempt

if TYPE_CHECKING:
    from edx_proctoring import api
    from edx_proctoring.api import users
else:  # imported when used: see `late_imports`
    api = late_module("edx_proctoring.api")
    users = late_module("edx_proctoring.api.users")


class ProctoredExamAttemptForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at runtime
    """A form to change only the status; the current status is always a valid choice."""

    class Meta:
        model = ProctoredExamStudentAttempt
        fields = ("status",)

    status = forms.ChoiceField(choices=STATUS_CHOICES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = self.instance.status
        field = self.fields["status"]
        assert isinstance(field, forms.ChoiceField)
        if current not in dict(STATUS_CHOICES):
            field.choices = [(current, label(current)), *STATUS_CHOICES]


def _restores(request: HttpRequest) -> bool:
    """Return whether the request comes from the page that restores an old version."""
    match = request.resolver_match
    return match is not None and (match.url_name or "").endswith("_simple_history")


@admin.register(ProctoredExamStudentAttempt)
class ProctoredExamStudentAttemptAdmin(FailureMessageMixin, RefuseNulMixin, SimpleHistoryAdmin):  # type: ignore[misc]  # has no types
    """Attempts. Changing a status triggers all its effects."""

    form = ProctoredExamAttemptForm
    change_form_template = "admin/edx_proctoring/attempt_with_timeline.html"
    show_full_result_count = False
    list_display = (
        "username",
        "exam_name",
        "status_label",
        "modified",
        "course_id",
        "taking_as_proctored",
        "is_sample_attempt",
        "attempt_code",  # long, so that what staff look for stands before it
    )
    list_filter = (
        AttemptStatusFilter,
        "taking_as_proctored",
        "is_sample_attempt",
        ExamAttemptFilterByCourseId,
    )
    list_select_related = ("user", "proctored_exam")
    search_fields = ("user__username", "attempt_code")
    history_list_display = ("status",)
    readonly_fields = (
        "user",
        "proctored_exam",
        "started_at",
        "completed_at",
        "attempt_code",
        "external_id",
        "allowed_time_limit_mins",
        "taking_as_proctored",
        "is_sample_attempt",
        "review_policy_id",
        "is_status_acknowledged",
        "time_remaining_seconds",
        "is_resumable",
        "ready_to_resume",
        "resumed",
    )

    def username(self, attempt: ProctoredExamStudentAttempt) -> str:
        return attempt.user.get_username()

    def exam_name(self, attempt: ProctoredExamStudentAttempt) -> str:
        return attempt.proctored_exam.exam_name

    def course_id(self, attempt: ProctoredExamStudentAttempt) -> str:
        return attempt.proctored_exam.course_id

    @admin.display(description=_("status"), ordering="status")
    def status_label(self, attempt: ProctoredExamStudentAttempt) -> str:
        return str(label(attempt.status))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the attempt's history, reviews and messages to the page."""
        attempt = kwargs.get("obj") or context.get("original")
        if attempt is not None:
            context["timeline"] = timeline.of(attempt, request)
        return super().render_change_form(request, context, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Attempts are created by learners only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Attempts cannot be deleted here, because the provider would not be notified."""
        return False

    def save_model(self, request: HttpRequest, obj: Model, form: forms.Form, change: bool) -> None:
        """Apply a changed status; show errors on the page.

        Restoring an old version is an ordinary change to its status.
        """
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        if "status" not in form.changed_data and not _restores(request):
            return
        try:
            status, by = form.cleaned_data["status"], users.signed_in(request.user)
            api.update_attempt_status(obj.pk, status, update_attributable_to=by, reason="staff")
        except ProctoredBaseException as error:
            self.failed(request, error)
