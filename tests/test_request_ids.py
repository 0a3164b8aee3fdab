"""The id of a request: in the log, through the outbox and Celery, and at the provider."""

import io
import json
import logging
from typing import Any

import crum
import pytest
import responses
from celery import current_app
from django.apps import apps
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import logs, outbox
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import OutboxMessage

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls", "django-crum")]
BASE = "https://rest.example.com"
ATTEMPTS = "/api/edx_proctoring/v1/proctored_exam/attempt"


@pytest.fixture
def as_learner(learner: Any, client_for: Any) -> APIClient:
    """The learner's client."""
    client: APIClient = client_for(learner)
    return client


@pytest.fixture
def records() -> Any:
    """The lines of the log as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    handler.addFilter(logs.RequestIdFilter())
    root = logging.getLogger("edx_proctoring")
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before)


@responses.activate
def test_a_submission_reaches_the_provider_under_its_id_after_a_retry(
    make_exam: Any,
    attempt: Any,
    as_learner: APIClient,
    records: Any,
    proctoring_celery: Any,
) -> None:
    made = BaseRestProctoringProvider("id", "secret", base_url=BASE)
    apps.get_app_config("edx_proctoring").backends["rest"] = made
    responses.post(f"{BASE}/oauth2/access_token", json={"access_token": "t", "expires_in": 99})
    place = f"{BASE}/api/v1/exam/E/attempt/A/"
    responses.patch(place, status=500)
    proctoring_celery(broker_url="memory://", task_always_eager=True)
    exam = make_exam(backend="rest", external_id="E")
    started = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    known = attempt(exam=exam, status="started", external_id="A", **started)

    answer = as_learner.put(
        f"{ATTEMPTS}/{known.pk}", {"action": "submit"}, headers={"X-Request-ID": "proxy-42"}
    )
    assert (answer.status_code, answer["X-Request-ID"]) == (200, "proxy-42")
    current_app.tasks["edx_proctoring.tasks.deliver_outbox"].delay()
    waiting = OutboxMessage.objects.get(kind="provider_notice")
    assert waiting.state == "pending"
    failed = [line for line in records() if "delivery failed" in line["message"]]
    assert failed
    assert {line["request_id"] for line in failed} == {"proxy-42"}

    responses.replace(responses.PATCH, place, json={"status": "submitted"})
    OutboxMessage.objects.update(next_try_at=timezone.now())
    assert logs.current_id() == ""
    current_app.tasks["edx_proctoring.tasks.deliver_outbox"].delay()
    sent = [call.request for call in responses.calls if call.request.method == "PATCH"]
    assert len(sent) >= 2
    assert {request.headers["X-Request-ID"] for request in sent} == {"proxy-42"}
    assert {line["request_id"] for line in records() if "provider" in line["logger"]} <= {
        "proxy-42"
    }


def test_handlers_do_not_see_the_id() -> None:
    heard = []
    outbox.register("test", lambda message: heard.append((message.payload, logs.current_id())))
    try:
        with logs.working_on("abc"):
            outbox.put(outbox.Draft("test", "key", "lane", {"attempt_id": 1}))
        outbox.deliver()
        outbox.put(outbox.Draft("test", "other", "lane", {"attempt_id": 2}))
        outbox.deliver()
    finally:
        outbox.unregister("test")
    assert heard == [({"attempt_id": 1}, "abc"), ({"attempt_id": 2}, "")]


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "ä"])
def test_requests_without_a_usable_id_get_one(as_learner: APIClient, given: str) -> None:
    answer = as_learner.get(ATTEMPTS, headers={"X-Request-ID": given})
    assert answer.status_code == 200
    assert len(answer["X-Request-ID"]) == 32


def test_pages_of_the_host_have_one_id_each() -> None:
    crum.set_current_request(RequestFactory().get("/"))
    try:
        first = logs.current_id()
        assert logs.current_id() == first
    finally:
        crum.set_current_request(None)
    assert logs.current_id() == ""


def test_lines_of_the_log_are_json(records: Any) -> None:
    log = logging.getLogger("edx_proctoring.test")
    try:
        raise ValueError("wrong\nline")
    except ValueError:
        log.exception("failed: %s", "ä\n")
    log.info("done")
    failed, done = records()
    assert set(done) == {"time", "level", "logger", "message", "request_id"}
    assert (done["logger"], done["message"], done["request_id"]) == (
        "edx_proctoring.test",
        "done",
        "-",
    )
    assert done["time"].endswith("+00:00")
    assert failed["message"] == "failed: ä\n"
    assert "ValueError: wrong" in failed["exception"]


def test_a_record_is_one_line_whatever_names_contain() -> None:
    name = "Zoë\u2028\x85\x0b\ud800"
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "learner %s", (name,), None)
    line = logs.JsonFormatter().format(record)
    assert line.encode("ascii").splitlines() == [line.encode()]
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == f"learner {name}"
