"""A broker that is down: nothing is lost, and nobody waits for it more often than needed."""

import contextlib
import datetime
import socket
import threading

import pytest
import time_machine
from celery import Celery, current_app
from django.utils import timezone

from edx_proctoring import outbox
from edx_proctoring.models import OutboxMessage
from edx_proctoring.outbox import Draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    """Keys that were delivered, in order."""
    found = []
    outbox.register("test", lambda message: found.append(message.key))
    yield found
    outbox._handlers.pop("test")


@pytest.fixture
def broken_broker(settings):
    """A broker that hangs up; the list grows with each connection."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}
    connections = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up():
            with contextlib.suppress(OSError):
                while True:
                    connection, _address = server.accept()
                    connections.append(connection)
                    connection.close()

        listener = threading.Thread(target=hang_up, daemon=True)
        listener.start()
        before = current_app._get_current_object()
        url = f"amqp://127.0.0.1:{server.getsockname()[1]}//"
        options = {"max_retries": 0}
        app = Celery("tests", broker=url, broker_transport_options=options, set_as_current=False)
        app.set_current()
        yield connections
        before.set_current()
        app.close()
        server.shutdown(socket.SHUT_RDWR)
    listener.join(10)


def draft(key):
    return Draft("test", key, "lane")


def test_a_broker_that_is_down_loses_nothing(heard, broken_broker, caplog):
    outbox.put(draft("a"))
    assert len(broken_broker) == 1
    assert "broker not reached" in caplog.text
    assert heard == []
    assert OutboxMessage.objects.get().state == "pending"
    assert outbox.deliver() == {"delivered": 1, "waiting": 0}
    assert heard == ["a"]


def test_a_broker_that_is_down_is_not_asked_for_every_message(heard, broken_broker):
    for key in ("a", "b", "c"):
        outbox.put(draft(key))
    assert len(broken_broker) == 1
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=31)):
        outbox.put(draft("d"))
        assert len(broken_broker) == 2
        assert outbox.deliver()["delivered"] == 4
