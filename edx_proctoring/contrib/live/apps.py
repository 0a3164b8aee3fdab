"""The app `edx_proctoring.contrib.live`; add it to INSTALLED_APPS to switch it on."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from edx_proctoring import extensions


class LiveConfig(AppConfig):
    """Registers the hooks and the system checks."""

    name = "edx_proctoring.contrib.live"
    label = "proctoring_live"
    verbose_name = _("Proctoring: live")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from edx_proctoring.contrib.live import checks  # noqa: F401, PLC0415  needs models
        from edx_proctoring.contrib.live.extension import Live  # noqa: PLC0415  needs models

        extensions.register(Live())
