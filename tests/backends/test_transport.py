"""Deadlines, retries, and the circuit breaker while a provider is down."""

import json
import socket
import threading
import time
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import crum
import pytest
import requests
import responses
import time_machine
from django.apps import apps
from django.test import RequestFactory
from edx_django_utils.cache import RequestCache, TieredCache

from edx_proctoring import api, backends
from edx_proctoring.backends import breaker, masking
from edx_proctoring.backends.backend import as_tell, ask_options
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderCannotRemoveAttempt,
)
from tests.backends.conftest import BASE
from tests.backends.test_rest import ATTEMPT, EXAM, attempt, calls, rest  # noqa: F401  fixtures
from tests.backends.test_software_secure import CONTEXT, psi
from tests.backends.test_software_secure import EXAM as PSI_EXAM

ATTEMPTS = f"{BASE}/api/v1/exam/E/attempt/"
PSI_URL = "https://psi.example.com/register"


@pytest.fixture
def down(rest, remote):  # noqa: F811  a fixture
    """Return a provider that failed until its circuit breaker opened, and the number of requests."""
    remote.post(ATTEMPTS, status=503)
    for _ in range(breaker.FAILURES):
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            rest.register_exam_attempt(EXAM, {})
    return len(calls(remote))


def test_a_provider_that_is_down_is_not_asked(rest, remote, down):  # noqa: F811  a fixture
    assert down == breaker.FAILURES
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        rest.register_exam_attempt(EXAM, {})
    assert rest.get_attempt(attempt()) == {"instructions": []}
    assert rest.get_proctoring_config() == {}
    assert len(calls(remote)) == down


def test_notices_are_sent_to_a_provider_that_is_down(rest, remote, down):  # noqa: F811  a fixture
    remote.patch(ATTEMPT, json={"status": "submitted"})
    assert rest.stop_exam_attempt("E", "A") == "submitted"
    remote.replace("POST", ATTEMPTS, json={"id": "A"})
    assert rest.register_exam_attempt(EXAM, {}) == "A"  # the notice showed that it is back


def test_removals_from_the_outbox_are_tried_and_asks_fail(rest, remote, down):  # noqa: F811  a fixture
    remote.delete(ATTEMPT, json={"status": "deleted"})
    with ask_options(deadline=5), pytest.raises(breaker.ProviderIsDown):
        rest.remove_exam_attempt("E", "A")
    with ask_options(deadline=5), as_tell():
        assert rest.remove_exam_attempt("E", "A") is True


@pytest.mark.parametrize(
    ("error", "is_tell", "is_down"),
    [
        (requests.ReadTimeout("late"), False, True),
        (requests.ReadTimeout("late"), True, False),  # a request may wait longer than the worker
        (requests.ConnectionError("refused"), False, True),
        (requests.ConnectionError("refused"), True, True),
    ],
)
def test_time_outs_of_the_worker_say_nothing_about_requests(
    rest,  # noqa: F811  a fixture
    remote,
    error,
    is_tell,
    is_down,
):
    remote.delete(ATTEMPT, body=error)
    remote.post(ATTEMPTS, json={"id": "A"})
    for _ in range(breaker.FAILURES):
        with as_tell() if is_tell else nullcontext(), pytest.raises(type(error)):
            rest.remove_exam_attempt("E", "A")
    with pytest.raises(BackendProviderCannotRegisterAttempt) if is_down else nullcontext():
        assert rest.register_exam_attempt(EXAM, {}) == "A"


@pytest.mark.django_db
def test_staff_get_502_for_a_removal_while_the_provider_is_down(
    rest,  # noqa: F811  a fixture
    down,
    make_exam,
    learner,
    staff,
):
    from edx_proctoring.models import ProctoredExamStudentAttempt
    from edx_proctoring.testing.factories import AttemptFactory

    apps.get_app_config("edx_proctoring").backends["rest"] = rest
    exam = make_exam(backend="rest", external_id="E")
    one = AttemptFactory(proctored_exam=exam, user=learner, external_id="A")
    with pytest.raises(BackendProviderCannotRemoveAttempt):
        api.remove_exam_attempt(one.pk, staff)
    assert ProctoredExamStudentAttempt.objects.filter(pk=one.pk).exists()


