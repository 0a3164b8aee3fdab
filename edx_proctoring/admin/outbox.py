"""What others still have to be told; what was given up can be tried again."""

import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from edx_proctoring import api
from edx_proctoring.admin.filters import MessageKindFilter
from edx_proctoring.admin.lookups import RefusesNul
from edx_proctoring.backends import provider_states
from edx_proctoring.models import OutboxMessage


@admin.register(OutboxMessage)
class OutboxMessageAdmin(RefusesNul):
    """What others still have to be told; what was given up can be tried again."""

    actions = ("deliver_again",)
    list_display = ("key", "state", "reason", "tries", "next_try_at", "created")
    list_filter = ("state", MessageKindFilter)
    show_full_result_count = False
    ordering = ("-id",)
    search_fields = ("key",)

    @admin.display(description=_("reason"), empty_value="–")
    def reason(self, message: OutboxMessage) -> str | None:
        """Column: why the last try failed."""
        return Truncator(message.last_error).chars(160) or None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list; above it, which providers are not asked for a while."""
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
        """Whoever may change messages may have them delivered again; readers may not."""
        return request.user.has_perm("edx_proctoring.change_outboxmessage")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may have them delivered again may read them."""
        return super().has_view_permission(request, obj) or self.has_retry_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Changes put messages."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To read."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing accepted is lost."""
        return False

    @admin.action(description=_("Deliver again"), permissions=["retry"])
    def deliver_again(self, request: HttpRequest, queryset: Any) -> None:
        """Try the selected messages again."""
        count = api.retry_messages(list(queryset.values_list("id", flat=True)))
        self.message_user(request, _("{count} messages will be delivered.").format(count=count))
