"""Messages about a change of an attempt's time: analytics, signal, provider, and an e-mail before the start."""

import datetime
from dataclasses import dataclass

from edx_proctoring import host, outbox, tracking
from edx_proctoring.backends.provider_info import ProviderInfo
from edx_proctoring.effects import messages
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.outbox import Draft
from edx_proctoring.statuses import INCOMPLETE
from edx_proctoring.types import MessagePayload

VERBS = {
    "grant": "extend_exam_attempt",
    "outage": "extend_exam_attempt",
    "recalculated": "extend_exam_attempt",
    "pause": "pause_exam_attempt",
    "break": "pause_exam_attempt",
    "continue": "continue_exam_attempt",
}


@dataclass(frozen=True)
class TimeChanged:
    """A change of an attempt's time, as decided under the learner's lock."""

    attempt: ProctoredExamStudentAttempt
    exam: ProctoredExam
    what: str  # grant, outage, pause, break, continue, recalculated
    adjustment_id: int
    seconds: int  # by which the end has moved
    ends_at: datetime.datetime | None  # None before the start
    provider: ProviderInfo | None


def perform_time_change(change: TimeChanged) -> None:
    """Store the messages."""
    outbox.put(*plan_time_change(change))


def plan_time_change(change: TimeChanged) -> list[Draft]:
    """Return all messages about the change. The learner's page receives it with its next poll."""
    attempt = change.attempt
    version = f"{change.what}:{change.adjustment_id}"
    ends_at = change.ends_at.isoformat() if change.ends_at else None
    facts = {"time_change": change.what, "time_seconds": change.seconds, "time_ends_at": ends_at}
    payload: MessagePayload = {
        "attempt_id": attempt.pk,
        "exam_id": change.exam.pk,
        "user_id": attempt.user_id,
        "course_id": change.exam.course_id,
        "change": change.what,
        "seconds": change.seconds,
        "ends_at": ends_at,
    }
    event = tracking.snapshot(change.exam, "time_changed", attempt, facts)
    drafts = [
        messages.time_event(version, attempt.pk, event),
        messages.time_signal(version, payload),
    ]
    # After an outage the page may still not reach us.
    is_unseen = attempt.started_at is None or change.what == "outage"
    if is_unseen and change.seconds > 0:
        language = host.language_of(attempt.user)
        drafts.append(messages.time_email(version, {**payload, "language": language}))
    is_open = attempt.status in INCOMPLETE and attempt.external_id
    if change.provider and change.provider.supports_time_changes and is_open:
        drafts.append(_notice(change, version))
    return drafts


def _notice(change: TimeChanged, version: str) -> Draft:
    assert change.provider is not None  # the caller has already checked
    verb = VERBS[change.what]
    payload: MessagePayload = {
        "verb": verb,
        "provider": change.provider.name,
        "exam_external_id": change.exam.external_id,
        "attempt_external_id": change.attempt.external_id,
        "attempt_id": change.attempt.pk,
        "arguments": [change.seconds] if verb == "extend_exam_attempt" else [],
    }
    return messages.time_notice(version, payload)
