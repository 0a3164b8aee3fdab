"""Outbox messages: their kinds, keys and ordering keys, each spelled here and nowhere else.

All three are stored, and processes of other versions read them, so none of them may ever change.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from edx_proctoring.outbox import Draft


@dataclass(frozen=True)
class MessageKind:
    """The subject of a message, and how the outbox treats it."""

    name: str
    personal: bool = False  # tells people about the learner: not sent once the learner is retired
    slow_recipient: bool = False  # all other kinds may overtake it
    inline: bool = False  # delivered right after the commit, by the process that stored it

    def key(self, *parts: object) -> str:
        """The unique key of one message."""
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
PROVIDER_NOTICE = MessageKind("provider_notice", slow_recipient=True)
PROVIDER_REMOVAL = MessageKind("provider_removal", slow_recipient=True)
EXAM_SAVED = MessageKind("exam_saved", slow_recipient=True, inline=True)
EXTENSION_CHANGE = MessageKind("extension_change")

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
    PROVIDER_NOTICE,
    PROVIDER_REMOVAL,
    EXAM_SAVED,
    EXTENSION_CHANGE,
)
PERSONAL_KINDS = tuple(kind.name for kind in KINDS if kind.personal)


# Ordering keys. Messages that share one are delivered one after the other, in the order in which they were stored.


def host_order(exam_id: int, user_id: int) -> str:
    """Updates of the LMS about one learner in one exam."""
    return f"host:{exam_id}:{user_id}"


def provider_order(attempt_id: int) -> str:
    """Notices to the provider about one attempt."""
    return f"provider:{attempt_id}"


def email_order(attempt_id: int) -> str:
    """E-mails about one attempt."""
    return f"email:{attempt_id}"


def attempt_order(attempt_id: int) -> str:
    """Analytics events and status signals of one attempt."""
    return f"publish:attempt:{attempt_id}"


def allowance_order(allowance_id: int) -> str:
    """Analytics events of one allowance."""
    return f"publish:allowance:{allowance_id}"


def exam_order(*ids: int) -> str:
    """Analytics events of an exam; with the learner's id as well, those of one learner who has no attempt."""
    return ":".join(["publish:exam", *map(str, ids)])


def orders_of_attempt(attempt_id: int, exam_id: int, user_id: int) -> set[str]:
    """The ordering keys of all messages about an attempt, those to the provider included."""
    return {provider_order(attempt_id), *orders_of_learner([(attempt_id, exam_id)], user_id)}


def orders_of_learner(
    attempts: Iterable[tuple[int, int]], user_id: int, allowance_ids: Iterable[int] = ()
) -> set[str]:
    """The ordering keys of messages about a learner within the platform; `attempts`: ids of attempt and exam."""
    orders = {allowance_order(allowance_id) for allowance_id in allowance_ids}
    for attempt_id, exam_id in attempts:
        orders |= {email_order(attempt_id), attempt_order(attempt_id), host_order(exam_id, user_id)}
    return orders


# Messages. Payloads of messages to the host hold exam_id, user_id and attempt_id.


def host_update(kind: MessageKind, payload: Mapping[str, Any]) -> Draft:
    """The newest credit status or grade override of a learner; replaces one that still waits."""
    pair = (payload["exam_id"], payload["user_id"])
    return Draft(kind.name, kind.key(*pair), host_order(*pair), dict(payload), coalesce=True)


def completion(payload: dict[str, Any], user: Any) -> Draft:
    """The learner has completed the exam."""
    key, order = COMPLETION.key(payload["attempt_id"]), _host_order(payload)
    return Draft(COMPLETION.name, key, order, payload, prefetched={"user": user})


def learner_state(history_id: int, payload: dict[str, Any]) -> Draft:
    """The learner's answers are to be deleted."""
    key = LEARNER_STATE.key(history_id)
    return Draft(LEARNER_STATE.name, key, _host_order(payload), payload)


def support_notification(
    version: str, exam_id: int, user_id: int, payload: dict[str, Any]
) -> Draft:
    """Course staff should look at a review."""
    key = SUPPORT_NOTIFICATION.key(version)
    return Draft(SUPPORT_NOTIFICATION.name, key, host_order(exam_id, user_id), payload)


def email(payload: dict[str, Any], attempt: Any) -> Draft:
    """A status mail; `attempt` as it was when the status changed."""
    key, order = EMAIL.key(payload["history_id"]), email_order(payload["attempt_id"])
    return Draft(EMAIL.name, key, order, payload, prefetched={"attempt": attempt})


