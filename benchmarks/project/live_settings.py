"""The settings of ``python -m benchmarks.live``: the live board, and a cache that all processes share."""

import os

from start_settings import *  # noqa: F403  all of its settings
from start_settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "edx_proctoring.contrib.live"]
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": os.environ.get("CACHE_FOLDER", "/tmp/live_cache"),
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
