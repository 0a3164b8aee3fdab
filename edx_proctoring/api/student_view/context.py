"""The template context of the learner's screens."""

import datetime
import logging
from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from edx_proctoring import (
    backends,
    conf,
    constants,
    dates,
    deadlines,
    exam_cookie,
    host,
    links,
    timing,
)
from edx_proctoring.api.attempts.own_attempts import recording_days
from edx_proctoring.api.onboarding.exams import onboarding_exam_link_for_screen
from edx_proctoring.api.providers.settings import get_integration_specific_email
from edx_proctoring.backends import display
from edx_proctoring.backends.backend import ProctoringBackendProvider, ask_options
from edx_proctoring.lifecycle import find_learner
from edx_proctoring.models import (
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
)
from edx_proctoring.serializers import ProctoredExamStudentAttemptSerializer
from edx_proctoring.statuses import INCOMPLETE, ProctoredExamStudentAttemptStatus
from edx_proctoring.types import AttemptDict, ExamDict, User

log = logging.getLogger(__name__)

Status = ProctoredExamStudentAttemptStatus
# As published: the footer about extra time is hidden for longer exams, and the screen after the exam says only for the
# first minute that the time ran out.
LONG_EXAM_MINUTES = 60 * 20
SHOW_EXPIRY_SECONDS = 60
RETRY_SECONDS = 20  # until a page that could not show the provider's instructions is loaded again


@dataclass
class ExamContext:
    """One learner in one exam."""

    exam: ExamDict
    user_id: int
    attempt: ProctoredExamStudentAttempt | None
    provider: ProctoringBackendProvider | None
    kind: str
    context: MutableMapping[str, Any]
    now: datetime.datetime  # one reading of the clock for the whole page
    is_past_due: bool

    @cached_property
    def user(self) -> User:
        """The learner. Raises UserNotFoundException."""
        return self.attempt.user if self.attempt else find_learner(self.user_id)

    @cached_property
    def zone(self) -> datetime.tzinfo:
        """The learner's own time zone, from the host's preferences; without one, Django's current zone."""
        own = host.preference(self.user, "time_zone") if host.has("preferences") else None
        return dates.zone_named(own)

    @cached_property
    def ledger(self) -> list[TimeAdjustment]:
        """The rows of the attempt's ledger, read with one query; empty before the start."""
        return deadlines.ledger(self.attempt) if self.attempt else []

    @property
    def pause(self) -> TimeAdjustment | None:
        """The pause during which the questions are hidden."""
        if self.attempt is None or self.attempt.status != Status.started:
            return None
        return next((row for row in self.ledger if row.stops_clock(self.now)), None)

    @property
    def status(self) -> str | None:
        """The attempt's status; None without an attempt."""
        return self.attempt.status if self.attempt else None

    @property
    def is_resumable_now(self) -> bool:
        """Whether staff have allowed the learner to continue."""
        return bool(self.attempt and self.attempt.ready_to_resume and not self.attempt.resumed)

    @property
    def is_material_blocked(self) -> bool:
        """Whether the provider requires its own browser."""
        if not self.provider:
            return False
        attempt = self.attempt
        code = attempt.attempt_code if attempt else None
        passes = exam_cookie.exam_passes(code, self.user_id) if code else ()
        with ask_options(exam_passes=passes):
            return bool(self.provider.should_block_access_to_exam_material())

    @property
    def may_view_content(self) -> bool:
        """Whether the learner has acknowledged the result of an exam whose content may be viewed now."""
        return bool(
            self.attempt
            and self.attempt.is_status_acknowledged
            and self.is_past_due
            and constants.CONTENT_VIEWABLE_PAST_DUE_DATE
        )

    @property
    def does_time_remain(self) -> bool:
        """Whether the exam is running."""
        attempt = self.attempt
        if attempt is None or attempt.status not in INCOMPLETE:
            return False
        deadline = deadlines.from_ledger(attempt, self.ledger)
        return deadline is not None and deadline.seconds_left(self.now) > 0


