"""The ledger of an attempt by REST: who changed its time, when, by how much, and why."""

import pytest
import time_machine

from edx_proctoring import api, lifecycle
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory
from tests.lifecycle.noon import MINUTE, NOON
from tests.views.conftest import OTHER_COURSE

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def running(clock, make_exam, learner, course_staff):
    """Granted ten minutes, of which the due date cuts five, and paused for two."""
    exam = make_exam(time_limit_mins=60, due_date=NOON + 65 * MINUTE)
    known = AttemptFactory(proctored_exam=exam, user=learner, status="ready_to_start")
    known = lifecycle.transition(known, "started")
    clock.move_to(NOON + 5 * MINUTE)
    api.extend_attempt(known.pk, 600, reason="Fire alarm", by=course_staff)
    clock.move_to(NOON + 10 * MINUTE)
    api.pause_attempt(known.pk, reason="Talk", by=course_staff)
    return known


@pytest.fixture
def read(client_for, course_staff, running):
    def ask(query="", course=COURSE_ID, number=running.pk):
        url = f"/api/edx_proctoring/v2/courses/{course}/attempts/{number}/ledger/{query}"
        return client_for(course_staff).get(url)

    return ask


def rows(answer):
    assert answer.status_code == 200, answer.content
    names = ("kind", "seconds", "gained", "by", "reason")
    return [tuple(row[name] for name in names) for row in answer.json()["results"]]


def test_staff_read_who_changed_the_time_when_and_why(read, running, course_staff, clock):
    name = course_staff.username
    assert rows(read()) == [
        ("allotment", 3600, None, "", ""),
        ("grant", 600, 300, name, "Fire alarm"),
        ("pause", 0, 0, name, "Talk"),
    ]
    clock.move_to(NOON + 12 * MINUTE)
    api.continue_attempt(running.pk)
    *_, pause = read().json()["results"]
    assert (pause["began_at"], pause["ended_at"], pause["seconds"]) == (
        "2026-05-04T12:10:00Z",
        "2026-05-04T12:12:00Z",
        120,
    )
    assert read().json()["results"][1]["created"] == "2026-05-04T12:05:00Z"


def test_pages_and_what_does_not_exist(read):
    assert [row[0] for row in rows(read("?page_size=1&page=2"))] == ["grant"]
    assert read("?kind=grant").status_code == 400
    assert rows(read(number=10**19)) == []
    assert rows(read(number=10**6)) == []


def test_the_ledger_outlives_the_attempt_but_not_its_course(read, running, staff):
    assert read(course=OTHER_COURSE).status_code == 403
    api.remove_exam_attempt(running.pk, staff)
    assert [(row[0], row[2]) for row in rows(read())][:2] == [("allotment", None), ("grant", None)]
    TimeAdjustment.objects.update(exam_id=10**6)
    assert rows(read()) == []
