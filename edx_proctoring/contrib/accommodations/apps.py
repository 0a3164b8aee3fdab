"""The app configuration; `"edx_proctoring.contrib.accommodations"` in INSTALLED_APPS switches accommodations on."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccommodationsConfig(AppConfig):
    """Registers the extension and the system checks."""

    name = "edx_proctoring.contrib.accommodations"
    label = "proctoring_accommodations"
    verbose_name = _("Accommodations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register them."""
        from edx_proctoring import extensions  # noqa: PLC0415  needs models
        from edx_proctoring.contrib.accommodations import checks  # noqa: F401, PLC0415  needs models
        from edx_proctoring.contrib.accommodations.extension import (  # noqa: PLC0415  needs models
            Accommodations,
        )

        extensions.register(Accommodations())
