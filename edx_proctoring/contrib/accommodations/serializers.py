"""The requests and responses of the app, validated and documented."""

from decimal import Decimal

import django_filters
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from rest_framework import serializers

from edx_proctoring.contrib.accommodations.listing import (
    ALLOWANCE,
    CUT,
    ENDED,
    NONE,
    NOT_YET,
    ORDERS,
    PAST_DUE,
    PROFILE,
    REPLACED,
    Accommodation,
    Effect,
    Wanted,
)
from edx_proctoring.contrib.accommodations.models import (
    COURSE,
    LONGEST_BREAK_MINUTES,
    LONGEST_TEXT,
    MOST_BREAKS,
    ImportJob,
    Profile,
    ProfileChange,
)
from edx_proctoring.contrib.accommodations.preview import PreviewRow
from edx_proctoring.models.allowances import LARGEST_FACTOR, MAX_ADDITIONAL_MINUTES
from edx_proctoring.views.v2.allowances import CourseAllowanceSerializer
from edx_proctoring.views.v2.base import MomentField, StrictSerializer
from edx_proctoring.views.v2.lists import Choice, Identifier, Order, Search, check_words

SCOPES = [name for name, _ in Profile.SCOPES]
LONGEST_NOTE = 1000


class ProfileSerializer(serializers.Serializer[Profile]):
    """A profile."""

    id = serializers.IntegerField()
    username = serializers.CharField(source="user.username")
    scope = serializers.ChoiceField(SCOPES)
    scope_id = serializers.CharField(help_text="The course or organisation; empty for the site.")
    factor = serializers.DecimalField(max_digits=4, decimal_places=2)
    minutes = serializers.IntegerField()
    break_count = serializers.IntegerField()
    break_minutes = serializers.IntegerField(help_text="Of each break.")
    break_total_minutes = serializers.IntegerField(help_text="Of all breaks in one exam.")
    camera_exempt = serializers.BooleanField()
    for_reviewers = serializers.CharField(help_text="Sent to the provider at registration.")
    beyond_due_date = serializers.BooleanField(
        help_text="Whether extra time, grants and pauses go beyond the due date."
    )
    valid_from = MomentField(allow_null=True)
    valid_until = MomentField(allow_null=True)
    approver = serializers.CharField()
    note = serializers.CharField()
    created = serializers.DateTimeField()
    modified = serializers.DateTimeField()


class ProfileChangesSerializer(StrictSerializer):
    """The values to change; absent ones stay."""

    factor = serializers.DecimalField(
        max_digits=4,
        decimal_places=2,
        min_value=Decimal(1),
        max_value=Decimal(LARGEST_FACTOR),
        required=False,
    )
    minutes = serializers.IntegerField(
        min_value=0, max_value=MAX_ADDITIONAL_MINUTES, required=False
    )
    break_count = serializers.IntegerField(min_value=0, max_value=MOST_BREAKS, required=False)
    break_minutes = serializers.IntegerField(
        min_value=0, max_value=LONGEST_BREAK_MINUTES, required=False
    )
    break_total_minutes = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_BREAK_MINUTES,
        required=False,
        help_text="Of all breaks in one exam; 0: each break may have its full length.",
    )
    camera_exempt = serializers.BooleanField(required=False)
    for_reviewers = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, required=False)
    beyond_due_date = serializers.BooleanField(required=False)
    valid_from = MomentField(allow_null=True, required=False)
    valid_until = MomentField(allow_null=True, required=False)
    approver = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    note = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, required=False)


class ProfileRowSerializer(ProfileChangesSerializer):
    """The values in a row of a file. Texts stay exactly as they are, so that an export can be imported unchanged."""

    for_reviewers = serializers.CharField(
        max_length=LONGEST_NOTE, allow_blank=True, required=False, trim_whitespace=False
    )
    approver = serializers.CharField(
        max_length=LONGEST_TEXT, allow_blank=True, required=False, trim_whitespace=False
    )
    note = serializers.CharField(
        max_length=LONGEST_NOTE, allow_blank=True, required=False, trim_whitespace=False
    )


