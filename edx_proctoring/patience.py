"""Who has kept us waiting lately is not waited for again for a while; the work is left to the outbox's worker.

A call inside this process cannot be cut off. So each service of the host, and each kind of message, may keep a request
waiting once; what it did not get to do is delivered later.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from edx_proctoring import conf

PAUSE = 30  # seconds

_slow_until: dict[str, float] = {}  # of this process, by the monotonic clock
_impatient: ContextVar[bool] = ContextVar("impatient", default=False)


class TooSlow(Exception):
    """Not tried: whoever is named kept us waiting a moment ago."""


@contextmanager
def impatient() -> Iterator[None]:
    """In here `timed` refuses whoever was slow lately; use it where the work may be done later as well."""
    token = _impatient.set(True)
    try:
        yield
    finally:
        _impatient.reset(token)


def is_impatient() -> bool:
    """Is somebody waiting?"""
    return _impatient.get()


@contextmanager
def timed(name: str, limit: float | None = None) -> Iterator[None]:
    """Around a call: remember whether it was slow, by default SLOW_SECONDS. Raises TooSlow, see `impatient`."""
    if _impatient.get() and is_slow(name):
        raise TooSlow(name)
    began = time.monotonic()
    try:
        yield
    finally:
        if time.monotonic() - began >= (conf.proctoring.SLOW_SECONDS if limit is None else limit):
            remember_slow(name)


def remember_slow(name: str) -> None:
    """It is not waited for again for a while."""
    _slow_until[name] = time.monotonic() + PAUSE


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
    """Did it keep us waiting within the last half minute?"""
    return time.monotonic() < _slow_until.get(name, 0)


def forget(name: str | None = None) -> None:
    """It gets a new chance; for tests, everybody does."""
    if name is None:
        _slow_until.clear()
    else:
        _slow_until.pop(name, None)
