"""The host's Celery application."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.host.settings")

app = Celery("demo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()


def folders() -> list[str]:
    """Return the folders of the file-based broker."""
    options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
    return [path for name, path in options.items() if "folder" in name]
