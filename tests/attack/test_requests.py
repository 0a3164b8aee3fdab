"""Learners or anonymous users send expensive or unexpected requests."""

import json

import pytest
import requests

from demo.host.seed import COURSE_ID
from edx_proctoring import api
from tests.attack.people import API

pytestmark = pytest.mark.attack

JSON = {"Content-Type": "application/json"}


# Bodies


def nested(depth, opening="[", closing="]"):
    return opening * depth + "1" + closing * depth


BODIES = {
    "5,000 lists": nested(5_000),
    "100,000 lists": nested(100_000),
    "5,000 objects": nested(5_000, '{"a":', "}"),
    "5,000 open lists": "[" * 5_000,
    "a number of 10,000 digits": '{"exam_id": ' + "9" * 10_000 + "}",
    "not a number": '{"exam_id": NaN}',
    "a lone surrogate": '{"exam_id": "\\ud800", "action": "\\ud800"}',
    "half a text": '{"exam_id": "',
    "no object": '"text"',
    "two of the same": '{"exam_id": 1, "exam_id": []}',
}
ROUTES = [
    ("POST", f"{API}/attempt"),
    ("PUT", f"{API}/attempt/{{attempt}}"),
    ("PUT", f"{API}/allowance"),
    ("PUT", f"{API}/bulk_allowance"),
    ("DELETE", f"{API}/allowance"),
    ("POST", f"{API}/exam"),
    ("PUT", f"{API}/exam"),
    ("GET", f"{API}/active_exams_for_user"),
    ("POST", f"{API}/attempt/{{external}}/ready"),
    ("POST", f"{API}/attempt/{{external}}/reviewed"),
    ("POST", "/api/edx_proctoring/proctoring_review_callback/"),
    ("PATCH", f"{API}/exam_registration/course_id/{COURSE_ID}"),
]


@pytest.mark.parametrize("name", BODIES)
def test_no_body_causes_a_server_error(site, name):
    """Sent by a learner, course staff and an administrator."""
    learner, exam = site.person(), site.proctored()
    attempt = site.attempt(learner.created(exam, proctored=True))
    boss = site.person(is_superuser=True)
    type(boss.user).objects.filter(pk=boss.user.pk).update(is_staff=True)
    for person in (learner, site.person(is_staff=True), boss):
        for method, route in ROUTES:
            path = route.format(attempt=attempt.pk, external=attempt.external_id)
            answer = person.request(method, path, data=BODIES[name].encode(), headers=JSON)
            assert answer.status_code < 500, (method, path, answer.status_code)


@pytest.mark.parametrize("who", ["a stranger", "a learner"])
@pytest.mark.parametrize("kind", ["lists", "texts", "form"])
def test_a_large_body_is_refused_before_it_is_read(site, who, kind):
    """In 6.1.4, 2.4 MB for the anonymous callback blocked a thread for 1.5 s."""
    person = site.stranger() if who == "a stranger" else site.person()
    path = (
        f"{API}/attempt"
        if who == "a learner"
        else "/api/edx_proctoring/proctoring_review_callback/"
    )
    large = {
        "lists": json.dumps({"examMetaData": {"examCode": [[[1]]] * 350_000}}),
        "texts": json.dumps({"examMetaData": {"examCode": "x" * 2_400_000}}),
        "form": "exam_id=1&" + "&".join(f"a{number}=1" for number in range(200_000)),
    }[kind]
    content = "application/x-www-form-urlencoded" if kind == "form" else "application/json"
    headers = {"Content-Type": content}
    assert person.request("POST", path, data=large.encode(), headers=headers).status_code == 413


def test_a_large_body_without_a_length_is_refused_too(site):
    """Chunked, so that the size is unknown in advance."""
    part = json.dumps([[1]] * 50_000).encode()[:-1] + b","

    def parts():
        yield b'{"examMetaData": {"examCode": '
        for _ in range(10):
            yield part

    answer = requests.post(
        f"{site.base}/api/edx_proctoring/proctoring_review_callback/",
        data=parts(),
        headers=JSON,
        timeout=20,
    )
    assert answer.status_code in (400, 411, 413)


# Many requests


def test_practice_attempts_at_the_provider_are_limited(site):
    learner, exam = site.person(), site.proctored(is_practice_exam=True)
    before = site.providers.asked("quick", "POST", "/attempt/")
    statuses = []
    for _ in range(50):
        answer = learner.create(exam, proctored=True)
        statuses.append(answer.status_code)
        if answer.status_code == 200:
            attempt_id = answer.json()["exam_attempt_id"]
            api.update_attempt_status(attempt_id, "started")
            learner.put(attempt_id, "submit")
            statuses.append(learner.put(attempt_id, "reset_attempt").status_code)
    assert set(statuses) <= {200, 400, 429}
    assert 429 in statuses
    assert site.providers.asked("quick", "POST", "/attempt/") - before <= 20


def test_the_practice_limit_does_not_affect_exams(site):
    """The limit applies to practice attempts only."""
    learner, practice = site.person(), site.proctored(is_practice_exam=True)
    for _ in range(30):
        answer = learner.create(practice, proctored=True)
        if answer.status_code != 200:
            break
        learner.put(answer.json()["exam_attempt_id"], "error")
        learner.put(answer.json()["exam_attempt_id"], "reset_attempt")
    exam, timed = site.proctored(), site.exam()
    attempt_id = learner.started(exam)
    assert learner.put(attempt_id, "submit").status_code == 200
    assert learner.create(timed, start_clock=True).status_code == 200
