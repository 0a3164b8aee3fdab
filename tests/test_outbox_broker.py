"""Whether there is a broker and whether it responds.

Without it nothing is lost, and requests wait for it briefly and rarely.
"""

import contextlib
import socket
import threading
import time

import pytest
from celery import Celery, Task, current_app
from django.apps import apps

from edx_proctoring import outbox
from edx_proctoring.circuit_breaker import IN_PROCESS
from edx_proctoring.models import OutboxMessage
from edx_proctoring.outbox import Draft, broker

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    """The delivered keys, in order."""
    found = []
    outbox.register("test", lambda message: found.append(message.key))
    yield found
    outbox.unregister("test")


@pytest.fixture
def delivery(settings):
    """Set DELIVERY; None removes it."""

    def use(value):
        others = {k: v for k, v in settings.PROCTORING_SETTINGS.items() if k != "DELIVERY"}
        settings.PROCTORING_SETTINGS = {**others, **({"DELIVERY": value} if value else {})}

    return use


@pytest.fixture
def celery_app():
    """Create a host's Celery app, as if before Django was set up."""
    config, made = apps.get_app_config("edx_proctoring"), []
    before, remembered = current_app._get_current_object(), config.celery_app

    def make(**options):
        made.append(Celery("host", set_as_current=False, **options))
        made[-1].set_current()
        config.celery_app = made[-1]
        return made[-1]

    yield make
    config.celery_app = remembered
    before.set_current()
    for one in made:
        one.close()


@pytest.fixture
def broken_broker(settings, monkeypatch):
    """A broker that closes connections; the list grows with each connection."""
    monkeypatch.setattr(broker, "WAIT_SECONDS", 30)  # until it has
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
    assert broken_broker
    assert "broker unreachable" in caplog.text
    assert heard == []
    assert OutboxMessage.objects.get().state == "pending"
    assert outbox.deliver() == {"delivered": 1, "waiting": 0}
    assert heard == ["a"]


def test_a_broker_that_is_down_is_not_contacted_for_every_message(heard, broken_broker):
    outbox.put(draft("a"))
    asked = len(broken_broker)
    assert asked
    outbox.put(draft("b"))
    outbox.put(draft("c"))
    assert len(broken_broker) == asked
    IN_PROCESS.clear()  # half a minute later
    outbox.put(draft("d"))
    assert len(broken_broker) > asked
    assert outbox.deliver()["delivered"] == 4


@pytest.mark.parametrize(
    ("wanted", "url", "used"),
    [
        (None, None, False),
        (None, "amqp://guest@localhost//", False),  # Celery's own default, spelled out
        (None, "amqp://guest:guest@localhost:5672//", True),
        (None, "redis://127.0.0.1/0", True),
        ("auto", "memory://", True),
        ("celery", None, True),
        ("inline", "memory://", False),
    ],
)
def test_how_messages_are_delivered(delivery, celery_app, wanted, url, used):
    delivery(wanted)
    celery_app(broker=url)
    assert broker.is_used() is used


def test_eager_celery_counts_as_inline(delivery, celery_app):
    delivery(None)
    celery_app(broker="memory://").conf.task_always_eager = True
    assert not broker.is_used()


def test_without_celery_messages_are_delivered_after_the_commit(heard, delivery, celery_app):
    delivery(None)
    celery_app()
    outbox.put(draft("a"))
    assert heard == ["a"]
    assert OutboxMessage.objects.get().state == "done"


def test_nothing_is_published_without_a_configured_broker(heard, delivery, celery_app):
    """Not even with DELIVERY 'celery': Celery would use amqp://guest@localhost."""
    delivery("celery")
    celery = celery_app()
    asked = []
    celery.connection_for_write = lambda **options: asked.append(options)
    outbox.put(draft("a"))
    assert (heard, asked) == ([], [])
    assert OutboxMessage.objects.get().state == "pending"


class TenantTask(Task):
    """A host's class for all tasks of its app."""

    abstract = True

    def apply_async(self, *args, **options):
        return super().apply_async(*args, **{**options, "headers": {"tenant": "physics"}})


def test_the_host_s_class_of_tasks_publishes(heard, delivery, celery_app):
    delivery("celery")
    app = celery_app(broker="memory://", task_cls=TenantTask, task_default_queue="tenants")
    outbox.put(draft("a"))
    with app.connection_for_read() as connection:
        message = connection.default_channel.basic_get("tenants", no_ack=True)
    assert message is not None
    assert (message.headers["task"], message.headers["tenant"]) == (broker.TASK, "physics")
    assert (heard, OutboxMessage.objects.get().state) == ([], "pending")


def test_threads_of_a_server_have_the_host_s_app(delivery, celery_app):
    """Celery knows it in the thread that made it; in others it takes a fallback without a broker."""
    delivery(None)
    app, found = celery_app(broker="redis://127.0.0.1/0"), []
    before = current_app._get_current_object()

    def serve():
        fallback = current_app._get_current_object()
        url, fallback.conf.broker_url = fallback.conf.broker_url, None
        found.extend([fallback is before, broker.app() is app, broker.is_used()])
        fallback.conf.broker_url = url

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()
    assert found == [False, True, True]


@pytest.fixture(params=["amqp", "redis"])
def address(request):
    """Return the URL of a possible broker."""

    def of(server):
        return f"{request.param}://127.0.0.1:{server.getsockname()[1]}/0"

    return of


def took(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


LONGEST = 5  # seconds; without a limit it is six and more, with it half a second on a quiet machine


def test_a_request_waits_for_the_broker_at_most_half_a_second():
    assert broker.WAIT_SECONDS <= 0.5


def test_a_broker_that_refuses_delays_no_request(heard, delivery, celery_app, address, caplog):
    delivery(None)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        celery_app(broker=address(closed))
    assert took(lambda: outbox.put(draft("a"))) < LONGEST
    assert took(lambda: [outbox.put(draft(f"b{n}")) for n in range(5)]) < LONGEST
    assert caplog.text.count("broker unreachable") == 1
    assert outbox.deliver()["delivered"] == 6


@pytest.mark.parametrize("takes_connections", [True, False])
def test_an_unresponsive_broker_delays_no_request(
    heard, delivery, celery_app, address, takes_connections
):
    """It accepts connections and never responds, or drops connection attempts."""
    delivery(None)
    with contextlib.ExitStack() as sockets:
        server = sockets.enter_context(
            socket.create_server(("127.0.0.1", 0), backlog=100 if takes_connections else 0)
        )
        for _ in range(0 if takes_connections else 3):  # nobody else comes in
            full = sockets.enter_context(socket.socket())
            full.setblocking(False)
            full.connect_ex(server.getsockname())
        celery_app(broker=address(server))
        assert took(lambda: outbox.put(draft("a"))) < LONGEST
        assert took(lambda: [outbox.put(draft(f"b{n}")) for n in range(5)]) < LONGEST
    assert outbox.deliver()["delivered"] == 6
