"""What Celery beat has to run: `CELERY_BEAT_SCHEDULE = {**BEAT_SCHEDULE, ...}` in a project of your own.

In LMS and Studio the app adds it by itself.
"""

from typing import Any

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "edx_proctoring: submit expired attempts": {
        "task": "edx_proctoring.tasks.submit_expired_attempts",
        "schedule": 30.0,
        "options": {"expires": 30.0},  # runs do not pile up while no worker is free
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


def missing_from(schedule: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Our entries whose name and task the host's schedule does not have."""
    tasks = {entry.get("task") for entry in schedule.values() if isinstance(entry, dict)}
    return {
        name: entry
        for name, entry in BEAT_SCHEDULE.items()
        if name not in schedule and entry["task"] not in tasks
    }
