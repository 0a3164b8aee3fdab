"""Faults of the host: each service raises, breaks our transaction, hangs or is missing, for each effect.

The services here write to our database, as a platform's do: the final rows count, not the calls.
"""

import itertools
import threading
import time
from contextlib import nullcontext, suppress
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from eventtracking import tracker as trackers

from edx_proctoring import api, slow_calls
from edx_proctoring.circuit_breaker import IN_PROCESS
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt
from edx_proctoring.runtime import set_runtime_service
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.testing.factories import UserFactory
from edx_proctoring.testing.host import HostServices

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls", "event-tracking")]

E = "/api/edx_proctoring/v1/proctored_exam"
HANGS = 5  # seconds, the least that is slow

# What somebody does, and the services that hear of it: (service, method, within our transaction?).
EFFECTS = {
    "submit": [
        ("credit", "set_credit_requirement_status", True),
        ("instructor", "complete_student_attempt", False),
    ],
    "remove": [
        ("credit", "remove_credit_requirement_status", True),
        ("grades", "undo_override_subsection_grade", True),
        ("instructor", "delete_student_attempt", False),
    ],
    "reject": [
        ("credit", "set_credit_requirement_status", True),
        ("grades", "should_override_grade_on_rejected_exam", True),
        ("grades", "override_subsection_grade", True),
        ("certificates", "invalidate_certificate", True),
        ("instructor", "send_support_notification", False),
    ],
    "acquit": [
        ("credit", "set_credit_requirement_status", True),
        ("grades", "should_override_grade_on_rejected_exam", True),
        ("grades", "undo_override_subsection_grade", True),
    ],
}
TABLE = [
    pytest.param(action, *effect, id=f"{action}-{effect[1]}")
    for action, effects in EFFECTS.items()
    for effect in effects
]
AFTERWARDS = {"submit": "submitted", "remove": None, "reject": "rejected", "acquit": "verified"}
METHODS = sorted({effect[:2] for effects in EFFECTS.values() for effect in effects})


class Host:
    """A host whose services write a row for each call whose transaction is committed."""

    def __init__(self, services: HostServices, attempt: Any, clients: dict[str, Any]) -> None:
        self.services, self._clients = services, clients
        self._attempt, self._numbers = attempt, itertools.count()
        for service, method in METHODS:
            getattr(services, service).before(method, self._write(method))

    def _write(self, method: str) -> Any:
        return lambda *_args, **_kwargs: Group.objects.create(
            name=f"{method} {next(self._numbers)}"
        )

    def rows(self, method: str) -> int:
        """Return how often it was done permanently."""
        return Group.objects.filter(name__startswith=f"{method} ").count()

    def breaks(self, service: str, method: str, fault: Any) -> None:
        """From now on the method does this before its own work."""
        work = self._write(method)

        def both(*args: Any, **kwargs: Any) -> None:
            fault()
            work(*args, **kwargs)

        getattr(self.services, service).before(method, both)

    def recovers(self) -> None:
        """Restore everything, and deliver pending messages."""
        for service, method in METHODS:
            set_runtime_service(service, getattr(self.services, service))
            getattr(self.services, service).before(method, self._write(method))
        IN_PROCESS.clear()
        deliver()

    def act(self, action: str) -> int:
        """Perform an action through REST; return the status of the response."""
        attempt = f"{E}/attempt/{self._attempt.pk}"
        review = f"{E}/attempt/{self._attempt.external_id}/reviewed"
        answer = {
            "submit": lambda: self._clients["learner"].put(attempt, {"action": "submit"}, "json"),
            "remove": lambda: self._clients["staff"].delete(attempt),
            "reject": lambda: self._clients["reviewer"].post(review, verdict("suspicious"), "json"),
            "acquit": lambda: self._clients["reviewer"].post(review, verdict("passed"), "json"),
        }[action]()
        return int(answer.status_code)

    @property
    def status(self) -> str | None:
        """Return the attempt's status."""
        rows = ProctoredExamStudentAttempt.objects.filter(pk=self._attempt.pk)
        return rows.values_list("status", flat=True).first()


def verdict(status: str) -> dict[str, Any]:
    return {"status": status, "comments": []}


def deliver() -> None:
    OutboxMessage.objects.unfinished().update(next_try_at=timezone.now())
    call_command("deliver_outbox", verbosity=0)


