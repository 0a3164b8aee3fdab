"""Every route × every kind of user, including those of another course."""

import re
import uuid

import pytest

from edx_proctoring.contrib.live.models import (
    Announcement,
    Invigilator,
    Outage,
    Question,
    Receipt,
    Seat,
)
from edx_proctoring.contrib.live.urls import ROLES, V2
from edx_proctoring.models import BulkAction, BulkTimeChange
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from edx_proctoring.views.permissions import ANY_USER, COURSE_STAFF
from tests.lifecycle.noon import NOON
from tests.views.conftest import OTHER_COURSE, state

pytestmark = pytest.mark.django_db

OTHERS = ("anonymous", "inactive", "stranger", "owner", "foreign_staff")
STAFF = ("course_staff", "global_staff")
GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")
CALLS = [
    (method, GROUP.sub(r"{\1}", route.pattern.regex.pattern).strip("^$"), role)
    for route in V2
    for method, role in ROLES[route.name].items()
]


def stored():
    """Return everything that a request could have written."""
    models = (
        Announcement,
        BulkAction,
        BulkTimeChange,
        Invigilator,
        Outage,
        Question,
        Receipt,
        Seat,
    )
    return state() + [list(model.objects.order_by("pk").values()) for model in models]


def rows_of(course_id, attempt, learner):
    """Create a row of each kind in the course; return their ids by the names in the routes."""
    said = Announcement.objects.create(course_id=course_id, text="Hello", audience="all")
    Receipt.objects.create(announcement=said, attempt_id=attempt.pk, user=learner)
    asked = Question.objects.create(
        course_id=course_id, attempt_id=attempt.pk, user=learner, text="Why?"
    )
    done = {"course_id": course_id, "action": "end", "row_ids": []}
    return {
        "attempt_id": attempt.pk,
        "announcement_id": said.pk,
        "question_id": asked.pk,
        "change_id": BulkTimeChange.objects.create(
            course_id=course_id, action="extend", seconds=60, attempt_ids=[]
        ).pk,
        "action_id": BulkAction.objects.create(resource="attempts", **done).pk,
        "outage_id": Outage.objects.create(
            course_id=course_id, began_at=NOON, ended_at=NOON, reason="x"
        ).pk,
    }


@pytest.fixture
def world(running, attempt, make_exam, learner):
    """Return the ids of the rows of the course and of another one."""
    foreign = attempt(exam=make_exam(course_id=OTHER_COURSE), status="submitted", completed_at=NOON)
    return rows_of(COURSE_ID, running, learner), rows_of(OTHER_COURSE, foreign, learner)


@pytest.fixture
def ask(clients, client_for, world):
    """Return a function that calls a route of a course as one of the callers, with the rows of a course."""
    invigilator = UserFactory(username="invigilator")
    Invigilator.objects.create(course_id=COURSE_ID, user=invigilator, room="A")

    def call(caller, method, path, course_id=COURSE_ID, rows=world[0]):
        client = client_for(invigilator) if caller == "invigilator" else clients[caller]
        url = f"/api/edx_proctoring/v2/courses/{course_id}/{path.format(**rows)}"
        headers = {"Idempotency-Key": uuid.uuid4().hex, "If-Match": "*"}
        body = {} if method != "get" else None
        return getattr(client, method)(url, body, format="json", headers=headers).status_code

    return call


@pytest.mark.parametrize(
    ("method", "path", "role"), [call for call in CALLS if call[2] is not ANY_USER]
)
def test_staff_of_the_course_only(method, path, role, ask):
    before = stored()
    refused = OTHERS if role is not COURSE_STAFF else (*OTHERS, "invigilator")
    assert {caller: ask(caller, method, path) for caller in refused} == dict.fromkeys(refused, 403)
    elsewhere = {
        one: ask(one, method, path, OTHER_COURSE) for one in ("course_staff", "invigilator")
    }
    assert set(elsewhere.values()) == {403}
    assert stored() == before
    admitted = STAFF if role is COURSE_STAFF else (*STAFF, "invigilator")
    for caller in admitted:
        assert ask(caller, method, path) not in (401, 403), caller


@pytest.mark.parametrize(
    ("method", "path"), [call[:2] for call in CALLS if call[2] is not ANY_USER and "{" in call[1]]
)
def test_rows_of_another_course_are_not_found(method, path, ask, world):
    before = stored()
    for caller in STAFF:
        assert ask(caller, method, path, rows=world[1]) == 404, caller
    assert stored() == before


@pytest.mark.parametrize(("method", "path"), [call[:2] for call in CALLS if call[2] is ANY_USER])
def test_a_learners_own_routes(method, path, ask):
    before = stored()
    for caller in ("anonymous", "inactive"):
        assert ask(caller, method, path) == 403, caller
    for caller in ("stranger", "foreign_staff", *STAFF, "invigilator"):
        assert ask(caller, method, path) == 404, caller
    assert ask("owner", method, path, OTHER_COURSE) == 404
    assert stored() == before
    assert ask("owner", method, path) in (200, 201, 204, 400)


def test_each_route_has_roles():
    assert {route.name for route in V2} == set(ROLES)
