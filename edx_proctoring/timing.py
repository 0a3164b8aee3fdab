"""Time arithmetic on plain values, without database or settings."""

import datetime
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from edx_proctoring.limits import LARGEST_INTEGER

ERROR_BELOW = -60
LONGEST_SECONDS = LARGEST_INTEGER  # of the column for the remaining time
LONGEST_MINUTES = LONGEST_SECONDS // 60
EARLIEST = datetime.datetime.min.replace(tzinfo=datetime.UTC)
LATEST = datetime.datetime.max.replace(tzinfo=datetime.UTC)


def in_utc(moment: datetime.datetime) -> datetime.datetime:
    """Convert to UTC, where arithmetic is correct even on days of a clock change.

    A naive datetime is taken as UTC; one before the year 1 or after 9999 becomes the first or last possible one.
    """
    if moment.tzinfo is None:
        return moment.replace(tzinfo=datetime.UTC)
    try:
        return moment.astimezone(datetime.UTC)
    except OverflowError:
        return EARLIEST if moment.year == 1 else LATEST


def later(moment: datetime.datetime, time: datetime.timedelta) -> datetime.datetime:
    """Return `moment` plus `time`, at most the last possible datetime."""
    try:
        return in_utc(moment) + time
    except OverflowError:
        return LATEST


def has_passed(moment: datetime.datetime | None, now: datetime.datetime) -> bool:
    """Return whether the time has passed; False for None."""
    return moment is not None and in_utc(moment) <= now


def seconds_until(moment: datetime.datetime, now: datetime.datetime) -> float:
    """Return the seconds from now, negative if the time has passed."""
    return (in_utc(moment) - in_utc(now)).total_seconds()


LEAST_LEFT = datetime.timedelta(seconds=60)  # a shortened attempt keeps at least this much
Interval = tuple[datetime.datetime, datetime.datetime]


def seconds_in(intervals: Iterable[Interval], without: Iterable[Interval] = ()) -> int:
    """Return the seconds that the intervals cover together, but for those that `without` covers; a fraction counts whole.

    Intervals may overlap, and those that end before they begin are empty.
    """
    wanted, left_out = _merged(intervals), _merged(without)
    total = sum((end - begin).total_seconds() for begin, end in wanted)
    for begin, end in wanted:
        for other_begin, other_end in left_out:
            common = (min(end, other_end) - max(begin, other_begin)).total_seconds()
            total -= max(common, 0)
    return math.ceil(round(total, 3))


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for begin, end in sorted((in_utc(begin), in_utc(end)) for begin, end in intervals):
        if end <= begin:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


@dataclass(frozen=True)
class ExtraTime:
    """Extra time in addition to an exam's limit: a factor of the limit, and minutes."""

    factor: Fraction = Fraction(1)
    minutes: int = 0
    beyond_due_date: bool = False  # do extra time, grants and pauses move the due date, too?

    def allotment(self, limit_mins: int) -> int:
        """Return the minutes of an attempt: limit + round(limit × (factor − 1)), half to even, + minutes."""
        return limit_mins + round(limit_mins * (self.factor - 1)) + self.minutes

    def with_more(self, other: "ExtraTime") -> "ExtraTime":
        """Combine both: factors multiply, minutes add up."""
        factor, minutes = self.factor * other.factor, self.minutes + other.minutes
        return ExtraTime(factor, minutes, self.beyond_due_date or other.beyond_due_date)

    def due(self, due: datetime.datetime, limit_mins: int) -> datetime.datetime:
        """Return when an exam of this limit must end that is due at this time."""
        if not self.beyond_due_date:
            return due
        minutes = self.allotment(limit_mins) - limit_mins
        return later(due, datetime.timedelta(minutes=minutes))

    def over(self, other: "ExtraTime") -> "ExtraTime":
        """Combine the allowances of an exam with the extra time of extensions: a factor other than 1 of the allowances
        replaces theirs, minutes add up.
        """
        factor = other.factor if self.factor == 1 else self.factor
        return replace(other, factor=factor, minutes=self.minutes + other.minutes)


NO_EXTRA_TIME = ExtraTime()


