"""Notices to a provider: their time limit, and how often they are tried while it does not respond."""

import datetime
import socket

import pytest
import requests
import time_machine
from django.apps import apps
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from edx_proctoring import api, outbox, slow_calls
from edx_proctoring.backends import breaker, provider_states
from edx_proctoring.backends.backend import ask_options, remaining_seconds
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.effects.provider_notices import telling
from edx_proctoring.models import OutboxMessage, ProctoredExam, ProctoredExamStudentAttempt

pytestmark = [pytest.mark.django_db, pytest.mark.needs("django-crum")]

SILENT = requests.ReadTimeout("silence")


def told(name="test", error=None):
    with telling(name):
        if error:
            raise error


def fail(times=breaker.FAILURES, error=SILENT):
    for _ in range(times):
        with pytest.raises(type(error)):
            told(error=error)


def seconds_given():
    with telling("test"):
        return remaining_seconds(99)


def test_the_time_limit_in_a_worker(settings):
    assert 2.9 < seconds_given() <= 3
    changed = {"TELL_DEADLINE_SECONDS": 20}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **changed}
    assert 19 < seconds_given() <= 20


def test_the_time_limit_in_a_request():
    with slow_calls.skip_if_slow():
        assert 1 < seconds_given() <= 1.5
    with ask_options(deadline=30):
        assert 29 < seconds_given() <= 30


@pytest.mark.parametrize("error", [SILENT, requests.ConnectionError(), TimeoutError()])
def test_after_three_unanswered_notices_one_per_twenty_seconds_is_tried(error):
    now = timezone.now().timestamp()
    with time_machine.travel(now, tick=False) as clock:
        fail(error=error)
        with pytest.raises(outbox.NotNow):
            told()
        clock.shift(breaker.PAUSE_SECONDS + 1)
        fail(1, error)
        with pytest.raises(outbox.NotNow):
            told()
        clock.shift(breaker.PAUSE_SECONDS + 1)
        told()
        told()


def test_other_providers_are_notified():
    fail()
    told("null")


def test_an_error_of_one_message_does_not_delay_others():
    fail(10, ValueError("unknown attempt"))
    told()


def test_unanswered_notices_do_not_block_asks_but_are_reported():
    """A message waits 3 seconds for the answer that a learner would have waited for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        provider = BaseRestProctoringProvider("id", "secret", base_url=url, timeout=0.05)
        apps.get_app_config("edx_proctoring").backends["silent"] = provider
        provider.session = requests.Session()
        for _ in range(breaker.FAILURES):
            with pytest.raises(requests.Timeout), telling("silent") as found:
                found.start_exam_attempt("E", "A")
        assert not breaker.of_requests(url).state().is_down
        assert provider_states()["silent"].is_down


def test_a_provider_that_is_down_for_asks_gets_few_notices():
    provider = BaseRestProctoringProvider("id", "secret", base_url="http://127.0.0.1:9")
    apps.get_app_config("edx_proctoring").backends["remote"] = provider
    for _ in range(breaker.FAILURES):
        breaker.of_requests(provider.address).note(failed=True)
    told("remote")  # the one that is tried
    with pytest.raises(outbox.NotNow):
        told("remote")


def test_a_provider_configured_in_another_process():
    with pytest.raises(outbox.WrongProcess):
        told("elsewhere")


def test_without_a_cache_all_notices_are_tried():
    fail()
    cache.clear()
    told()


@pytest.mark.defect("PYTHON-33")
def test_providers_are_notified_once_and_outside_the_request(provider, learner, settings):
    exam_id = api.create_exam("course-v1:a+b+c", "block", "Midterm", 90, backend="test")
    assert len(provider.calls_of("on_exam_saved")) == 1
    assert ProctoredExam.history.filter(id=exam_id).count() == 1
    assert api.get_exam_by_id(exam_id)["external_id"]
    attempt_id = api.create_exam_attempt(exam_id, learner.pk, True)
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}
    settings.CELERY_TASK_ALWAYS_EAGER = False
    with transaction.atomic():
        api.update_attempt_status(attempt_id, "started")
        assert not provider.calls_of("start_exam_attempt")
        assert OutboxMessage.objects.filter(kind__contains="provider").exists()


@pytest.mark.defect("PYTHON-34")
def test_a_provider_that_is_down_does_not_stop_learners(provider, exam, learner, time_machine):
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    for method in ("start_exam_attempt", "stop_exam_attempt", "mark_erroneous_exam_attempt"):
        provider.fail(method, RuntimeError("down"))
    api.update_attempt_status(attempt_id, "started")
    assert api.get_exam_attempt_by_id(attempt_id)["status"] == "started"
    time_machine.move_to(timezone.now() + datetime.timedelta(minutes=91))
    assert api.get_exam_attempt_by_id(attempt_id)["status"] == "submitted"
    assert OutboxMessage.objects.filter(state="pending").exists()  # tried again


@pytest.mark.defect("PYTHON-35")
def test_mails_are_sent_after_the_commit(exam, learner):
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    api.update_attempt_status(attempt_id, "started")
    with transaction.atomic():
        api.update_attempt_status(attempt_id, "submitted")
        assert mail.outbox == []
    assert len(mail.outbox) == 1
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        api.update_attempt_status(attempt_id, "verified")
        raise ZeroDivisionError
    assert len(mail.outbox) == 1
    assert ProctoredExamStudentAttempt.objects.get(pk=attempt_id).status == "submitted"
