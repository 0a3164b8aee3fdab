"""Allowances in Django admin. Granting one there has the same effects as granting it through the API."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from edx_proctoring.admin.filters import AllowanceKeyFilter
from edx_proctoring.admin.labels import ALLOWANCES, allowance_label, with_title
from edx_proctoring.admin.lookups import RefuseNulMixin
from edx_proctoring.admin.mixins import FailureMessageMixin
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.late_imports import late_module
from edx_proctoring.models import ProctoredExamStudentAllowance

if TYPE_CHECKING:
    from edx_proctoring import api
else:  # imported when used: see `late_imports`
    api = late_module("edx_proctoring.api")

Allowance = ProctoredExamStudentAllowance


class AllowanceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at runtime
    """A form whose keys are those that have an effect; another stored one stays valid."""

    class Meta:
        model = Allowance
        fields = ("user", "proctored_exam", "key", "value")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            stored = self.instance.key
            others = [(stored, stored)] if stored and stored not in ALLOWANCES else []
            self.fields["key"] = forms.ChoiceField(choices=[*ALLOWANCES.items(), *others])

    def clean_proctored_exam(self) -> Any:
        """Refuse what the API refuses."""
        exam = self.cleaned_data["proctored_exam"]
        if not exam.is_active:
            raise forms.ValidationError(api.NOT_ACTIVE)
        return exam


@admin.register(ProctoredExamStudentAllowance)
class ProctoredExamStudentAllowanceAdmin(FailureMessageMixin, RefuseNulMixin):
    """Allowances. Learner, exam and key of an existing one do not change."""

    form = AllowanceForm
    list_display = ("username", "exam_name", "course_id", "kind", "value", "modified")
    list_filter = (AllowanceKeyFilter,)
    list_select_related = ("user", "proctored_exam")
    show_full_result_count = False
    ordering = ("-id",)
    search_fields = ("user__username", "user__email", "proctored_exam__exam_name", "proctored_exam__course_id")  # fmt: skip
    raw_id_fields = ("user",)
    autocomplete_fields = ("proctored_exam",)

    def username(self, allowance: Allowance) -> str:
        return allowance.user.get_username()

    def exam_name(self, allowance: Allowance) -> str:
        return allowance.proctored_exam.exam_name

    def course_id(self, allowance: Allowance) -> str:
        return allowance.proctored_exam.course_id

    @admin.display(description=_("kind"), ordering="key")
    def kind(self, allowance: Allowance) -> str:
        """Return the kind of the allowance in words."""
        return with_title(allowance_label(allowance.key), allowance.key)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("user", "proctored_exam", "kind" if obj else "key", "value")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ("user", "proctored_exam", "kind") if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: forms.Form, change: bool) -> None:
        """Grant it with all effects: archive, event, running attempts."""
        try:
            api.add_allowance_for_user(obj.proctored_exam_id, obj.user_id, obj.key, obj.value)
        except ProctoredBaseException as error:
            self.failed(request, error)
        pair = (obj.proctored_exam_id, obj.user_id, obj.key)
        stored = Allowance.get_allowance_for_user(*pair)
        obj.pk = stored.pk if stored else obj.pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Take it back with all effects."""
        api.remove_allowance_for_user(obj.proctored_exam_id, obj.user_id, obj.key)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Do the same for many."""
        for one in queryset:
            self.delete_model(request, one)
