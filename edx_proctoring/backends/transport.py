"""HTTP requests to providers: deadlines, tokens, retries, and the circuit breaker."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypedDict
from urllib.parse import quote

import requests

from edx_proctoring import logs
from edx_proctoring.backends import breaker
from edx_proctoring.backends.backend import current_options, remaining_seconds, within
from edx_proctoring.backends.breaker import DOWN, ProviderIsDown
from edx_proctoring.backends.connections import read

log = logging.getLogger(__name__)

Timeout = float | tuple[float, float] | list[float]  # seconds, or (connect, read)

REQUEST_ID = logs.HEADER


def filled(template: str, **parts: object) -> str:
    """Return the URL with its parts quoted; course keys keep their colons and pluses."""
    return template.format(**{name: quote(str(part), safe=":+@") for name, part in parts.items()})


def request_id() -> str:
    """Return the id of the request being worked on, here or in a worker, else a new one."""
    return logs.current_id() or logs.new_id()


def longest(timeout: Timeout) -> float:
    """Return the longest time that a time-out of `requests`, a number or (connect, read), permits."""
    return float(sum(timeout) if isinstance(timeout, tuple | list) else timeout)


def limits(timeout: Timeout) -> float | tuple[float, float]:
    """Return the configured time-out for `requests`, cut to the time left until the caller's deadline."""
    if isinstance(timeout, tuple | list):
        connect, answer = (remaining_seconds(part) for part in timeout)
        return connect, answer
    return remaining_seconds(timeout)


@contextmanager
def guarded(address: str) -> Iterator[Callable[[requests.Response], None]]:
    """Wrap a request; pass the response to the yielded function.

    Raises ProviderIsDown if the provider is asked, because somebody is waiting; notices (`as_tell`) are sent anyway.
    """
    known, is_tell = breaker.of_requests(address), current_options().is_tell
    if not is_tell and not known.admits():
        raise ProviderIsDown("the provider did not respond a moment ago, so no request was sent")
    try:
        yield lambda response: breaker.note(known, failed=response.status_code in DOWN)
    except (requests.ConnectionError, requests.Timeout) as error:
        # A notice has a shorter time-out, so a request might still have been answered.
        if not (is_tell and isinstance(error, requests.Timeout)):
            breaker.note(known, failed=True)
        raise


class Sent(TypedDict, total=False):
    """Arguments of a request other than its URL."""

    headers: dict[str, str]
    json: object
    allow_redirects: bool


class RestTransport:
    """Sends requests to `_base` through `session`."""

    timeout: Timeout
    session: requests.Session

    @property
    def _base(self) -> str:
        """The base URL of the provider's service."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        """The address used by the circuit breaker."""
        return str(self._base)

    def _call(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        checked: bool = True,
    ) -> requests.Response:
        """Send a request within the deadline. `checked`: raise for 4xx and 5xx.

        Retries once with a new token after 401, and a GET once if the connection failed. Raises ProviderIsDown for
        asks, see `breaker`.
        """
        more = Sent(headers={**(headers or {}), REQUEST_ID: request_id()})
        if json is not None:
            more["json"] = json
        with self._watched() as note:
            response = self._twice_if_safe(method, url, more)
            if response.status_code == 401 and self._forget_token():
                response = self._request(method, url, more)
            note(response)
        if checked:
            response.raise_for_status()
        return response

    @contextmanager
    def _watched(self) -> Iterator[Callable[[requests.Response], None]]:
        """Limit the block to `timeout` and the caller's deadline."""
        with within(longest(self.timeout)), guarded(self.address) as note:
            yield note

    def _twice_if_safe(self, method: str, url: str, more: Sent) -> requests.Response:
        if method != "GET":
            return self._request(method, url, more)
        try:
            response = self._request(method, url, more)
            if response.status_code not in DOWN:
                return response
        except requests.Timeout:
            raise
        except requests.ConnectionError as error:
            log.info("request repeated after %s", type(error).__name__)
        return self._request(method, url, more)

    def _forget_token(self) -> bool:
        """Drop a token that the provider rejected, so that the next request gets a new one; return whether there was
        one.
        """
        return False

    def _request(self, method: str, url: str, more: Sent) -> requests.Response:
        timeout = limits(self.timeout)
        return read(self.session.request(method, url, timeout=timeout, stream=True, **more))
