"""The demo host with kill points, and with short time limits so that a run is fast."""

from demo.host.settings import *  # noqa: F403  all of its settings
from demo.host.settings import CELERY_BEAT_SCHEDULE, INSTALLED_APPS, PROCTORING_SETTINGS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.torture.apps.TortureConfig"]
PROCTORING_SETTINGS = {
    **PROCTORING_SETTINGS,
    "OUTBOX_LEASE_SECONDS": 5,
    "ASK_DEADLINE_SECONDS": 3,
}
SHORTER = {
    "edx_proctoring: deliver what was left": 2.0,
    "edx_proctoring: submit expired attempts": 1.0,
}
CELERY_BEAT_SCHEDULE = {
    name: {**CELERY_BEAT_SCHEDULE[name], "schedule": seconds} for name, seconds in SHORTER.items()
}
