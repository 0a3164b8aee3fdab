"""Outbox handlers for the messages of this app. They run outside of transactions; an error causes a retry."""

import logging
from typing import Any

import requests
from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet

from edx_proctoring import backends, emails, host, outbox, slow_calls, tracking, transactions
from edx_proctoring.backends.responses import is_removal_unsupported
from edx_proctoring.compiled_queries import CompiledOnce
from edx_proctoring.effects import mail_server, messages
from edx_proctoring.effects.exam_sync import deliver_saved
from edx_proctoring.effects.extension_hooks import deliver_replay
from edx_proctoring.effects.perform import whole, write_credit, write_grade
from edx_proctoring.effects.provider_notices import telling
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
    TimeAdjustment,
    exactly,
)
from edx_proctoring.signals import attempt_time_changed_signal, exam_attempt_status_signal
from edx_proctoring.types import MessagePayload, User

log = logging.getLogger(__name__)


def _user(user_id: int | None) -> User | None:
    return get_user_model()._default_manager.filter(pk=user_id).first() if user_id else None


def _learner(message: OutboxMessage) -> User | None:
    return message.prefetched.get("user") or _user(message.payload["user_id"])


def deliver_credit(message: OutboxMessage) -> None:
    """Read the latest decision right before the call, because only that one counts."""
    payload = OutboxMessage.objects.values_list("payload", flat=True).get(pk=message.pk)
    whole(lambda: write_credit(payload))


def deliver_grade(message: OutboxMessage) -> None:
    """Read the latest decision right before the call, as for credit."""
    payload = OutboxMessage.objects.values_list("payload", flat=True).get(pk=message.pk)
    whole(lambda: write_grade(payload, _user(payload["by"])))


def deliver_completion(message: OutboxMessage) -> None:
    """Mark the exam as complete in the course."""
    if user := _learner(message):
        host.complete_attempt(user.username, message.payload["content_id"])


def deliver_learner_state(message: OutboxMessage) -> None:
    """Delete the learner's answers, unless a newer attempt is already producing new ones."""
    payload = message.payload
    attempts = ProctoredExamStudentAttempt.objects.of_pair(payload["exam_id"], payload["user_id"])
    if attempts.filter(started_at__isnull=False, pk__gt=payload["attempt_id"]).exists():
        log.warning("learner state not deleted, a newer attempt has started: key=%s", message.key)
        return
    if user := _user(payload["user_id"]):
        # The service requires a user.
        requesting_user = _user(payload["requesting_user_id"]) or user
        host.delete_learner_state(
            user.username, payload["course_id"], payload["content_id"], requesting_user
        )


def deliver_support_notification(message: OutboxMessage) -> None:
    """Notify course staff of a suspicious review."""
    payload = dict(message.payload)
    if user := _user(payload.pop("user_id")):
        host.notify_support(**payload, student_username=user.username)


def deliver_event(message: OutboxMessage) -> None:
    """Emit an analytics event."""
    with slow_calls.timed("event"):
        tracking.emit(message.payload)


def deliver_signal(message: OutboxMessage) -> None:
    """Send the status signal; on creation it includes the names that the provider was given.

    If the host cannot provide these names now, the signal is sent later rather than without them.
    """
    payload = message.payload
    full_name = profile_name = None
    if payload["created"]:
        state = host.credit_state(payload["user_id"], payload["course_id"], strict=True) or {}
        profile_name = state.get("profile_fullname") or ""
        full_name = ""
        if payload["is_proctored"]:
            verified = host.verified_name(_learner(message), strict=True)
            full_name = verified or profile_name
    with slow_calls.timed("signal"):
        _send_signal(payload, full_name, profile_name)


def _send_signal(payload: MessagePayload, full_name: str | None, profile_name: str | None) -> None:
    answers = exam_attempt_status_signal.send_robust(
        sender="edx_proctoring",
        attempt_id=payload["attempt_id"],
        user_id=payload["user_id"],
        status=payload["status"],
        full_name=full_name,
        profile_name=profile_name,
        is_practice_exam=payload["is_practice_exam"],
        is_proctored=payload["is_proctored"],
        backend_supports_onboarding=payload["supports_onboarding"],
    )
    # Not retried: that would call the receivers that succeeded once more.
    for receiver, answer in answers:
        if isinstance(answer, Exception):
            log.error("receiver of the status signal failed: %r %r", receiver, answer)


def deliver_email(message: OutboxMessage) -> None:
    """Send the e-mail about the status that the attempt had when the message was stored."""
    payload = message.payload
    attempt = message.prefetched.get("attempt") or _as_of(payload["history_id"])
    if attempt is None:
        log.warning("e-mail dropped, no such history row: key=%s", message.key)
        return
    state = host.credit_state(payload["user_id"], payload["course_id"], with_course=True) or {}
    write = (
        emails.interruption_email
        if payload["status"] in emails.INTERRUPTIONS
        else emails.status_email
    )
    mail = write(
        attempt,
        state.get("course_name"),
        status=payload["status"],
        language=payload["language"],
    )
    if mail is not None:
        mail_server.send(message, mail)