def test_one_probe_at_a_time(rest, remote):  # noqa: F811  a fixture
    with time_machine.travel("2030-01-01", tick=False) as clock:
        remote.post(ATTEMPTS, status=503)
        for _ in range(breaker.FAILURES):
            with pytest.raises(BackendProviderCannotRegisterAttempt):
                rest.register_exam_attempt(EXAM, {})
        clock.shift(breaker.PAUSE_SECONDS + 1)
        for _ in range(3):  # the first is tried, and fails
            with pytest.raises(BackendProviderCannotRegisterAttempt):
                rest.register_exam_attempt(EXAM, {})
        assert len(calls(remote)) == breaker.FAILURES + 1
        clock.shift(breaker.PAUSE_SECONDS + 1)
        remote.replace("POST", ATTEMPTS, json={"id": "A"})
        assert [rest.register_exam_attempt(EXAM, {}) for _ in range(2)] == ["A", "A"]


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_refusal_does_not_count_as_a_failure(rest, remote, status):  # noqa: F811  a fixture
    remote.post(ATTEMPTS, status=status)
    for _ in range(breaker.FAILURES + 1):
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            rest.register_exam_attempt(EXAM, {})
    assert len(calls(remote)) == breaker.FAILURES + 1


def test_states_are_reported(rest, remote, down):  # noqa: F811  a fixture
    known = apps.get_app_config("edx_proctoring").backends
    known["down"], known["up"] = rest, psi()
    states = backends.provider_states()
    assert states["down"].is_down
    assert states["down"].failures == breaker.FAILURES
    assert not states["up"].is_down
    assert "test" not in states


def use_cache(settings, name):
    settings.CACHES = {
        **settings.CACHES,
        "default": {"BACKEND": f"tests.backends.test_transport.{name}"},
    }


@pytest.mark.parametrize("name", ["Broken", "Deaf"])
def test_without_a_cache_every_request_is_sent(rest, remote, settings, name):  # noqa: F811  a fixture
    remote.post(ATTEMPTS, status=503)
    remote.get(f"{BASE}/api/v1/config/", json={"name": "x"})
    remote.patch(ATTEMPT, status=401)
    use_cache(settings, name)
    RequestCache.clear_all_namespaces()
    for _ in range(breaker.FAILURES + 2):
        with pytest.raises(BackendProviderCannotRegisterAttempt) as raised:
            rest.register_exam_attempt(EXAM, {})
        assert raised.value.http_status == 503  # the provider's own answer
    assert len(calls(remote)) == breaker.FAILURES + 2
    assert rest.get_proctoring_config() == {"name": "x"}
    with pytest.raises(requests.HTTPError, match="401"):
        rest.start_exam_attempt("E", "A")
    assert breaker.of_requests(BASE).state().failures == (
        0 if name == "Broken" else breaker.FAILURES
    )


class Broken:
    """A cache whose server is down."""

    def __init__(self, *_args):
        pass

    def __getattr__(self, name):
        raise ConnectionError(name)

    def close(self, **_kwargs):
        pass


class Deaf(Broken):
    """A read-only cache, in which a provider is down."""

    def get_many(self, keys):
        return {key: breaker.FAILURES if ".failures." in key else 1.0 for key in keys}


@pytest.mark.parametrize("first", [{"status": 503}, {"body": requests.ConnectionError("reset")}])
def test_reads_are_retried_once(rest, remote, first):  # noqa: F811  a fixture
    remote.get(ATTEMPT, **first)
    remote.get(ATTEMPT, json={"status": "started"})
    assert rest.get_attempt(attempt())["status"] == "started"
    assert len(calls(remote)) == 2


@pytest.mark.parametrize("error", [requests.ConnectTimeout("late"), requests.ReadTimeout("late")])
def test_time_outs_are_not_retried(rest, remote, error):  # noqa: F811  a fixture
    remote.get(ATTEMPT, body=error)
    rest.get_attempt(attempt())
    assert len(calls(remote)) == 1


@pytest.mark.needs("lms-urls")
def test_writes_are_not_retried(rest, remote):  # noqa: F811  a fixture
    remote.post(ATTEMPTS, body=requests.ConnectionError("reset"))
    remote.post(PSI_URL, body=requests.ConnectionError("reset"))
    for provider, exam, context in ((rest, EXAM, {}), (psi(), PSI_EXAM, CONTEXT)):
        remote.calls.reset()
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            provider.register_exam_attempt(exam, context)
        assert len(calls(remote)) == 1


@pytest.mark.needs("lms-urls")
@pytest.mark.parametrize(("given", "is_kept"), [("abc-1", True), ("a b\n", False), (None, False)])
def test_ids_of_requests_are_passed_on(rest, remote, given, is_kept):  # noqa: F811  a fixture
    remote.patch(ATTEMPT, json={"status": "started"})
    remote.post(PSI_URL, json={"ssiRecordLocator": "L"})
    crum.set_current_request(RequestFactory().get("/", headers={"X-Request-ID": given or ""}))
    try:
        rest.start_exam_attempt("E", "A")
        psi().register_exam_attempt(PSI_EXAM, CONTEXT)
    finally:
        crum.set_current_request(None)
    first, second = [request.headers["X-Request-ID"] for request in calls(remote)]
    assert (first == given) is (second == given) is is_kept
    assert is_kept or {len(first), len(second)} == {32}