@dataclass(frozen=True)
class Deadline:
    """The deadline of a started attempt: start plus allotment plus all adjustments, limited by the due date."""

    started_at: datetime.datetime
    allotment: int  # seconds
    adjusted: int = 0  # seconds
    due: datetime.datetime | None = None
    paused_since: datetime.datetime | None = None
    is_adjusted: bool = False  # has the deadline moved since the start?
    pause_ends: datetime.datetime | None = None  # when an open break ends by itself
    beyond_due_date: bool = False  # do grants and pauses move the due date, too?
    corrections: int = 0  # the part of `adjusted` that is no grant and no pause

    @property
    def last_moment(self) -> datetime.datetime | None:
        """Return when the attempt ends at the latest, whatever is granted: the due date; None without one."""
        if self.due is None or not self.beyond_due_date:
            return self.due
        return later(self.due, datetime.timedelta(seconds=self.adjusted - self.corrections))

    @property
    def ends_at(self) -> datetime.datetime:
        """Return the last moment of the attempt; never before its start."""
        seconds = min(max(self.allotment + self.adjusted, 0), LONGEST_SECONDS)
        end = later(self.started_at, datetime.timedelta(seconds=seconds))
        if (last := self.last_moment) is not None:
            end = max(min(end, in_utc(last)), in_utc(self.started_at))
        return end

    @property
    def minutes(self) -> int:
        """Return whole minutes from start to end, rounded up, so readers of this value are at most 59 seconds late."""
        return min(math.ceil(seconds_until(self.ends_at, self.started_at) / 60), LONGEST_MINUTES)

    def at(self, now: datetime.datetime) -> "Deadline":
        """Return the deadline as it is now: a break that has lasted its longest duration has ended by itself."""
        if self.paused_since is None or self.pause_ends is None or now < self.pause_ends:
            return self
        seconds = math.ceil(seconds_until(self.pause_ends, self.paused_since))
        return replace(self, paused_since=None, pause_ends=None, adjusted=self.adjusted + seconds)

    def keeping_a_minute(self, before: "Deadline", now: datetime.datetime) -> "Deadline":
        """Return this shortened deadline, but keep a minute on the clock, so that the learner can notice the change; less
        only if less was left `before` anyway.

        This also holds while the clock is paused.
        """
        least = min(later(before.paused_since or now, LEAST_LEFT), before.ends_at)
        if self.ends_at >= least:
            return self
        seconds = math.ceil(seconds_until(least, self.started_at))
        return replace(self, adjusted=seconds - self.allotment)

    def is_over(self, now: datetime.datetime) -> bool:
        """Return whether the time has run out. A paused attempt never runs out."""
        current = self.at(now)
        return current.paused_since is None and in_utc(now) > current.ends_at

    def seconds_left(self, now: datetime.datetime) -> float:
        """Return the seconds until the end, 0 after it.

        During a pause, these are the seconds left when it began, but never beyond the due date, which stays fixed.
        """
        current = self.at(now)
        left = seconds_until(current.ends_at, current.paused_since or now)
        due = None if self.beyond_due_date else self.due
        if current.paused_since is not None and due is not None:
            left = min(left, seconds_until(due, now))
        return max(left, 0)


def allowed_minutes(
    limit_mins: int,
    *,
    extra: ExtraTime = NO_EXTRA_TIME,
    remaining_seconds: int | None = None,
    granted_seconds: int = 0,
    due: datetime.datetime | None = None,
    now: datetime.datetime,
) -> int:
    """Return whole minutes: the time of an interrupted attempt, else the allotment, plus grants; at most to the due date."""
    allotted = extra.allotment(limit_mins) * 60
    seconds = allotted if remaining_seconds is None else remaining_seconds
    minutes = (seconds + granted_seconds) // 60
    if due is not None and seconds_until(due, now) < minutes * 60:
        minutes = int(seconds_until(due, now) // 60)
    return min(max(minutes, 0), LONGEST_MINUTES)


def seconds_to_resume(
    remaining_seconds: int, due: datetime.datetime | None, now: datetime.datetime
) -> int:
    """Return the seconds left of an interrupted attempt that is resumed now, limited by the due date, at least 0."""
    left = remaining_seconds if due is None else min(remaining_seconds, seconds_until(due, now))
    return max(int(left), 0)


def expires_at(
    started_at: datetime.datetime | None,
    allowed_mins: int | None,
    remaining_seconds: int | None = None,
) -> datetime.datetime | None:
    """Return when the attempt is over; None before its start or without a limit.

    The remaining seconds of a resumed attempt are exact if the stored minutes were computed from them.
    """
    if started_at is None or allowed_mins is None:
        return None
    seconds = allowed_mins * 60
    if remaining_seconds is not None and remaining_seconds // 60 == allowed_mins:
        seconds = remaining_seconds
    return later(started_at, datetime.timedelta(seconds=seconds))


def seconds_left(expires: datetime.datetime | None, now: datetime.datetime) -> float:
    """Return the seconds until then, 0 if the attempt is over or has no deadline."""
    return max(seconds_until(expires, now), 0) if expires else 0


def wait_deadline(
    due: datetime.datetime | None, grace: datetime.timedelta | None, now: datetime.datetime
) -> datetime.datetime | None:
    """Return the end of the grace period after the due date while it is running, else None."""
    if due is None or not grace or later(due, grace) <= now:
        return None
    return later(due, grace)


def humanized(time_in_minutes: float) -> str:
    """Return minutes in words: '1 hour and 30 minutes'."""
    if time_in_minutes <= ERROR_BELOW:
        return _("error")
    whole = max(int(Decimal(str(time_in_minutes)).quantize(Decimal(1), ROUND_HALF_EVEN)), 0)
    hours, rest = divmod(whole, 60)
    rest_text = ngettext("{count} minute", "{count} minutes", rest).format(count=rest)
    if not hours:
        return rest_text
    hours_text = ngettext("{count} hour", "{count} hours", hours).format(count=hours)
    if not rest:
        return hours_text
    return _("{hours} and {minutes}").format(hours=hours_text, minutes=rest_text)


def business_days_after(moment: datetime.datetime | None, days: int) -> datetime.datetime | None:
    """Return the moment this many working days (Monday to Friday) later; None without a moment or a positive number."""
    if moment is None or days <= 0:
        return None
    weeks, left = divmod(days, 5)
    found = moment + datetime.timedelta(weeks=weeks)
    while left or found.weekday() > 4:
        found += datetime.timedelta(days=1)
        left -= 1 if left and found.weekday() <= 4 else 0
    return found
