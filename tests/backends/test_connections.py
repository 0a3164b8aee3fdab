"""Misbehaving servers: whatever they send, an ask ends in time, with a documented exception."""

import contextlib
import gzip
import re
import socket
import threading
import time

import pytest
import requests
from edx_django_utils.cache import TieredCache

from edx_proctoring.backends import connections
from edx_proctoring.backends.backend import ask_options
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderCannotRetireUser,
    BackendProviderOnboardingProfilesException,
)
from tests.backends.test_software_secure import CONTEXT, psi
from tests.backends.test_software_secure import EXAM as PSI_EXAM

EXAM = {"id": 1, "external_id": "E"}
OK = b"HTTP/1.1 200 OK\r\n"
TOKEN = b'{"access_token": "t", "expires_in": 3600}'


def whole(body, *headers):
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join([OK.rstrip(), length, b"Connection: close", *headers, b"", body])


class Server:
    """Responds to all requests, including those for tokens, with bytes, or with an iterable of bytes sent slowly one by
    one.
    """

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.token, self.answer, self.asked = whole(TOKEN), b"", []
        self.over = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection):
        with connection, contextlib.suppress(OSError):
            request = _request(connection)
            if not request:
                return
            self.asked.append(request)
            answer = self.token if b"oauth2" in request else self.answer
            if isinstance(answer, bytes):
                connection.sendall(answer)
                return
            for piece in answer():
                connection.sendall(piece)
                if self.over.wait(0.1):
                    return


def _request(connection):
    """Read the whole request: closing the connection earlier would reset it."""
    request = b""
    while piece := connection.recv(65536):
        request += piece
        head, end, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if end and len(body) >= int(length[1] if length else 0):
            break
    return request


@pytest.fixture
def server():
    """A server for both providers."""
    TieredCache.dangerous_clear_all_tiers()
    found = Server()
    yield found
    found.over.set()
    found.socket.close()


def rest(server, **options):
    return BaseRestProctoringProvider("id", "secret", base_url=server.url, **options)


def register(kind, server, **options):
    if kind == "psi":
        psi(exam_register_endpoint=server.url, **options).register_exam_attempt(PSI_EXAM, CONTEXT)
    else:
        rest(server, **options).register_exam_attempt(EXAM, {})


def forever(first, piece):
    def pieces():
        yield first
        while True:
            yield piece

    return pieces


