"""What the schedule should have done by now, and has not: nothing shows that sooner than learners do."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Min
from django.utils import timezone

from edx_proctoring import conf, deadlines
from edx_proctoring.models import OutboxMessage, ProctoredExam, ScheduledRun
from edx_proctoring.models.runs import SWEEP
from edx_proctoring.operations.expiry import running_attempts


@dataclass(frozen=True)
class Late:
    """Who is late (sweep, attempts, messages), a sentence, what to do."""

    who: str
    text: str
    hint: str


def what_is_late() -> list[Late]:
    """What is late by more than LATE_MINUTES; nothing where there is no exam."""
    if not ProctoredExam.objects.exists():
        return []
    minutes = conf.proctoring.LATE_MINUTES
    return list(_late(minutes, timezone.now() - datetime.timedelta(minutes=minutes)))


def _late(minutes: int, moment: datetime.datetime) -> Iterator[Late]:
    last = ScheduledRun.objects.last_of(SWEEP)
    if last is None or last < moment:
        when = f"since {last:%Y-%m-%d %H:%M} UTC" if last else "yet"
        yield Late(
            "sweep",
            f"submit_expired_attempts has not run {when}: nobody ends attempts that no page looks at.",
            "Have Celery beat run (docs/operate.rst says which process), or cron run the command of that name.",
        )
    if overdue := _overdue(moment):
        yield Late(
            "attempts",
            f"{overdue} attempts run although their time is over since more than {minutes} minutes.",
            "Run manage.py submit_expired_attempts; its log says why an attempt could not be ended.",
        )
    if waiting := due_before(moment):
        yield Late(
            "messages",
            f"Messages wait for their delivery since {waiting:%Y-%m-%d %H:%M} UTC.",
            "Is a worker running, and is edx_proctoring.tasks.deliver_outbox scheduled?",
        )


def _overdue(moment: datetime.datetime) -> int:
    ends = (deadlines.expires_at(attempt) for page in running_attempts() for attempt in page)
    return sum(end is not None and end < moment for end in ends)


def due_before(moment: datetime.datetime) -> datetime.datetime | None:
    """Since when the oldest message is due, if that was before the moment."""
    due = OutboxMessage.objects.due(timezone.now()).filter(next_try_at__lt=moment)
    first: datetime.datetime | None = due.aggregate(first=Min("next_try_at"))["first"]
    return first
