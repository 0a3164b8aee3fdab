"""The onboarding statuses of a course's learners, for its staff."""

import datetime
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from edx_proctoring import backends, conf, crypto, host
from edx_proctoring.api.lookup import batches
from edx_proctoring.api.onboarding.status import candidates, profiles
from edx_proctoring.api.onboarding.validity import expiries, last_verified_until
from edx_proctoring.backends.backend import within
from edx_proctoring.exceptions import (
    BackendProviderOnboardingProfilesException,
    ProctoredBaseException,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import (
    InstructorDashboardOnboardingAttemptStatus,
    ProctoredExamStudentAttemptStatus,
    VerificientOnboardingProfileStatus,
)
from edx_proctoring.types import OnboardingRow, User

log = logging.getLogger(__name__)

MOST_PAGES = 200
FILLED = ("status", "modified", "valid_until")  # taken from attempts or from the provider
ORDERS = ("username", "enrollment_mode", *FILLED)

Attempt = ProctoredExamStudentAttempt
Status = ProctoredExamStudentAttemptStatus
Word = InstructorDashboardOnboardingAttemptStatus
Profile = VerificientOnboardingProfileStatus


class OnboardingServiceUnavailable(ProctoredBaseException):
    """The provider's onboarding service did not answer."""

    http_status = 503


@dataclass
class Row:
    """One learner, with the `attempt` that determines the status."""

    user: User
    enrollment_mode: str
    word: str | None = None
    modified: datetime.datetime | None = None
    valid_until: datetime.datetime | None = None

    def as_dict(self) -> OnboardingRow:
        """Return the published form of the row."""
        return {
            "username": self.user.username,
            "enrollment_mode": self.enrollment_mode,
            "status": self.word,
            "modified": self.modified,
            "valid_until": self.valid_until,
        }


def get_onboarding_statuses(
    course_id: object,
    *,
    text_search: str | None = None,
    statuses: Collection[str] | None = None,
    enrollment_mode: str | None = None,
    ordering: str = "",
    page: int | str | None = 1,
    per_page: int = 25,
    ask_provider: bool = False,
) -> Page[OnboardingRow]:
    """Return a page of the course's learners who may take proctored exams: `username`, `enrollment_mode`, `status`,
    `modified` and `valid_until` (datetimes).

    `statuses`: only learners with one of these. `enrollment_mode`: only those. `ordering`: one of ORDERS, with a minus
    for the reverse; by default, the order of the host or of the provider. `ask_provider`: use the provider's statuses;
    raises an error with status 503 if it fails. Raises ProctoredBaseException with status 404 if there is no onboarding
    exam.
    """
    exam = candidates(course_id)[0]
    found = host.enrollments(course_id, text_search)
    local = _Local(course_id, backends.name_of(exam))
    pages: Paginator[Any]
    if not (ask_provider or statuses or enrollment_mode or ordering):
        pages = Paginator(_to_cut(found), per_page)  # the host's queryset reads one page
        shown: Page[Any] = pages.get_page(page)
        seen = [Row(one.user, one.mode) for one in shown.object_list]
        local.fill(seen)
        shown.object_list = [row.as_dict() for row in seen]
        return shown
    rows = [Row(one.user, one.mode) for one in found if enrollment_mode in (None, one.mode)]
    fill = local.fill_dates if ask_provider else local.fill
    if ask_provider:
        rows = _as_provider_says(exam, course_id, rows, statuses)
    needs_all = ordering.removeprefix("-") in FILLED or bool(statuses and not ask_provider)
    if needs_all:
        fill(rows)
        rows = [row for row in rows if not statuses or row.word in statuses]
    pages = Paginator(_in_order(rows, ordering), per_page)
    shown = pages.get_page(page)
    seen = list(shown.object_list)
    if not needs_all:
        fill(seen)
    shown.object_list = [row.as_dict() for row in seen]
    return shown


def _in_order(rows: list[Row], ordering: str) -> list[Row]:
    """Return the rows in this order; empty values come first, ties stay in the host's order."""
    name = ordering.removeprefix("-")
    if not name:
        return rows

    def key(row: Row) -> tuple[bool, Any]:
        value: Any = row.as_dict()[name]  # type: ignore[literal-required]  # one of ORDERS
        return (value is not None, value or "")

    return sorted(rows, key=key, reverse=ordering.startswith("-"))


def _to_cut(found: Iterable[Any]) -> Any:
    """Return the host's list as a paginator can cut it."""
    if isinstance(found, QuerySet):
        is_settled = found.ordered or found.query.is_sliced
        return found if is_settled else found.order_by("pk")  # else pages might overlap
    return found if isinstance(found, Sequence) else list(found)


class _Local:
    """Statuses taken from our own attempts."""

    def __init__(self, course_id: object, backend: str) -> None:
        self.course_id, self.backend = course_id, backend
        self.now = timezone.now()

    def fill(self, rows: Sequence[Row]) -> None:
        """Set status and date of the rows."""
        for some in batches(rows):
            self._fill(some)

    def _fill(self, rows: Sequence[Row]) -> None:
        attempts = self._attempts(rows)
        expires = expiries(one for own in attempts.values() for one in own)
        unverified = []
        for row in rows:
            attempt = _which_counts(attempts[row.user.pk], expires, self.now)
            row.word, row.modified = (
                _word(attempt, expires, self.now),
                attempt.modified if attempt else None,
            )
            row.valid_until = expires.get(attempt.pk) if attempt else None
            if row.word != Word.verified:
                unverified.append(row)
        users = [row.user for row in unverified]
        elsewhere = last_verified_until(users, self.backend, self.now) if users else {}
        for row in unverified:
            if row.user.pk in elsewhere:
                attempt, row.valid_until = elsewhere[row.user.pk]
                row.word, row.modified = Word.other_course_approved, attempt.modified

    def fill_dates(self, rows: Sequence[Row]) -> None:
        """Set only the dates."""
        attempts = self._attempts(rows)
        for row in rows:
            newest = next(iter(attempts[row.user.pk]), None)
            row.modified = newest.modified if newest else None

    def _attempts(self, rows: Iterable[Row]) -> dict[int, list[Attempt]]:
        found = Attempt.objects.get_proctored_practice_attempts_by_course_id(
            self.course_id, [row.user.pk for row in rows]
        )
        by_user: dict[int, list[Attempt]] = defaultdict(list)
        for attempt in found:
            if backends.name_of(attempt.proctored_exam) == self.backend:
                by_user[attempt.user_id].append(attempt)
        return by_user


def _which_counts(
    attempts: Sequence[Attempt], expires: dict[int, datetime.datetime], now: datetime.datetime
) -> Attempt | None:
    """Return the attempt that determines the status: one verified and still valid, else the last changed; a reset
    attempt yields to a later one.
    """
    for attempt in attempts:
        if attempt.status == Status.verified and expires[attempt.pk] > now:
            return attempt
    if not attempts:
        return None
    newest = attempts[0]
    if newest.status == Status.onboarding_reset:
        later = [one for one in attempts if one.created > newest.created]
        newest = max(later, key=lambda one: (one.created, one.pk), default=newest)
    return newest


def _word(
    attempt: Attempt | None, expires: dict[int, datetime.datetime], now: datetime.datetime
) -> str | None:
    if attempt is None:
        return Word.not_started
    if attempt.status == Status.onboarding_reset:
        return Word.onboarding_reset_past_due
    if attempt.status == Status.verified and expires[attempt.pk] <= now:
        return Word.expired
    known = Word.get_onboarding_status_from_attempt_status(attempt.status)
    return known or OTHER_WORDS.get(attempt.status, Word.error)


# Statuses missing in the published table.
OTHER_WORDS = {
    Status.second_review_required: Word.submitted,
    Status.timed_out: Word.submitted,
    Status.declined: Word.not_started,
    Status.eligible: Word.not_started,
}


def _as_provider_says(
    exam: ProctoredExam, course_id: object, rows: Sequence[Row], statuses: Collection[str] | None
) -> list[Row]:
    """Return the rows in the provider's order; learners unknown to the provider have not started."""
    by_id = {crypto.obscured_user_id(row.user.pk, exam.backend): row for row in rows}
    found = []
    for entry in _results(exam, course_id, statuses):
        row = by_id.pop(str(entry.get("user_id")), None)
        if row is not None:
            row.word = Profile.get_instructor_status_from_profile_status(entry.get("status"))
            row.valid_until = _moment(entry.get("expiration_date"))
            found.append(row)
    for row in by_id.values():
        row.word = Word.not_started
        found.append(row)
    return [row for row in found if not statuses or row.word in statuses]


def _moment(text: object) -> datetime.datetime | None:
    """Return a provider's date; None if there is none, or it cannot be read."""
    try:
        found = parse_datetime(str(text)) if text else None
    except ValueError:  # it looks like a date, such as 2026-02-30
        return None
    if found is None or not timezone.is_naive(found):
        return found
    return timezone.make_aware(found, datetime.UTC)


def _pages(exam: ProctoredExam, course_id: object, **query: str) -> list[dict[str, Any]]:
    """Return the entries of all pages; `num_pages` or `next` in the answer indicate further pages."""
    found: list[dict[str, Any]] = []
    page, more = 1, query
    while page <= MOST_PAGES:
        answer = profiles(exam, course_id, **more)
        found.extend(dict(entry) for entry in answer["results"])
        is_last = page >= (answer.get("num_pages") or 1) and not answer.get("next")
        if is_last or not answer["results"]:
            return found
        page += 1
        more = {**query, "page": str(page)}
    log.error("more than %s pages of onboarding profiles, backend=%s", MOST_PAGES, exam.backend)
    return found


def _results(
    exam: ProctoredExam, course_id: object, statuses: Collection[str] | None
) -> list[dict[str, Any]]:
    words = [Profile.get_profile_status_from_filter(word) for word in statuses or ()]
    unavailable = "The onboarding service is temporarily unavailable. Please try again later."
    try:
        with within(conf.proctoring.ASK_DEADLINE_SECONDS):
            return _pages(exam, course_id, status=",".join(word for word in words if word))
    except BackendProviderOnboardingProfilesException as error:
        log.warning("onboarding profiles unavailable, backend=%s: %r", exam.backend, error)
        raise OnboardingServiceUnavailable(unavailable) from error
    except Exception as error:
        # The provider's code may raise anything about an answer that it did not expect.
        log.exception("unreadable onboarding profiles, backend=%s", exam.backend)
        raise OnboardingServiceUnavailable(unavailable) from error