@pytest.mark.defect("BACKENDS-A11")
def test_logs_are_masked():
    text = '{"full_name": "Jo \\"D\\" Doe", "by": "jo@example.com", "access_token": "t0p", "note": "eyJh.eyJi.c", "n'
    masked = masking.masked(text)
    assert not any(word in masked for word in ("Doe", "jo@", "t0p", "eyJi"))
    assert '"note"' in masked


# A real server


class Answers(BaseHTTPRequestHandler):
    """A real server that responds slowly, byte by byte, or immediately, and counts connections.

    It acts as both providers: tokens, attempts, registrations.
    """

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections += 1

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = {"ssiRecordLocator": "L" * 200, "id": "A"}
        is_token = "oauth2" in self.path
        if is_token:
            answer = {"access_token": f"token{len(self.server.tokens)}", "expires_in": 3600}
            self.server.tokens.append(answer["access_token"])
            self.close_connection = True  # tokens come by connections of their own
            self.server.connections -= 1
        else:
            self.server.seen.append((self.headers["Cookie"], self.headers["Authorization"]))
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "learner=1")
        self.end_headers()
        is_slow = self.server.slow == ("tokens" if is_token else "answers")
        try:
            for at in range(len(body)) if is_slow else ():
                self.wfile.write(body[at : at + 1])
                self.server.over.wait(0.05)
            self.wfile.write(b"" if is_slow else body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_args):
        pass


@pytest.fixture
def server():
    """A provider's server."""
    TieredCache.dangerous_clear_all_tiers()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.connections, server.seen, server.tokens, server.slow = 0, [], [], None
    server.over, server.daemon_threads = threading.Event(), True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


def made(kind, server, **options):
    """Return a provider at this server, and a function that registers an attempt with it."""
    url = f"http://127.0.0.1:{server.server_port}"
    if kind == "psi":
        provider = psi(exam_register_endpoint=f"{url}/", **options)
        return provider, lambda: provider.register_exam_attempt(PSI_EXAM, CONTEXT)
    provider = BaseRestProctoringProvider("id", "secret", base_url=url, **options)
    return provider, lambda: provider.register_exam_attempt(EXAM, {})


KINDS = pytest.mark.parametrize("kind", ["psi", "rest"])


@pytest.mark.needs("lms-urls")
@KINDS
def test_connections_are_kept_and_cookies_are_not(kind, server):
    provider, register = made(kind, server)
    assert {register() for _ in range(3)} <= {"L" * 200, "A"}
    assert server.connections == 1
    assert [cookie for cookie, _token in server.seen] == [None] * 3
    provider.session.close()


@pytest.mark.needs("lms-urls")
@KINDS
@pytest.mark.defect("BACKENDS-C3")
def test_the_deadline_covers_the_whole_response(kind, server):
    server.slow = "answers"
    provider, register = made(kind, server, timeout=0.3)
    with pytest.raises(BackendProviderCannotRegisterAttempt) as raised:
        register()
    assert raised.value.answer_status == 503
    provider.session.close()


@pytest.mark.defect("BACKENDS-C3")
def test_the_callers_deadline_is_shorter(server):
    server.slow = "answers"
    provider, register = made("rest", server)
    began = time.monotonic()
    with ask_options(deadline=0.3), pytest.raises(BackendProviderCannotRegisterAttempt):
        register()
    assert time.monotonic() - began < 8  # the whole answer takes eleven seconds
    provider.session.close()


@pytest.mark.defect("BACKENDS-C2")
def test_tokens_count_towards_the_deadline_and_belong_to_a_thread(server):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        stalled = BaseRestProctoringProvider("id", "secret", base_url=url, timeout=60)
        began = time.monotonic()
        with ask_options(deadline=0.3), pytest.raises(BackendProviderCannotRegisterAttempt):
            stalled.register_exam_attempt(EXAM, {})
        assert time.monotonic() - began < 20  # not the minute of the client's own limit
    provider, register = made("rest", server)
    register()
    provider.session.auth.token = "of this thread"
    seen = []
    other = threading.Thread(target=lambda: seen.append(provider.session.auth.token))
    other.start()
    other.join()
    assert seen == [None]
    provider.session.close()


@pytest.mark.needs("lms-urls")
@responses.activate
def test_psi_has_a_circuit_breaker_too():
    responses.post("https://psi.example.com/register", status=503)
    for _ in range(breaker.FAILURES + 2):
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            psi().register_exam_attempt(PSI_EXAM, CONTEXT)
    assert len(responses.calls) == breaker.FAILURES
