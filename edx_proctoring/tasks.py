"""Celery tasks. `edx_proctoring.settings.schedule` says how often they run."""

from dataclasses import asdict

from celery import shared_task

from edx_proctoring import api, operations, outbox

NET_SECONDS = 45


@shared_task
def deliver_messages(ids: list[int]) -> int:
    """Deliver these messages and what waits with them; returns how many were delivered."""
    return outbox.deliver_messages(ids)


@shared_task
def deliver_outbox() -> dict[str, int]:
    """Deliver whatever is due: the net under messages whose task was lost.

    After three quarters of a minute it leaves the rest to its next run, so that it holds no worker for long.
    """
    return outbox.deliver(seconds=NET_SECONDS)


@shared_task
def purge_outbox() -> int:
    """Delete what was delivered long ago, and answers to repeated requests; returns how many messages."""
    api.forget_requests()
    return outbox.purge()


@shared_task
def submit_expired_attempts(limit: int = 1000) -> dict[str, int]:
    """End attempts whose time is over, although nobody looks at them; returns the counts.

    After `limit` it leaves the rest to its next run, so that it holds no worker for long.
    """
    return asdict(operations.submit_expired_attempts(limit=limit))