def deliver_time_signal(message: OutboxMessage) -> None:
    """Send the signal that an attempt's time has changed."""
    with slow_calls.timed("signal"):
        answers = attempt_time_changed_signal.send_robust(
            sender="edx_proctoring", **message.payload
        )
    # Not retried, for the same reason as the status signal.
    for receiver, answer in answers:
        if isinstance(answer, Exception):
            log.error("receiver of the time signal failed: %r %r", receiver, answer)


def deliver_time_email(message: OutboxMessage) -> None:
    """Send the e-mail about time that was granted before the start."""
    payload = message.payload
    attempt = ProctoredExamStudentAttempt.objects.get_exam_attempt_by_id(payload["attempt_id"])
    if attempt is None:
        return
    state = host.credit_state(payload["user_id"], payload["course_id"], with_course=True) or {}
    mail = emails.time_email(
        attempt, payload["seconds"], state.get("course_name"), payload["language"]
    )
    mail_server.send(message, mail)


def deliver_pause_email(message: OutboxMessage) -> None:
    """Send the e-mail about a long pause to the course team, unless the pause has ended or no address is known."""
    payload = message.payload
    pause = TimeAdjustment.objects.open_pauses().filter(pk=payload["pause_id"]).first()
    attempt = ProctoredExamStudentAttempt.objects.get_exam_attempt_by_id(payload["attempt_id"])
    if pause is None or attempt is None:
        return
    course_id = attempt.proctored_exam.course_id
    state = host.credit_state(attempt.user_id, course_id, with_course=True) or {}
    mail = emails.pause_email(pause, attempt, state.get("course_name"))
    if mail is None:
        return
    mail_server.send(message, mail)


def _as_of(history_id: int) -> ProctoredExamStudentAttempt | None:
    """Return the attempt as this history row has it, with its learner and exam, if they still exist."""
    record: Any = _RECORD.first(history_id)
    if record is None:
        return None
    attempt: ProctoredExamStudentAttempt = record.instance
    for part in ("user", "proctored_exam"):
        if (found := record._state.fields_cache.get(part)) is not None:
            setattr(attempt, part, found)
    return attempt


def _record(history_id: int) -> QuerySet[Model]:
    records: Any = ProctoredExamStudentAttempt.history.model
    found: QuerySet[Model] = records._default_manager.filter(history_id=history_id).order_by()
    return found.select_related("user", "proctored_exam")


_RECORD = CompiledOnce(_record, int)


def deliver_provider_notice(message: OutboxMessage) -> None:
    """Notify the provider of a start, end or error. Does nothing if the attempt is gone in the LMS and at the provider."""
    payload = message.payload
    try:
        with telling(payload["provider"]) as provider:
            notify = getattr(provider, payload["verb"])
            arguments = payload.get("arguments", ())
            notify(payload["exam_external_id"], payload["attempt_external_id"], *arguments)
    except requests.HTTPError as error:
        gone = error.response is not None and error.response.status_code == 404
        if (
            not gone
            or ProctoredExamStudentAttempt.objects.filter(pk=payload["attempt_id"]).exists()
        ):
            raise


def deliver_provider_removal(message: OutboxMessage) -> None:
    """Remove an attempt at the provider if no attempt in the LMS refers to it."""
    payload = message.payload
    # The order matters: a creation that finishes in between has stored its attempt.
    open_reservation = ProctoringReservation.objects.of_pair(payload["exam_id"], payload["user_id"])
    if open_reservation.filter(reserved_until__gt=transactions.database_now()).exists():
        raise outbox.NotNow("an attempt for this learner and exam is being created")
    if _is_held(payload["provider"], payload["attempt_external_id"]):
        log.warning(
            "attempt not removed at the provider, another attempt refers to it: key=%s", message.key
        )
        return
    try:
        with telling(payload["provider"]) as provider:
            removed = provider.remove_exam_attempt(
                payload["exam_external_id"], payload["attempt_external_id"]
            )
    except (requests.HTTPError, NotImplementedError) as error:
        if is_removal_unsupported(error):
            log.warning("provider cannot remove attempts and keeps its record: key=%s", message.key)
            return
        # 404: the provider has already removed it.
        response = getattr(error, "response", None)
        if response is None or response.status_code != 404:
            raise
        return
    if not removed:
        log.warning("removal not confirmed by the provider: key=%s", message.key)


def _is_held(provider: str, external_id: str) -> bool:
    """Return whether an attempt refers to this provider id."""
    at_provider = backends.attempts_at({provider})
    attempts = ProctoredExamStudentAttempt.objects.filter(
        at_provider, exactly(external_id=external_id)
    )
    return bool(attempts.exists())


HANDLERS = {
    messages.CREDIT: deliver_credit,
    messages.GRADE: deliver_grade,
    messages.COMPLETION: deliver_completion,
    messages.LEARNER_STATE: deliver_learner_state,
    messages.SUPPORT_NOTIFICATION: deliver_support_notification,
    messages.EVENT: deliver_event,
    messages.SIGNAL: deliver_signal,
    messages.EMAIL: deliver_email,
    messages.TIME_SIGNAL: deliver_time_signal,
    messages.TIME_EMAIL: deliver_time_email,
    messages.PAUSE_EMAIL: deliver_pause_email,
    messages.PROVIDER_NOTICE: deliver_provider_notice,
    messages.PROVIDER_REMOVAL: deliver_provider_removal,
    messages.EXAM_SAVED: deliver_saved,
    messages.EXTENSION_CHANGE: deliver_replay,
}
