"""The host's cache does not work: it raises, refuses connections, or accepts them and never responds."""

import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import waffle
from edx_django_utils.cache import RequestCache
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle
from waffle.testutils import override_switch

from edx_proctoring import cache, constants
from edx_proctoring.views.base import AuthenticatedAPIView
from tests.views.conftest import E, started
from tests.views.test_roles import ROUTES, rows, send, world

pytestmark = pytest.mark.django_db

__all__ = ["world"]
CALLERS = ("owner", "global_staff", "reviewer", "retirement", "anonymous")
SCOPES = ("exams", "attempts", "allowances", "dashboard")
REDIS = "django.core.cache.backends.redis.RedisCache"
PATIENCE = 1.1  # seconds, more than we take for quick


class Thousand(UserRateThrottle):
    """A throttle of the host."""

    rate = "1000/min"


class BlackHole:
    """A server that accepts connections and never responds."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self.socket.getsockname()[1]

    def connections(self) -> int:
        """Return the number of connections."""
        self.socket.settimeout(0)
        count = 0
        try:
            while True:
                self.socket.accept()[0].close()
                count += 1
        except BlockingIOError:
            return count


def redis_at(port: int) -> dict[str, Any]:
    limits = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry": None}
    return {"BACKEND": REDIS, "LOCATION": f"redis://127.0.0.1:{port}", "OPTIONS": limits}


@pytest.fixture
def black_hole() -> Iterator[BlackHole]:
    hole = BlackHole()
    yield hole
    hole.socket.close()


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(params=["raises", "refuses", "never answers"])
def broken(request: Any, settings: Any, unused_port: int, black_hole: BlackHole) -> str:
    caches = {
        "raises": {"BACKEND": "tests.backends.test_transport.Broken"},
        "refuses": redis_at(unused_port),
        "never answers": redis_at(black_hole.port),
    }
    settings.CACHES = {"default": caches[request.param]}
    RequestCache.clear_all_namespaces()
    return str(request.param)


@pytest.fixture
def throttled(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = dict.fromkeys(SCOPES, "1000/min")
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "THROTTLES": rates}
    monkeypatch.setattr(AuthenticatedAPIView, "throttle_classes", [Thousand])


@pytest.mark.usefixtures("throttled")
def test_every_request(world: dict[str, Any], clients: dict[str, APIClient], settings: Any) -> None:
    """Responses are as with a cache; reads come first, while their data still exists."""
    settings.CACHES = {"default": {"BACKEND": "tests.backends.test_transport.Broken"}}
    for method, path, body, codes in sorted(rows(ROUTES), key=lambda row: row[0] != "get"):
        caller = next(one for one in CALLERS if codes[one] < 400)
        response = send(clients[caller], method, path, body, world)
        assert response.status_code < 500, path
        assert method != "get" or response.status_code == codes[caller], path


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("active", [True, False])
def test_switches_come_from_the_database(
    active: bool, attempt: Any, as_learner: APIClient, exam: Any
) -> None:
    name = constants.PING_FAILURE_PASSTHROUGH_TEMPLATE.format(exam.backend)
    switch = waffle.get_waffle_switch_model()
    switch.objects.bulk_create([switch(name=name, active=active)])  # saving needs the cache
    known = started(attempt, exam=exam)
    response = as_learner.put(f"{E}/attempt/{known.pk}", {"action": "error"}, format="json")
    assert response.json() == {"exam_attempt_id": False if active else known.pk}


@pytest.mark.usefixtures("broken")
def test_pages_of_staff(as_staff: APIClient, attempt: Any, exam: Any) -> None:
    """A dashboard with an attempt, and the onboarding of a course; both depend on a switch."""
    known = attempt(exam=exam, status="submitted")
    v1 = "/api/edx_proctoring/v1"
    url = f"{v1}/instructor/{exam.course_id}/{exam.pk}?attempt={known.external_id}"
    assert as_staff.get(url).status_code == 302
    assert as_staff.get(f"{v1}/user_onboarding/status/course_id/{exam.course_id}").status_code in (
        200,
        404,
    )


@pytest.mark.usefixtures("broken")
def test_practice_attempts_are_counted_without_a_cache(
    as_learner: APIClient, practice_exam: Any, settings: Any
) -> None:
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "PRACTICE_ATTEMPTS_PER_HOUR": 1,
    }
    body = {"exam_id": practice_exam.pk, "attempt_proctored": True}
    codes = [as_learner.post(f"{E}/attempt", body, format="json").status_code for _ in range(2)]
    assert codes == [200, 429]


def test_it_is_logged_once(broken: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="edx_proctoring.cache")
    for _ in range(3):
        assert cache.get("key", "default") == "default"
        assert cache.get_many(["key"]) == {}
        assert cache.add("key", 1, 10, otherwise=True) is True
        cache.set("key", 1, 10)
        assert cache.incr("key") == 0
        cache.touch("key", 10)
        cache.delete_many(["key"])
    assert len(caplog.records) == 1
    assert "continuing without it" in caplog.text


def test_one_request_waits_for_a_cache_that_never_responds(
    settings: Any, black_hole: BlackHole, attempt: Any, as_learner: APIClient, exam: Any
) -> None:
    settings.CACHES = {"default": redis_at(black_hole.port)}
    url = f"{E}/attempt/{started(attempt, exam=exam).pk}"
    for _ in range(4):
        response = as_learner.put(url, {"action": "error"}, format="json")
        assert response.status_code == 200
    assert black_hole.connections() == 1


def test_a_switch_that_is_overridden(attempt: Any, as_learner: APIClient, exam: Any) -> None:
    name = constants.PING_FAILURE_PASSTHROUGH_TEMPLATE.format(exam.backend)
    known = started(attempt, exam=exam)
    with override_switch(name, active=True):
        response = as_learner.put(f"{E}/attempt/{known.pk}", {"action": "error"}, format="json")
    assert response.json() == {"exam_attempt_id": False}
