"""Find work that periodic tasks should have done by now, before learners notice."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import timezone

from edx_proctoring import conf, deadlines
from edx_proctoring.models import OutboxMessage, ProctoredExam, ScheduledRun
from edx_proctoring.models.scheduled_runs import SWEEP
from edx_proctoring.operations.expiry import running_attempts


@dataclass(frozen=True)
class Late:
    """Overdue work: its kind (sweep, attempts, messages), a description, a hint."""

    who: str
    text: str
    hint: str


def find_late_work() -> list[Late]:
    """Return work that is overdue by more than LATE_MINUTES; empty if there are no exams."""
    if not ProctoredExam.objects.exists():
        return []
    minutes = conf.proctoring.LATE_MINUTES
    return list(_late(minutes, timezone.now()))


def _late(minutes: int, now: datetime.datetime) -> Iterator[Late]:
    moment = now - datetime.timedelta(minutes=minutes)
    last = ScheduledRun.objects.last_of(SWEEP)
    if last is None or last < moment:
        when = f"since {last:%Y-%m-%d %H:%M} UTC" if last else "yet"
        yield Late(
            "sweep",
            f"submit_expired_attempts has not run {when}: attempts that no page polls are not ended.",
            "Run Celery beat (docs/operate.rst names the process), or run the command of that name from cron.",
        )
    if overdue := _overdue(moment):
        yield Late(
            "attempts",
            f"{overdue} attempts are still running more than {minutes} minutes after their time was over.",
            "Run manage.py submit_expired_attempts; its log gives the reason for each attempt that could not be ended.",
        )
    waiting = OutboxMessage.objects.due_since(now)
    if waiting is not None and waiting < moment:
        yield Late(
            "messages",
            f"Messages have been waiting for delivery since {waiting:%Y-%m-%d %H:%M} UTC.",
            "Is a worker running, and is edx_proctoring.tasks.deliver_outbox scheduled?",
        )


def _overdue(moment: datetime.datetime) -> int:
    ends = (deadlines.expires_at(attempt) for page in running_attempts() for attempt in page)
    return sum(end is not None and end < moment for end in ends)
