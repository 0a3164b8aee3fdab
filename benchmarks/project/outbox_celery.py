"""The Celery app of `outbox_host`."""

from celery import Celery

app = Celery("benchmark")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
