"""Settings that LMS and Studio take from the app; what the host has set already stays."""

from typing import Any

PIPELINE_GROUP = {
    "source_filenames": ["proctoring/js/learner.js"],
    "output_filename": "js/lms-proctoring.js",
}


def plugin_settings(settings: Any) -> None:
    """Defaults of the app's settings, and its scripts as a group of the host's asset pipeline if it has one."""
    if not hasattr(settings, "PROCTORING_SETTINGS"):
        settings.PROCTORING_SETTINGS = {}
    if not hasattr(settings, "PROCTORING_BACKENDS"):
        settings.PROCTORING_BACKENDS = {"DEFAULT": "null", "null": {}}
    groups = _pipeline_groups(settings)
    if groups is not None:
        groups.setdefault("proctoring", dict(PIPELINE_GROUP))


def _pipeline_groups(settings: Any) -> Any:
    if hasattr(settings, "PIPELINE"):
        return settings.PIPELINE.setdefault("JAVASCRIPT", {})
    return getattr(settings, "PIPELINE_JS", None)
