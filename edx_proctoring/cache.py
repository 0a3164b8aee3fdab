"""All access to the host's cache, which is shared by all processes. The app works without it and does not wait for it.

An error counts as a cache miss and is logged once a minute. A cache that takes longer than a second is not used for
half a minute, because client libraries may have no time-out by default.
"""

import logging
import time
import uuid
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
    """Return the result of `work`, which uses the cache; return `otherwise` if it fails or was slow a moment ago."""
    if slow_calls.is_slow(NAME):
        return otherwise
    try:
        with slow_calls.timed(NAME, LONGEST):
            return work()
    except Exception as error:  # caches may raise anything
        failed(error)
        return otherwise


def failed(error: Exception) -> None:
    """Log the error at most once a minute. Database errors are raised instead, because the cache did not cause them."""
    if transactions.is_passing(error):
        raise error
    now = time.monotonic()
    if not _logged_at or now - _logged_at[0] >= LOG_EVERY:
        _logged_at[:] = [now]
        log.warning("cache unavailable, continuing without it: %r", error)


def forget() -> None:
    """Log the next failure; for tests."""
    _logged_at.clear()


def keeps_values() -> bool:
    """Return whether the cache keeps what it is given. For diagnosis: waits, and raises what the cache raises."""
    value = uuid.uuid4().hex
    key = f"edx_proctoring.health.{value}"  # other processes may ask at the same time
    cache.set(key, value, 60)
    kept = bool(cache.get(key) == value)
    cache.delete(key)
    return kept


# Like the methods of a cache, with their results when it fails.


def get(key: str, default: object = None) -> Any:
    return guarded(lambda: cache.get(key, default), default)


def get_many(keys: Iterable[str]) -> dict[str, Any]:
    return guarded(lambda: cache.get_many(keys), {})


def set(key: str, value: object, timeout: float) -> None:  # noqa: A001  as the cache's method
    guarded(lambda: cache.set(key, value, timeout), None)


def add(key: str, value: object, timeout: float, *, otherwise: bool = False) -> bool:
    return guarded(lambda: bool(cache.add(key, value, timeout)), otherwise)


def incr(key: str) -> int:
    return guarded(lambda: int(cache.incr(key)), 0)


def touch(key: str, timeout: float) -> None:
    guarded(lambda: cache.touch(key, timeout), False)


def delete_many(keys: Iterable[str]) -> None:
    guarded(lambda: cache.delete_many(keys), None)
