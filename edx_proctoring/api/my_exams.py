"""The words of the page *My exams*, in the reader's language and time zone."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.utils.translation import gettext_lazy as _

from edx_proctoring import conf, constants, dates, host, links, references, timing
from edx_proctoring.api.attempts import own_attempts
from edx_proctoring.api.attempts.own_attempts import OwnAttempt, OwnEntry
from edx_proctoring.api.student_view.details import stylesheet
from edx_proctoring.dates import Moment
from edx_proctoring.models import ProctoredExamStudentAllowance, TimeAdjustment
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.types import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

GOOD, BAD, WARN, INFO, NEUTRAL = "good", "bad", "warn", "info", ""

# The status in words, and the colour of its tag.
STATUSES: dict[str, tuple["StrOrPromise", str]] = {
    Status.created: (_("Set-up begun"), INFO),
    Status.download_software_clicked: (_("Set-up begun"), INFO),
    Status.ready_to_start: (_("Ready to start"), INFO),
    Status.started: (_("Running"), INFO),
    Status.ready_to_submit: (_("Running"), INFO),
    Status.declined: (_("Taken without proctoring"), NEUTRAL),
    Status.timed_out: (_("Time over"), WARN),
    Status.submitted: (_("Submitted"), GOOD),
    Status.verified: (_("Review passed"), GOOD),
    Status.rejected: (_("Review not passed"), BAD),
    Status.error: (_("Interrupted"), WARN),
    Status.onboarding_missing: (_("Waits for the onboarding exam"), WARN),
    Status.onboarding_pending: (_("Waits for the onboarding review"), WARN),
    Status.onboarding_failed: (_("Onboarding not passed"), BAD),
    Status.onboarding_expired: (_("Onboarding expired"), WARN),
    Status.onboarding_reset: (_("Started over"), NEUTRAL),
}
IN_REVIEW = _("In review")
REMOVED = _("Removed")
CAN_RESUME = _("You can resume it")
RESUMED = _("Resumed by another attempt")

# What happened, when the attempt got the status.
EVENTS: dict[str, "StrOrPromise"] = {
    Status.created: _("The attempt was created."),
    Status.download_software_clicked: _("The system check was opened."),
    Status.ready_to_start: _("The set-up was complete."),
    Status.started: _("The exam began."),
    Status.ready_to_submit: _("The page for submitting the exam was opened."),
    Status.declined: _("Proctoring was declined."),
    Status.timed_out: _("The time was over."),
    Status.submitted: _("The exam was submitted."),
    Status.verified: _("The review was passed."),
    Status.rejected: _("The review was not passed."),
    Status.error: _("The exam was interrupted."),
    Status.onboarding_missing: _("The onboarding exam was missing."),
    Status.onboarding_pending: _("The onboarding exam was still in review."),
    Status.onboarding_failed: _("The onboarding exam was not passed."),
    Status.onboarding_expired: _("The onboarding had expired."),
    Status.onboarding_reset: _("The attempt was started over."),
}
OTHER_EVENTS: dict[str, "StrOrPromise"] = {
    own_attempts.REMOVED: _("The attempt was removed."),
    own_attempts.CONTINUED: _("The exam continued."),
    TimeAdjustment.PAUSE: _("The exam was paused."),
    TimeAdjustment.BREAK: _("A break began."),
}
# The kinds of allowances that course staff may grant; other keys have no effect.
ALLOWANCES: dict[str, "StrOrPromise"] = {
    ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]: _("Additional time, in minutes"),
    constants.TIME_MULTIPLIER: _("Factor of the exam’s time"),
    ProctoredExamStudentAllowance.REVIEW_POLICY_EXCEPTION[0]: _("Note for the review"),
}
AUTHORS: dict[str, "StrOrPromise"] = {
    own_attempts.LEARNER: _("You"),
    own_attempts.STAFF: _("Staff of the course"),
    own_attempts.PROVIDER: _("The proctoring provider"),
    own_attempts.CLOCK: _("Automatically, at the end of your time"),
    own_attempts.SYSTEM: _("Automatically"),
}
TYPES: dict[str, "StrOrPromise"] = {
    "timed": _("Timed exam"),
    "proctored": _("Proctored exam"),
    "practice": _("Practice exam"),
    "onboarding": _("Onboarding exam"),
}


@dataclass(frozen=True)
class Event:
    """One line of what happened."""

    at: Moment
    text: str
    by: str


@dataclass(frozen=True)
class Card:
    """One attempt on the page."""

    id: int
    exam: str
    course: str
    course_url: str
    type: str
    status: str
    mood: str
    reference: str
    provider: str
    started: Moment | None
    ended: Moment | None
    kept_until: Moment | None
    events: list[Event]


class PageContext(TypedDict):
    """The context of the templates."""

    cards: list[Card]
    learner_stylesheet: str
    zone: str


def page_context(user: User, attempts: Iterable[OwnAttempt]) -> PageContext:
    """Return the context of the page. Asks the host for the time zone once, and for the name of each course once."""
    zone_name = host.preference(user, "time_zone") if host.has("preferences") else None
    zone = dates.zone_named(zone_name)
    names: dict[str, str] = {}
    cards = []
    for one in attempts:
        course_id = one.exam.course_id
        if course_id not in names:
            state = host.credit_state(int(user.pk), course_id, with_course=True) or {}
            names[course_id] = state.get("course_name") or course_id
        cards.append(_card(one, names[course_id], zone))
    return {"cards": cards, "learner_stylesheet": stylesheet(), "zone": _zone(zone)}


def _zone(zone: datetime.tzinfo) -> str:
    return dates.in_words(datetime.datetime.now(datetime.UTC), zone).zone


def _card(one: OwnAttempt, course: str, zone: datetime.tzinfo) -> Card:
    def moment(at: datetime.datetime | None) -> Moment | None:
        return dates.in_words(at, zone) if at else None

    status, mood = _status(one)
    course_id, has_home = one.exam.course_id, bool(conf.django.LEARNING_MICROFRONTEND_URL)
    return Card(
        id=one.attempt.pk,
        exam=one.exam.exam_name,
        course=course,
        course_url=links.course_home_url(course_id) if has_home else "",
        type=str(TYPES.get(one.exam_type, one.exam_type)),
        status=str(status),
        mood=mood,
        reference=references.reference_of(one.attempt.pk),
        provider=one.provider,
        started=moment(one.attempt.started_at),
        ended=moment(one.attempt.completed_at),
        kept_until=moment(one.kept_until),
        events=[Event(dates.in_words(e.at, zone), text, _by(e)) for e, text in _told(one.entries)],
    )


def _told(entries: Iterable[OwnEntry]) -> Iterator[tuple[OwnEntry, str]]:
    """Yield each entry with its sentence: an exam begins once, and continues when the learner goes back to it."""
    has_begun = False
    for entry in entries:
        is_begin = entry.kind == own_attempts.STATUS and entry.detail == Status.started
        yield (
            entry,
            str(OTHER_EVENTS[own_attempts.CONTINUED]) if is_begin and has_begun else _text(entry),
        )
        has_begun = has_begun or is_begin


def allowance_in_words(key: str) -> str:
    """Return what the key of an allowance means; other keys as they are."""
    return str(ALLOWANCES.get(key, key))


def _status(one: OwnAttempt) -> tuple["StrOrPromise", str]:
    if one.removed_at is not None:
        return REMOVED, NEUTRAL
    if one.status == Status.submitted and one.provider and one.exam_type != "practice":
        return IN_REVIEW, INFO
    if one.status == Status.error and one.attempt.resumed:
        return RESUMED, NEUTRAL
    if one.status == Status.error and one.attempt.ready_to_resume:
        return CAN_RESUME, WARN
    return STATUSES.get(one.status, (one.status, NEUTRAL))


def _text(entry: OwnEntry) -> str:
    if entry.kind == own_attempts.STATUS:
        return str(EVENTS.get(entry.detail, entry.detail))
    if entry.kind == own_attempts.EXTENSION:
        return entry.detail
    if entry.kind == TimeAdjustment.OUTAGE:
        text = _("Time given back after an outage: {time}")
    elif entry.kind == TimeAdjustment.GRANT:
        text = _("Time added: {time}") if entry.seconds >= 0 else _("Time taken away: {time}")
    else:
        return str(OTHER_EVENTS[entry.kind])
    return str(text).format(time=timing.humanized(abs(entry.seconds) / 60))


def _by(entry: OwnEntry) -> str:
    return str(AUTHORS.get(entry.by, ""))