class NewProfileSerializer(ProfileChangesSerializer):
    """A new profile. Scopes other than the course are for global staff."""

    user = serializers.CharField(
        max_length=LONGEST_TEXT, help_text="The learner's username or e-mail address."
    )
    scope = serializers.ChoiceField(
        SCOPES,
        default=COURSE,
        help_text="The course of the address, its organisation, or the site.",
    )


class ProfileHistorySerializer(serializers.Serializer[ProfileChange]):
    """One change of a profile."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = serializers.CharField(
        source="by.username",
        default="",
        help_text="A username; empty if a command did it, or the account is deleted.",
    )
    action = serializers.ChoiceField([name for name, _ in ProfileChange.ACTIONS])
    values = serializers.DictField(
        child=serializers.ListField(),
        help_text="By field: the value before and after, of all fields where the profile was created.",
    )


class EmptySerializer(StrictSerializer):
    """An empty object."""


class PreviewRowSerializer(serializers.Serializer[PreviewRow]):
    """The change in one exam. Minutes are those of the whole exam, the ends those of a running attempt."""

    exam_id = serializers.IntegerField()
    exam_name = serializers.CharField()
    course_id = serializers.CharField()
    minutes_before = serializers.IntegerField()
    minutes_after = serializers.IntegerField()
    ends_before = serializers.DateTimeField(allow_null=True)
    ends_after = serializers.DateTimeField(
        allow_null=True, help_text="Null: no attempt is running, or an older version started it."
    )
    cut_by = serializers.ChoiceField(["due_date"], allow_null=True)
    is_counted_twice = serializers.BooleanField(
        help_text="Whether the exam grants minutes in addition to a factor."
    )
    provider_limit = serializers.CharField(
        help_text="The name of the running attempt's provider if that ends sessions itself; else empty."
    )


class PreviewSerializer(serializers.Serializer[object]):
    """The exams concerned."""

    rows = PreviewRowSerializer(many=True)


class ImportedRowSerializer(serializers.Serializer[object]):
    """The outcome of a row of the file."""

    line = serializers.IntegerField(help_text="Of the file, where the row begins.")
    username = serializers.CharField(help_text="As in the file.")
    outcome = serializers.ChoiceField(["created", "changed", "refused"])
    changes = serializers.DictField(
        child=serializers.ListField(), help_text="By column: the value before and after."
    )
    errors = serializers.DictField(  # type: ignore[assignment]  # DRF has a property of this name
        child=serializers.ListField(child=serializers.CharField()),
        help_text="By column; without a name, those of the whole row.",
    )


class ImportJobSerializer(serializers.Serializer[ImportJob]):
    """An import by the worker, and how far it has come."""

    id = serializers.IntegerField()
    by = serializers.CharField(source="by.username", default="", help_text="A username, or empty.")
    began_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    total = serializers.IntegerField(help_text="Rows of the file.")
    done = serializers.IntegerField()
    created = serializers.IntegerField(source="counts.created", default=0)
    changed = serializers.IntegerField(source="counts.changed", default=0)
    unchanged = serializers.IntegerField(source="counts.unchanged", default=0)
    refused = serializers.IntegerField(source="counts.refused", default=0)


class RefusedRowSerializer(serializers.Serializer[object]):
    """A row of the file that was refused."""

    line = serializers.IntegerField(help_text="Of the file, where the row begins.")
    errors = serializers.DictField(  # type: ignore[assignment]  # DRF has a property of this name
        child=serializers.ListField(child=serializers.CharField()),
        help_text="By column; without a name, those of the whole row.",
    )


class ImportJobDetailsSerializer(ImportJobSerializer):
    """The same with the rows that were refused so far."""

    rows = RefusedRowSerializer(source="refused", many=True)


class ImportSerializer(serializers.Serializer[object]):
    """The result of an import: how many rows were treated in each way, and all rows but the unchanged.

    With 202 the worker imports the file: `job` says where to look, and the numbers are 0.
    """

    job = ImportJobSerializer(allow_null=True)
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()
    rows = ImportedRowSerializer(many=True)


class BreakSerializer(serializers.Serializer[Model]):
    """The result of beginning or ending a break."""

    changed = serializers.BooleanField(
        help_text="False if there was nothing to do: a break that has begun or ended already."
    )
    paused = serializers.BooleanField(help_text="Whether the clock stands still now.")
    ends_at = serializers.DateTimeField(
        allow_null=True, help_text="When the break ends by itself; null outside a break."
    )


class ProfileFilter(django_filters.FilterSet):
    """Filters and order of the list."""

    search = Search(["user__username", "user__email"], help_text="Words in the name or e-mail.")
    scope = django_filters.ChoiceFilter(choices=[(name, name) for name in SCOPES])
    validity = django_filters.ChoiceFilter(
        choices=[(name, name) for name in ("current", "ended", "future")],
        method="of_validity",
        help_text="Profiles that count now, that have ended, or that will count.",
    )
    ordering = Order(
        fields={
            "id": "id",
            "user__username": "username",
            "factor": "factor",
            "valid_until": "valid_until",
            "modified": "modified",
        }
    )

    def of_validity(self, rows: QuerySet[Profile], _name: str, value: str) -> QuerySet[Profile]:
        now = timezone.now()
        has_ended, is_future = Q(valid_until__lte=now), Q(valid_from__gt=now)
        wanted = {"ended": has_ended, "future": is_future & ~has_ended}
        if value in wanted:
            return rows.filter(wanted[value])
        begun = Q(valid_from__isnull=True) | Q(valid_from__lte=now)
        return rows.filter(begun, Q(valid_until__isnull=True) | Q(valid_until__gt=now))


class EffectSerializer(serializers.Serializer[Effect]):
    """The reason why an accommodation does not have its full effect for a learner who begins now."""

    code = serializers.ChoiceField(
        [NONE, CUT, REPLACED, ENDED, NOT_YET, PAST_DUE],
        help_text="none: the due date leaves no more than the exam's own time; cut: it leaves `minutes` of the `wanted` "
        "ones; replaced: a profile with a narrower scope applies; ended, not_yet: the validity; past_due: the exam.",
    )
    exam_name = serializers.CharField(help_text="The exam in which a profile is cut; else empty.")
    minutes = serializers.IntegerField(allow_null=True)
    wanted = serializers.IntegerField(allow_null=True)


class AccommodationSerializer(serializers.Serializer[Accommodation]):
    """An allowance or a profile: one of the two is null."""

    id = serializers.CharField(help_text="Of the row: source and id.")
    source = serializers.ChoiceField([ALLOWANCE, PROFILE])  # type: ignore[assignment]  # DRF has an attribute of this name
    allowance = CourseAllowanceSerializer(allow_null=True)
    profile = ProfileSerializer(allow_null=True)
    effect = EffectSerializer(allow_null=True, help_text="Null: the full effect.")


class AccommodationFilter(django_filters.FilterSet):
    """Filters and order of the list of allowances and profiles. The view applies them to both tables."""

    search = django_filters.CharFilter(
        method="later",
        max_length=LONGEST_TEXT,
        validators=[check_words],
        help_text="Words in the username or e-mail address.",
    )
    exam = Identifier(
        method="later", help_text="Leaves out allowances of other exams; profiles are for all."
    )
    source = Choice([ALLOWANCE, PROFILE])
    ordering = Choice(
        [name for name in ORDERS if name],
        help_text="By default, those without their full effect come first.",
    )

    def later(self, rows: QuerySet[Profile], _name: str, value: object) -> QuerySet[Profile]:
        return rows

    def wanted(self) -> Wanted:
        """Return what is searched for; the parameters have been checked."""
        found = self.form.cleaned_data
        exam = found["exam"]
        return Wanted(
            search=found["search"] or "",
            exam_id=None if exam is None else int(exam),
            source=found["source"] or "",
            ordering=found["ordering"] or "",
        )