def is_wait_pending(learner: ExamContext) -> bool:
    """Whether the grace period after the due date is running; if so, `wait_deadline` is its end."""
    due = deadlines.due_date(learner.exam, learner.user_id)
    deadline = timing.wait_deadline(due, learner.context.get("grace_period"), learner.now)
    if deadline is None:
        return False
    learner.context["wait_deadline"] = deadline.isoformat()
    learner.context["wait_deadline_text"] = _in_words(deadline)
    return True


def _in_words(moment: datetime.datetime) -> str:
    """Format a time for readers without JavaScript; scripts show it in the reader's time zone."""
    text = formats.date_format(moment.astimezone(datetime.UTC), "DATETIME_FORMAT")
    return f"{text} UTC"


def _allowed_minutes(learner: ExamContext) -> int:
    attempt = learner.attempt
    if attempt and attempt.allowed_time_limit_mins and not learner.is_resumable_now:
        return attempt.allowed_time_limit_mins
    return deadlines.allowed_minutes(learner.exam, learner.user_id, attempt, learner.now)


def _attempt_urls(learner: ExamContext) -> dict[str, str]:
    attempt = learner.attempt
    change = review = ""
    if attempt:
        change = reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])
        review = reverse("edx_proctoring:proctored_exam.attempt.review_status", args=[attempt.pk])
    return {
        "enter_exam_endpoint": reverse("edx_proctoring:proctored_exam.attempt.collection"),
        "exam_started_poll_url": change,
        "change_state_url": change,
        "update_is_status_acknowledge_url": review,
        "progress_page_url": links.reverse_or_empty("progress", args=[learner.exam["course_id"]]),
    }


def timed_context(learner: ExamContext) -> dict[str, Any]:
    """Return the context of the screens of timed exams."""
    exam, urls = learner.exam, _attempt_urls(learner)
    return {
        "total_time": timing.humanized(_allowed_minutes(learner)),
        "hide_extra_time_footer": exam["time_limit_mins"] > LONG_EXAM_MINUTES,
        "will_be_revealed": bool(exam["due_date"]) and not exam["hide_after_due"],
        "exam_id": exam["id"],
        "exam_name": exam["exam_name"],
        "progress_page_url": urls["progress_page_url"],
        "pause_message": learner.pause.reason if learner.pause else "",
        "does_time_remain": learner.does_time_remain,
        "has_time_expired": _has_time_expired(learner),
        "enter_exam_endpoint": urls["enter_exam_endpoint"],
        "change_state_url": urls["change_state_url"],
        "course_id": exam["course_id"],
    }


def _has_time_expired(learner: ExamContext) -> bool:
    """Return whether the attempt has timed out, and recently."""
    attempt = learner.attempt
    if attempt is None or attempt.started_at is None or attempt.completed_at is None:
        return False
    if (learner.now - attempt.completed_at).total_seconds() >= SHOW_EXPIRY_SECONDS:
        return False
    deadline = deadlines.from_ledger(attempt, learner.ledger)
    return deadline is not None and attempt.completed_at >= deadline.ends_at


def proctored_context(learner: ExamContext) -> dict[str, Any]:
    """Return the context of the screens of proctored, practice and onboarding exams."""
    exam = learner.exam
    context = {
        "pause_message": learner.pause.reason if learner.pause else "",
        "platform_name": constants.PLATFORM_NAME,
        "total_time": timing.humanized(_allowed_minutes(learner)),
        "exam_id": exam["id"],
        "exam_display_name": exam["exam_name"],
        "is_sample_attempt": exam["is_practice_exam"],
        "has_due_date": bool(exam["due_date"]),
        "has_due_date_passed": learner.is_past_due,
        "has_time_expired": _has_time_expired(learner),
        "able_to_reenter_exam": learner.does_time_remain and not learner.is_material_blocked,
        "can_view_content_past_due": constants.CONTENT_VIEWABLE_PAST_DUE_DATE,
        "link_urls": conf.proctoring.LINK_URLS or {},
        "tech_support_email": conf.django.TECH_SUPPORT_EMAIL,
        "proctoring_escalation_email": host.escalation_email(exam["course_id"]),
        "exam_review_policy": _policy_text(exam["id"]),
        "reset_link": _reset_link(),
        **_attempt_urls(learner),
        **_provider_context(learner.provider),
    }
    if learner.attempt:
        context["exam_code"] = learner.attempt.attempt_code
        context["attempt_external_id"] = _shown_external_id(learner)
        if learner.status in Status.onboarding_errors:
            context.update(_onboarding_context(learner))
    return context


