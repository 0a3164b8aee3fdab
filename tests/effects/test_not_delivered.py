"""Messages that must not be delivered, or not by this process."""

import datetime

import pytest
import requests
from celery.signals import before_task_publish
from django.apps import apps
from django.utils import timezone

from edx_proctoring import lifecycle
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.outbox import broker
from tests.effects.test_deliver import again, submitted, waiting

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("backend", ["test", None, ""])
def test_an_attempt_that_is_still_referred_to_is_not_removed(
    attempt, make_exam, provider, staff, backend
):
    """A provider may give the next attempt the same id; exams without a provider have the default one."""
    exam = make_exam(backend=backend)
    known = submitted(attempt, exam=exam, external_id="A")
    provider.fail("remove_exam_attempt", requests.ConnectionError("down"))
    lifecycle.remove(known, staff, strict=False)
    attempt(exam=exam, external_id="A")
    provider.recover()
    provider.calls.clear()
    again()
    assert not provider.calls_of("remove_exam_attempt")
    assert not waiting("provider_removal").exists()


def test_answers_of_a_newer_attempt_are_kept_if_clocks_differ(attempt, exam, host, staff):
    """The machine on which it was created is an hour behind."""
    host.instructor.fail("delete_student_attempt", RuntimeError("closed"))
    lifecycle.remove(submitted(attempt, exam=exam), staff)
    newer = attempt(exam=exam, status="started", started_at=timezone.now())
    behind = timezone.now() - datetime.timedelta(hours=1)
    ProctoredExamStudentAttempt.objects.filter(pk=newer.pk).update(created=behind)
    host.instructor.recover()
    host.calls.clear()
    again()
    assert not host.calls_of("delete_student_attempt")


@pytest.fixture
def published(monkeypatch):
    """Return the published tasks, even on a slow machine."""
    monkeypatch.setattr(broker, "WAIT_SECONDS", 30)
    found = []

    def publish(headers, **_more):
        found.append(headers["task"])

    before_task_publish.connect(publish)
    yield found
    before_task_publish.disconnect(publish)


def test_messages_for_another_process_are_left_to_it(attempt, staff, settings, provider, published):
    """A worker without the provider publishes no task: it would always be faster than the one that has it."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}
    lifecycle.remove(submitted(attempt), staff, strict=False)
    assert len(published) == 1
    configured = apps.get_app_config("edx_proctoring").backends
    configured.pop("test")
    again()
    configured["test"] = provider
    assert waiting("provider_removal").get().tries == 1
    assert len(published) == 1
    provider.fail("remove_exam_attempt", requests.ConnectionError("down"))
    again()
    assert len(published) == 2  # whoever can deliver it tries again
    provider.recover()
    again()
    assert not waiting("provider_removal").exists()
