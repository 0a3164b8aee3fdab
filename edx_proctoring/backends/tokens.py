"""Access tokens for REST providers. The client library needs django-crum, so import this module only where it is used."""

import datetime
import threading
from typing import Any

import requests
from edx_django_utils.cache import TieredCache
from edx_rest_api_client.auth import SuppliedJwtAuth
from edx_rest_api_client.client import OAuthAPIClient

from edx_proctoring import cache
from edx_proctoring.backends.backend import within
from edx_proctoring.backends.connections import PooledSession, read
from edx_proctoring.backends.responses import json_object
from edx_proctoring.backends.transport import limits, longest

EARLIER = datetime.timedelta(seconds=5)  # before its expiry, a token is no longer used


class _ThreadToken(threading.local, SuppliedJwtAuth):  # type: ignore[misc]  # the client has no types
    """The access token that this thread has just obtained, protected from other threads."""


class TokenSession(PooledSession, OAuthAPIClient):  # type: ignore[misc]  # the client has no types
    """The session of REST providers, shared by threads and learners. Token and request together keep the caller's
    deadline.

    The library's own token request has no overall deadline. This one uses the same cache key and value.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.auth: Any = _ThreadToken(None)
        self._tokens = PooledSession()

    def _ensure_authentication(self) -> None:
        """Use the cached token, or a new one if there is none or the cache fails."""
        key = cache_key(self)
        token = _cached(key)
        if token is None:
            token, expires_at = self._new_token()
            _remember(key, token, expires_at)
        self.auth.token = token

    def _new_token(self) -> tuple[str, datetime.datetime]:
        """Request a token. Raises requests.RequestException on failure."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "token_type": "jwt",
        }
        now, agent = _utc_now(), {"User-Agent": str(self.headers["user-agent"])}
        with within(longest(self._timeout)):
            response = self._tokens.post(
                token_url(self),
                data=form,
                headers=agent,
                timeout=limits(self._timeout),
                stream=True,
            )
            read(response)
        response.raise_for_status()
        try:
            answer = json_object(response)
            expires_at = now + datetime.timedelta(seconds=float(str(answer["expires_in"])))
            return str(answer["access_token"]), expires_at
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            raise requests.RequestException("no access token", response=response) from error

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send as `requests` does; obtaining a token may have used up part of the time."""
        if kwargs.get("timeout") is not None:
            kwargs["timeout"] = limits(kwargs["timeout"])
        return super().send(request, **kwargs)

    def close(self) -> None:
        """Close both kinds of connections."""
        self._tokens.close()
        super().close()


def token_url(session: OAuthAPIClient) -> str:
    """Return the token URL, built as the library does."""
    url = f"{session._base_url}{session.oauth_uri or ''}"
    path = url.rstrip("/")
    if path.endswith("/access_token"):
        return url
    return path + ("/access_token" if path.endswith("/oauth2") else "/oauth2/access_token")


def cache_key(session: OAuthAPIClient) -> str:
    """Return the cache key of the token, built as the library does."""
    kind = "jwt.client_credentials"
    return f"edx_rest_api_client.access_token.{kind}.{session._client_id}.{token_url(session)}"


def forget_token(session: object) -> bool:
    """Drop the cached access token because the provider rejected it; return False if the session has none."""
    if not isinstance(session, OAuthAPIClient):
        return False
    key = cache_key(session)
    return cache.guarded(lambda: TieredCache.delete_all_tiers(key) or True, False)


def _utc_now() -> datetime.datetime:
    # Without a time zone, as the library caches it.
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def _cached(key: str) -> str | None:
    return cache.guarded(lambda: _found(key), None)


def _found(key: str) -> str | None:
    found = TieredCache.get_cached_response(key)
    if not found.is_found:
        return None
    token, expires_at = found.value
    return token if _utc_now() < expires_at - EARLIER else None


def _remember(key: str, token: str, expires_at: datetime.datetime) -> None:
    seconds = int((expires_at - EARLIER - _utc_now()).total_seconds())
    if seconds <= 0:
        return
    cache.guarded(lambda: TieredCache.set_all_tiers(key, (token, expires_at), seconds), None)
