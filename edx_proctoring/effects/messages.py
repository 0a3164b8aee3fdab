"""The kinds, keys and ordering keys of outbox messages. They are defined only here.

All three are stored and read by processes running other versions, so existing ones must never change.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.outbox import Draft
from edx_proctoring.types import JSONObject, MessagePayload, User


@dataclass(frozen=True)
class MessageKind:
    """The subject of a message and how the outbox treats it."""

    name: str
    personal: bool = False  # about the learner as a person: not sent once the learner is retired
    slow_recipient: bool = False  # messages of all other kinds may be delivered first
    takes_long: bool = False  # works on many rows and renews its lease
    inline: bool = False  # delivered right after the commit by the process that stored it

    def key(self, *parts: object) -> str:
        """Return the unique key of one message."""
        return ":".join([self.name, *map(str, parts)])


CREDIT = MessageKind("reconcile_credit")
GRADE = MessageKind("reconcile_grade")
COMPLETION = MessageKind("completion", inline=True)
LEARNER_STATE = MessageKind("learner_state", inline=True)
SUPPORT_NOTIFICATION = MessageKind("support_notification", personal=True, inline=True)
EVENT = MessageKind("event", inline=True)
SIGNAL = MessageKind("signal", inline=True)
EMAIL = MessageKind("email", personal=True)
TIME_SIGNAL = MessageKind("time_signal", inline=True)
TIME_EMAIL = MessageKind("time_email", personal=True)
PAUSE_EMAIL = MessageKind("pause_email", personal=True)
PROVIDER_NOTICE = MessageKind("provider_notice", slow_recipient=True)
PROVIDER_REMOVAL = MessageKind("provider_removal", slow_recipient=True)
EXAM_SAVED = MessageKind("exam_saved", slow_recipient=True, inline=True)
EXTENSION_CHANGE = MessageKind("extension_change")
RECALCULATION = MessageKind("recalculation", takes_long=True, inline=True)
BULK_TIME_CHANGE = MessageKind("bulk_time_change", takes_long=True)
BULK_ACTION = MessageKind("bulk_action", slow_recipient=True)  # a reset waits for the provider

KINDS = (
    CREDIT,
    GRADE,
    COMPLETION,
    LEARNER_STATE,
    SUPPORT_NOTIFICATION,
    EVENT,
    SIGNAL,
    EMAIL,
    TIME_SIGNAL,
    TIME_EMAIL,
    PAUSE_EMAIL,
    PROVIDER_NOTICE,
    PROVIDER_REMOVAL,
    EXAM_SAVED,
    EXTENSION_CHANGE,
    RECALCULATION,
    BULK_TIME_CHANGE,
    BULK_ACTION,
)
PERSONAL_KINDS = tuple(kind.name for kind in KINDS if kind.personal)


# Ordering keys. Messages with the same ordering key are delivered one after the other, in the order in which they were
# stored.


def host_order(exam_id: int, user_id: int) -> str:
    """Order the LMS updates about one learner in one exam."""
    return f"host:{exam_id}:{user_id}"


def provider_order(attempt_id: int) -> str:
    """Order the notices to the provider about one attempt."""
    return f"provider:{attempt_id}"


def email_order(attempt_id: int) -> str:
    """Order the e-mails about one attempt."""
    return f"email:{attempt_id}"


def attempt_order(attempt_id: int) -> str:
    """Order the analytics events and status signals of one attempt."""
    return f"publish:attempt:{attempt_id}"


def allowance_order(allowance_id: int) -> str:
    """Order the analytics events of one allowance."""
    return f"publish:allowance:{allowance_id}"


def exam_order(*ids: int) -> str:
    """Order the analytics events of an exam or, with the learner's id, those of one learner without an attempt."""
    return ":".join(["publish:exam", *map(str, ids)])


def orders_of_attempt(attempt_id: int, exam_id: int, user_id: int) -> set[str]:
    """Return the ordering keys of all messages about an attempt, including those to the provider."""
    return {provider_order(attempt_id), *orders_of_learner([(attempt_id, exam_id)], user_id)}


