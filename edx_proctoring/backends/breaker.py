"""A provider that is known to be down is not asked for a while: whoever asks fails at once, one of them tries again.

What is told through the outbox has a breaker of its own, which also looks at this one (`effects.telling`).
All processes share the cache, and so what they know. Without a cache that works, everything is tried.

The times follow from how long an ask may take (the setting ASK_DEADLINE_SECONDS): once three asks have waited that long,
all others fail at once; a pause of 20 s is one lost ask per third of a minute, and short enough that learners who try
again by hand come through soon after the provider does. `python -m benchmarks.breaker` measures it, and
docs/operate.rst has the numbers. The place of a probe that died is free after 20 s, too.
"""

import logging

import requests

from edx_proctoring import cache
from edx_proctoring.circuit_breaker import CircuitBreaker

log = logging.getLogger(__name__)

FAILURES = 3  # in a row, within MEMORY_SECONDS of each other
PAUSE_SECONDS = 20
MEMORY_SECONDS = 120
DOWN = frozenset({502, 503, 504})  # a 500 may be about one attempt; these are about the provider


class ProviderIsDown(requests.ConnectionError):
    """Not asked: the provider did not answer a moment ago."""


def of_requests(address: str) -> CircuitBreaker:
    """The one of what is asked at this address."""
    return CircuitBreaker(address, PAUSE_SECONDS, cache, failures=FAILURES, memory=MEMORY_SECONDS)


def of_messages(provider: str) -> CircuitBreaker:
    """The one of what this provider is told."""
    return of_requests(f"told {provider}")


def note(breaker: CircuitBreaker, *, failed: bool) -> None:
    """Remember how a request went, asked or told; log when a provider goes down or comes back."""
    changed = breaker.note(failed=failed)
    if changed == "opened":
        log.error("a provider is down: %s", breaker.name)
    elif changed == "closed":
        log.info("a provider answers again: %s", breaker.name)
