"""Send notices to a provider for a limited time, and only rarely while it does not answer.

Requests of learners and staff use a separate circuit breaker (`backends.breaker`). Notices have a shorter time-out, so
their failures must not block requests; but while requests are blocked, notices are blocked, too.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from edx_proctoring import backends, conf, outbox, slow_calls
from edx_proctoring.backends import breaker
from edx_proctoring.backends.backend import (
    ProctoringBackendProvider,
    as_tell,
    ask_options,
    current_options,
)
from edx_proctoring.backends.breaker import DOWN

LEARNER_SECONDS = 1.5  # seconds that a learner's request waits for a provider if there is no worker


@contextmanager
def telling(
    name: str, seconds: float | None = None, *, strict: bool = False
) -> Iterator[ProctoringBackendProvider]:
    """Yield the named provider, limited to `seconds`, by default TELL_DEADLINE_SECONDS.

    While the provider does not respond, raises NotNow without a request, except for one probe every 20 seconds. Raises
    WrongProcess if the provider is not configured in this process.
    """
    provider = _provider(name)
    known = breaker.of_messages(name)
    if not known.admits(is_down=_cannot_be_asked(provider)):
        raise outbox.NotNow(f"provider {name} does not answer")
    limit = seconds or _limit()
    began = time.monotonic()
    try:
        with (
            slow_calls.timed(f"provider {name}", limit),
            ask_options(limit, strict=strict),
            as_tell(),
        ):
            yield provider
    except slow_calls.CallSkipped:
        raise
    except Exception as error:
        # Providers may turn a time-out into an error of their own, so the time counts, too.
        breaker.note(known, failed=_does_not_answer(error) or time.monotonic() - began >= limit)
        raise
    breaker.note(known, failed=False)


def _provider(name: str) -> ProctoringBackendProvider:
    provider = backends.provider_named(name)
    if provider is None:
        raise outbox.WrongProcess(f"provider {name} is not configured in this process")
    return provider


def _limit() -> float:
    """Return the time limit: the caller's if given, else one that depends on whether a learner or a worker is waiting."""
    if (until := current_options().until) is not None:
        # `requests` raises ValueError for a time-out of 0.
        return max(until - time.monotonic(), 0.001)
    worker: float = conf.proctoring.TELL_DEADLINE_SECONDS
    return min(LEARNER_SECONDS, worker) if slow_calls.may_skip() else worker


def _cannot_be_asked(provider: ProctoringBackendProvider) -> bool:
    address: str = getattr(provider, "address", None) or ""
    return bool(address) and breaker.of_requests(address).state().is_down


def _does_not_answer(error: Exception) -> bool:
    """Return whether the failure concerns the provider rather than this one message."""
    if isinstance(error, requests.HTTPError):
        return error.response is not None and error.response.status_code in DOWN
    unreachable = (requests.ConnectionError, requests.Timeout, ConnectionError, TimeoutError)
    return isinstance(error, unreachable)