def orders_of_learner(
    attempts: Iterable[tuple[int, int]], user_id: int, allowance_ids: Iterable[int] = ()
) -> set[str]:
    """Return the ordering keys of all messages about a learner within the platform; `attempts`: pairs of attempt and
    exam ids.
    """
    orders = {allowance_order(allowance_id) for allowance_id in allowance_ids}
    for attempt_id, exam_id in attempts:
        orders |= {email_order(attempt_id), attempt_order(attempt_id), host_order(exam_id, user_id)}
    return orders


# Messages. Payloads of messages to the host contain exam_id, user_id and attempt_id.


def host_update(kind: MessageKind, payload: MessagePayload) -> Draft:
    """The latest credit status or grade override of a learner; replaces one that is still pending."""
    pair = (payload["exam_id"], payload["user_id"])
    return Draft(kind.name, kind.key(*pair), host_order(*pair), payload.copy(), coalesce=True)


def completion(payload: MessagePayload, user: User) -> Draft:
    """Mark the exam as complete for the learner."""
    key, order = COMPLETION.key(payload["attempt_id"]), _host_order(payload)
    return Draft(COMPLETION.name, key, order, payload, prefetched={"user": user})


def learner_state(history_id: int, payload: MessagePayload) -> Draft:
    """Delete the learner's answers."""
    key = LEARNER_STATE.key(history_id)
    return Draft(LEARNER_STATE.name, key, _host_order(payload), payload)


def support_notification(
    version: str, exam_id: int, user_id: int, payload: MessagePayload
) -> Draft:
    """Ask course staff to look at a review."""
    key = SUPPORT_NOTIFICATION.key(version)
    return Draft(SUPPORT_NOTIFICATION.name, key, host_order(exam_id, user_id), payload)


def email(payload: MessagePayload, attempt: ProctoredExamStudentAttempt) -> Draft:
    """A status e-mail; `attempt` is the attempt at the time of the change."""
    key, order = EMAIL.key(payload["history_id"]), email_order(payload["attempt_id"])
    return Draft(EMAIL.name, key, order, payload, prefetched={"attempt": attempt})


def signal(history_id: int, payload: MessagePayload, user: User | None = None) -> Draft:
    """The status signal; passing `user` saves a query if the signal includes the learner's names."""
    key, order = SIGNAL.key(history_id), attempt_order(payload["attempt_id"])
    return Draft(SIGNAL.name, key, order, payload, prefetched={"user": user} if user else {})


def attempt_event(history_id: int, attempt_id: int, name: str, payload: JSONObject) -> Draft:
    """An analytics event about an attempt."""
    return _event((history_id, name), attempt_order(attempt_id), payload)


def review_event(version: str, attempt_id: int, payload: JSONObject) -> Draft:
    """An analytics event about a review of an attempt."""
    return _event(("review", version), attempt_order(attempt_id), payload)


def allowance_event(allowance_id: int, version: int, action: str, payload: JSONObject) -> Draft:
    """An analytics event about an allowance."""
    key = ("allowance", allowance_id, version, action)
    return _event(key, allowance_order(allowance_id), payload)


def exam_event(history_id: int, exam_id: int, name: str, payload: JSONObject) -> Draft:
    """An analytics event about an exam."""
    return _event(("exam", history_id, name), exam_order(exam_id), payload)


def option_event(exam_id: int, user_id: int, day: object, payload: JSONObject) -> Draft:
    """An analytics event, at most once a day: the learner was offered the choice of a proctored exam."""
    return _event(("option", exam_id, user_id, day), exam_order(exam_id, user_id), payload)


def provider_notice(history_id: int, payload: MessagePayload) -> Draft:
    """The start, end or error of an attempt, for its provider."""
    key, order = PROVIDER_NOTICE.key(history_id), provider_order(payload["attempt_id"])
    return Draft(PROVIDER_NOTICE.name, key, order, payload, any_process=True)


def time_event(version: str, attempt_id: int, payload: JSONObject) -> Draft:
    """An analytics event about a change of an attempt's time."""
    return _event(("time", version), attempt_order(attempt_id), payload)


def time_signal(version: str, payload: MessagePayload) -> Draft:
    """The signal that an attempt's time has changed."""
    order = attempt_order(payload["attempt_id"])
    return Draft(TIME_SIGNAL.name, TIME_SIGNAL.key(version), order, payload)


def time_email(version: str, payload: MessagePayload) -> Draft:
    """An e-mail about time that was granted before the start."""
    order = email_order(payload["attempt_id"])
    return Draft(TIME_EMAIL.name, TIME_EMAIL.key(version), order, payload)


