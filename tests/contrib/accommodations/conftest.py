"""Fixtures: profiles of the learner, and exams of one hour at noon."""

import uuid
from decimal import Decimal

import pytest
import time_machine

from edx_proctoring import lifecycle
from edx_proctoring.contrib.accommodations import api
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.lifecycle.noon import NOON

HEAD = "username,factor,minutes,note\n"  # of the files
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/accommodations/"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def hour(make_exam):
    """Return a timed exam of one hour."""
    return make_exam(time_limit_mins=60, is_proctored=False, backend=None, external_id=None)


@pytest.fixture
def start(attempt):
    """Return a function that starts an exam for the learner."""

    def begin(exam, **more):
        return lifecycle.transition(attempt(exam=exam, status="created", **more), "started")

    return begin


@pytest.fixture
def profile(learner):
    """Return a function that creates a profile of the learner, by default in the course."""

    def make(scope="course", scope_id=COURSE_ID, user=learner, **values):
        if "factor" in values:
            values["factor"] = Decimal(str(values["factor"]))
        return api.create_profile(user.pk, api.Scope(scope, scope_id), values)

    return make


@pytest.fixture
def post(client_for, staff):
    """Return a function that posts with an idempotency key."""

    def ask(path, body, user=staff, key=None):
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        path = path if path.startswith("/") else f"{URL}{path}"
        return client_for(user).post(path, body, format="json", headers=headers)

    return ask


@pytest.fixture
def patch(client_for, staff):
    """Return a function that changes a profile, with the current ETag or an older one."""

    def ask(profile_id, body, user=staff, etag=None):
        client, path = client_for(user), f"{URL}{profile_id}/"
        etag = etag or client.get(path).headers.get("ETag", "*")
        return client.patch(path, body, format="json", headers={"If-Match": etag})

    return ask


@pytest.fixture
def boss(transactional_db):
    """Return a global staff user."""
    return UserFactory(username="boss", is_staff=True)


@pytest.fixture
def send(client_for, staff):
    """Return a function that posts a file."""

    def ask(text, user=staff, path="import/", kind="text/csv"):
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        body = text if isinstance(text, bytes) else text.encode()
        return client_for(user).post(f"{URL}{path}", body, content_type=kind, headers=headers)

    return ask


def counts(answer):
    assert answer.status_code == 200, answer.content
    names = ("created", "changed", "unchanged", "refused")
    return tuple(answer.json()[name] for name in names)
