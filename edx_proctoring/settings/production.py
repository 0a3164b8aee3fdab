"""Settings that the operator's configuration files of LMS and Studio hold."""

from typing import Any

from edx_proctoring.settings.common import add_schedule


def plugin_settings(settings: Any) -> None:
    """PROCTORING_SETTINGS from ENV_TOKENS, PROCTORING_BACKENDS from AUTH_TOKENS, else ENV_TOKENS; empty ones do not count."""
    env = getattr(settings, "ENV_TOKENS", {})
    auth = getattr(settings, "AUTH_TOKENS", {})
    if env.get("PROCTORING_SETTINGS"):
        settings.PROCTORING_SETTINGS = env["PROCTORING_SETTINGS"]
    backends = auth.get("PROCTORING_BACKENDS") or env.get("PROCTORING_BACKENDS")
    if backends:
        settings.PROCTORING_BACKENDS = backends
    add_schedule(settings)  # the operator's files may have replaced it