def _shown_external_id(learner: ExamContext) -> str:
    """Return the provider's id for its script, unless it would let the learner post a review."""
    if learner.attempt is None or backends.has_secret_ids(learner.exam):
        return ""
    return learner.attempt.external_id or ""


def _policy_text(exam_id: int) -> str | None:
    policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(exam_id)
    return policy.review_policy if policy else None


def _reset_link() -> str:
    path = links.reverse_or_empty("password_assistance")
    return f"{links.site_url()}{path}" if path else ""


def _provider_context(provider: ProctoringBackendProvider | None) -> dict[str, Any]:
    def get(name: str, otherwise: Any = "") -> Any:
        return getattr(provider, name, otherwise)

    return {
        "backend_js_bundle": provider.get_javascript() if provider else "",
        "provider_name": get("verbose_name"),
        "provider_tech_support_email": get("tech_support_email"),
        "provider_tech_support_phone": get("tech_support_phone"),
        "learner_notification_from_email": get("learner_notification_from_email"),
        "integration_specific_email": get_integration_specific_email(provider),
        "recording_days": recording_days(provider),
        "setup_time": _minutes_in_words(get("setup_minutes", None)),
        "ping_interval": get(
            "ping_interval", constants.DEFAULT_DESKTOP_APPLICATION_PING_INTERVAL_SECONDS
        ),
    }


def _minutes_in_words(minutes: object) -> str:
    """Return the minutes that a provider says its set-up takes, in words; '' if it does not say so."""
    return timing.humanized(minutes) if isinstance(minutes, int | float) else ""


def _onboarding_context(learner: ExamContext) -> dict[str, Any]:
    return {
        "onboarding_status": learner.status,
        "onboarding_link": onboarding_exam_link_for_screen(learner.exam["course_id"], learner.user),
        "support_email_subject": _("Proctoring Onboarding"),
    }


def provider_steps(learner: ExamContext) -> dict[str, Any]:
    """Return the provider's instructions before the exam; `provider_unreachable` if it does not answer."""
    assert learner.attempt is not None  # instructions need an attempt
    steps: list[SafeString] = []
    url: str | None = None
    is_reached = True
    try:
        # Both requests share one deadline, so that a provider that hangs blocks a thread of the host no longer than
        # that.
        # `strict`, because an outage that looks like a provider without instructions would show those for exam codes.
        with ask_options(conf.proctoring.ASK_DEADLINE_SECONDS, strict=True):
            if learner.provider:
                found = learner.provider.get_attempt(_as_dict(learner.attempt)) or {}
                steps = display.instructions(found.get("instructions"))
                own, usual = found.get("download_url"), learner.provider.get_software_download_url
                url = display.web_address(own) or display.web_address(usual())
    except Exception as error:
        log.warning(
            "provider instructions unavailable, attempt_id=%s: %r", learner.attempt.pk, error
        )
        is_reached = bool(steps or url)
    return {
        "backend_instructions": steps,
        "software_download_url": url,
        "provider_unreachable": not is_reached,
        "unreachable_since": None if is_reached else _unreachable_since(learner),
        "retry_seconds": RETRY_SECONDS,
    }


def _unreachable_since(learner: ExamContext) -> dates.Moment | None:
    """Return when the provider went down, in the learner's words; None if only this page has noticed."""
    if not learner.provider:
        return None
    since = backends.unreachable_since(learner.exam["backend"], learner.provider)
    return dates.in_words(since, learner.zone) if since else None


def _as_dict(attempt: ProctoredExamStudentAttempt) -> AttemptDict:
    return ProctoredExamStudentAttemptSerializer.row(attempt)
