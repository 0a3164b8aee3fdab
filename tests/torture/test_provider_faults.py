"""Learners can continue whatever the provider does; it is notified later, in order."""

import datetime
import socket
import threading
import time

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone
from simulator_provider import SimulatorProvider
from werkzeug.serving import make_server

from demo.simulator.app import create_app
from demo.simulator.callbacks import Callbacks
from demo.simulator.state import Simulator
from demo.simulator.store import Store
from edx_proctoring import outbox
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt

pytestmark = pytest.mark.django_db

SERVER_SECONDS = 8  # a request that waits for the provider takes much longer
FAULTS = {
    "slow": {"kind": "slow", "seconds": 20},
    "an error": {"kind": "status", "status": 500},
    "unavailable": {"kind": "status", "status": 503},
    "not found": {"kind": "status", "status": 404},
    "refused": {"kind": "status", "status": 403},
    "dropped": {"kind": "drop"},
    "down": {"kind": "down"},
    "answer lost": {"kind": "lost"},
    "malformed": {"kind": "malformed"},
}


class NoCallbacks:
    """Keeps the simulator from posting its reviews."""

    def post(self, *_args):
        raise ValueError("nobody is called")


@pytest.fixture
def simulator():
    """A provider over HTTP; its rows can be inspected."""
    store = Store(seed=1)
    sim = Simulator(store, Callbacks(store, NoCallbacks()))
    server = make_server("127.0.0.1", 0, create_app(sim), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    sim.url = f"http://127.0.0.1:{server.server_port}"
    yield sim
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def silence():
    """A server that accepts connections and sends nothing; returns its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def provider_at(provider, settings):
    """Replace the provider "test" by a real one at this address; deliveries are left to a worker."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}

    def install(url, **options):
        names = {"client_id": "client", "client_secret": "clientsecret"}
        found = SimulatorProvider(base_url=url, **names, **options)
        apps.get_app_config("edx_proctoring").backends["test"] = found
        return found

    return install


@pytest.fixture
def remote(simulator, provider_at):
    """The provider at the simulator."""
    return provider_at(simulator.url)


@pytest.fixture
def ready(remote, simulator, make_exam, attempt):
    """Return an attempt that may start and is known to the provider."""
    exam = make_exam(external_id="exam")
    simulator.store.save_exam("exam", {"course_id": exam.course_id, "exam_name": "Final"})
    OutboxMessage.objects.all().delete()
    body = {"status": "created", "user_id": "u", "full_name": "Ada", "email": "a", "lms_host": "h"}
    external_id = simulator.store.add_attempt(exam.external_id, body)
    return attempt(exam=exam, status="ready_to_start", external_id=external_id)


@pytest.fixture
def take(client_for, learner, ready):
    """Start, poll, end and submit, as the page does; return the longest response time in seconds."""
    client = client_for(learner)
    url = f"/api/edx_proctoring/v1/proctored_exam/attempt/{ready.pk}"

    def steps():
        longest = 0.0
        for action in ("start", None, "stop", "submit"):
            began = time.monotonic()
            answer = client.put(url, {"action": action}) if action else client.get(url)
            longest = max(longest, time.monotonic() - began)
            assert answer.status_code == 200, (action, answer.content)
        return longest

    return steps


def deliver():
    OutboxMessage.objects.unfinished().update(next_try_at=timezone.now())
    outbox.deliver()


def assert_told_later(simulator, attempt):
    """Check the notices: in order; a notice may be repeated with the same key."""
    for _ in range(3):
        deliver()
    told = simulator.store.told(attempt.external_id)
    assert told == sorted(told)  # "started" before "submitted", however often each came
    assert set(told) == {"started", "submitted"}
    assert not OutboxMessage.objects.unfinished().exists()


def assert_waits(attempt):
    deliver()
    attempt.refresh_from_db()
    assert attempt.status == "submitted"
    waiting = OutboxMessage.objects.unfinished().filter(kind="provider_notice").order_by("id")
    assert [row.payload["verb"] for row in waiting] == ["start_exam_attempt", "stop_exam_attempt"]
    assert waiting[0].last_error
    assert waiting[1].tries == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_learners_can_continue(fault, simulator, remote, ready, take):
    simulator.change_script({"faults": {"*": FAULTS[fault]}})
    assert take() < SERVER_SECONDS
    remote.timeout = 0.5
    if fault != "malformed":  # a bad answer to a word that was heard is no reason to repeat it
        assert_waits(ready)
    simulator.change_script({"faults": {"*": None}})
    remote.timeout = 10
    assert_told_later(simulator, ready)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_provider_that_does_not_respond(scheme, silence, simulator, provider_at, ready, take):
    """It accepts the connection and never responds, before or after TLS begins."""
    provider_at(f"{scheme}://127.0.0.1:{silence}")
    assert take() < SERVER_SECONDS
    assert_waits(ready)
    provider_at(simulator.url)
    assert_told_later(simulator, ready)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_provider_that_does_not_respond_without_a_worker(
    scheme, silence, simulator, provider_at, ready, take, settings
):
    """The request that notifies it waits for a limited time, and later ones do not wait."""
    provider_at(f"{scheme}://127.0.0.1:{silence}")
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "inline"}
    assert take() < SERVER_SECONDS
    ready.refresh_from_db()
    assert ready.status == "submitted"
    waiting = OutboxMessage.objects.unfinished().filter(kind="provider_notice").order_by("id")
    assert [row.payload["verb"] for row in waiting] == ["start_exam_attempt", "stop_exam_attempt"]
    provider_at(simulator.url)
    assert_told_later(simulator, ready)