def signal(history_id: int, payload: dict[str, Any], user: Any = None) -> Draft:
    """The status signal; `user` saves a query where the names of the learner are part of it."""
    key, order = SIGNAL.key(history_id), attempt_order(payload["attempt_id"])
    return Draft(SIGNAL.name, key, order, payload, prefetched={"user": user} if user else {})


def attempt_event(history_id: int, attempt_id: int, name: str, payload: dict[str, Any]) -> Draft:
    """An analytics event about an attempt."""
    return _event((history_id, name), attempt_order(attempt_id), payload)


def review_event(version: str, attempt_id: int, payload: dict[str, Any]) -> Draft:
    """An analytics event about a review of an attempt."""
    return _event(("review", version), attempt_order(attempt_id), payload)


def allowance_event(allowance_id: int, version: int, action: str, payload: dict[str, Any]) -> Draft:
    """An analytics event about an allowance."""
    key = ("allowance", allowance_id, version, action)
    return _event(key, allowance_order(allowance_id), payload)


def exam_event(history_id: int, exam_id: int, name: str, payload: dict[str, Any]) -> Draft:
    """An analytics event about an exam."""
    return _event(("exam", history_id, name), exam_order(exam_id), payload)


def option_event(exam_id: int, user_id: int, day: object, payload: dict[str, Any]) -> Draft:
    """An analytics event: the learner may choose to be proctored; once a day."""
    return _event(("option", exam_id, user_id, day), exam_order(exam_id, user_id), payload)


def provider_notice(history_id: int, payload: dict[str, Any]) -> Draft:
    """Start, end or error of an attempt, for its provider."""
    key, order = PROVIDER_NOTICE.key(history_id), provider_order(payload["attempt_id"])
    return Draft(PROVIDER_NOTICE.name, key, order, payload, any_process=True)


def time_event(version: str, attempt_id: int, payload: dict[str, Any]) -> Draft:
    """An analytics event about a change of an attempt's time."""
    return _event(("time", version), attempt_order(attempt_id), payload)


def time_signal(version: str, payload: dict[str, Any]) -> Draft:
    """The signal that an attempt's time has changed."""
    order = attempt_order(payload["attempt_id"])
    return Draft(TIME_SIGNAL.name, TIME_SIGNAL.key(version), order, payload)


def time_email(version: str, payload: dict[str, Any]) -> Draft:
    """A mail about time that was granted before the start."""
    order = email_order(payload["attempt_id"])
    return Draft(TIME_EMAIL.name, TIME_EMAIL.key(version), order, payload)


def time_notice(version: str, payload: dict[str, Any]) -> Draft:
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
    """The provider should remove an attempt that is gone here."""
    payload = {
        "provider": provider,
        "exam_external_id": exam_external_id,
        "attempt_external_id": attempt_external_id,
        "exam_id": exam_id,
        "user_id": user_id,
    }
    # Providers' ids may be longer than a key, and differ in case only, which some databases do not see.
    digest = hashlib.sha256(f"{provider}:{attempt_external_id}".encode()).hexdigest()
    key = PROVIDER_REMOVAL.key(digest)
    return Draft(PROVIDER_REMOVAL.name, key, key, payload, coalesce=True, any_process=True)


def exam_saved(exam_id: int, provider: str, **more: Any) -> Draft:
    """One message per exam and provider: however often an exam is saved, its current state is sent."""
    payload = {"exam_id": exam_id, "provider": provider, **more}
    key = EXAM_SAVED.key(exam_id, provider)
    return Draft(EXAM_SAVED.name, key, key, payload, coalesce=True, any_process=True)


def extension_change(extension: str, history_id: int, attempt_id: int, payload: Any) -> Draft:
    """A change that an extension missed; it hears of those of one attempt in their order."""
    key = EXTENSION_CHANGE.key(extension, history_id)
    return Draft(EXTENSION_CHANGE.name, key, f"extension:{extension}:{attempt_id}", payload)


def _host_order(payload: Mapping[str, Any]) -> str:
    return host_order(payload["exam_id"], payload["user_id"])


def _event(key: Iterable[object], order: str, payload: dict[str, Any]) -> Draft:
    return Draft(EVENT.name, EVENT.key(*key), order, payload)
