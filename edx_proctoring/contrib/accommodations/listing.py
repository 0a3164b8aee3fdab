"""Allowances and profiles of a course in one list, for its staff: those without their full effect first."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils import timezone

from edx_proctoring.api.allowances import course
from edx_proctoring.api.words import with_words
from edx_proctoring.contrib.accommodations.effective import NARROWEST_FIRST
from edx_proctoring.contrib.accommodations.models import Profile, digest_of
from edx_proctoring.contrib.accommodations.profiles import Scope
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance
from edx_proctoring.models.allowances import LARGEST_FACTOR

Allowance = ProctoredExamStudentAllowance
ALLOWANCE, PROFILE = "allowance", "profile"
NONE, CUT, REPLACED, ENDED, NOT_YET, PAST_DUE = (
    "none",
    "cut",
    "replaced",
    "ended",
    "not_yet",
    "past_due",
)
DAY_MINUTES = 24 * 60
ORDERS = {
    "": ("place", "username", "source", "row_id"),
    "username": ("username", "source", "row_id"),
    "-username": ("-username", "source", "row_id"),
    "modified": ("modified", "source", "row_id"),
    "-modified": ("-modified", "source", "row_id"),
}


@dataclass(frozen=True)
class Effect:
    """The reason why an accommodation does not have its full effect for a learner who begins now.

    `none`: the due date leaves no more than the exam's own time; `cut`: it leaves `minutes` of the `wanted` ones;
    `replaced`: a profile with a narrower scope applies; `ended`, `not_yet`: of the validity; `past_due`: of the exam.
    """

    code: str
    exam_name: str = ""
    minutes: int | None = None
    wanted: int | None = None


class Place(TypedDict):
    """The table and id of a row of the list."""

    source: str
    row_id: int


@dataclass(frozen=True)
class Accommodation:
    """One row: an allowance or a profile, and its effect if that is not the full one."""

    allowance: Allowance | None = None
    profile: Profile | None = None
    effect: Effect | None = None

    @property
    def source(self) -> str:
        return ALLOWANCE if self.allowance else PROFILE

    @property
    def id(self) -> str:
        """The id of the row, unique in both tables."""
        found = self.allowance or self.profile
        return f"{self.source}-{found.pk if found else 0}"


@dataclass(frozen=True)
class Wanted:
    """Search, filters and order of a request. `exam_id` leaves out allowances of other exams; profiles are for all exams."""

    search: str = ""
    exam_id: int | None = None
    source: str = ""
    ordering: str = ""


class Listing:
    """The list as it is now. `rows` may be paginated; `hydrated` reads a page of it, with five queries for all rows."""

    def __init__(self, course_id: str, profiles: QuerySet[Profile]) -> None:
        self.course_id = course_id
        self.profiles = profiles
        self.now = timezone.now()
        self.exams = _due_soon(course_id, self.now)

    def rows(self, wanted: Wanted) -> QuerySet[Model, Place]:
        """Return the places of the rows: dictionaries of `source` and `row_id`, in order."""
        parts = []
        if wanted.source != PROFILE:
            parts.append(self._allowances(wanted))
        if wanted.source != ALLOWANCE:
            parts.append(self._profiles(wanted))
        first, *others = parts
        return first.union(*others, all=True).order_by(*ORDERS[wanted.ordering])

    def _allowances(self, wanted: Wanted) -> QuerySet[Model, Place]:
        found: QuerySet[Model] = course.find_allowances(self.course_id)
        if wanted.exam_id is not None:
            found = found.filter(proctored_exam_id=wanted.exam_id)
        if wanted.search:
            found = course.with_member_email(found)
            found = with_words(found, wanted.search, ("user__username", "member_email"))
        return _placed(found, ALLOWANCE, self._cut_allowances())

    def _cut_allowances(self) -> list[Q]:
        """The conditions under which the due date takes time away: few, for the values are few."""
        known = Allowance.objects.filter(proctored_exam__in=list(self.exams))
        values = known.values_list("proctored_exam_id", "key", "value").order_by().distinct()
        return [
            Q(proctored_exam_id=exam_id, key=key, value=value)
            for exam_id, key, value in values
            if _cut(self.exams[exam_id], _minutes(self.exams[exam_id], key, value), self.now)
        ]

    def _profiles(self, wanted: Wanted) -> QuerySet[Model, Place]:
        found = with_words(self.profiles, wanted.search, ("user__username", "user__email"))
        valid = _valid(self.now)
        conditions = [valid & self._replaced()]
        for exam in self.exams.values():
            left = _minutes_left(exam, self.now)
            # factor × limit + minutes > left, without arithmetic that databases do differently
            for factor in self._factors():
                most = left - int(exam.time_limit_mins * factor)
                cut = Q(factor=factor, beyond_due_date=False, minutes__gt=max(most, -1))
                conditions.append(valid & cut & (Q(minutes__gt=0) | Q(factor__gt=1)))
        return _placed(found, PROFILE, conditions)

    def _factors(self) -> list[Any]:
        return list(self.profiles.order_by().values_list("factor", flat=True).distinct())

    def _replaced(self) -> Q:
        """The condition that a profile with a narrower scope applies in the course."""
        found = Q(pk__in=())
        for number, kind in enumerate(NARROWEST_FIRST):
            digests = [self._digest(narrower) for narrower in NARROWEST_FIRST[:number]]
            narrower = Profile.objects.filter(
                _valid(self.now), user_id=OuterRef("user_id"), scope_digest__in=digests
            )
            found |= Q(Exists(narrower), scope=kind)
        return found

    def _digest(self, kind: str) -> str:
        scope = Scope.around(self.course_id, kind)
        return digest_of(scope.kind, scope.id)

    def hydrated(self, places: Sequence[Place]) -> list[Accommodation]:
        """Return the rows in these places."""
        ids: dict[str, list[int]] = {ALLOWANCE: [], PROFILE: []}
        for place in places:
            ids[place["source"]].append(place["row_id"])
        allowances = course.find_allowances(self.course_id).in_bulk(ids[ALLOWANCE])
        profiles = self.profiles.in_bulk(ids[PROFILE])
        replaced = set(
            self.profiles.filter(self._replaced(), pk__in=ids[PROFILE]).values_list("pk", flat=True)
        )
        rows = []
        for place in places:
            if place["source"] == ALLOWANCE and place["row_id"] in allowances:
                one = allowances[place["row_id"]]
                rows.append(Accommodation(allowance=one, effect=self._effect_of_allowance(one)))
            elif place["row_id"] in profiles and place["source"] == PROFILE:
                profile = profiles[place["row_id"]]
                effect = self._effect_of_profile(profile, replaced)
                rows.append(Accommodation(profile=profile, effect=effect))
        return rows

    def _effect_of_allowance(self, allowance: Allowance) -> Effect | None:
        exam = allowance.proctored_exam
        if exam.due_date is not None and exam.due_date <= self.now:
            return Effect(PAST_DUE)
        return _cut(exam, course.additional_minutes(allowance), self.now)

    def _effect_of_profile(self, profile: Profile, replaced: Collection[int]) -> Effect | None:
        if not profile.is_valid_at(self.now):
            has_ended = profile.valid_until is not None and profile.valid_until <= self.now
            return Effect(ENDED if has_ended else NOT_YET)
        if profile.pk in replaced:
            return Effect(REPLACED)
        if profile.beyond_due_date:
            return None
        for exam in self.exams.values():
            wanted = int(exam.time_limit_mins * profile.factor) + profile.minutes
            if effect := _cut(exam, wanted - exam.time_limit_mins, self.now):
                return replace(effect, exam_name=exam.exam_name)
        return None


def _due_soon(course_id: str, now: datetime.datetime) -> dict[int, ProctoredExam]:
    """Return the active exams whose due date may cut extra time of less than a day, by id."""
    exams = ProctoredExam.objects.in_course(course_id).filter(is_active=True, due_date__gt=now)
    return {
        exam.pk: exam
        for exam in exams.order_by("due_date", "pk")
        if _minutes_left(exam, now) < exam.time_limit_mins * LARGEST_FACTOR + DAY_MINUTES
    }


def _minutes_left(exam: ProctoredExam, now: datetime.datetime) -> int:
    assert exam.due_date is not None
    return int((exam.due_date - now).total_seconds() // 60)


def _minutes(exam: ProctoredExam, key: str, value: str) -> int:
    return course.additional_minutes(Allowance(proctored_exam=exam, key=key, value=value))


def _cut(exam: ProctoredExam, more: int, now: datetime.datetime) -> Effect | None:
    """Return what the due date does to the extra minutes of a learner who begins now."""
    if not more or exam.due_date is None:
        return None
    left, wanted = _minutes_left(exam, now), exam.time_limit_mins + more
    if left >= wanted:
        return None
    return Effect(NONE if left <= exam.time_limit_mins else CUT, minutes=left, wanted=wanted)


def _valid(now: datetime.datetime) -> Q:
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=now)
    return begun & (Q(valid_until__isnull=True) | Q(valid_until__gt=now))


def _placed(rows: QuerySet[Model], source: str, incomplete: Sequence[Q]) -> QuerySet[Model, Place]:
    """Return the columns by which both tables are ordered; rows that meet one of the conditions come first."""
    cases = [When(one, then=Value(0)) for one in incomplete]
    found: QuerySet[Model, Place] = (
        rows.order_by()
        .annotate(
            place=Case(*cases, default=Value(1), output_field=IntegerField()),
            username=F("user__username"),
            source=Value(source, output_field=CharField()),
            row_id=F("pk"),
        )
        .values("place", "username", "source", "row_id", "modified")
    )
    return found
