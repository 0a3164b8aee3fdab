"""Health: for load balancers, for monitoring and for global staff, while one thing after the other does not work."""

import datetime
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import __version__, outbox
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import OutboxMessage, ScheduledRun, TimeAdjustment
from edx_proctoring.models.scheduled_runs import SWEEP
from edx_proctoring.openapi import document_v2
from edx_proctoring.operations import health
from edx_proctoring.testing.factories import UserFactory
from tests.views.v2.health_faults import is_shown

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.needs("lms-urls", "django-crum"),
]

REPORT, READY = "/api/edx_proctoring/v2/health/", "/api/edx_proctoring/v2/health/ready/"
TOKEN = {"Authorization": "Bearer monitoring"}
LONGEST = health.REPORT_SECONDS + 2  # seconds, on a machine that is busy


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    """Monitoring has a token, and the sweep has just run."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "HEALTH_TOKEN": "monitoring"}
    ScheduledRun.objects.note(SWEEP)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever hangs is given up soon."""
    monkeypatch.setattr(health, "READY_SECONDS", 1)
    monkeypatch.setattr(health, "REPORT_SECONDS", 2)


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed() -> int:
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def report(**query: str) -> dict[str, Any]:
    began = time.monotonic()
    response = APIClient().get(REPORT, query, headers=TOKEN)
    assert time.monotonic() - began < LONGEST
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def shown(fault: str, *subjects: str) -> dict[str, Any]:
    """Return the report, after comparing it with the page on monitoring."""
    found = report()
    is_shown(fault, APIClient().get(READY).status_code, found, *subjects)
    return found


def statuses(found: dict[str, Any]) -> dict[str, str]:
    return {subject: one["status"] for subject, one in found["checks"].items()}


def test_all_is_well() -> None:
    found = report()
    assert (found["status"], found["version"]) == ("ok", __version__)
    assert {"database", "cache", "broker", "outbox", "sweep", "pauses", "provider test"} <= set(
        found["checks"]
    )
    assert set(statuses(found).values()) <= {"ok", "note"}
    assert found["checks"]["outbox"]["numbers"] == {"waiting": 0, "given_up": 0, "late_seconds": 0}
    response = APIClient().get(READY)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


def test_who_may_read_the_report(settings: Any) -> None:
    wrong = {"Authorization": "Bearer else"}
    assert APIClient().get(REPORT, headers=wrong).status_code == 403
    assert APIClient().get(REPORT, headers={"Authorization": "Bearer ä"}).status_code == 403
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "HEALTH_TOKEN": ""}
    assert APIClient().get(REPORT, headers={"Authorization": "Bearer "}).status_code == 403


def test_load_balancers_cost_no_query_of_the_request(
    django_assert_num_queries: Any, as_global_staff: APIClient
) -> None:
    with django_assert_num_queries(0):
        assert APIClient().get(READY).status_code == 200
    with django_assert_num_queries(2):  # session and user; the checks have connections of their own
        assert as_global_staff.get(REPORT).status_code == 200


def test_bad_queries() -> None:
    for value, code in (("note", "invalid"), ("\0", "parse_error")):
        response = APIClient().get(REPORT, {"fail_on": value}, headers=TOKEN)
        assert (response.status_code, response.json()["code"]) == (400, code)


@pytest.fixture(params=["silent", "closed"])
def no_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """New connections reach a server that hangs, or none; return which."""
    port = request.getfixturevalue(request.param)
    known = connections.settings["default"]
    server = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": port}
    monkeypatch.setitem(connections.settings, "default", {**known, **server, "OPTIONS": {}})
    return str(request.param)


@pytest.mark.usefixtures("soon")
def test_without_a_database(no_database: str, as_global_staff: APIClient) -> None:
    began = time.monotonic()
    response = APIClient().get(READY)
    assert (response.status_code, response.json()) == (503, {"status": "error"})
    assert time.monotonic() - began < LONGEST
    found = statuses(shown(f"database: {no_database}", "database", "outbox", "sweep", "pauses"))
    assert {found[name] for name in ("database", "outbox", "sweep", "pauses")} == {"error"}
    assert (found["cache"], found["provider test"]) == ("ok", "ok")
    response = as_global_staff.get(REPORT)  # cannot be recognised
    assert response.status_code == 503
    assert response.json()["code"] == "proctoring_temporarily_unavailable"


@pytest.mark.usefixtures("soon")
def test_without_a_cache(settings: Any, silent: int, closed: int) -> None:
    redis = "django.core.cache.backends.redis.RedisCache"
    for name, port in (("closed", closed), ("silent", silent)):
        location = {"BACKEND": redis, "LOCATION": f"redis://127.0.0.1:{port}"}
        settings.CACHES = {"default": location}
        assert statuses(shown(f"cache: {name}", "cache"))["cache"] == "error"
        assert APIClient().get(READY).status_code == 200


