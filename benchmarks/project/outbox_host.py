"""A host for `benchmarks.outbox`: settings, completed by environment variables, and a Celery app."""

import os

from tests.settings import *  # noqa: F403  all of its settings
from tests.settings import PROCTORING_SETTINGS

CELERY_TASK_ALWAYS_EAGER = False
CELERY_BROKER_URL = os.environ.get("BENCH_BROKER") or None
CELERY_TASK_DEFAULT_QUEUE = "proctoring-benchmark"
CELERY_TASK_IGNORE_RESULT = True
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": os.environ.get("BENCH_CACHE", "/tmp/proctoring-benchmark-cache"),
    }
}
PROCTORING_SETTINGS = {
    name: value for name, value in PROCTORING_SETTINGS.items() if name != "DELIVERY"
}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
PROCTORING_BACKENDS = {
    "DEFAULT": "simulator",
    "simulator": {
        "base_url": os.environ.get("BENCH_PROVIDER", "http://127.0.0.1:9"),
        "client_id": "id",
        "client_secret": "secret",
    },
}
