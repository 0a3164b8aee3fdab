"""The periodic tasks: use `CELERY_BEAT_SCHEDULE = {**BEAT_SCHEDULE, ...}` in your own project.

In LMS and Studio the app adds them automatically.
"""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict


class Entry(TypedDict):
    """A periodic task."""

    task: str
    schedule: float
    options: NotRequired[dict[str, float]]


BEAT_SCHEDULE: dict[str, Entry] = {
    "edx_proctoring: submit expired attempts": {
        "task": "edx_proctoring.tasks.submit_expired_attempts",
        "schedule": 30.0,
        "options": {"expires": 30.0},  # so that runs do not pile up while no worker is free
    },
    "edx_proctoring: deliver what was left": {
        "task": "edx_proctoring.tasks.deliver_outbox",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "edx_proctoring: forget old messages": {
        "task": "edx_proctoring.tasks.purge_outbox",
        "schedule": 86400.0,
    },
}


def missing_from(
    schedule: Mapping[str, Any], entries: Mapping[str, Entry] = BEAT_SCHEDULE
) -> dict[str, Entry]:
    """Return the entries whose name and task are not in the host's schedule."""
    tasks = {entry.get("task") for entry in schedule.values() if isinstance(entry, dict)}
    return {
        name: entry
        for name, entry in entries.items()
        if name not in schedule and entry["task"] not in tasks
    }


def add_to_beat(settings: Any, entries: Mapping[str, Entry]) -> None:
    """Add an extension's entries to a schedule that contains ours, both in LMS and Studio and in your own project.

    Extensions register after Django, and possibly Celery, has read the settings. Both keep a reference to the same
    dictionary, so it is changed in place.
    """
    for name in ("CELERYBEAT_SCHEDULE", "CELERY_BEAT_SCHEDULE"):
        schedule = getattr(settings, name, None)
        if isinstance(schedule, dict) and not missing_from(schedule):
            schedule.update(missing_from(schedule, entries))