DRIPS = {
    "a body": forever(whole(b" " * 9999)[:-9999], b" "),
    "headers": forever(OK, b"X: y\r\n"),
    "one header": forever(OK + b"X: ", b"y"),
    "a status line": forever(b"HTTP/1.1 200 ", b"O"),
    "steps in between": forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.needs("lms-urls")
@pytest.mark.parametrize("kind", ["rest", "psi", "token"])
@pytest.mark.parametrize("what", DRIPS)
@pytest.mark.defect("BACKENDS-C3")
def test_slow_responses_end_in_time(what, kind, server):
    if kind == "token":
        server.token = DRIPS[what]
    else:
        server.answer = DRIPS[what]
    began = time.monotonic()
    with pytest.raises(BackendProviderCannotRegisterAttempt) as raised:
        register(kind, server, timeout=0.3)
    assert time.monotonic() - began < 8  # a hundred headers take ten seconds, the rest minutes
    assert raised.value.answer_status == 503


BROKEN = {
    "no gzip": whole(b"no gzip", b"Content-Encoding: gzip"),
    "too short": whole(b"{}" + b" " * 98)[:-98],
    "no chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
    "nested": whole(b"[" * 200_000),
    "no HTTP": b"\x00\xff garbage\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.needs("lms-urls")
@pytest.mark.parametrize("kind", ["rest", "psi"])
@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.defect("BACKENDS-B5")
def test_broken_responses_raise_typed_errors(what, kind, server):
    server.answer = BROKEN[what]
    with pytest.raises(BackendProviderCannotRegisterAttempt) as raised:
        register(kind, server)
    assert raised.value.answer_status == 502


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.defect("BACKENDS-C3")
def test_pages_show_defaults_while_responses_are_broken(what, server):
    server.answer = BROKEN[what]
    provider = rest(server)
    assert provider.get_proctoring_config() == {}
    attempt = {"proctored_exam": EXAM, "external_id": "A"}
    assert provider.get_attempt(attempt) == {"instructions": []}
    with pytest.raises(BackendProviderCannotRetireUser):
        provider.retire_user("u")
    with pytest.raises(BackendProviderOnboardingProfilesException):
        provider.get_onboarding_profile_info("c")


def test_bodies_of_redirects_are_not_read(server, monkeypatch):
    monkeypatch.setattr(connections, "MOST_BYTES", 300_000)
    found = whole(b" " * 400_000, b"Location: /elsewhere")
    server.answer = found.replace(b"200 OK", b"307 Temporary Redirect", 1)
    with pytest.raises(BackendProviderCannotRegisterAttempt) as raised:
        register("rest", server)
    assert "the response is too long" in raised.value.content
    assert len(server.asked) == 2  # for the token, and for the attempt: nobody followed


@pytest.mark.parametrize("packed", [False, True])
def test_long_bodies_are_not_read(packed, server, monkeypatch):
    monkeypatch.setattr(connections, "MOST_BYTES", 300_000)
    body = b" " * 400_000
    server.answer = whole(gzip.compress(body), b"Content-Encoding: gzip") if packed else whole(body)
    with pytest.raises(BackendProviderCannotRegisterAttempt) as raised:
        register("rest", server)
    assert "the response is too long" in raised.value.content
    assert raised.value.answer_status == 502


@pytest.mark.needs("lms-urls")
@pytest.mark.parametrize("kind", ["rest", "psi"])
@pytest.mark.parametrize("status", [b"302 Found", b"307 Temporary Redirect"])
def test_redirects_to_other_hosts_are_refused(status, kind, server):
    other = Server()
    location = other.url.replace("127.0.0.1", "localhost").encode()
    server.answer = b"HTTP/1.1 %s\r\nLocation: %s/\r\nConnection: close\r\n\r\n" % (
        status,
        location,
    )
    with pytest.raises(BackendProviderCannotRegisterAttempt) as raised:
        register(kind, server)
    assert "redirects to http://localhost" in raised.value.content
    assert other.asked == []
    other.socket.close()


def test_a_redirect_within_the_host_is_followed(server):
    def there():
        return iter([whole(b'{"name": "P"}')])

    def away():
        server.answer = there
        yield b"HTTP/1.1 301 Moved\r\nLocation: /new/\r\nConnection: close\r\n\r\n"

    server.answer = away
    assert rest(server).get_proctoring_config() == {"name": "P"}
    assert server.asked[-1].startswith(b"GET /new/")


@pytest.mark.parametrize(
    "token", [b"[]", b"{}", b'{"access_token": "t", "expires_in": "soon"}', b"null", b"<html>"]
)
def test_invalid_tokens(token, server):
    server.token = whole(token)
    with pytest.raises(requests.RequestException, match="no access token"):
        rest(server).start_exam_attempt("E", "A")
    assert len(server.asked) == 1


def test_tokens_are_cached_until_shortly_before_they_expire(server):
    server.answer = whole(b'{"status": "started"}')
    provider = rest(server)
    for seconds, asks in ((3600, 1), (4, 2)):
        TieredCache.dangerous_clear_all_tiers()
        server.asked.clear()
        server.token = whole(b'{"access_token": "t", "expires_in": %d}' % seconds)
        assert [provider.start_exam_attempt("E", "A") for _ in range(2)] == ["started"] * 2
        assert sum(b"oauth2" in one for one in server.asked) == asks


def test_a_server_without_tls_is_refused_in_time(server):
    server.answer = whole(b"{}")
    provider = BaseRestProctoringProvider(
        "id", "secret", base_url=server.url.replace("http:", "https:"), timeout=0.5
    )
    with ask_options(deadline=1), pytest.raises(BackendProviderCannotRegisterAttempt):
        provider.register_exam_attempt(EXAM, {})
    assert provider.get_proctoring_config() == {}
