"""Changes of the time of many attempts at once."""

import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

UNDO_WITHIN = datetime.timedelta(minutes=10)


class BulkTimeChange(models.Model):
    """A change of the time of many attempts: what staff asked for, how far it has come, and which attempts refused it.

    The ledger's rows have keys that name it, so a repetition changes nothing, and it can be undone.
    """

    EXTEND, PAUSE, CONTINUE, UNDO = "extend", "pause", "continue", "undo"
    ACTIONS: ClassVar = [EXTEND, PAUSE, CONTINUE]
    KEY_PREFIX = "bulk:"  # of the ledger's rows of all bulk changes

    id = models.BigAutoField(primary_key=True)
    course_id = models.CharField(max_length=255, db_index=True)
    action = models.CharField(max_length=16)
    seconds = models.IntegerField(default=0)
    reason = models.TextField(blank=True, default="")
    # All running attempts of the exam, or these.
    exam_id = models.PositiveIntegerField(null=True)
    attempt_ids = models.JSONField(null=True)
    undoes = models.OneToOneField(
        "self", null=True, on_delete=models.CASCADE, db_constraint=False, related_name="undone_by"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="+",
    )
    created = models.DateTimeField(default=timezone.now)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    # Attempt id → code of the error.
    failed = models.JSONField(default=dict)

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_bulk_time_change"

    def __str__(self) -> str:
        return f"{self.__class__.__name__} {self.pk}: {self.action} {self.done}/{self.total}"

    def key(self, attempt_id: int) -> str:
        """Return the key of the ledger's row of this attempt."""
        return f"{self.key_prefix(self.pk)}{attempt_id}"

    @classmethod
    def key_prefix(cls, change_id: int) -> str:
        """Return how the keys of the ledger's rows of this change begin."""
        return f"{cls.KEY_PREFIX}{change_id}:"

    @classmethod
    def ids_in(cls, key: str) -> tuple[int, int]:
        """Return the ids of the change and of the attempt that a key names."""
        change_id, attempt_id = key.removeprefix(cls.KEY_PREFIX).split(":")
        return int(change_id), int(attempt_id)

    @property
    def may_be_undone_until(self) -> datetime.datetime | None:
        """Return None for a change that cannot be undone."""
        can = self.action in (self.EXTEND, self.PAUSE)
        return self.created + UNDO_WITHIN if can else None
