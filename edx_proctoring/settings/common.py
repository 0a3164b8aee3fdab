"""Settings that LMS and Studio take from the app; what the host has set already stays."""

from typing import Any

from edx_proctoring.settings.schedule import missing_from

PIPELINE_GROUP = {
    "source_filenames": ["proctoring/js/learner.js"],
    "output_filename": "js/lms-proctoring.js",
}


def plugin_settings(settings: Any) -> None:
    """Defaults of the app's settings, its scripts as a group of the host's asset pipeline if it has one, its schedule."""
    if not hasattr(settings, "PROCTORING_SETTINGS"):
        settings.PROCTORING_SETTINGS = {}
    if not hasattr(settings, "PROCTORING_BACKENDS"):
        settings.PROCTORING_BACKENDS = {"DEFAULT": "null", "null": {}}
    groups = _pipeline_groups(settings)
    if groups is not None:
        groups.setdefault("proctoring", dict(PIPELINE_GROUP))
    add_schedule(settings)


def add_schedule(settings: Any) -> None:
    """What Celery beat has to run, in the setting that LMS and Studio read: their Celery apps have no namespace.

    An entry of the host's with the same name, or with the same task, stays the only one.
    """
    schedule = getattr(settings, "CELERYBEAT_SCHEDULE", None) or {}
    settings.CELERYBEAT_SCHEDULE = {**schedule, **missing_from(schedule)}


def _pipeline_groups(settings: Any) -> Any:
    if hasattr(settings, "PIPELINE"):
        return settings.PIPELINE.setdefault("JAVASCRIPT", {})
    return getattr(settings, "PIPELINE_JS", None)