@pytest.fixture
def stage(host, attempt, learner, client_for, settings, call_clock):
    """Return an attempt that is ready for the action, with all earlier effects done."""
    settings.REQUIRE_FAILURE_SECOND_REVIEWS = False
    reviewer = UserFactory(username="reviewer")
    reviewer.groups.add(Group.objects.create(name="test_review"))
    users = {
        "learner": learner,
        "staff": UserFactory(username="global", is_staff=True),
        "reviewer": reviewer,
    }
    clients = {name: client_for(user) for name, user in users.items()}

    def make(action: str) -> Host:
        started = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
        one = Host(host, attempt(status="started", **started), clients)
        before = {"submit": [], "remove": ["submit"], "reject": ["submit"]}
        for earlier in before.get(action, ["submit", "reject"]):
            assert one.act(earlier) == 200
        deliver()
        Group.objects.exclude(name="test_review").delete()
        IN_PROCESS.clear()
        return one

    return make


PLAIN, REQUESTS, FOREIGN = "as it comes", "ATOMIC_REQUESTS", "the host's transaction"


@pytest.fixture(params=[PLAIN, REQUESTS, FOREIGN])
def around(request, monkeypatch):
    """Return transactions that a host may open around our code."""
    if request.param == REQUESTS:
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    return transaction.atomic if request.param == FOREIGN else nullcontext


def raises() -> None:
    raise RuntimeError("the service is broken")


def fails_in_sql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT no_such_column FROM no_such_table")


def raises_a_database_error() -> None:
    raise IntegrityError("duplicate key")


def swallows_what_broke_the_transaction() -> None:
    with suppress(DatabaseError):
        fails_in_sql()


def rolls_back_in_silence() -> None:
    with suppress(RuntimeError), transaction.atomic(savepoint=False):
        raises()


FAULTS = [
    raises,
    fails_in_sql,
    raises_a_database_error,
    swallows_what_broke_the_transaction,
    rolls_back_in_silence,
]
# Every fault where nothing is around us; where something is, that which reaches furthest.
BOTH = [*((PLAIN, fault) for fault in FAULTS), (REQUESTS, fails_in_sql), (FOREIGN, fails_in_sql)]


def named(value: Any) -> str:
    return value if isinstance(value, str) else value.__name__


@pytest.mark.parametrize(("around", "fault"), BOTH, indirect=["around"], ids=named)
@pytest.mark.parametrize(("action", "service", "method", "inside"), TABLE)
def test_a_service_that_fails(stage, around, action, service, method, inside, fault):
    """The response and the attempt are as usual; the failed effect comes later, the others immediately."""
    one = stage(action)
    one.breaks(service, method, fault)
    with around():
        assert one.act(action) == 200
    assert one.status == AFTERWARDS[action]
    one.recovers()
    assert not OutboxMessage.objects.unfinished().exists()
    for _service, other, in_transaction in EFFECTS[action]:
        done = one.rows(other)
        assert done == 1 if in_transaction or other != method else done >= 1, other
    assert not inside or one.rows(method) == 1


@pytest.mark.parametrize(("action", "service", "method", "inside"), TABLE)
def test_a_service_that_is_missing(stage, around, action, service, method, inside):
    one = stage(action)
    set_runtime_service(service, None)
    with around():
        assert one.act(action) == 200
    assert one.status == AFTERWARDS[action]
    assert not OutboxMessage.objects.unfinished().exists()
    one.recovers()
    assert one.rows(method) == 0


@pytest.mark.parametrize(
    ("action", "service"), sorted({(a, e[0]) for a in EFFECTS for e in EFFECTS[a]})
)
def test_a_service_that_hangs_delays_a_request_once(stage, around, action, service, call_clock):
    """All its methods hang, and each is needed; the remaining work is done later."""
    one, waited = stage(action), []

    def hang() -> None:
        waited.append(service)
        call_clock.advance(HANGS)

    for name, method in METHODS:
        if name == service:
            one.breaks(service, method, hang)
    with around():
        assert one.act(action) == 200
    assert waited == [service]
    assert one.status == AFTERWARDS[action]
    one.recovers()
    assert not OutboxMessage.objects.unfinished().exists()
    assert {method: one.rows(method) for _service, method, _inside in EFFECTS[action]} == {
        method: 1 for _service, method, _inside in EFFECTS[action]
    }


