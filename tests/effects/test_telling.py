"""Telling a provider something: for how long, and how often while it does not answer."""

import socket

import pytest
import requests
import time_machine
from django.apps import apps
from django.core.cache import cache
from django.utils import timezone

from edx_proctoring import outbox, slow_calls
from edx_proctoring.backends import breaker, provider_states
from edx_proctoring.backends.backend import ask_options, remaining_seconds
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.effects.telling import telling

pytestmark = pytest.mark.django_db

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


def test_how_long_it_has_in_a_worker(settings):
    assert 2.9 < seconds_given() <= 3
    changed = {"TELL_DEADLINE_SECONDS": 20}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **changed}
    assert 19 < seconds_given() <= 20


def test_how_long_it_has_while_somebody_waits():
    with slow_calls.skip_if_slow():
        assert 1 < seconds_given() <= 1.5
    with ask_options(deadline=30):
        assert 29 < seconds_given() <= 30


@pytest.mark.parametrize("error", [SILENT, requests.ConnectionError(), TimeoutError()])
def test_after_three_that_were_not_answered_one_in_twenty_seconds_is_tried(error):
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


def test_other_providers_are_told():
    fail()
    told("null")


def test_an_error_about_one_message_holds_up_no_other():
    fail(10, ValueError("unknown attempt"))
    told()


def test_what_is_told_keeps_nobody_from_asking_but_shows():
    """A message waits 3 seconds for the answer that a learner would have waited for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        provider = BaseRestProctoringProvider("id", "secret", base_url=url, timeout=0.05)
        apps.get_app_config("edx_proctoring").backends["silent"] = provider
        provider.session = requests.Session()
        for _ in range(breaker.FAILURES):
            with pytest.raises(requests.Timeout), telling("silent") as found:
                found.start_exam_attempt("E", "A")
        assert not breaker.Breaker(url).state().is_down
        assert provider_states()["silent"].is_down


def test_who_cannot_be_asked_is_told_as_rarely():
    provider = BaseRestProctoringProvider("id", "secret", base_url="http://127.0.0.1:9")
    apps.get_app_config("edx_proctoring").backends["remote"] = provider
    for _ in range(breaker.FAILURES):
        breaker.Breaker(provider.address).note(failed=True)
    told("remote")  # the one that is tried
    with pytest.raises(outbox.NotNow):
        told("remote")


def test_a_provider_of_another_process():
    with pytest.raises(outbox.NotHere):
        told("elsewhere")


def test_without_a_memory_all_are_tried():
    fail()
    cache.clear()
    told()
