"""The onboarding status of one learner for the learning MFE, and of a whole course for its staff."""

import datetime
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils import timezone
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import backends, conf, constants, crypto, host, links
from edx_proctoring.api.lookup import batches
from edx_proctoring.api.onboarding.exams import (
    categorize_inaccessible_exams_by_date,
    does_backend_support_onboarding,
    get_user_course_outline_details,
    newest_exams,
)
from edx_proctoring.api.onboarding.validity import (
    expiries,
    get_onboarding_attempt_data_for_learner,
    last_verified,
)
from edx_proctoring.backends import display
from edx_proctoring.backends.backend import within
from edx_proctoring.exceptions import (
    BackendProviderOnboardingProfilesException,
    ProctoredBaseException,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.protocols import OutlineDetails
from edx_proctoring.statuses import (
    InstructorDashboardOnboardingAttemptStatus,
    ProctoredExamStudentAttemptStatus,
    VerificientOnboardingProfileStatus,
)
from edx_proctoring.types import OnboardingData, OnboardingRow, OnboardingStatus, User

log = logging.getLogger(__name__)

MOST_PAGES = 200

Attempt = ProctoredExamStudentAttempt
Status = ProctoredExamStudentAttemptStatus
Word = InstructorDashboardOnboardingAttemptStatus
Profile = VerificientOnboardingProfileStatus


class OnboardingNotFound(ProctoredBaseException):
    """There is no onboarding exam, or none accessible to this learner."""

    http_status = 404


class NoOnboardingProfile(OnboardingNotFound):
    """The provider has no profile of the learner."""


class OnboardingServiceUnavailable(ProctoredBaseException):
    """The provider's onboarding service did not answer."""

    http_status = 503


def _candidates(course_id: object) -> list[ProctoredExam]:
    """Return the course's onboarding exams, newest first. The newest one's provider must support onboarding."""
    exams = newest_exams(course_id)
    if not exams or not does_backend_support_onboarding(exams[0].backend):
        raise OnboardingNotFound("There is no onboarding exam related to this course id.")
    return exams


def _profiles(exam: ProctoredExam, course_id: object, **query: str) -> Any:
    provider = backends.require_provider(exam)
    with within(conf.proctoring.ASK_DEADLINE_SECONDS):
        return provider.get_onboarding_profile_info(str(course_id), **query)


# One learner


def get_onboarding_status(course_id: object, user: User, is_learning_mfe: bool) -> OnboardingStatus:
    """Return the learner's status and the exam to take: `onboarding_status`, `expiration_date`, `onboarding_link`,
    `onboarding_past_due`, `onboarding_release_date` (text), `review_requirements_url`.

    Raises ProctoredBaseException with status 404 if the course or this learner has no onboarding exam.
    """
    exams = _candidates(course_id)
    data = _learner_data(exams[0], course_id, user)
    available, future, past, details = _sorted_by_date(exams, course_id, user)
    chosen = next(iter([*available, *future, *past]), None)
    if chosen is None:
        raise OnboardingNotFound("There is no onboarding exam accessible to this user.")
    return {
        **data,
        "onboarding_link": (
            links.exam_url_or_none(course_id, chosen.content_id, is_learning_mfe)
            if available
            else None
        ),
        "onboarding_past_due": not available and not future,
        "onboarding_release_date": _release_date(chosen, details),
        "review_requirements_url": display.configuration(
            backends.require_provider(exams[0]).help_center_article_url, "url"
        ),
    }


def _learner_data(exam: ProctoredExam, course_id: object, user: User) -> OnboardingData:
    local = get_onboarding_attempt_data_for_learner(course_id, user, backends.name_of(exam))
    if not constants.ONBOARDING_PROFILE_API:
        return local
    try:
        user_id = crypto.obscured_user_id(user.pk, exam.backend)
        profile = _profiles(exam, course_id, user_id=user_id)
        if profile is None:
            raise NoOnboardingProfile("The provider has no onboarding profile of this user.")
        status = Profile.get_edx_status_from_profile_status(profile["status"])
        remote: OnboardingData = {
            "onboarding_status": status,
            "expiration_date": profile["expiration_date"],
        }
    except NoOnboardingProfile:
        raise
    except Exception as error:
        log.warning(
            "onboarding profile unavailable, user_id=%s backend=%s: %r",
            user.pk,
            exam.backend,
            error,
        )
        return local
    if remote["onboarding_status"] != local["onboarding_status"]:
        log.error(
            "onboarding status differs from the provider's: user_id=%s provider=%s ours=%s",
            user.pk,
            remote["onboarding_status"],
            local["onboarding_status"],
        )
    return remote


def _sorted_by_date(
    exams: Sequence[ProctoredExam], course_id: object, user: User
) -> tuple[list[ProctoredExam], list[ProctoredExam], list[ProctoredExam], OutlineDetails | None]:
    """Return (open, not yet, no longer, the outline). Without course outlines from the host, every exam counts as open."""
    if not host.has("learning_sequences"):
        return list(exams), [], [], None
    details = get_user_course_outline_details(user, course_id)
    if details is None:
        return [], [], [], None
    keyed = [exam for exam in exams if _usage_key(exam) is not None]
    _other, future, past = categorize_inaccessible_exams_by_date(keyed, details)
    available = [exam for exam in keyed if _usage_key(exam) in details.outline.accessible_sequences]
    return available, future, past, details


def _usage_key(exam: ProctoredExam) -> UsageKey | None:
    try:
        return UsageKey.from_string(exam.content_id)
    except InvalidKeyError:
        return None


def _release_date(exam: ProctoredExam, details: OutlineDetails | None) -> str | None:
    key = _usage_key(exam)
    entry = details.schedule.sequences.get(key) if details is not None and key else None
    start = getattr(entry, "effective_start", None)
    return start.isoformat() if start else None


# A course


@dataclass
class Row:
    """One learner, with the `attempt` that determines the status."""

    user: User
    enrollment_mode: str
    word: str | None = None
    modified: datetime.datetime | None = None

    def as_dict(self) -> OnboardingRow:
        """Return the published dictionary."""
        return {
            "username": self.user.username,
            "enrollment_mode": self.enrollment_mode,
            "status": self.word,
            "modified": self.modified,
        }


def get_onboarding_statuses(
    course_id: object,
    *,
    text_search: str | None = None,
    statuses: Collection[str] | None = None,
    page: int | str | None = 1,
    per_page: int = 25,
    ask_provider: bool = False,
) -> Page[OnboardingRow]:
    """Return a page of the course's learners who may take proctored exams, in the host's order: `username`,
    `enrollment_mode`, `status`, `modified` (datetime).

    `statuses`: only learners with one of these. `ask_provider`: use the provider's statuses and order; raises an error
    with status 503 if it fails. Raises ProctoredBaseException with status 404 if there is no onboarding exam.
    """
    exam = _candidates(course_id)[0]
    found = host.enrollments(course_id, text_search)
    local = _Local(course_id, backends.name_of(exam))
    pages: Paginator[Any]
    if not (ask_provider or statuses):  # the host's list is cut: its queryset reads one page
        pages = Paginator(_to_cut(found), per_page)
        shown: Page[Any] = pages.get_page(page)
        seen = [Row(one.user, one.mode) for one in shown.object_list]
        local.fill(seen)
        shown.object_list = [row.as_dict() for row in seen]
        return shown
    rows = [Row(one.user, one.mode) for one in found]
    if ask_provider:
        rows = _as_provider_says(exam, course_id, rows, statuses)
    else:
        local.fill(rows)
        rows = [row for row in rows if row.word in (statuses or ())]
    pages = Paginator(rows, per_page)
    shown = pages.get_page(page)
    seen = list(shown.object_list)
    if ask_provider:
        local.fill_dates(seen)
    shown.object_list = [row.as_dict() for row in seen]
    return shown


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
            if row.word != Word.verified:
                unverified.append(row)
        users = [row.user for row in unverified]
        elsewhere = last_verified(users, self.backend, self.now) if users else {}
        for row in unverified:
            if row.user.pk in elsewhere:
                row.word = Word.other_course_approved
                row.modified = elsewhere[row.user.pk].modified

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
            found.append(row)
    for row in by_id.values():
        row.word = Word.not_started
        found.append(row)
    return [row for row in found if not statuses or row.word in statuses]


def _pages(exam: ProctoredExam, course_id: object, **query: str) -> list[dict[str, Any]]:
    """Return the entries of all pages; `num_pages` or `next` in the answer indicate further pages."""
    found: list[dict[str, Any]] = []
    page, more = 1, query
    while page <= MOST_PAGES:
        answer = _profiles(exam, course_id, **more)
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
        log.exception("unreadable onboarding profiles, backend=%s", exam.backend)
        raise OnboardingServiceUnavailable(unavailable) from error
