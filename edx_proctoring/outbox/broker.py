"""Celery: is there a broker, and telling its workers what to deliver."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

from celery import current_app
from kombu import pools

from edx_proctoring import conf
from edx_proctoring.circuit_breaker import IN_PROCESS, CircuitBreaker

log = logging.getLogger(__name__)

TASK = "edx_proctoring.tasks.deliver_messages"
WAIT_SECONDS = 0.35  # that a request waits for the broker
PAUSE_SECONDS = (
    30  # in which nobody in this process tries again, after the broker kept a request waiting
)
SOCKET_SECONDS = (
    2  # after which a connection that came to nothing is given up, in a thread of its own
)
# What Celery uses where nothing is configured.
CELERYS_DEFAULT = "amqp://guest@localhost"

NO_BROKER = "Messages are left to Celery, but no broker is configured: nothing is published."
NO_BROKER_HINT = (
    "Set the broker's URL (CELERY_BROKER_URL, in Open edX BROKER_URL), or PROCTORING_SETTINGS['DELIVERY'] = 'auto'. "
    "Celery's default address, amqp://guest@localhost//, does not count: write user and password into it "
    "(amqp://guest:guest@localhost//)."
)

_breaker = CircuitBreaker("broker", PAUSE_SECONDS, IN_PROCESS)
_apps: list[Any] = []  # the Celery app that was the current one when Django was set up


def remember_app() -> None:
    """At start: what Celery takes for the current app depends on the thread, and requests have threads of their own."""
    _apps[:] = [current_app._get_current_object()]


def app() -> Any:
    """The host's Celery app.

    A thread that has not made the app itself gets a fallback from Celery that nobody configured, unless the host called
    `set_default()`, which Open edX does not.
    """
    here = current_app._get_current_object()
    if _address_of(here) is None and _apps and not here.conf.task_always_eager:
        return _apps[0]
    return here


def address() -> str | None:
    """The broker that the host configured, or None: Celery's own default address does not count."""
    return _address_of(app())


def _address_of(celery: Any) -> str | None:
    url = celery.conf.broker_write_url
    if isinstance(url, list | tuple):
        url = ";".join(url)
    if not url or str(url).rstrip("/") == CELERYS_DEFAULT:
        return None
    return str(url)


def is_eager() -> bool:
    """Does Celery run tasks at once, in the process that sends them?"""
    return bool(app().conf.task_always_eager)


def is_used() -> bool:
    """Are messages left to Celery's workers? With DELIVERY='auto', where there is a broker to tell them."""
    if conf.proctoring.DELIVERY == "auto":
        return address() is not None and not is_eager()
    return bool(conf.proctoring.DELIVERY == "celery")


def enqueue(ids: Sequence[int], countdown: float | None = None) -> None:
    """Send a task; with the broker down, or none configured, the rows wait for the periodic delivery."""
    if not ids or not is_used():
        return
    if not is_eager() and (address() is None or _breaker.state().is_down):
        return
    try:
        _send(list(ids), countdown)
    except Exception as error:
        log.warning("broker not reached, messages=%s error=%r", len(ids), error)
        _breaker.note(failed=True)


def _send(ids: list[int], countdown: float | None) -> None:
    celery = app()
    task = celery.signature(TASK, args=[ids])
    if celery.conf.task_always_eager:
        task.apply_async(countdown=countdown)
        return
    failures: list[Exception] = []
    began = time.monotonic()

    def publish() -> None:
        try:
            _publish(celery, task, countdown)
        except Exception as error:
            failures.append(error)
        else:
            if time.monotonic() - began > WAIT_SECONDS:  # as the first connection may
                _breaker.note(failed=False)

    # Names are looked up, sockets opened and brokers' nodes tried one after the other, each with limits of its own or
    # none: only a thread can be left alone after a fixed time. Where it succeeds later, so much the better.
    thread = threading.Thread(target=publish, daemon=True, name="proctoring publishes")
    thread.start()
    thread.join(WAIT_SECONDS)
    if thread.is_alive():
        raise TimeoutError(f"no answer within {WAIT_SECONDS} seconds")
    if failures:
        raise failures[0]


def _publish(celery: Any, task: Any, countdown: float | None) -> None:
    """By connections of our own: those of the host may wait for ever."""
    limits = {"socket_timeout": SOCKET_SECONDS, "socket_connect_timeout": SOCKET_SECONDS}
    connection = celery.connection_for_write(
        connect_timeout=SOCKET_SECONDS,
        transport_options={**celery.conf.broker_transport_options, **limits, "max_retries": 1},
    )
    once_more = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
    with pools.producers[connection].acquire(block=True, timeout=SOCKET_SECONDS) as producer:
        task.apply_async(
            countdown=countdown,
            producer=producer,
            ignore_result=True,
            retry=True,  # a connection that lay idle may be gone
            retry_policy=once_more,
        )
