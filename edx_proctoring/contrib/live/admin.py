"""Outages in Django admin, for operators: declare, preview, give the lost time back; the board's tables to look at."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from edx_proctoring.contrib.live import api
from edx_proctoring.contrib.live.models import (
    Announcement,
    Invigilator,
    Outage,
    Question,
    Seat,
)

SHOWN = 200  # attempts in the preview


class OutageForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at runtime
    """Refuses impossible outages."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors:
            names = ("course_id", "exam_id", "provider", "began_at", "ended_at", "reason")
            known = {name: values.get(name, getattr(self.instance, name)) for name in names}
            try:
                api.check(Outage(**known))
            except api.OutageNotAllowed as error:
                raise forms.ValidationError(str(error)) from error
        return values


@admin.register(Outage)
class OutageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at runtime
    """The outages of all courses and providers. Those that have given time back cannot be deleted."""

    form = OutageForm
    list_display = ("id", "course_id", "exam_id", "provider", "began_at", "ended_at", "credited_at")
    list_filter = ("whole", "provider")
    search_fields = ("course_id", "reason")
    fields = (
        "course_id",
        "exam_id",
        "provider",
        "began_at",
        "ended_at",
        "whole",
        "reason",
        "by",
        "credited_at",
        "done",
        "total",
        "preview",
    )
    actions = ("give_back",)
    BOUNDS = ("began_at", "ended_at", "whole")

    def get_readonly_fields(self, request: HttpRequest, obj: Outage | None = None) -> list[str]:
        fixed = ["by", "credited_at", "done", "total", "preview"]
        scope = ["course_id", "exam_id", "provider", "reason"]
        return fixed + (scope if obj else [])

    def has_delete_permission(self, request: HttpRequest, obj: Outage | None = None) -> bool:
        """The ledger refers to outages that have given time back."""
        return False

    def save_model(self, request: HttpRequest, obj: Outage, form: Any, change: bool) -> None:
        if change and set(form.changed_data) & set(self.BOUNDS):
            obj.revision += 1
        if not change:
            obj.by = request.user  # type: ignore[assignment]  # signed in
            super().save_model(request, obj, form, change)
        else:  # the worker writes the other columns at the same time
            obj.save(update_fields=[*form.changed_data, "revision"])

    @admin.display(description=_("What each attempt would get back"))
    def preview(self, outage: Outage) -> SafeString | str:
        if not outage.pk:
            return "–"
        attempts = api.affected_attempts(outage)
        planned = api.preview_outage(outage, list(attempts[:SHOWN]))
        lines = (
            (one.attempt.pk, one.attempt.user.get_username(), one.refused or f"{one.seconds} s")
            for one in planned
        )
        rows = format_html_join("", "<li>{} {}: {}</li>", lines)
        return format_html("<p>{}</p><ul>{}</ul>", attempts.count(), rows)

    @admin.action(description=_("Give the lost time back"), permissions=["change"])
    def give_back(self, request: HttpRequest, outages: QuerySet[Outage]) -> None:
        for outage in outages:
            found = api.credit_outage(outage, by=request.user)  # type: ignore[arg-type]  # signed in
            count = sum(one.outcome == "credited" for one in found or ())
            text = _("%(outage)s: %(count)s of %(total)s attempts got time back.")
            if found is None:
                text = _("%(outage)s: the worker gives time back to %(total)s attempts.")
            values = {"outage": outage, "count": count, "total": outage.total}
            self.message_user(request, text % values, messages.SUCCESS)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at runtime
    """Rows that course staff write on the live board. Operators look at them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnlyAdmin):
    """Announcements of all courses."""

    list_display = ("id", "at", "course_id", "audience", "room", "by", "withdrawn_at", "text")
    list_filter = ("audience",)
    list_select_related = ("by",)
    search_fields = ("course_id", "text")


@admin.register(Question)
class QuestionAdmin(ReadOnlyAdmin):
    """Questions of learners."""

    list_display = ("id", "asked_at", "course_id", "user", "closed_at", "text")
    list_select_related = ("user",)
    search_fields = ("course_id", "user__username")


@admin.register(Seat)
class SeatAdmin(ReadOnlyAdmin):
    """The rooms of learners."""

    list_display = ("id", "course_id", "user", "room", "modified")
    list_select_related = ("user",)
    search_fields = ("course_id", "room", "user__username")


@admin.register(Invigilator)
class InvigilatorAdmin(ReadOnlyAdmin):
    """Users who look after rooms."""

    list_display = ("id", "course_id", "user", "room", "created")
    list_select_related = ("user",)
    search_fields = ("course_id", "room", "user__username")
