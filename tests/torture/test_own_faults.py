"""Failures of broker, mail server and clock delay messages and lose none."""

import datetime
import errno

import pytest
import time_machine
from celery import current_app
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from edx_proctoring import api, outbox
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)


class FullDisk(EmailBackend):
    """Accepts e-mails while there is space on its disk."""

    full = True

    def send_messages(self, messages):
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().send_messages(messages)


class Slow(EmailBackend):
    """Takes five seconds."""

    asked, clock = 0, None

    def send_messages(self, messages):
        Slow.asked += 1
        self.clock.advance(5)
        return super().send_messages(messages)


@pytest.fixture
def celery(settings):
    """Deliver by Celery; tasks of this test are not executed."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}


@pytest.fixture
def running(attempt):
    return attempt(
        status="started", started_at=timezone.now(), allowed_time_limit_mins=90, external_id="r"
    )


@pytest.fixture
def broker():
    """Set the broker's URL."""
    before = current_app.conf.broker_url
    options = current_app.conf.broker_transport_options

    def use(url):
        current_app.conf.broker_url = url
        current_app.conf.broker_transport_options = {"max_retries": 0}

    yield use
    current_app.conf.broker_url = before
    current_app.conf.broker_transport_options = options


def submit(attempt):
    assert api.update_attempt_status(attempt.pk, "submitted") == attempt.pk


def assert_all_is_told(provider):
    assert [call.args[1] for call in provider.calls_of("stop_exam_attempt")] == ["r"]
    assert len(mail.outbox) == 1
    assert not OutboxMessage.objects.unfinished().exists()


def test_the_broker_is_down_at_the_commit(running, provider, celery, broker):
    broker("amqp://127.0.0.1:9//")
    submit(running)
    assert ProctoredExamStudentAttempt.objects.get().status == "submitted"
    assert OutboxMessage.objects.unfinished().count() == 2
    outbox.deliver()
    assert_all_is_told(provider)


def test_the_broker_loses_its_queue(running, provider, celery, broker):
    """It has accepted the tasks and lost them: the periodic delivery does not depend on tasks."""
    broker("memory://")
    submit(running)
    assert not provider.calls_of("stop_exam_attempt")
    with current_app.connection_for_write() as connection:
        connection.default_channel.queue_purge(current_app.conf.task_default_queue)
    outbox.deliver()
    assert_all_is_told(provider)


def test_the_mail_servers_disk_is_full(running, provider, mail_through, monkeypatch):
    """The e-mail waits, with the reason, and delays no other message; later it is sent once."""
    mail_through(f"{__name__}.FullDisk")
    submit(running)
    waiting = OutboxMessage.objects.unfinished().get()
    assert (waiting.kind, waiting.tries) == ("email", 1)
    assert "No space left" in waiting.last_error
    assert provider.calls_of("stop_exam_attempt")
    monkeypatch.setattr(FullDisk, "full", False)
    OutboxMessage.objects.unfinished().update(next_try_at=timezone.now())
    outbox.deliver()
    assert_all_is_told(provider)


def test_a_mail_server_that_hangs_delays_one_request(attempt, mail_through, call_clock):
    """Without a worker."""
    mail_through(f"{__name__}.Slow")
    Slow.asked, Slow.clock = 0, call_clock
    for _ in range(3):
        submit(attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90))
    assert Slow.asked == 1
    assert OutboxMessage.objects.unfinished().filter(kind="email").count() == 2
    mail_through()
    OutboxMessage.objects.unfinished().update(next_try_at=timezone.now())
    outbox.deliver()
    assert len(mail.outbox) == 3


def test_the_clock_jumps_back(running, provider, celery):
    """Messages are delivered although they were leased an hour ahead."""
    with time_machine.travel(timezone.now() + HOUR, tick=True):
        submit(running)
        mails = OutboxMessage.objects.unfinished().filter(kind="email")
        assert outbox.claim(mails.get().pk, "a process that died")
    outbox.deliver()
    assert_all_is_told(provider)


def test_the_clock_jumps_back_while_a_learner_works(running):
    with time_machine.travel(timezone.now() - HOUR, tick=True):
        assert api.get_exam_attempt_by_id(running.pk)["status"] == "started"
        submit(running)
    assert ProctoredExamStudentAttempt.objects.get().status == "submitted"


def test_the_pause_before_a_retry_is_kept(running, provider, celery):
    """A time in the near future may be intended, and is not attributed to a wrong clock."""
    provider.fail("stop_exam_attempt", ConnectionError("down"))
    submit(running)
    outbox.deliver()
    provider.recover()
    outbox.deliver()
    assert [row.kind for row in OutboxMessage.objects.unfinished()] == ["provider_notice"]
