"""Telling a provider something: for a bounded time, and hardly ever while it does not answer.

Learners' and staff's requests have a breaker of their own (`backends.breaker`). Messages wait less long for an answer, so
what they find out keeps nobody from asking; but who cannot be asked is not told, either.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from edx_proctoring import backends, conf, outbox, slow_calls
from edx_proctoring.backends import breaker
from edx_proctoring.backends.backend import as_tell, ask_options, current_options
from edx_proctoring.backends.breaker import DOWN

LEARNER_SECONDS = 1.5  # that a learner waits for a provider where there is no worker


@contextmanager
def telling(name: str, seconds: float | None = None, *, strict: bool = False) -> Iterator[Any]:
    """Yields the provider of this name, which has `seconds` to answer, else what the setting TELL_DEADLINE_SECONDS says.

    Raises NotNow, without a request, while it does not answer: then one message every 20 seconds is tried. WrongProcess
    where it is not configured.
    """
    provider = _provider(name)
    known = breaker.of_messages(name)
    if not known.admits(is_down=_cannot_be_asked(provider)):
        raise outbox.NotNow(f"provider {name} does not answer at present")
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
        breaker.note(known, failed=_does_not_answer(error) or time.monotonic() - began >= limit)
        raise
    breaker.note(known, failed=False)


def _provider(name: str) -> Any:
    provider = backends.provider_named(name)
    if provider is None:
        raise outbox.WrongProcess(f"provider {name} is not configured in this process")
    return provider


def _limit() -> float:
    """Somebody who asks has said how long; else it depends on whether a learner waits, or a worker."""
    if (until := current_options().until) is not None:
        return max(until - time.monotonic(), 0.001)
    worker: float = conf.proctoring.TELL_DEADLINE_SECONDS
    return min(LEARNER_SECONDS, worker) if slow_calls.may_skip() else worker


def _cannot_be_asked(provider: Any) -> bool:
    address: str = getattr(provider, "address", None) or ""
    return bool(address) and breaker.of_requests(address).state().is_down


def _does_not_answer(error: Exception) -> bool:
    """Is this about the provider, and not about one message?"""
    if isinstance(error, requests.HTTPError):
        return error.response is not None and error.response.status_code in DOWN
    unreachable = (requests.ConnectionError, requests.Timeout, ConnectionError, TimeoutError)
    return isinstance(error, unreachable)