def test_a_cache_that_keeps_nothing(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert statuses(shown("cache: keeps nothing", "cache"))["cache"] == "warning"


@pytest.mark.usefixtures("soon")
def test_without_a_broker(proctoring_celery: Any, silent: int, closed: int) -> None:
    for name, port in (("silent", silent), ("closed", closed)):
        proctoring_celery(broker_url=f"amqp://guest:guest@127.0.0.1:{port}//")
        found = shown(f"broker: {name}", "broker")
        assert statuses(found)["broker"] == "error"
        assert "guest:guest" not in json.dumps(found)
        assert APIClient().get(READY).status_code == 200


@pytest.mark.needs("django-crum")
@pytest.mark.usefixtures("soon")
def test_a_provider_that_hangs_and_one_that_is_gone(silent: int, closed: int) -> None:
    providers = apps.get_app_config("edx_proctoring").backends
    for name, port in (("silent", silent), ("closed", closed)):
        address = f"http://127.0.0.1:{port}"
        providers[name] = BaseRestProctoringProvider("id", "secret value", base_url=address)
    found = shown("providers: silent and closed", "provider silent", "provider closed")
    assert found["status"] == "error"
    assert statuses(found)["provider silent"] == statuses(found)["provider closed"] == "error"
    assert statuses(found)["database"] == "ok"
    assert "secret value" not in json.dumps(found)
    response = APIClient().get(REPORT, {"fail_on": "error"}, headers=TOKEN)
    assert response.status_code == 503
    assert response.json()["status"] == "error"
    assert APIClient().get(READY).status_code == 200


def test_messages_and_sweeps_that_are_late(exam: Any) -> None:
    then = timezone.now() - datetime.timedelta(minutes=11)
    message = {"kind": "unknown", "lane": "1", "payload": {"user_id": 42}}
    OutboxMessage.objects.create(key="late", next_try_at=then, **message)
    ScheduledRun.objects.filter(name=SWEEP).update(finished_at=then)
    found = shown("worker and schedule: none for 11 minutes", "outbox", "sweep")
    assert (statuses(found)["outbox"], statuses(found)["sweep"]) == ("error", "error")
    assert found["checks"]["outbox"]["numbers"]["late_seconds"] >= 660
    assert found["checks"]["sweep"]["numbers"]["late_seconds"] >= 660
    OutboxMessage.objects.update(state="given_up")
    ScheduledRun.objects.note(SWEEP)
    found = shown("outbox: a message was given up", "outbox")
    assert (found["status"], statuses(found)["outbox"]) == ("warning", "warning")
    assert APIClient().get(REPORT, {"fail_on": "error"}, headers=TOKEN).status_code == 200
    assert APIClient().get(REPORT, {"fail_on": "warning"}, headers=TOKEN).status_code == 503
    ScheduledRun.objects.all().delete()
    assert statuses(shown("sweep: has never run", "sweep"))["sweep"] == "error"


def test_pauses_that_staff_may_have_forgotten(attempt: Any) -> None:
    now = timezone.now()
    ago = [(14, "pause"), (16, "pause"), (300, "break"), (300, "pause")]
    for minutes, kind in ago:
        known = attempt(user=UserFactory(), status="started", started_at=now)
        began = now - datetime.timedelta(minutes=minutes)
        key = f"{kind}:{minutes}"
        TimeAdjustment.of(known, kind, key, began, began_at=began, seconds=99).save()
    found = shown("pauses: two for more than 15 minutes", "pauses")
    assert (found["status"], statuses(found)["pauses"]) == ("warning", "warning")
    assert found["checks"]["pauses"]["numbers"] == {"too_long": 2}
    TimeAdjustment.objects.update(ended_at=now)
    assert statuses(report())["pauses"] == "ok"


def test_alarms_for_messages(exam: Any) -> None:
    """The thresholds of docs/monitor.rst come before the report's own: its state is still ok."""
    then = timezone.now() - datetime.timedelta(seconds=125)
    message = {"kind": "unknown", "payload": {}}
    OutboxMessage.objects.create(key="due", lane="due", next_try_at=then, **message)
    found = report()
    assert statuses(found)["outbox"] == "ok"
    assert found["checks"]["outbox"]["numbers"]["late_seconds"] > 120
    outbox.deliver()  # without success, so that it is tried again later
    soon = timezone.now() + datetime.timedelta(minutes=5)
    OutboxMessage.objects.bulk_create(
        OutboxMessage(key=f"{n}", lane=f"{n}", next_try_at=soon, **message) for n in range(1000)
    )
    numbers = report()["checks"]["outbox"]["numbers"]
    assert (numbers["late_seconds"], numbers["waiting"]) == (0, 1001)
    day = timezone.now() + datetime.timedelta(days=1)  # by a clock that was ahead
    OutboxMessage.objects.filter(key="1").update(next_try_at=day)
    assert report()["checks"]["outbox"]["numbers"]["late_seconds"] == 0


def test_an_alarm_for_a_sweep_that_does_not_run(exam: Any) -> None:
    then = timezone.now() - datetime.timedelta(seconds=125)
    ScheduledRun.objects.filter(name=SWEEP).update(finished_at=then)
    found = report()
    assert statuses(found)["sweep"] == "ok"
    assert found["checks"]["sweep"]["numbers"]["late_seconds"] > 120


def test_a_service_that_hangs_costs_one_thread(
    silent: int, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "REPORT_SECONDS", 0.1)
    redis = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": redis, "LOCATION": f"redis://127.0.0.1:{silent}"}}
    for _ in range(5):
        states = {one.subject: one.state for one in health.report_health().findings}
        assert states["cache"] == "error"
    names = [one.name for one in threading.enumerate()]
    assert names.count("proctoring asks: cache") == 1


def test_both_routes_are_documented() -> None:
    paths = document_v2()["paths"]
    assert {"200", "403", "503"} <= set(paths[REPORT]["get"]["responses"])
    assert {"200", "503"} <= set(paths[READY]["get"]["responses"])