def test_a_slow_credit_service_is_called_once_per_attempt(
    host, exam, learner, client_for, call_clock
):
    """For the requirements, for the provider, and for the signal."""
    asked = []

    def hang(*_args: Any) -> None:
        asked.append("credit")
        call_clock.advance(HANGS)

    host.credit.before("get_credit_state", hang)
    wanted = {"exam_id": exam.pk, "attempt_proctored": True}
    assert client_for(learner).post(f"{E}/attempt", wanted, "json").status_code == 200
    assert asked == ["credit"]
    assert not OutboxMessage.objects.unfinished().exists()


def test_a_real_delay_of_five_seconds(stage, monkeypatch):
    """A delay of the real length, by the real clock."""
    one = stage("submit")
    monkeypatch.setattr(slow_calls, "time", time)
    waited = []

    def hang() -> None:
        waited.append("instructor")
        threading.Event().wait(5)

    one.breaks("instructor", "complete_student_attempt", hang)
    assert one.act("submit") == 200
    assert waited == ["instructor"]  # not twice
    assert one.status == "submitted"
    one.recovers()
    assert one.rows("complete_student_attempt") == 1
    assert not OutboxMessage.objects.unfinished().exists()


@pytest.mark.parametrize("action", EFFECTS)
def test_a_rollback_of_the_host_leaves_nothing(stage, provider, action, mailoutbox, tracker):
    one = stage(action)
    before, told = one.status, len(provider.calls)
    mailoutbox.clear()
    tracker.events.clear()
    messages = OutboxMessage.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        assert one.act(action) == 200
        raise RuntimeError("the host's own work failed")
    assert one.status == before
    assert OutboxMessage.objects.count() == messages
    deliver()
    assert [method for _service, method in METHODS if one.rows(method)] == []
    # Asked before anything is removed.
    removals = {"remove_exam_attempt"} if action == "remove" else set()
    assert {call.method for call in provider.calls[told:]} - {"on_review_callback"} == removals
    assert not mailoutbox
    assert not tracker.events


# Who listens


@pytest.fixture
def receiver():
    """Receives the status signal and records its arguments."""
    heard: list[dict[str, Any]] = []

    def receive(**values: Any) -> None:
        heard.append(values)

    exam_attempt_status_signal.connect(receive)
    yield heard
    exam_attempt_status_signal.disconnect(receive)


@pytest.mark.parametrize("service", ["credit", "name_affirmation"])
def test_names_are_sent_later_if_the_host_fails(host, exam, learner, receiver, service):
    class Names:
        def get_verified_name(self, *_args, **_kwargs):
            return type("Name", (), {"verified_name": "Ada Lovelace"})

    class Broken:
        def __getattr__(self, _name):
            raise RuntimeError("the service is broken")

    set_runtime_service("name_affirmation", Names())
    working = {"credit": host.credit, "name_affirmation": Names()}
    set_runtime_service(service, Broken())
    try:
        api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        assert not receiver
        set_runtime_service(service, working[service])
        deliver()
    finally:
        set_runtime_service("name_affirmation", None)
    (values,) = receiver
    assert (values["full_name"], values["profile_name"]) == (
        "Ada Lovelace",
        "Wolfgang von Strucker",
    )


@pytest.mark.parametrize("fault", [raises, fails_in_sql], ids=lambda fault: fault.__name__)
def test_event_trackers_that_fail(stage, tracker, around, fault):
    one = stage("submit")

    class Broken:
        def context(self, *_args):
            fault()

    working = trackers.get_tracker()
    trackers.register_tracker(Broken())
    with around():
        assert one.act("submit") == 200
    trackers.register_tracker(working)
    tracker.events.clear()
    one.recovers()
    assert tracker.names == ["edx.special_exam.proctored.attempt.submitted"]


def test_receivers_that_hang_are_left_to_the_worker(stage, receiver, tracker, call_clock):
    one, waited = stage("submit"), []
    receiver.clear()

    def hang(**_values: Any) -> None:
        waited.append("receiver")
        call_clock.advance(HANGS)

    exam_attempt_status_signal.connect(hang)
    try:
        assert one.act("submit") == 200
        assert waited == ["receiver"]
        assert one.act("reject") == 200  # nobody waits again
        assert waited == ["receiver"]
    finally:
        exam_attempt_status_signal.disconnect(hang)
    one.recovers()
    assert [values["status"] for values in receiver] == ["submitted", "rejected"]
    assert not OutboxMessage.objects.unfinished().exists()
