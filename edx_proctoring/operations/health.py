"""The health of this process and of what it needs, for load balancers and monitoring, within a time limit.

The answers hold numbers and states, but nothing about learners.
"""

import datetime
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from edx_proctoring import cache, conf
from edx_proctoring.models import ProctoredExam, ScheduledRun, TimeAdjustment
from edx_proctoring.models.scheduled_runs import SWEEP
from edx_proctoring.operations.diagnostics import breakers, network, outbox_backlog
from edx_proctoring.operations.probes import (
    ERROR,
    NOTE,
    OK,
    WARNING,
    Finding,
    Question,
    ask_shared,
)

# As docs/monitor.rst promises to load balancers and monitoring, whose own time-outs depend on it.
READY_SECONDS = 2.0
REPORT_SECONDS = 3.0
ORDER = (OK, NOTE, WARNING, ERROR)  # by severity


@dataclass(frozen=True)
class Health:
    """The worst state of all findings (a note counts as ok), and the findings."""

    state: str
    findings: list[Finding]


def is_ready() -> bool:
    """Return whether this process can serve learners: whether the database answers. Nothing else stops an exam."""
    (found,) = ask_shared([("database", _database)], READY_SECONDS)
    return all(one.state == OK for one in found)


def report_health() -> Health:
    """Ask everything at once: database, cache, broker and workers, outbox, sweep, pauses, providers."""
    ours: list[Question] = [
        ("database", _database),
        ("cache", _cache),
        ("outbox", outbox_backlog),
        ("sweep", _sweep),
        ("pauses", _pauses),
    ]
    answers = ask_shared([*ours, *network(), ("requests", breakers)], REPORT_SECONDS)
    findings = [one.masked() for answer in answers for one in answer]
    worst = max((one.state for one in findings), key=ORDER.index)
    return Health(OK if worst == NOTE else worst, findings)


def _database(_seconds: float) -> Iterator[Finding]:
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    yield _answers("database", began)


def _cache(_seconds: float) -> Iterator[Finding]:
    began = time.monotonic()
    if cache.keeps_values():
        yield _answers("cache", began)
        return
    hint = (
        "All processes need the same default cache; see docs/operate.rst, When the cache is down."
    )
    yield Finding("cache", WARNING, "keeps nothing", hint)


def _answers(subject: str, began: float) -> Finding:
    took = round((time.monotonic() - began) * 1000)
    return Finding(subject, OK, f"answers in {took} ms", "", {"milliseconds": took})


def _sweep(_seconds: float) -> Iterator[Finding]:
    """Report when `submit_expired_attempts` ran last. It ends the attempts of learners who closed their page."""
    last = ScheduledRun.objects.last_of(SWEEP)
    late = None if last is None else round((timezone.now() - last).total_seconds())
    text = "has not run yet" if late is None else f"ran {late} seconds ago"
    is_late = late is None or late > conf.proctoring.LATE_MINUTES * 60
    if is_late and ProctoredExam.objects.exists():
        hint = "Run Celery beat (docs/operate.rst names the process), or submit_expired_attempts from cron."
        yield Finding("sweep", ERROR, text, hint, {"late_seconds": late})
    else:
        yield Finding("sweep", OK, text, "", {"late_seconds": late})


def _pauses(_seconds: float) -> Iterator[Finding]:
    """Report pauses that staff may have forgotten: nothing else ends them, and their learners cannot go on."""
    minutes = int(conf.proctoring.LONGEST_PAUSE_MINUTES)
    since = timezone.now() - datetime.timedelta(minutes=minutes)
    count = TimeAdjustment.objects.pauses_since_before(since).count()
    text = f"{count} for more than {minutes} minutes"
    hint = (
        "Continue these attempts (is_too_long in the list of attempts), or let course staff do it."
    )
    state, hint = (WARNING, hint) if count else (OK, "")
    yield Finding("pauses", state, text, hint, {"too_long": count})
