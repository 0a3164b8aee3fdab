"""HTTP connections to providers: kept open, and limited to the caller's deadline and to the provider's host."""

import http.client
import http.cookiejar
import io
import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from edx_proctoring.backends.backend import current_options

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE = 64 * 1024
MOST_BYTES = 16 * 1024 * 1024  # a page of onboarding profiles takes several hundred kilobytes
NO_COOKIES = http.cookiejar.DefaultCookiePolicy(allowed_domains=[])


class _DeadlineReader(io.RawIOBase):
    """A socket reader that limits each wait for data to the time left until the deadline.

    A socket time-out limits only a single wait: a server could send status line, headers and body byte by byte forever.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw, self._sock = raw, sock

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        """Read data; raises TimeoutError after the deadline."""
        until = current_options().until
        if until is not None:
            left, limit = until - time.monotonic(), self._sock.gettimeout()
            if left <= 0:
                raise TimeoutError("the response took too long overall")
            self._sock.settimeout(left if limit is None else min(left, limit))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Both."""
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock))


class _Connection(urllib3.connection.HTTPConnection):
    response_class = _Answer


class _TlsConnection(urllib3.connection.HTTPSConnection):
    response_class = _Answer


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    """An adapter that works for direct connections and for proxies."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: str, **kwargs: object) -> urllib3.ProxyManager:
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager


class CrossHostRedirect(requests.RequestException):
    """The provider redirects requests, and with them data about learners, to another host."""


class PooledSession(requests.Session):
    """A session without state of its own apart from connections, because threads and learners share it."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.cookies.set_policy(NO_COOKIES)
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return where a response redirects to; raises CrossHostRedirect for another host, or from https to http."""
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        known, new = urlsplit(resp.url), urlsplit(urljoin(resp.url, target))
        if new.hostname != known.hostname or (known.scheme, new.scheme) == ("https", "http"):
            resp.close()
            raise CrossHostRedirect(f"the provider redirects to {new.scheme}://{new.hostname}")
        read(resp)  # requests would read the whole body, however long it is
        return target


def read(response: requests.Response) -> requests.Response:
    """Read the body of a request made with `stream=True`. Raises requests.RequestException if the body is incomplete or
    too long.
    """
    if response.raw is None or response._content_consumed:  # type: ignore[attr-defined]  # not in the stubs
        return response
    try:
        response._content = _content(response.raw)
    except requests.RequestException:
        response.close()
        raise
    response._content_consumed = True  # type: ignore[attr-defined]  # not in the stubs
    return response


def _content(raw: urllib3.BaseHTTPResponse) -> bytes:
    until, pieces, size = current_options().until, [], 0
    while piece := _piece(raw):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise requests.RequestException("the response is too long")
        if until is not None and time.monotonic() > until:
            raise requests.ReadTimeout("the response took too long overall")
    return b"".join(pieces)


def _piece(raw: urllib3.BaseHTTPResponse) -> bytes:
    try:
        # `read1` returns what has arrived; `read` would wait for a whole piece, past the deadline.
        get = raw.read1 if hasattr(raw, "read1") else raw.read
        piece: bytes = get(PIECE, decode_content=True)
        return piece
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from error
    except urllib3.exceptions.DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from error
    except urllib3.exceptions.HTTPError as error:
        raise requests.ConnectionError(error) from error
