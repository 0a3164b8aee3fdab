"""Requests that clients may safely repeat: their responses, kept for a day."""

import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

KEPT = datetime.timedelta(hours=24)
# Servers end requests after five minutes at the latest (gunicorn of Open edX); a claim two minutes older belongs to a
# process that has died.
CLAIMED = datetime.timedelta(minutes=7)


class IdempotentRequestQuerySet(models.QuerySet["IdempotentRequest"]):
    """Chainable filters."""

    def expired(self) -> Self:
        """Return requests whose key may be used again: after a day, or if their process has died without a response."""
        now = timezone.now()
        died = Q(status__isnull=True, created__lt=now - CLAIMED)
        return self.filter(died | Q(created__lt=now - KEPT))


class IdempotentRequest(models.Model):
    """One request with an `Idempotency-Key`. Without a status, it is still running, or its process has died."""

    id = models.BigAutoField(primary_key=True)
    # A digest of user, route and key, because these may be long and some databases ignore case.
    digest = models.CharField(max_length=64, unique=True)
    user_id = models.IntegerField(db_index=True)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created = models.DateTimeField(default=timezone.now, db_index=True)

    objects = IdempotentRequestQuerySet.as_manager()

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_idempotent_request"

    def __str__(self) -> str:
        return f"{self.digest} {self.status or 'running'}"
