"""Access tokens of providers that speak REST. The client library needs django-crum: import this where it is used only."""

import logging
import threading
from typing import Any

import requests
from edx_django_utils.cache import TieredCache
from edx_rest_api_client.auth import SuppliedJwtAuth
from edx_rest_api_client.client import OAuthAPIClient, get_oauth_access_token

from edx_proctoring.backends.transport import NO_COOKIES, limits

log = logging.getLogger(__name__)


class _ThreadsToken(threading.local, SuppliedJwtAuth):  # type: ignore[misc]
    """The access token that this thread has just got: another thread's does not come in between."""


class TokenSession(OAuthAPIClient):  # type: ignore[misc]
    """The client of providers: threads and learners share it; token and request together keep the caller's deadline."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auth = _ThreadsToken(None)
        self.cookies.set_policy(NO_COOKIES)

    @property
    def _timeout(self) -> Any:
        """For the request of a token."""
        return limits(self._token_timeout)

    @_timeout.setter
    def _timeout(self, timeout: Any) -> None:
        self._token_timeout = timeout

    def _ensure_authentication(self) -> None:
        """The cached token; a new one where the cache fails."""
        try:
            super()._ensure_authentication()
        except requests.RequestException:
            raise
        except Exception as error:  # whatever a cache raises
            log.warning("no cache for access tokens: %r", error)
            url = f"{self._base_url}{self.oauth_uri or ''}"
            self.auth.token, _expires = get_oauth_access_token(
                url, self._client_id, self._client_secret, timeout=self._timeout
            )

    def send(self, request: Any, **kwargs: Any) -> Any:
        """As `requests` does; getting a token may have used up a part of the time."""
        if kwargs.get("timeout") is not None:
            kwargs["timeout"] = limits(kwargs["timeout"])
        return super().send(request, **kwargs)


def forget_token(session: Any, base_url: str, client_id: str) -> bool:
    """Drop the cached access token, which the provider no longer takes; False where the session has none."""
    if not isinstance(session, OAuthAPIClient):
        return False
    url = f"{base_url}{session.oauth_uri or ''}".rstrip("/")
    if not url.endswith("/access_token"):
        url += "/access_token" if url.endswith("/oauth2") else "/oauth2/access_token"
    kind = "jwt.client_credentials"
    try:
        TieredCache.delete_all_tiers(f"edx_rest_api_client.access_token.{kind}.{client_id}.{url}")
    except Exception as error:  # whatever a cache raises: then nothing was cached
        log.warning("no cache for access tokens: %r", error)
        return False
    return True
