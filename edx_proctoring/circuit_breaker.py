"""A circuit breaker: a service that failed is not called for a while.

Its state is kept in a store: `edx_proctoring.cache`, which all processes share, or `IN_PROCESS`.
"""

import hashlib
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol


class Store(Protocol):
    """The methods of a cache that a breaker needs. If the cache fails, no state is known and every call is made."""

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]: ...
    def set(self, key: str, value: object, timeout: float) -> None: ...
    def add(self, key: str, value: object, timeout: float, *, otherwise: bool = False) -> bool: ...
    def incr(self, key: str) -> int: ...
    def touch(self, key: str, timeout: float) -> None: ...
    def delete_many(self, keys: Iterable[str]) -> None: ...


class ProcessMemory:
    """A store in this process's memory, using the monotonic clock."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[Any, float]] = {}
        self._lock = threading.Lock()

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        now = time.monotonic()
        known = ((key, self._values.get(key)) for key in keys)
        return {key: entry[0] for key, entry in known if entry is not None and now < entry[1]}

    def set(self, key: str, value: object, timeout: float) -> None:
        self._values[key] = (value, time.monotonic() + timeout)

    def add(self, key: str, value: object, timeout: float, *, otherwise: bool = False) -> bool:
        with self._lock:
            if self.get_many([key]):
                return False
            self.set(key, value, timeout)
            return True

    def incr(self, key: str) -> int:
        with self._lock:
            # A success may have cleared it meanwhile.
            value, until = self._values.get(key, (0, 0.0))
            self._values[key] = (value + 1, until)
            return int(value + 1)

    def touch(self, key: str, timeout: float) -> None:
        with self._lock:
            if known := self.get_many([key]):
                self.set(key, known[key], timeout)

    def delete_many(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._values.pop(key, None)

    def clear(self) -> None:
        self._values.clear()


IN_PROCESS = ProcessMemory()


@dataclass(frozen=True)
class State:
    """The state of a service. The moments are in seconds since the epoch.

    `down_since`: calls fail immediately; `failed_at`: the last failure; `unanswered_since`: when the service went down, if
    no call has succeeded since then. That is known for longer, also while nobody calls.
    """

    failures: int = 0
    down_since: float | None = None
    failed_at: float | None = None
    unanswered_since: float | None = None

    @property
    def is_down(self) -> bool:
        """Return whether calls fail immediately."""
        return self.down_since is not None

    @property
    def since(self) -> datetime | None:
        """Return `down_since` as a datetime in UTC."""
        return _moment(self.down_since)

    @property
    def last_known_down_since(self) -> datetime | None:
        """Return `unanswered_since` as a datetime in UTC."""
        return _moment(self.unanswered_since)

    @property
    def last_try(self) -> datetime | None:
        """Return `failed_at` as a datetime in UTC."""
        return _moment(self.failed_at)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


class CircuitBreaker:
    """Opens after `failures` in a row, and lets one call per `pause` seconds through until one succeeds.

    Failures are forgotten after `memory` seconds without another one. By default this equals `pause`, so that the
    breaker simply closes again. That the last call of an outage has failed is known for `report` seconds, by default
    for `memory`, too; it stops no call.
    """

    def __init__(
        self,
        name: str,
        pause: float,
        store: Store,
        *,
        failures: int = 1,
        memory: float | None = None,
        report: float | None = None,
    ) -> None:
        self.name = name
        self._pause = pause
        self._store = store
        self._limit = failures
        self._memory = pause if memory is None else memory
        self._report = self._memory if report is None else report
        digest = hashlib.sha256(name.encode()).hexdigest()[:32]  # names may not be valid cache keys
        self._failures_key = f"edx_proctoring.breaker.failures.{digest}"
        self._down_key = f"edx_proctoring.breaker.down.{digest}"
        self._pause_key = f"edx_proctoring.breaker.pause.{digest}"
        self._failed_key = f"edx_proctoring.breaker.failed.{digest}"
        self._unanswered_key = f"edx_proctoring.breaker.unanswered.{digest}"

    def state(self) -> State:
        """Return the stored state."""
        names = [self._failures_key, self._down_key, self._failed_key, self._unanswered_key]
        known = self._store.get_many(names)
        return State(known.get(self._failures_key, 0), *(known.get(name) for name in names[1:]))

    def admits(self, *, is_down: bool = False) -> bool:
        """Return whether the caller may proceed. While the service is down, one caller per pause may; pass `is_down` if
        known.
        """
        if not (is_down or self.state().is_down):
            return True
        # If the store fails, let everybody proceed.
        return self._store.add(self._pause_key, True, self._pause, otherwise=True)

    def note(self, *, failed: bool) -> Literal["opened", "closed"] | None:
        """Record the result of a call; return what that changed."""
        if failed:
            return self._note_failure()
        noted = [self._failures_key, self._down_key, self._unanswered_key]
        if not self._store.get_many(noted):
            return None
        self._store.delete_many([*noted, self._pause_key, self._failed_key])
        return "closed"

    def _note_failure(self) -> Literal["opened"] | None:
        self._store.add(self._failures_key, 0, self._memory)
        failures = self._store.incr(self._failures_key)
        self._store.touch(self._failures_key, self._memory)
        if failures < self._limit:
            return None
        self._store.set(self._pause_key, True, self._pause)
        now = time.time()
        self._store.set(self._failed_key, now, self._report)
        if not self._store.add(self._unanswered_key, now, self._report):
            self._store.touch(self._unanswered_key, self._report)
        if self._store.add(self._down_key, now, self._memory):
            return "opened"
        self._store.touch(self._down_key, self._memory)
        return None
