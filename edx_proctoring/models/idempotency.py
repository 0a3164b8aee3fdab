"""Requests that clients may safely repeat: their responses, kept for a day."""

import datetime
from typing import Self

from django.db import models
from django.utils import timezone

KEPT = datetime.timedelta(hours=24)


class IdempotentRequestQuerySet(models.QuerySet["IdempotentRequest"]):
    """Chainable filters."""

    def expired(self) -> Self:
        """Return requests whose key may be used again."""
        return self.filter(created__lt=timezone.now() - KEPT)


class IdempotentRequest(models.Model):
    """One request with an `Idempotency-Key`. Without a status, it is still running or its process died."""

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
