"""The screen of the set-up while the provider is down."""

import datetime
import re
from types import SimpleNamespace

import pytest
import time_machine
from django.apps import apps
from django.utils import timezone

from edx_proctoring.backends.breaker import FAILURES, PAUSE_SECONDS
from edx_proctoring.models import ProctoredExam
from edx_proctoring.runtime import set_runtime_service
from tests.api.test_screen_details import shown
from tests.backends.conftest import BASE, remote  # noqa: F401  a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]

SECOND = datetime.timedelta(seconds=1)


def test_a_provider_that_is_down_shows_no_steps(exam, learner, attempt, provider):
    """Neither its own nor those for exam codes, which may be the wrong ones."""
    attempt(exam=exam, status="created")
    provider.fail("get_attempt", TimeoutError("silent"))
    html, context = shown(exam, learner)
    assert context["provider_unreachable"] is True
    assert 'data-screen="instructions"' in html
    assert "cannot be reached right now" in html
    assert "proctored-exam-code" not in html
    provider.recover()
    html, context = shown(exam, learner)
    assert context["provider_unreachable"] is False
    assert "proctored-exam-code" in html


@pytest.fixture
def service(exam, monkeypatch):
    """The exam's provider as a REST service, and the exam there."""
    # Other projects lack what it needs.
    from edx_proctoring.backends.rest import (
        BaseRestProctoringProvider,
    )

    columns = {"base_url": BASE, "get_javascript": lambda self: ""}
    found = type("Rest", (BaseRestProctoringProvider,), columns)("id", "s" * 32)
    monkeypatch.setitem(apps.get_app_config("edx_proctoring").backends, exam.backend, found)
    ProctoredExam.objects.filter(pk=exam.pk).update(external_id="E")
    exam.refresh_from_db()


@pytest.mark.needs("django-crum")
@pytest.mark.parametrize("broken", [{"status": 503}, {"body": '{"id": '}])
def test_a_rest_service_that_is_down_shows_no_steps(
    exam,
    learner,
    attempt,
    service,
    remote,  # noqa: F811  a fixture
    broken,
):
    """Its class hides outages from most callers, so that they look like a provider without instructions."""
    attempt(exam=exam, status="created", external_id="A")
    remote.get(f"{BASE}/api/v1/config/", json={"download_url": "https://provider.example.com/app"})
    remote.get(f"{BASE}/api/v1/exam/E/attempt/A/", **broken)
    html, context = shown(exam, learner)
    assert context["provider_unreachable"] is True
    assert "proctored-exam-code" not in html


@pytest.mark.needs("django-crum")
def test_an_outage_has_a_beginning_in_the_learners_zone(
    exam,
    learner,
    attempt,
    service,
    remote,  # noqa: F811  a fixture
):
    """Once the circuit breaker has opened: a single failure may concern this page only."""
    asked = SimpleNamespace(get_user_preference=lambda *_: "Asia/Tokyo")
    set_runtime_service("preferences", asked)
    attempt(exam=exam, status="created", external_id="A")
    url = f"{BASE}/api/v1/exam/E/attempt/A/"
    remote.get(url, status=503)
    remote.get(f"{BASE}/api/v1/config/", json={"download_url": "https://provider.example.com/app"})
    html, context = shown(exam, learner)
    assert (context["provider_unreachable"], context["unreachable_since"]) == (True, None)
    assert "Unreachable since" not in html

    began = timezone.now()
    for _ in range(FAILURES - 1):
        _, context = shown(exam, learner)
    opened = datetime.datetime.fromisoformat(context["unreachable_since"].iso)
    assert began <= opened <= timezone.now()
    with time_machine.travel(opened + PAUSE_SECONDS * SECOND):  # a page that probes moves nothing
        html, context = shown(exam, learner)
    assert datetime.datetime.fromisoformat(context["unreachable_since"].iso) == opened
    assert context["unreachable_since"].zone == "Asia/Tokyo, UTC+09:00"
    assert re.search(r"Unreachable since</dt>\s*<dd><time datetime=\"[^\"]+\+09:00\"", html)
    set_runtime_service("preferences", None)
