"""The settings of ``python -m benchmarks.staff_page``: the web processes also serve the static files."""

from start_settings import *  # noqa: F403  all of its settings
from start_settings import INSTALLED_APPS

INSTALLED_APPS = [*dict.fromkeys([*INSTALLED_APPS, "django.contrib.staticfiles"])]
