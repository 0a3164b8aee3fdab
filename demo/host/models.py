"""The data of an LMS that the app reads or writes."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Enrollment(models.Model):
    """A user's enrollment in the course."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    course_id = models.CharField(max_length=255)
    mode = models.CharField(max_length=32, default="verified")
    is_staff = models.BooleanField(default=False)

    class Meta:
        unique_together = (("user", "course_id"),)


class CreditRequirement(models.Model):
    """The status of a credit requirement of one learner for one exam."""

    user_id = models.IntegerField()
    course_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    status = models.CharField(max_length=32)

    class Meta:
        unique_together = (("user_id", "course_id", "name"),)


class Grade(models.Model):
    """A learner's grade in an exam; `override` replaces it."""

    user_id = models.IntegerField()
    course_id = models.CharField(max_length=255)
    content_id = models.CharField(max_length=255)
    earned = models.FloatField(default=0)
    override = models.FloatField(null=True)
    comment = models.CharField(max_length=255, default="")
    overrider_id = models.IntegerField(null=True)

    class Meta:
        unique_together = (("user_id", "course_id", "content_id"),)


class Certificate(models.Model):
    """A learner's certificate of a course."""

    user_id = models.IntegerField()
    course_id = models.CharField(max_length=255)
    is_valid = models.BooleanField(default=True)

    class Meta:
        unique_together = (("user_id", "course_id"),)


class Answer(models.Model):
    """A learner's answer to a question of an exam."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    content_id = models.CharField(max_length=255)
    question = models.IntegerField()
    text = models.CharField(max_length=255)

    class Meta:
        unique_together = (("user", "content_id", "question"),)


class Told(models.Model):
    """A record of something the app reported to the host: a call of a service, an event, a signal."""

    KINDS: ClassVar = ("service", "event", "signal")

    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=128)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)


class Preference(models.Model):
    """A preference of a user, such as the language."""

    user_id = models.IntegerField()
    name = models.CharField(max_length=64)
    value = models.CharField(max_length=64)

    class Meta:
        unique_together = (("user_id", "name"),)
