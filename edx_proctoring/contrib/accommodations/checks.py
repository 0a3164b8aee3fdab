"""System checks of the app."""

from collections.abc import Sequence

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register


@register("proctoring_accommodations")
def check_core(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """E001: the app needs the core."""
    if apps.is_installed("edx_proctoring"):
        return []
    text = "edx_proctoring.contrib.accommodations is installed without edx_proctoring."
    hint = "Add edx_proctoring to INSTALLED_APPS."
    return [Error(text, hint=hint, id="proctoring_accommodations.E001")]
