"""Detect whether Celery has a broker, and publish delivery tasks to its workers."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

from celery import current_app
from django.apps import apps
from kombu import pools

from edx_proctoring import conf
from edx_proctoring.circuit_breaker import IN_PROCESS, CircuitBreaker

log = logging.getLogger(__name__)

TASK = "edx_proctoring.tasks.deliver_messages"
WAIT_SECONDS = 0.35  # seconds that a request waits for the broker
PAUSE_SECONDS = (
    30  # seconds during which this process does not try again after the broker delayed a request
)
SOCKET_SECONDS = (
    2  # seconds after which a connection attempt, made in a separate thread, is abandoned
)
# The broker address that Celery uses if none is configured.
CELERYS_DEFAULT = "amqp://guest@localhost"

NO_BROKER = (
    "Messages are delivered by Celery, but no broker is configured, so no task is published."
)
NO_BROKER_HINT = (
    "Set the broker's URL (CELERY_BROKER_URL, in Open edX BROKER_URL), or PROCTORING_SETTINGS['DELIVERY'] = 'auto'. "
    "Celery's default address, amqp://guest@localhost//, does not count: include user and password "
    "(amqp://guest:guest@localhost//)."
)

_breaker = CircuitBreaker("broker", PAUSE_SECONDS, IN_PROCESS)


def app() -> Any:
    """Return the host's Celery app.

    In a thread that did not create the app, Celery falls back to an unconfigured one, unless the host called
    `set_default()`, which Open edX does not do.
    """
    here = current_app._get_current_object()
    if _address_of(here) is None and not here.conf.task_always_eager:
        config: Any = apps.get_app_config("edx_proctoring")
        return config.celery_app
    return here


def address() -> str | None:
    """Return the address of the configured broker, or None. Celery's own default address does not count."""
    return _address_of(app())


def _address_of(celery: Any) -> str | None:
    url = celery.conf.broker_write_url
    if isinstance(url, list | tuple):
        url = ";".join(url)
    if not url or str(url).rstrip("/") == CELERYS_DEFAULT:
        return None
    return str(url)


def is_eager() -> bool:
    """Return whether Celery runs tasks immediately in the calling process."""
    return bool(app().conf.task_always_eager)


def is_used() -> bool:
    """Return whether messages are left to Celery workers. With DELIVERY='auto': if a broker is configured."""
    if conf.proctoring.DELIVERY == "auto":
        return address() is not None and not is_eager()
    return bool(conf.proctoring.DELIVERY == "celery")


def enqueue(ids: Sequence[int], countdown: float | None = None) -> None:
    """Publish a task. If the broker is down or not configured, the messages wait for the periodic delivery."""
    if not ids or not is_used():
        return
    if not is_eager() and (address() is None or _breaker.state().is_down):
        return
    try:
        _send(list(ids), countdown)
    except Exception as error:
        # The rows are stored, and each transport raises errors of its own.
        log.warning("broker unreachable, messages=%s error=%r", len(ids), error)
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
            if time.monotonic() - began > WAIT_SECONDS:  # the first connection may take this long
                _breaker.note(failed=False)

    # Name resolution, opening sockets and trying the broker's nodes in turn have separate time-outs or none, so only a
    # separate thread can be abandoned after a fixed time. If it succeeds later, the task is simply published late.
    thread = threading.Thread(target=publish, daemon=True, name="proctoring publishes")
    thread.start()
    thread.join(WAIT_SECONDS)
    if thread.is_alive():
        raise TimeoutError(f"no answer within {WAIT_SECONDS} seconds")
    if failures:
        raise failures[0]


def _publish(celery: Any, task: Any, countdown: float | None) -> None:
    """Publish over our own connections, because the host's may wait forever.

    By the task, not by its name: the class of the host's tasks may add headers, such as the tenant, and options.
    """
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
            retry=True,  # an idle connection may have been closed
            retry_policy=once_more,
        )
