"""Calls inside this process that were slow: for half a minute requests skip them and leave them to the outbox's worker.

Such a call (a service of the host, a receiver of a signal, the mail server) cannot be cut off. So each of them keeps at
most one request waiting; what the following requests skip is delivered later.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from edx_proctoring import conf
from edx_proctoring.circuit_breaker import IN_PROCESS, CircuitBreaker

PAUSE = 30  # seconds

# Services of the host and receivers of its signals are called in between: their signatures are the host's.
_skip_if_slow: ContextVar[bool] = ContextVar("skip_if_slow", default=False)


class CallSkipped(Exception):
    """The call was not made: the last one under this name was slow, less than half a minute ago."""


@contextmanager
def skip_if_slow() -> Iterator[None]:
    """Inside, `timed` raises CallSkipped for names that were slow lately; use it where the work may be done later."""
    token = _skip_if_slow.set(True)
    try:
        yield
    finally:
        _skip_if_slow.reset(token)


def may_skip() -> bool:
    """Are slow calls skipped here, since a request waits for them?"""
    return _skip_if_slow.get()


@contextmanager
def timed(name: str, limit: float | None = None) -> Iterator[None]:
    """Around a call: remembers the name if the call took `limit` (default SLOW_SECONDS) or longer. Raises CallSkipped."""
    if _skip_if_slow.get() and is_slow(name):
        raise CallSkipped(name)
    began = time.monotonic()
    try:
        yield
    finally:
        if time.monotonic() - began >= (conf.proctoring.SLOW_SECONDS if limit is None else limit):
            remember_slow(name)


def remember_slow(name: str) -> None:
    """Calls under this name are skipped for PAUSE seconds."""
    _breaker(name).note(failed=True)


class Timed:
    """A service, each of whose calls is timed under its name."""

    def __init__(self, name: str, service: Any) -> None:
        self._name, self._service = name, service

    def __getattr__(self, method: str) -> Callable[..., Any]:
        call = getattr(self._service, method)

        def timed_call(*args: Any, **kwargs: Any) -> Any:
            with timed(self._name):
                return call(*args, **kwargs)

        return timed_call


def is_slow(name: str) -> bool:
    """Was a call under this name slow within the last PAUSE seconds?"""
    return _breaker(name).state().is_down


def _breaker(name: str) -> CircuitBreaker:
    return CircuitBreaker(name, PAUSE, IN_PROCESS)
