"""Outbox messages in Django admin; messages that were given up can be delivered again."""

import datetime
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from edx_proctoring.admin.filters import MessageKindFilter
from edx_proctoring.admin.labels import message_label, with_title
from edx_proctoring.admin.lookups import RefuseNulMixin
from edx_proctoring.backends import provider_states
from edx_proctoring.late_imports import late_module
from edx_proctoring.models import OutboxMessage

if TYPE_CHECKING:
    from edx_proctoring import api
else:  # imported when used: see `late_imports`
    api = late_module("edx_proctoring.api")


@admin.register(OutboxMessage)
class OutboxMessageAdmin(RefuseNulMixin):
    """Pending and given-up messages; given-up ones can be delivered again."""

    actions = ("deliver_again",)
    list_display = ("message", "about", "state", "reason", "tries", "next_try_at", "created")
    list_filter = ("state", MessageKindFilter)
    show_full_result_count = False
    ordering = ("-id",)
    search_fields = ("key",)
    readonly_fields = ("message",)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Show first what the message is about."""
        others = [str(one) for one in super().get_fields(request, obj)]
        return ("message", *(one for one in others if one != "message"))

    @admin.display(description=_("Message"), ordering="kind")
    def message(self, message: OutboxMessage) -> str:
        """Return the kind of the message in words."""
        return with_title(message_label(message.kind), message.key)

    @admin.display(description=_("attempt"), empty_value="–")
    def about(self, message: OutboxMessage) -> str | None:
        """The attempt, if it is about one."""
        number = message.payload.get("attempt_id")
        if not isinstance(number, int):
            return None
        address = reverse("admin:edx_proctoring_proctoredexamstudentattempt_change", args=[number])
        return format_html('<a href="{}">{}</a>', address, number)

    @admin.display(description=_("reason"), empty_value="–")
    def reason(self, message: OutboxMessage) -> str | None:
        """The error of the last try."""
        return Truncator(message.last_error).chars(160) or None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, bool] | None = None
    ) -> HttpResponse:
        """Show the list, with the providers that are currently down above it."""
        if request.method == "GET":
            for name, state in provider_states().items():
                if state.since is not None:
                    self._say_down(request, name, state.since)
        return super().changelist_view(request, extra_context)

    def _say_down(self, request: HttpRequest, name: str, since: datetime.datetime) -> None:
        text = _("No answer from {provider} since {since}; it is tried again every few seconds.")
        when = date_format(timezone.localtime(since), "DATETIME_FORMAT")
        self.message_user(request, text.format(provider=name, since=when), messages.WARNING)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Users with the change permission may deliver messages again; users with only the view permission may not."""
        return request.user.has_perm("edx_proctoring.change_outboxmessage")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Users who may deliver messages again may also see them."""
        return super().has_view_permission(request, obj) or self.has_retry_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Messages are only created by changes."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Messages are read-only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Messages must not be lost, so they cannot be deleted."""
        return False

    @admin.action(description=_("Deliver again"), permissions=["retry"])
    def deliver_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        """Deliver the selected messages again."""
        count = api.retry_messages(list(queryset.values_list("id", flat=True)))
        self.message_user(request, _("{count} messages will be delivered.").format(count=count))
