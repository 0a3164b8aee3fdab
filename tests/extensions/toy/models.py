"""The toy's model."""

from django.db import models


class Note(models.Model):
    """A remark about an attempt that changed."""

    attempt_id = models.IntegerField()
    user_id = models.IntegerField()
    text = models.CharField(max_length=100)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "proctoring_toy"
        db_table = "proctoring_toy_note"

    def __str__(self):
        return self.text
