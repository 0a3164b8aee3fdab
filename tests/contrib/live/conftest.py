"""A running attempt at noon, and its learner's page."""

import pytest
import time_machine

from edx_proctoring import lifecycle
from tests.lifecycle.noon import NOON


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def running(clock, attempt, make_exam):
    """Started at noon, for an hour."""
    exam = make_exam(time_limit_mins=60)
    return lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")


@pytest.fixture
def poll(client_for, learner):
    """The learner's page polls."""
    clients = {}

    def ask(known, user=learner):
        client = clients.setdefault(user.pk, client_for(user))
        answer = client.get(f"/api/edx_proctoring/v1/proctored_exam/attempt/{known.pk}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    return ask
