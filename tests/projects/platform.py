"""Settings common to LMS and Studio: the app is loaded through its entry points, and ATOMIC_REQUESTS is on."""

from typing import Any

from edx_django_utils.plugins import get_plugin_apps

from tests import settings as plain

PLUGINS = {"edx_proctoring", "edx_when"}
SHARED: dict[str, Any] = {name: getattr(plain, name) for name in dir(plain) if name.isupper()}
# The app's plug-in settings define these; the operator's files define the rest.
PROCTORING_BACKENDS = SHARED.pop("PROCTORING_BACKENDS")
PROCTORING_SETTINGS = SHARED.pop("PROCTORING_SETTINGS")

SHARED["DATABASES"] = {"default": {**plain.DATABASES["default"], "ATOMIC_REQUESTS": True}}
SHARED["PIPELINE"] = {"JAVASCRIPT": {}}
SHARED["ENABLE_SPECIAL_EXAMS"] = True
SHARED["ENV_TOKENS"] = {"PROCTORING_SETTINGS": PROCTORING_SETTINGS}
SHARED["AUTH_TOKENS"] = {"PROCTORING_BACKENDS": PROCTORING_BACKENDS}


def installed(project: str) -> list[str]:
    """Return the apps of the platform, then those of its plug-ins."""
    own = [app for app in plain.INSTALLED_APPS if app not in PLUGINS]
    return [*own, *get_plugin_apps(project)]
