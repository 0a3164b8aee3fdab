"""Settings from the operator's configuration files of LMS and Studio."""

from typing import Any

from edx_proctoring.settings.common import add_dashboard_tab, add_schedule


def plugin_settings(settings: Any) -> None:
    """Read PROCTORING_SETTINGS from ENV_TOKENS, and PROCTORING_BACKENDS from AUTH_TOKENS, else ENV_TOKENS; ignore empty
    values.
    """
    env = getattr(settings, "ENV_TOKENS", {})
    auth = getattr(settings, "AUTH_TOKENS", {})
    if env.get("PROCTORING_SETTINGS"):
        settings.PROCTORING_SETTINGS = env["PROCTORING_SETTINGS"]
    backends = auth.get("PROCTORING_BACKENDS") or env.get("PROCTORING_BACKENDS")
    if backends:
        settings.PROCTORING_BACKENDS = backends
    # The configuration files may have replaced them.
    add_schedule(settings)
    add_dashboard_tab(settings)
