"""Check the installation: system checks, each provider, the broker and the outbox, all within a time limit."""

import email.utils
import functools
import time
from collections.abc import Iterable, Iterator

import requests
from django.core import checks
from django.db.models import Count
from django.utils import timezone

from edx_proctoring import backends, conf
from edx_proctoring.api.allowances.single import (
    get_allowances_counted_twice,
    get_allowances_without_effect,
)
from edx_proctoring.backends.backend import ProctoringBackendProvider, within
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAllowance
from edx_proctoring.models.outbox import GIVEN_UP, PENDING
from edx_proctoring.operations.probes import (
    ERROR,
    NOTE,
    OK,
    WARNING,
    Finding,
    Question,
    ask,
)
from edx_proctoring.outbox import broker
from edx_proctoring.types import JSONObject

SKEW_SECONDS = 10
MOST_LISTED = 10


def diagnose(deadline: float = 5) -> list[Finding]:
    """Run all checks; the remote ones run in parallel and have `deadline` seconds together."""
    ours: list[Question] = [("database", _database), ("outbox", outbox_backlog)]
    asked = [*ours, *network(), ("requests", breakers), ("allowances", _allowances)]
    database, outbox, *others = ask(asked, deadline)
    found = [*_messages(checks.run_checks(tags=["edx_proctoring"])), *database]
    found = found or [Finding("checks", OK, "all system checks pass")]
    found = [*found, *outbox, *(one for answer in others for one in answer)]
    return [one.masked() for one in found]


def network() -> Iterator[Question]:
    config = backends.registry()
    for name, provider in sorted(config.backends.items()):
        subject = f"provider {name}"
        yield subject, functools.partial(_provider, name, provider)
    yield "broker", _broker


def _database(_seconds: float) -> list[Finding]:
    messages = checks.run_checks(tags=["database"], databases=["default"])
    return _messages(one for one in messages if str(one.id).startswith("edx_proctoring."))


def _messages(messages: Iterable[checks.CheckMessage]) -> list[Finding]:
    return [
        Finding(str(one.id), _state(one.level), str(one.msg), str(one.hint or ""))
        for one in messages
        if not one.is_silenced()
    ]


def _state(level: int) -> str:
    if level >= checks.ERROR:
        return ERROR
    return WARNING if level >= checks.WARNING else NOTE


def _provider(name: str, provider: ProctoringBackendProvider, seconds: float) -> Iterator[Finding]:
    """Let the provider check its service, with credentials if its protocol has any."""
    subject = f"provider {name}"
    if not getattr(provider, "has_service", True):
        yield Finding(subject, OK, "runs in this process, no service to check")
        return
    began, clock = time.monotonic(), time.time()
    try:
        with within(seconds):
            answer = backends.ping(name, provider)
    except NotImplementedError:
        hint = 'Its class has no ping(): see "Write a provider" in the documentation.'
        yield Finding(subject, NOTE, "availability not checked", hint)
        return
    except requests.HTTPError as error:
        if error.response is None:
            raise
        answer, refused = error.response, True
    else:
        refused = False
    took = time.monotonic() - began
    yield _judged(subject, refused, *_measured(answer, took, clock))


def _measured(answer: object, took: float, clock: float) -> tuple[float | None, JSONObject]:
    """Return how far the provider's clock is ahead, if the response has a date, and the numbers."""
    numbers: JSONObject = {"milliseconds": round(took * 1000)}
    if not isinstance(answer, requests.Response):
        return None, numbers
    numbers = {"status": answer.status_code, **numbers}
    skew = _skew(answer.headers.get("Date"), clock + took / 2)
    if skew is not None:
        numbers["clock_skew_seconds"] = skew
    return skew, numbers


def _judged(subject: str, refused: bool, skew: float | None, numbers: JSONObject) -> Finding:
    if refused:
        hint = "Check the provider's address and credentials in PROCTORING_BACKENDS, or contact the provider."
        return Finding(subject, ERROR, f"answers {numbers['status']}", hint, numbers)
    if skew is not None and abs(skew) > SKEW_SECONDS:
        hint = (
            "Synchronise both clocks by NTP: signatures and tokens are only valid for a short time."
        )
        return Finding(subject, WARNING, f"its clock is off by {skew:+g} seconds", hint, numbers)
    clock = "sent no date" if skew is None else f"clocks differ by {skew:+g} seconds"
    return Finding(subject, OK, f"answers in {numbers['milliseconds']} ms, {clock}", "", numbers)


