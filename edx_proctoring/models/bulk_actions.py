"""Actions of staff on more attempts or allowances than one request changes."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class BulkAction(models.Model):
    """An action that the worker executes row by row: what staff asked for, how far it has come, and which rows failed.

    The rows are chosen when staff ask, so that others which match the filter later are left alone.
    """

    ATTEMPTS, ALLOWANCES = "attempts", "allowances"
    RESOURCES: ClassVar = [ATTEMPTS, ALLOWANCES]

    id = models.BigAutoField(primary_key=True)
    course_id = models.CharField(max_length=255, db_index=True)
    resource = models.CharField(max_length=16)
    action = models.CharField(max_length=16)
    # Further arguments of the action, such as the reason or the exam to copy to.
    options = models.JSONField(default=dict)
    row_ids = models.JSONField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="+",
    )
    created = models.DateTimeField(default=timezone.now)
    # The first rows, which have been tried.
    done = models.PositiveIntegerField(default=0)
    # Row id → code of the error.
    failed = models.JSONField(default=dict)

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_bulk_action"

    def __str__(self) -> str:
        return f"{self.__class__.__name__} {self.pk}: {self.action} {self.done}/{self.total}"

    @property
    def total(self) -> int:
        """Return the number of rows that were chosen."""
        return len(self.row_ids)
