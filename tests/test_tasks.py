"""Celery tasks, run by workers, by beat, or from cron."""

import datetime

import pytest
import time_machine
from celery import Celery, current_app
from django.core.management import call_command
from django.utils import timezone

from edx_proctoring import api, tasks
from edx_proctoring.models import OutboxMessage
from edx_proctoring.outbox import broker
from tests.unknown import NO_SUCH_ID

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)


@pytest.fixture
def queue(settings):
    """The tasks that Celery publishes with DELIVERY='celery'."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}
    before = current_app._get_current_object()
    app = Celery("tests", broker="memory://", set_as_current=False)
    app.set_current()
    with app.connection_for_read() as connection:
        found = connection.SimpleQueue("celery")
        found.clear()
        yield found
        found.clear()
        found.close()
    before.set_current()
    app.close()


def sent(queue):
    """Take all tasks off the queue: (task, arguments, time)."""
    found = []
    while True:
        try:
            message = queue.get(block=False)
        except queue.Empty:
            return found
        message.ack()
        found.append((message.headers["task"], message.payload[0], message.headers["eta"]))


def work(queue):
    """Run the tasks as a worker does."""
    for name, arguments, _eta in sent(queue):
        current_app.tasks[name](*arguments)


@pytest.mark.parametrize(
    "name", ["deliver_messages", "deliver_outbox", "purge_outbox", "submit_expired_attempts"]
)
def test_schedules_name_tasks_by_their_path(name):
    assert getattr(tasks, name).name == f"edx_proctoring.tasks.{name}"


def test_a_worker_delivers_stored_messages(attempt, provider, queue):
    known = attempt(status="ready_to_start")
    api.update_attempt_status(known.pk, "started")
    assert not provider.calls_of("start_exam_attempt")
    work(queue)
    assert len(provider.calls_of("start_exam_attempt")) == 1
    work(queue)
    assert not OutboxMessage.objects.unfinished().exists()


def test_one_task_for_all_messages_of_a_transaction(attempt, queue):
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=9)
    api.update_attempt_status(known.pk, "submitted")
    ((name, (ids,), eta),) = sent(queue)
    assert name == broker.TASK == tasks.deliver_messages.name
    assert eta is None
    assert set(ids) == set(OutboxMessage.objects.unfinished().values_list("pk", flat=True))
    assert {"email", "provider_notice"} == set(
        OutboxMessage.objects.unfinished().values_list("kind", flat=True)
    )


def test_failed_messages_are_retried_after_a_pause(attempt, provider, queue):
    with time_machine.travel(timezone.now(), tick=False):
        provider.fail("start_exam_attempt", ConnectionError("down"))
        api.update_attempt_status(attempt(status="ready_to_start").pk, "started")
        ((_name, arguments, _eta),) = sent(queue)
        tasks.deliver_messages(*arguments)
        ((name, again, eta),) = sent(queue)
        assert (name, again) == (broker.TASK, arguments)
        pause = datetime.datetime.fromisoformat(eta) - timezone.now()
    assert datetime.timedelta(seconds=0) < pause < datetime.timedelta(seconds=7)


def test_a_repeated_task_delivers_once(attempt, provider, queue):
    api.update_attempt_status(attempt(status="ready_to_start").pk, "started")
    ((_name, arguments, _eta),) = sent(queue)
    assert tasks.deliver_messages(*arguments) == 1
    assert tasks.deliver_messages(*arguments) == 0
    assert tasks.deliver_messages([NO_SUCH_ID]) == 0
    assert len(provider.calls_of("start_exam_attempt")) == 1


def test_messages_without_a_task_are_delivered_by_beat(attempt, provider, queue):
    api.update_attempt_status(attempt(status="ready_to_start").pk, "started")
    queue.clear()
    assert tasks.deliver_outbox() == {"delivered": 1, "waiting": 0}
    assert tasks.deliver_outbox() == {"delivered": 0, "waiting": 0}
    assert len(provider.calls_of("start_exam_attempt")) == 1


def test_old_messages_are_deleted(attempt, queue):
    api.update_attempt_status(attempt(status="ready_to_start").pk, "started")
    work(queue)
    count = OutboxMessage.objects.count()
    assert count
    assert tasks.purge_outbox() == 0
    with time_machine.travel(timezone.now() + datetime.timedelta(days=31)):
        assert tasks.purge_outbox() == count


def test_cron_instead_of_beat(attempt, provider, queue, capsys):
    for _ in range(2):
        api.update_attempt_status(attempt(status="ready_to_start").pk, "started")
    call_command("deliver_outbox", "--limit", "1")
    assert capsys.readouterr().out == "1 delivered, 1 wait\n"
    call_command("deliver_outbox")
    assert capsys.readouterr().out == "1 delivered, 0 wait\n"
    assert len(provider.calls_of("start_exam_attempt")) == 2
