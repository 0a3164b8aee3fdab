"""Settings for the test suites of LMS and Studio."""

from typing import Any


def plugin_settings(settings: Any) -> None:
    """Use the mock provider."""
    settings.PROCTORING_BACKENDS = {
        "DEFAULT": "mock",
        "mock": {},
        "mock_proctoring_without_rules": {},
    }
