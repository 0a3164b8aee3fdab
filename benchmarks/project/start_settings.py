"""The tests' settings for real servers: messages wait for a worker, which is not measured here."""

from settings import *  # noqa: F403  all of its settings
from settings import DATABASES, PROCTORING_SETTINGS

DATABASES["default"]["CONN_MAX_AGE"] = 600
PROCTORING_SETTINGS.update(DELIVERY="celery", ALLOW_START_WITHOUT_SETUP=True)
LOGGING = {"version": 1, "root": {"level": "CRITICAL"}}
