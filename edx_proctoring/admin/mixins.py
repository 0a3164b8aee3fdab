"""Show errors on the page, and neither report nor log a success in that case."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from edx_proctoring.exceptions import ProctoredBaseException


class FailureMessageMixin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at runtime
    def failed(self, request: HttpRequest, error: ProctoredBaseException) -> None:
        """Show the error."""
        request._proctoring_failed = True  # type: ignore[attr-defined]  # set by `failed`
        self.message_user(request, str(error), messages.ERROR)

    def log_change(self, request: HttpRequest, obj: Model, message: str | list[Any]) -> Any:
        """Log nothing if the change failed."""
        return None if _has_failed(request) else super().log_change(request, obj, message)

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        """Report no success after a failure."""
        if _has_failed(request):
            return self.response_post_save_change(request, obj)
        return super().response_change(request, obj)


def _has_failed(request: HttpRequest) -> bool:
    return getattr(request, "_proctoring_failed", False)
