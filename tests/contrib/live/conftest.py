"""Fixtures: an attempt started at noon, its learner's polls, and the board."""

import uuid

import pytest
import time_machine

from edx_proctoring import lifecycle
from edx_proctoring.contrib.live import snapshots
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory
from tests.lifecycle.noon import NOON

LIVE = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/live/"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def running(clock, attempt, make_exam):
    """Return an attempt that started at noon, for an hour."""
    exam = make_exam(time_limit_mins=60)
    return lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")


@pytest.fixture
def start(clock, make_exam):
    """Return a function that starts an attempt of a new learner, by default in the same timed exam."""
    common = ExamFactory(
        exam_name="Quiz", is_proctored=False, backend=None, external_id=None, time_limit_mins=60
    )

    def make(name=None, exam=common, status="started"):
        user = UserFactory(username=name) if name else UserFactory()
        proctored = exam.is_proctored
        one = AttemptFactory(
            proctored_exam=exam, user=user, status="created", taking_as_proctored=proctored
        )
        if status == "created":
            return one
        one = lifecycle.transition(one, "ready_to_start")
        return one if status == "ready_to_start" else lifecycle.transition(one, "started")

    return make


@pytest.fixture
def poll(client_for, learner):
    """Return a function that polls as the learner's page does."""
    clients = {}

    def ask(known, user=learner):
        client = clients.setdefault(user.pk, client_for(user))
        answer = client.get(f"/api/edx_proctoring/v1/proctored_exam/attempt/{known.pk}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    return ask


@pytest.fixture(autouse=True)
def forget_boards():
    """Clear the cached boards, because tests use the same course, ids and time."""
    snapshots.MEMORY.clear()


@pytest.fixture
def board(client_for, course_staff):
    """Return a function that reads the live board as a user."""
    clients = {}

    def ask(user=course_staff, *, etag=None, code=200, **query):
        client = clients.setdefault(user.pk, client_for(user))
        headers = {"If-None-Match": etag} if etag else {}
        answer = client.get(f"{LIVE}", query, headers=headers)
        assert answer.status_code == code, answer.content
        return answer if code != 200 else {**answer.json(), "etag": answer["ETag"]}

    return ask


@pytest.fixture
def send(client_for, course_staff):
    """Return a function that sends a request below `live/`, with an idempotency key."""

    def ask(method, path="", body=None, user=course_staff, **headers):
        headers = {"Idempotency-Key": uuid.uuid4().hex, **headers}
        url = path if path.startswith("/") else LIVE + path
        return getattr(client_for(user), method)(url, body, format="json", headers=headers)

    return ask
