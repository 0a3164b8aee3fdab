"""System checks of the app."""

from collections.abc import Sequence

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  Django's name

LOCAL = ("LocMemCache", "DummyCache")


@register("proctoring_live")
def check_core(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """E001: the app needs the core."""
    if apps.is_installed("edx_proctoring"):
        return []
    text = "edx_proctoring.contrib.live is installed without edx_proctoring."
    hint = "Add edx_proctoring to INSTALLED_APPS."
    return [Error(text, hint=hint, id="proctoring_live.E001")]


@register(Tags.caches, deploy=True)
def check_cache(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """W001: without a shared cache, live boards get the whole list again and again."""
    backend = str(settings.CACHES.get("default", {}).get("BACKEND", ""))
    if not backend.endswith(LOCAL):
        return []
    text = "The default cache is not shared by all processes, so live boards often get the whole list of learners."
    hint = "Use Memcached or Redis as the default cache."
    return [Warning(text, hint=hint, id="proctoring_live.W001")]
