"""A provider that is known to be down is not asked for a while: whoever asks fails at once, one of them tries again.

What is told through the outbox has a breaker of its own, which also looks at this one (`effects.telling`).
All processes share the cache, and so what they know. Without a cache that works, everything is tried.

The times follow from how long an ask may take (the setting ASK_DEADLINE_SECONDS): once three asks have waited that long,
all others fail at once; a pause of 20 s is one lost ask per third of a minute, and short enough that learners who try
again by hand come through soon after the provider does. `python -m benchmarks.breaker` measures it, and
docs/operate.rst has the numbers. The place of a probe that died is free after 20 s, too.
"""

import datetime
import hashlib
import logging
import time
from dataclasses import dataclass

import requests

from edx_proctoring import cache

log = logging.getLogger(__name__)

FAILURES = 3  # in a row, within MEMORY_SECONDS of each other
PAUSE_SECONDS = 20
MEMORY_SECONDS = 120
DOWN = frozenset({502, 503, 504})  # a 500 may be about one attempt; these are about the provider


class ProviderIsDown(requests.ConnectionError):
    """Not asked: the provider did not answer a moment ago."""


@dataclass(frozen=True)
class State:
    """What is known of a provider; `down_since` in seconds of the epoch."""

    failures: int = 0
    down_since: float | None = None

    @property
    def is_down(self) -> bool:
        """Do asks fail at once?"""
        return self.down_since is not None

    @property
    def since(self) -> datetime.datetime | None:
        """`down_since` as an instant in UTC."""
        if self.down_since is None:
            return None
        return datetime.datetime.fromtimestamp(self.down_since, datetime.UTC)


class Breaker:
    """Of one address."""

    def __init__(self, address: str) -> None:
        digest = hashlib.sha256(address.encode()).hexdigest()[:32]
        self.address = address
        self._failures = f"edx_proctoring.breaker.failures.{digest}"
        self._down = f"edx_proctoring.breaker.down.{digest}"
        self._pause = f"edx_proctoring.breaker.pause.{digest}"

    def state(self) -> State:
        """As the cache has it; nothing known where that fails."""
        known = cache.get_many([self._failures, self._down])
        return State(known.get(self._failures, 0), known.get(self._down))

    def admit(self, *, is_down: bool = False) -> None:
        """Raise ProviderIsDown, except for one caller per pause; `is_down`: so much is known already."""
        if (is_down or self.state().is_down) and not self._is_probe():
            raise ProviderIsDown("the provider did not answer a moment ago")

    def _is_probe(self) -> bool:
        return cache.add(self._pause, True, PAUSE_SECONDS, otherwise=True)

    def note(self, failed: bool) -> None:
        """How a request went, asked or told."""
        if failed:
            self._note_failure()
        elif cache.get_many([self._failures, self._down]):
            cache.delete_many([self._failures, self._down, self._pause])
            log.info("a provider answers again: %s", self.address)

    def _note_failure(self) -> None:
        cache.add(self._failures, 0, MEMORY_SECONDS)
        failures = cache.incr(self._failures)
        cache.touch(self._failures, MEMORY_SECONDS)
        if failures >= FAILURES:
            cache.set(self._pause, True, PAUSE_SECONDS)
            if cache.add(self._down, time.time(), MEMORY_SECONDS):
                log.error("a provider is down: %s", self.address)
            else:
                cache.touch(self._down, MEMORY_SECONDS)


def of_messages(provider: str) -> Breaker:
    """The one of what this provider is told."""
    return Breaker(f"told {provider}")
