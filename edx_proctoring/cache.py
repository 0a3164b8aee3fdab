"""The host's cache, which all processes share. Every use of it goes through here: nobody needs it, nobody waits for it.

What fails is as if nothing were cached, and is logged once a minute. A cache that keeps somebody waiting for a second is
left alone for half a minute: the client library decides when it gives up, and its default may be never.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.core.cache import cache

from edx_proctoring import slow_calls, transactions

log = logging.getLogger(__name__)
Result = TypeVar("Result")

NAME = "cache"
LONGEST = 1  # second
LOG_EVERY = 60  # seconds

_logged_at: list[float] = []


def guarded(work: Callable[[], Result], otherwise: Result) -> Result:
    """What `work` returns, which uses the cache; `otherwise` where that fails, or was slow a moment ago."""
    if slow_calls.is_slow(NAME):
        return otherwise
    try:
        with slow_calls.timed(NAME, LONGEST):
            return work()
    except Exception as error:  # whatever a cache raises
        failed(error)
        return otherwise


def failed(error: Exception) -> None:
    """Log it, if nothing was logged lately. Errors of the database are raised: they are not the cache's."""
    if transactions.is_passing(error):
        raise error
    now = time.monotonic()
    if not _logged_at or now - _logged_at[0] >= LOG_EVERY:
        _logged_at[:] = [now]
        log.warning("the cache does not work, everything goes on without it: %r", error)


def forget() -> None:
    """The next failure is logged; for tests."""
    _logged_at.clear()


# As the cache's methods, with what they return where it fails.


def get(key: str, default: Any = None) -> Any:
    return guarded(lambda: cache.get(key, default), default)


def get_many(keys: Iterable[str]) -> dict[str, Any]:
    return guarded(lambda: cache.get_many(keys), {})


def set(key: str, value: Any, timeout: float) -> None:  # noqa: A001  as the cache's method
    guarded(lambda: cache.set(key, value, timeout), None)


def add(key: str, value: Any, timeout: float, *, otherwise: bool = False) -> bool:
    return guarded(lambda: bool(cache.add(key, value, timeout)), otherwise)


def incr(key: str) -> int:
    return guarded(lambda: int(cache.incr(key)), 0)


def touch(key: str, timeout: float) -> None:
    guarded(lambda: cache.touch(key, timeout), False)


def delete_many(keys: Iterable[str]) -> None:
    guarded(lambda: cache.delete_many(keys), None)