def pause_email(pause_id: int, attempt_id: int, user_id: int) -> Draft:
    """An e-mail to the course team about a pause that goes on for too long; one for each pause."""
    payload: MessagePayload = {"attempt_id": attempt_id, "user_id": user_id, "pause_id": pause_id}
    order = email_order(attempt_id)
    return Draft(PAUSE_EMAIL.name, PAUSE_EMAIL.key(pause_id), order, payload)


def time_notice(version: str, payload: MessagePayload) -> Draft:
    """A change of an attempt's time, for its provider."""
    key, order = PROVIDER_NOTICE.key("time", version), provider_order(payload["attempt_id"])
    return Draft(PROVIDER_NOTICE.name, key, order, payload, any_process=True)


def provider_removal(
    provider: str,
    exam_external_id: str | None,
    attempt_external_id: str,
    exam_id: int,
    user_id: int,
) -> Draft:
    """Ask the provider to remove an attempt that no longer exists in the LMS."""
    payload: MessagePayload = {
        "provider": provider,
        "exam_external_id": exam_external_id,
        "attempt_external_id": attempt_external_id,
        "exam_id": exam_id,
        "user_id": user_id,
    }
    # Provider ids may be longer than a key and differ only in case, which some databases ignore.
    digest = hashlib.sha256(f"{provider}:{attempt_external_id}".encode()).hexdigest()
    key = PROVIDER_REMOVAL.key(digest)
    return Draft(PROVIDER_REMOVAL.name, key, key, payload, coalesce=True, any_process=True)


def exam_saved(exam_id: int, provider: str, **more: str | None) -> Draft:
    """One message per exam and provider: however often the exam is saved, only its current state is sent."""
    payload: JSONObject = {"exam_id": exam_id, "provider": provider, **more}
    key = EXAM_SAVED.key(exam_id, provider)
    return Draft(EXAM_SAVED.name, key, key, payload, coalesce=True, any_process=True)


def extension_change(
    extension: str, history_id: int, attempt_id: int, payload: JSONObject
) -> Draft:
    """A change that an extension still has to process; the changes of one attempt stay in order."""
    key = EXTENSION_CHANGE.key(extension, history_id)
    return Draft(EXTENSION_CHANGE.name, key, f"extension:{extension}:{attempt_id}", payload)


def recalculation(
    change: str,
    exam_id: int,
    total: int,
    user_ids: Sequence[int] | None,
    *,
    dates_changed: bool = False,
) -> Draft:
    """Recalculate running attempts of the exam (of these users, or all) after a change of its limit, allowances or dates.

    `dates_changed`: the host has changed due dates, so that copies of them in a cache are out of date.
    The payload also contains the progress: attempts up to the id `after` have been processed, `done` of `total`.
    """
    key = RECALCULATION.key(exam_id, change)
    who = None if user_ids is None else list(user_ids)
    payload: MessagePayload = {
        "exam_id": exam_id,
        "user_ids": who,
        "after": 0,
        "done": 0,
        "total": total,
        "failed": [],
        "dates_changed": dates_changed,
    }
    return Draft(RECALCULATION.name, key, key, payload, any_process=True)


def _host_order(payload: MessagePayload) -> str:
    return host_order(payload["exam_id"], payload["user_id"])


def _event(key: Iterable[object], order: str, payload: JSONObject) -> Draft:
    return Draft(EVENT.name, EVENT.key(*key), order, payload)


def bulk_time_change(bulk_id: int) -> Draft:
    """Change the time of many attempts. The payload also contains the progress: `done` attempts, up to the id `after`."""
    key = BULK_TIME_CHANGE.key(bulk_id)
    payload: MessagePayload = {"bulk_id": bulk_id, "after": 0, "done": 0}
    return Draft(BULK_TIME_CHANGE.name, key, key, payload, any_process=True)


def bulk_action(bulk_id: int) -> Draft:
    """Execute an action on many rows. The payload also contains the progress: the first `done` rows have been tried."""
    key = BULK_ACTION.key(bulk_id)
    payload: MessagePayload = {"bulk_id": bulk_id, "done": 0}
    return Draft(BULK_ACTION.name, key, key, payload, any_process=True)
