"""The settings of ``python -m benchmarks.live``: the live board, and a cache that all processes share, with the sessions."""

import os

from start_settings import *  # noqa: F403  all of its settings
from start_settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "edx_proctoring.contrib.live"]
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ.get("CACHE_URL", "redis://127.0.0.1:6379/9"),
        "KEY_PREFIX": os.environ.get("CACHE_PREFIX", ""),
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
