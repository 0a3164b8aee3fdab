"""The Celery app of that host."""

from celery import Celery

app = Celery("benchmark")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
