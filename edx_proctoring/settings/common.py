"""Default settings for LMS and Studio. Values already set by the host are kept."""

from typing import Any

from edx_proctoring.settings.schedule import missing_from

PIPELINE_GROUP = {
    "source_filenames": ["proctoring/js/learner.js", "proctoring/js/instructor_dashboard.js"],
    "output_filename": "js/lms-proctoring.js",
}
TABS_FILTER = "org.openedx.learning.instructor.dashboard.tabs.requested.v1"
TABS_STEP = "edx_proctoring.dashboard_tabs.SpecialExamsTab"


def plugin_settings(settings: Any) -> None:
    """Set the app's defaults, add its scripts to the host's asset pipeline if there is one, and add its schedule."""
    if not hasattr(settings, "PROCTORING_SETTINGS"):
        settings.PROCTORING_SETTINGS = {}
    if not hasattr(settings, "PROCTORING_BACKENDS"):
        settings.PROCTORING_BACKENDS = {"DEFAULT": "null", "null": {}}
    groups = _pipeline_groups(settings)
    if groups is not None:
        groups.setdefault("proctoring", dict(PIPELINE_GROUP))
    add_schedule(settings)
    add_dashboard_tab(settings)


def add_dashboard_tab(settings: Any) -> None:
    """Add our step to the filter for tabs of the instructor dashboard, after the host's steps."""
    filters = getattr(settings, "OPEN_EDX_FILTERS_CONFIG", None) or {}
    entry = filters.get(TABS_FILTER) or {}
    if isinstance(entry, (str, list)):
        entry = {"pipeline": [entry] if isinstance(entry, str) else entry}
    steps = entry.get("pipeline") or []
    if TABS_STEP not in steps:
        entry = {"fail_silently": True, **entry, "pipeline": [*steps, TABS_STEP]}
        settings.OPEN_EDX_FILTERS_CONFIG = {**filters, TABS_FILTER: entry}


def add_schedule(settings: Any) -> None:
    """Add the periodic tasks to the setting that the Celery apps of LMS and Studio read, which use no namespace.

    If the host already has an entry with the same name or task, that entry is kept as the only one.
    """
    schedule = getattr(settings, "CELERYBEAT_SCHEDULE", None) or {}
    settings.CELERYBEAT_SCHEDULE = {**schedule, **missing_from(schedule)}


def _pipeline_groups(settings: Any) -> Any:
    if hasattr(settings, "PIPELINE"):
        return settings.PIPELINE.setdefault("JAVASCRIPT", {})
    return getattr(settings, "PIPELINE_JS", None)
