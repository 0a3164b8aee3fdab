"""Course staff grant time to many attempts, some of which have not started."""

import uuid

import pytest
import time_machine
from django.core import mail

from edx_proctoring import lifecycle, outbox
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, UserFactory
from tests.lifecycle.noon import MINUTE, NOON, end_of, stored

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/time-changes/"


@pytest.fixture
def send(client_for, course_staff):
    client = client_for(course_staff)

    def ask(body, path=""):
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        return client.post(URL + path, body, format="json", headers=headers)

    return ask


def outcomes(answer):
    assert answer.status_code == 200, answer.content
    return [(row["outcome"], row["code"], row["gained"]) for row in answer.json()["rows"]]


def body_for(attempts, seconds):
    ids = [one.pk for one in attempts]
    return {"action": "extend", "seconds": seconds, "reason": "late", "attempt_ids": ids}


def start(attempt):
    lifecycle.transition(stored(attempt), "ready_to_start")
    return lifecycle.transition(stored(attempt), "started")


def test_they_get_it_when_they_start_as_with_extend_of_one(send, make_exam):
    """An undo takes it back, and nothing can be taken that was not granted."""
    exam = make_exam(time_limit_mins=60)
    running, first, second = (
        AttemptFactory(proctored_exam=exam, user=UserFactory(), status="created") for _ in range(3)
    )
    with time_machine.travel(NOON, tick=False):
        start(running)
        body = body_for([running, first, second], 120)
        planned = send({**body, "dry_run": True})
        assert outcomes(planned) == [("possible", "", 120)] * 3
        assert [row["ends_after"] is None for row in planned.json()["rows"]] == [False, True, True]
        assert outcomes(send(body)) == [("done", "", 120)] * 3
        assert end_of(start(first)) == NOON + 62 * MINUTE
        number = send(body_for([first, second], 60)).json()["change"]["id"]
        too_much = body_for([second], -181)
        assert outcomes(send({**too_much, "dry_run": True})) == [("refused", "not_started", 0)]
        assert outcomes(send(too_much)) == [("refused", "time_change_not_allowed", 0)]
        pause = {"action": "pause", "reason": "x", "attempt_ids": [second.pk]}
        assert outcomes(send({**pause, "dry_run": True})) == [("refused", "not_started", 0)]
        assert outcomes(send(pause)) == [("refused", "time_change_not_allowed", 0)]
        assert outcomes(send({}, f"{number}/undo/")) == [("done", "", -60)] * 2
        assert end_of(first) == end_of(start(second)) == NOON + 62 * MINUTE
        outbox.deliver()
    told = [letter.to[0] for letter in mail.outbox if "when you start" in letter.body]
    # The first learner's page shows the second grant.
    assert sorted(told) == sorted([first.user.email] + [second.user.email] * 2)
