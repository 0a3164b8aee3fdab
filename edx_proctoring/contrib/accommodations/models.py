"""Profiles of accommodations, and the record of their changes."""

import datetime
import hashlib
from collections.abc import Collection
from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from edx_proctoring.models.allowances import LARGEST_FACTOR, MAX_ADDITIONAL_MINUTES

SITE, ORGANISATION, COURSE = "site", "organisation", "course"
LONGEST_TEXT = 255
MOST_BREAKS = 100
LONGEST_BREAK_MINUTES = 24 * 60


def _at_most(number: int) -> list[MaxValueValidator]:
    return [MaxValueValidator(number)]


class ProfileQuerySet(models.QuerySet["Profile"]):
    """Chainable filters."""

    def of_users(self, user_ids: Collection[int]) -> Self:
        """Return the profiles of these learners."""
        return self.filter(user_id__in=user_ids)

    def in_scope(self, scope: str, scope_id: str) -> Self:
        """Return the profiles of exactly this course, organisation or site, whatever the database's collation is."""
        return self.filter(scope=scope, scope_digest=digest_of(scope, scope_id))


class Profile(models.Model):
    """Everything that a learner is granted in all exams of a course, of an organisation's courses, or of the site.

    Only the valid profile with the narrowest scope applies. Foreign keys have no database constraint, so that older
    versions of the core can still delete users.
    """

    SCOPES: ClassVar = [(COURSE, _("course")), (ORGANISATION, _("organisation")), (SITE, _("site"))]

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="+",
        verbose_name=_("learner"),
    )
    scope = models.CharField(_("scope"), max_length=16, choices=SCOPES, default=COURSE)
    scope_id = models.CharField(
        _("course or organisation"),
        max_length=LONGEST_TEXT,
        blank=True,
        default="",
        help_text=_("The course id, or the organisation as in course ids; empty for the site."),
    )
    # Some databases ignore case and accents of texts, and course ids differ in both.
    scope_digest = models.CharField(max_length=64, editable=False)
    factor = models.DecimalField(
        _("factor"),
        max_digits=4,
        decimal_places=2,
        default=1,
        validators=[MinValueValidator(1), *_at_most(LARGEST_FACTOR)],
    )
    minutes = models.PositiveIntegerField(
        _("extra minutes"), default=0, validators=_at_most(MAX_ADDITIONAL_MINUTES)
    )
    break_count = models.PositiveIntegerField(
        _("number of breaks"), default=0, validators=_at_most(MOST_BREAKS)
    )
    break_minutes = models.PositiveIntegerField(
        _("minutes of each break"), default=0, validators=_at_most(LONGEST_BREAK_MINUTES)
    )
    break_total_minutes = models.PositiveIntegerField(
        _("minutes of all breaks"), default=0, validators=_at_most(LONGEST_BREAK_MINUTES)
    )
    camera_exempt = models.BooleanField(_("exempt from the camera"), default=False)
    for_reviewers = models.TextField(
        _("for reviewers"),
        blank=True,
        default="",
        max_length=1000,
        help_text=_("Sent to the provider with the registration of an attempt."),
    )
    beyond_due_date = models.BooleanField(_("extra time beyond the due date"), default=False)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    approver = models.CharField(_("approved by"), max_length=LONGEST_TEXT, blank=True, default="")
    note = models.TextField(_("note"), blank=True, default="", max_length=1000)
    created = models.DateTimeField(default=timezone.now, editable=False)
    modified = models.DateTimeField(default=timezone.now, editable=False)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        app_label = "proctoring_accommodations"
        db_table = "proctoring_accommodations_profile"
        verbose_name = _("accommodation profile")
        verbose_name_plural = _("accommodation profiles")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "scope_digest"], name="proctoring_accommodations_once"
            ),
        )

    def __str__(self) -> str:
        return (
            f"{self.__class__.__name__}: user={self.user_id} {self.scope} {self.scope_id}".strip()
        )

    def is_valid_at(self, now: datetime.datetime) -> bool:
        """Return whether the profile is valid at this moment."""
        has_begun = self.valid_from is None or self.valid_from <= now
        return has_begun and (self.valid_until is None or now < self.valid_until)

    def covers(self, course_id: str) -> bool:
        """Return whether the course lies within the scope."""
        if self.scope == COURSE:
            return self.scope_id == course_id
        return self.scope == SITE or self.scope_id == organisation_of(course_id)


class ProfileChange(models.Model):
    """One change of a profile: its values, who made it, and when. Rows are never changed."""

    CREATED, CHANGED = "created", "changed"
    ACTIONS: ClassVar = [(CREATED, _("created")), (CHANGED, _("changed"))]

    profile_id = models.BigIntegerField(db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="+",
        verbose_name=_("learner"),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="+",
        verbose_name=_("changed by"),
    )
    action = models.CharField(_("action"), max_length=16, choices=ACTIONS)
    # By field: the value before (only of changes) and after.
    values = models.JSONField(_("values"))
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        app_label = "proctoring_accommodations"
        db_table = "proctoring_accommodations_change"
        verbose_name = _("change of a profile")
        verbose_name_plural = _("changes of profiles")

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: {self.action} profile={self.profile_id} by={self.by_id}"


class ImportJob(models.Model):
    """A file of profiles that the worker imports, and how far it has come. The file is kept until then."""

    course_id = models.CharField(max_length=LONGEST_TEXT, db_index=True)
    all_scopes = models.BooleanField(default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="+",
    )
    began_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    text = models.TextField(blank=True, default="")
    # Rows, and how many of them have had each outcome; by `line` and `errors` those that were refused.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    refused = models.JSONField(default=list)

    class Meta:
        app_label = "proctoring_accommodations"
        db_table = "proctoring_accommodations_import"

    def __str__(self) -> str:
        return f"{self.__class__.__name__} {self.pk}: {self.done}/{self.total}"


def organisation_of(course_id: str) -> str:
    """Return the organisation of a course id, `course-v1:org+course+run` or `org/course/run`."""
    key = course_id.partition(":")[2] or course_id
    return key.partition("+" if "+" in key else "/")[0]


def digest_of(scope: str, scope_id: str) -> str:
    """Return the digest by which scopes are compared."""
    return hashlib.sha256(f"{scope}:{scope_id}".encode()).hexdigest()
