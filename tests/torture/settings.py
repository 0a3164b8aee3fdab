"""The demo host, with places where it can be killed, and with little patience, so that a run is short."""

from demo.host.settings import *  # noqa: F403
from demo.host.settings import CELERY_BEAT_SCHEDULE, INSTALLED_APPS, PROCTORING_SETTINGS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.torture.apps.TortureConfig"]
PROCTORING_SETTINGS = {
    **PROCTORING_SETTINGS,
    "OUTBOX_LEASE_SECONDS": 5,
    "ASK_DEADLINE_SECONDS": 3,
}
CELERY_BEAT_SCHEDULE = {
    "deliver what was left": {**CELERY_BEAT_SCHEDULE["deliver what was left"], "schedule": 2.0},
    "submit expired attempts": {
        **CELERY_BEAT_SCHEDULE["submit expired attempts"],
        "schedule": 1.0,
    },
}
