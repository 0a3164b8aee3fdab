"""Celery tasks. `edx_proctoring.settings.schedule` says how often they run."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from celery import shared_task

from edx_proctoring.late_imports import late_module

if TYPE_CHECKING:
    from edx_proctoring import operations, outbox
else:  # imported when used: see `late_imports`
    operations = late_module("edx_proctoring.operations")
    outbox = late_module("edx_proctoring.outbox")

NET_SECONDS = 45


@shared_task
def deliver_messages(ids: list[int]) -> int:
    """Deliver these messages and pending ones in the same lanes; return how many were delivered."""
    return outbox.deliver_messages(ids)


@shared_task
def deliver_outbox() -> dict[str, int]:
    """Deliver all due messages, including those whose task was lost.

    Stops after three quarters of a minute and leaves the rest to the next run, so that it does not block a worker for
    long.
    """
    return outbox.deliver(seconds=NET_SECONDS)


@shared_task
def purge_outbox() -> int:
    """Delete old messages, stored responses and records of finished work; return how many messages were deleted."""
    return operations.forget_old_rows()


@shared_task
def submit_expired_attempts(limit: int | None = None) -> dict[str, int]:
    """End overdue attempts that no page polls; return the counts.

    Stops after three quarters of a minute, or `limit` attempts, and leaves the rest to the next run, so that it does not
    block a worker for long.
    """
    return asdict(operations.submit_expired_attempts(limit=limit, seconds=NET_SECONDS))
