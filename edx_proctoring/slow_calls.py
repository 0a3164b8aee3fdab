"""Skip calls inside this process that were slow lately: for half a minute, requests leave them to the outbox's worker.

Such a call (a service of the host, a signal receiver, the mail server) cannot be interrupted. So each of them delays at
most one request; what later requests skip is delivered afterwards.
"""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from edx_proctoring import conf
from edx_proctoring.circuit_breaker import IN_PROCESS, CircuitBreaker

PAUSE = 30  # seconds

# Services and signal receivers of the host are called in between, and the host fixes their signatures.
_skip_if_slow: ContextVar[bool] = ContextVar("skip_if_slow", default=False)


class CallSkipped(Exception):
    """The call was skipped because the last one with this name, less than half a minute ago, was slow."""


@contextmanager
def skip_if_slow() -> Iterator[None]:
    """Within this block, `timed` raises CallSkipped for names that were slow lately. Use it if the work may be done
    later.
    """
    token = _skip_if_slow.set(True)
    try:
        yield
    finally:
        _skip_if_slow.reset(token)


def may_skip() -> bool:
    """Return whether slow calls are skipped here because a request is waiting."""
    return _skip_if_slow.get()


@contextmanager
def timed(name: str, limit: float | None = None) -> Iterator[None]:
    """Time a call, and remember its name if it took `limit` (default SLOW_SECONDS) or longer. May raise CallSkipped."""
    if _skip_if_slow.get() and is_slow(name):
        raise CallSkipped(name)
    began = time.monotonic()
    try:
        yield
    finally:
        if time.monotonic() - began >= (conf.proctoring.SLOW_SECONDS if limit is None else limit):
            remember_slow(name)


def remember_slow(name: str) -> None:
    """Skip calls with this name for PAUSE seconds."""
    _breaker(name).note(failed=True)


class Timed:
    """A service whose calls are timed under its name."""

    def __init__(self, name: str, service: object) -> None:
        self._name, self._service = name, service

    def __getattr__(self, method: str) -> Callable[..., Any]:
        call = getattr(self._service, method)

        def timed_call(*args: object, **kwargs: object) -> object:
            with timed(self._name):
                return call(*args, **kwargs)

        return timed_call


def is_slow(name: str) -> bool:
    """Return whether a call with this name was slow within the last PAUSE seconds."""
    return _breaker(name).state().is_down


@functools.lru_cache(128)
def _breaker(name: str) -> CircuitBreaker:
    return CircuitBreaker(name, PAUSE, IN_PROCESS)
