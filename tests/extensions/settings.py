"""The tests' project with the toy in it."""

from tests.settings import *  # noqa: F403  the whole project, and one app more
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.extensions.toy"]
CELERY_BEAT_SCHEDULE = {}
