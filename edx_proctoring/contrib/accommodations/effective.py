"""The profile that currently applies to a learner in a course, and the time that it grants. This module only reads."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction

from django.utils import timezone

from edx_proctoring.contrib.accommodations.models import COURSE, ORGANISATION, SITE, Profile
from edx_proctoring.timing import NO_EXTRA_TIME, ExtraTime
from edx_proctoring.types import ExamFacts

NARROWEST_FIRST = (COURSE, ORGANISATION, SITE)


def profile_for(
    course_id: object, user_id: int, now: datetime.datetime | None = None
) -> Profile | None:
    """Return the profile that applies to the learner in the course; one query."""
    found = Profile.objects.of_users([user_id])
    return narrowest(found, str(course_id), now or timezone.now())


def narrowest(
    profiles: Iterable[Profile], course_id: str, now: datetime.datetime
) -> Profile | None:
    """Return the learner's profile that applies in the course: the valid one with the narrowest scope."""
    valid = [one for one in profiles if one.is_valid_at(now) and one.covers(course_id)]
    return min(valid, key=lambda one: NARROWEST_FIRST.index(one.scope), default=None)


def profiles_of(user_ids: Collection[int]) -> dict[int, list[Profile]]:
    """Return all profiles of these learners by user id; one query."""
    found: dict[int, list[Profile]] = defaultdict(list)
    for profile in Profile.objects.of_users(set(user_ids)):
        found[profile.user_id].append(profile)
    return found


def extra_time_of(profile: Profile | None) -> ExtraTime:
    """Return the time that the profile grants."""
    if profile is None:
        return NO_EXTRA_TIME
    return ExtraTime(Fraction(profile.factor), profile.minutes, profile.beyond_due_date)


def extra_times(pairs: Sequence[tuple[ExamFacts, int]]) -> list[ExtraTime]:
    """Return the time granted to each pair of exam and user id; one query."""
    now = timezone.now()
    found = profiles_of([user_id for _, user_id in pairs])
    return [
        extra_time_of(narrowest(found.get(user_id, ()), exam["course_id"], now))
        for exam, user_id in pairs
    ]