def test_a_provider_whose_tls_fails(simulator, provider_at, ready, take):
    provider_at(simulator.url.replace("http://", "https://"))
    assert take() < SERVER_SECONDS
    assert_waits(ready)
    provider_at(simulator.url)
    assert_told_later(simulator, ready)


def test_given_up_messages_can_be_delivered_again(
    simulator, remote, ready, take, client_for, django_user_model
):
    """Given-up messages are listed in the admin and can be delivered again once the provider is back."""
    simulator.change_script({"faults": {"*": FAULTS["unavailable"]}})
    take()
    long_ago = timezone.now() - datetime.timedelta(days=8)
    OutboxMessage.objects.filter(kind="provider_notice").update(created=long_ago)
    deliver()
    deliver()
    lost = OutboxMessage.objects.filter(kind="provider_notice", state="given_up")
    assert lost.count() == 2
    simulator.change_script({"faults": {"*": None}})
    boss = django_user_model.objects.create_superuser("boss")
    admin = client_for(boss)
    page = admin.get(
        reverse("admin:edx_proctoring_outboxmessage_changelist"), {"state": "given_up"}
    )
    assert lost[0].key in page.content.decode()
    ids = list(lost.values_list("id", flat=True))
    form = {"action": "deliver_again", "_selected_action": ids}
    admin.post(reverse("admin:edx_proctoring_outboxmessage_changelist"), form)
    assert_told_later(simulator, ready)


def assert_nothing_is_removed(client, attempt):
    before = ProctoredExamStudentAttempt.history.count()
    answer = client.delete(f"/api/edx_proctoring/v1/proctored_exam/attempt/{attempt.pk}")
    assert answer.status_code == 502, answer.content
    attempt.refresh_from_db()
    assert attempt.status == "ready_to_start"
    assert ProctoredExamStudentAttempt.history.count() == before
    assert not OutboxMessage.objects.exclude(kind="exam_saved").exists()


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"slow", "not found"}))
def test_staff_cannot_remove_an_attempt_that_the_provider_keeps(
    fault, simulator, remote, ready, client_for, staff
):
    """The response is 502 and nothing changes; a 404 from the provider counts as a removal."""
    simulator.change_script({"faults": {"*": FAULTS[fault]}})
    assert_nothing_is_removed(client_for(staff), ready)


@pytest.mark.parametrize("fault", ["stalls", "refuses TLS"])
def test_staff_cannot_remove_without_a_connection(
    fault, silence, simulator, provider_at, ready, client_for, staff
):
    address = {
        "stalls": f"http://127.0.0.1:{silence}",
        "refuses TLS": simulator.url.replace("http://", "https://"),
    }
    provider_at(address[fault], timeout=0.5)
    assert_nothing_is_removed(client_for(staff), ready)
