"""The values of a profile that callers may set, and which of them are allowed together."""

import datetime
from decimal import Decimal
from typing import TypedDict

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from edx_proctoring.contrib.accommodations.models import COURSE, ORGANISATION, SITE, Profile


class ProfileValues(TypedDict, total=False):
    """Columns of a profile other than its learner and its scope."""

    factor: Decimal
    minutes: int
    break_count: int
    break_minutes: int
    break_total_minutes: int
    camera_exempt: bool
    for_reviewers: str
    beyond_due_date: bool
    valid_from: datetime.datetime | None
    valid_until: datetime.datetime | None
    approver: str
    note: str


FIELDS = tuple(ProfileValues.__annotations__)


def cleaned(profile: Profile) -> None:
    """Check a profile that is to be stored, and complete its break budget. Raises ValidationError by field."""
    profile.clean_fields(exclude=["user"])
    errors = {**_scope_errors(profile), **_break_errors(profile)}
    since, until = profile.valid_from, profile.valid_until
    if since is not None and until is not None and until < since:
        errors["valid_until"] = _("The end of the validity lies before its begin.")
    if errors:
        raise ValidationError(errors)
    profile.factor = Decimal(profile.factor).quantize(Decimal("0.01"))
    if profile.break_count and not profile.break_total_minutes:
        profile.break_total_minutes = profile.break_count * profile.break_minutes


def _scope_errors(profile: Profile) -> dict[str, str]:
    has_id = bool(profile.scope_id)
    if profile.scope in (COURSE, ORGANISATION) and not has_id:
        return {"scope_id": _("Name the course or the organisation.")}
    if profile.scope == SITE and has_id:
        return {"scope_id": _("A profile for the site names no course and no organisation.")}
    return {}


def _break_errors(profile: Profile) -> dict[str, str]:
    """A budget has a number and a length; without a total, all breaks may have their full length."""
    count, minutes = profile.break_count, profile.break_minutes
    if bool(count) == bool(minutes) and (count or not profile.break_total_minutes):
        return {}
    name = "break_minutes" if count else "break_count"
    return {name: _("Breaks need a number and the minutes of each.")}