def breakers(_seconds: float) -> Iterator[Finding]:
    """Report providers that failed lately or are currently skipped; see `edx_proctoring.backends.breaker`."""
    for name, state in backends.provider_states().items():
        numbers: JSONObject = {"failures_in_a_row": state.failures}
        if state.since is not None:
            numbers["down_since"] = state.since.isoformat(timespec="seconds")
            text = (
                f"is considered down since {numbers['down_since']}: requests to it fail immediately"
            )
            hint = "It is retried every few seconds; messages to it stay in the outbox."
            yield Finding(f"requests to {name}", ERROR, text, hint, numbers)
        elif state.failures:
            text = (
                f"{state.failures} consecutive requests were not answered within the last minutes"
            )
            yield Finding(f"requests to {name}", WARNING, text, "", numbers)


def _skew(date: str | None, ours: float) -> float | None:
    """Return how far the provider's clock is ahead. The header has whole seconds, so half a second is added."""
    try:
        theirs = email.utils.parsedate_to_datetime(date or "").timestamp() + 0.5
    except (TypeError, ValueError, OverflowError):
        return None
    return round(theirs - ours, 1)


def _broker(seconds: float) -> Iterator[Finding]:
    if not broker.is_used():
        yield Finding("broker", OK, "not needed: messages are delivered inline")
        return
    if broker.is_eager():
        yield Finding("broker", OK, "not needed: Celery runs tasks eagerly")
        return
    if broker.address() is None:
        yield Finding("broker", WARNING, broker.NO_BROKER, broker.NO_BROKER_HINT)
        return
    celery = broker.app()
    with celery.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=seconds)
        where = connection.as_uri()
    workers = celery.control.ping(timeout=min(1.0, seconds / 2))
    if not workers:
        hint = "Start a worker. Until then messages stay pending; none are lost."
        yield Finding("broker", WARNING, f"{where} is reachable, but no worker answers", hint)
        return
    text = f"{where} is reachable, {len(workers)} workers"
    yield Finding("broker", OK, text, "", {"workers": len(workers)})


def outbox_backlog(_seconds: float) -> Iterator[Finding]:
    """Report how many messages are pending, since when, and how many were given up."""
    open_states = OutboxMessage.objects.filter(state__in=(PENDING, GIVEN_UP))
    counts = dict(open_states.values_list("state").annotate(Count("id")))
    now = timezone.now()
    due = OutboxMessage.objects.due_since(now)
    # Messages that a clock ahead of ours postponed are due, too.
    late = max(0, round((now - due).total_seconds())) if due else 0
    waiting, given_up = counts.get(PENDING, 0), counts.get(GIVEN_UP, 0)
    numbers = {"waiting": waiting, "given_up": given_up, "late_seconds": late}
    text = f"{waiting} wait, {given_up} given up"
    if late > conf.proctoring.LATE_MINUTES * 60:
        hint = "Is a worker running, and is edx_proctoring.tasks.deliver_outbox scheduled?"
        yield Finding(
            "outbox",
            ERROR,
            f"{text}; the oldest has been due for {late // 60} minutes",
            hint,
            numbers,
        )
    elif given_up:
        hint = (
            "Django admin, Outbox messages, given up: look at the last error, then deliver again."
        )
        yield Finding("outbox", WARNING, text, hint, numbers)
    else:
        yield Finding("outbox", OK, text, "", numbers)


def _allowances(_seconds: float) -> Iterator[Finding]:
    """Report allowances of time that have no effect or may be counted twice."""
    useless = get_allowances_without_effect()
    if useless:
        text = (
            f"{len(useless)} grant no time because their values cannot be read: {_listed(useless)}"
        )
        hint = "Ask the person who granted them for the intended value and grant that."
        yield Finding("allowances", WARNING, text, hint, {"without_effect": len(useless)})
    twice = get_allowances_counted_twice()
    if twice:
        text = f"{len(twice)} may be counted twice, because a factor grants the same time: {_listed(twice)}"
        hint = "A factor and minutes are added. Remove the minutes if the bulk call computed them from the factor."
        yield Finding("allowances", WARNING, text, hint, {"counted_twice": len(twice)})


def _listed(allowances: list[ProctoredExamStudentAllowance]) -> str:
    parts = [
        f"id={one.pk} exam_id={one.proctored_exam_id} user_id={one.user_id} {one.key}={one.value!r}"
        for one in allowances[:MOST_LISTED]
    ]
    return ", ".join([*parts, "…"] if len(allowances) > MOST_LISTED else parts)
