"""The circuit breaker of providers: while a provider is known to be down, requests to it fail immediately, except for
probes.

Notices through the outbox have a separate breaker, which also respects this one (`effects.provider_notices`). All
processes share the state through the cache. Without a working cache, every request is sent.

The numbers follow from how long a request may take (the setting ASK_DEADLINE_SECONDS): once three requests have waited
that long, all others fail immediately. A pause of 20 s means one lost request per 20 s, and is short enough that
learners who try again by hand succeed soon after the provider recovers. `python -m benchmarks.breaker` measures this,
and docs/operate.rst has the numbers. If a probe dies, another one is allowed after 20 s.
"""

import logging

import requests

from edx_proctoring import cache
from edx_proctoring.circuit_breaker import CircuitBreaker

log = logging.getLogger(__name__)

FAILURES = 3  # consecutive failures, each within MEMORY_SECONDS of the previous one
PAUSE_SECONDS = 20
MEMORY_SECONDS = 120
# Staff see an outage until a request succeeds. If nobody asks, that is known no longer than the outbox waits between two
# tries (15 minutes): a provider for which nothing waits may have recovered unnoticed.
REPORT_SECONDS = 16 * 60
DOWN = frozenset({502, 503, 504})  # a 500 may concern a single attempt; these concern the provider


class ProviderIsDown(requests.ConnectionError):
    """The request was not sent because the provider did not respond a moment ago."""


def of_requests(address: str) -> CircuitBreaker:
    """Return the breaker for requests to this address."""
    return CircuitBreaker(
        address,
        PAUSE_SECONDS,
        cache,
        failures=FAILURES,
        memory=MEMORY_SECONDS,
        report=REPORT_SECONDS,
    )


def of_messages(provider: str) -> CircuitBreaker:
    """Return the breaker for notices to this provider."""
    return of_requests(f"told {provider}")


def note(breaker: CircuitBreaker, *, failed: bool) -> None:
    """Record the result of a request or notice; log when a provider goes down or recovers."""
    changed = breaker.note(failed=failed)
    if changed == "opened":
        log.error("provider is down: %s", breaker.name)
    elif changed == "closed":
        log.info("provider is available again: %s", breaker.name)
