"""Users try all routes and methods without permission, and headers that change the method."""

import itertools

import pytest

from demo.host.seed import COURSE_ID
from edx_proctoring import api
from tests.attack.people import API, V1, Attempt, Person
from tests.attack.together import at_once

pytestmark = pytest.mark.attack

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")


def routes(attempt):
    """Return all routes, with the ids of this attempt."""
    exam, user = attempt.proctored_exam, attempt.user_id
    return [
        f"{API}/exam",
        f"{API}/exam/exam_id/{exam.pk}",
        f"{API}/exam/course_id/{COURSE_ID}",
        f"{API}/exam/course_id/{COURSE_ID}/content_id/{exam.content_id}",
        f"{API}/exam_registration/course_id/{COURSE_ID}",
        f"{API}/attempt/{attempt.pk}",
        f"{API}/attempt/{attempt.pk}/review_status",
        f"{API}/attempt/{attempt.external_id}/ready",
        f"{API}/attempt/{attempt.external_id}/reviewed",
        f"{API}/attempt/grouped/course_id/{COURSE_ID}",
        f"{API}/attempt/grouped/course_id/{COURSE_ID}/search/a",
        f"{API}/attempt",
        f"{API}/attempt/course_id/{COURSE_ID}?user_id={user}",
        f"{API}/{COURSE_ID}/allowance",
        f"{API}/allowance",
        f"{API}/{COURSE_ID}/bulk_allowance",
        f"{API}/bulk_allowance",
        f"{API}/{COURSE_ID}/grouped/allowance",
        f"{API}/active_exams_for_user?user_id={user}",
        f"{API}/active_attempt?user_id={user}",
        f"{API}/settings/exam_id/{exam.pk}/",
        f"{API}/review_policy/exam_id/{exam.pk}/",
        f"{API}/exam_id/{exam.pk}/user_id/{user}/reset_attempts",
        f"{V1}/user_onboarding/status?course_id={COURSE_ID}&username={attempt.user.username}",
        f"{V1}/user_onboarding/status/course_id/{COURSE_ID}",
        f"{V1}/instructor/{COURSE_ID}",
        f"{V1}/instructor/{COURSE_ID}/{exam.pk}?attempt={attempt.pk}",
        f"{V1}/retire_backend_user/{user}",
        f"{V1}/retire_user/{user}/",
    ]


def victims(site):
    """Return a running attempt of another learner."""
    learner, exam = site.person(), site.proctored()
    return site.attempt(learner.started(exam))


def unchanged(site, attempt):
    """Return the attempt's row, including the time of its last change."""
    now = site.attempt(attempt.pk)
    columns = ("status", "started_at", "allowed_time_limit_mins", "is_status_acknowledged")
    kept = all(getattr(now, name) == getattr(attempt, name) for name in columns)
    exam = api.get_exam_by_id(attempt.proctored_exam_id)
    only = Attempt.objects.of_pair(exam["id"], attempt.user_id).count() == 1
    allowances = api.get_allowances_for_course(exam["course_id"])
    users = [one["user"]["id"] for one in allowances]
    return kept and only and exam["time_limit_mins"] == 60 and attempt.user_id not in users


BODY = {
    "action": "submit",
    "status": "submitted",
    "is_active": False,
    "time_limit_mins": 600,
    "key": "additional_time_granted",
    "allowance_type": "additional_time_granted",
    "value": "600",
}


@pytest.mark.parametrize("who", ["a stranger", "another learner", "staff of another course"])
def test_no_method_on_any_route_changes_or_shows_data_of_others(site, who):
    attempt = victims(site)
    person = {
        "a stranger": site.stranger,
        "another learner": site.person,
        "staff of another course": lambda: site.person("course-v1:Other+1+1", is_staff=True),
    }[who]()
    names = {"user_id": attempt.user_id, "user_info": attempt.user.username}
    more = {"exam_id": attempt.proctored_exam_id, "exam_ids": [attempt.proctored_exam_id]}
    body = {**BODY, **names, **more, "id": attempt.proctored_exam_id, "user_ids": [attempt.user_id]}
    own = {"attempt_proctored": True} if who == "a stranger" else {}
    for method, route in itertools.product(METHODS, routes(attempt)):
        if who != "a stranger" and method == "POST" and route == f"{API}/attempt":
            continue  # an attempt of their own
        answer = person.request(method, route, json={**body, **own}, allow_redirects=False)
        assert answer.status_code < 500, (method, route)
        assert attempt.user.email not in answer.text, (method, route)
        assert attempt.attempt_code not in answer.text, (method, route)
        if who == "a stranger" and method not in ("OPTIONS", "TRACE", "PROPFIND"):
            assert answer.status_code in (401, 403, 405), (method, route, answer.status_code)
    assert unchanged(site, attempt)


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_changes_the_method_of_a_request(site, header):
    """A page of another site can make a browser send a GET or a form with the learner's cookies."""
    attempt = victims(site)
    learner = Person(site.base, attempt.user)
    paths = (f"{API}/attempt/{attempt.pk}", f"{API}/attempt/{attempt.pk}?_method=DELETE")
    for method, wanted, path in itertools.product(("GET", "POST"), ("PUT", "DELETE"), paths):
        form = {"_method": wanted, "action": "submit", "_content_type": "application/json"}
        learner.request(method, path, headers={header: wanted}, data=form)
    assert unchanged(site, attempt)


@pytest.mark.parametrize("how", ["no token", "another token", "another origin"])
def test_cross_site_requests_are_refused(site, how):
    """Forms, and bodies that look like forms, as such a page may send them."""
    attempt = victims(site)
    learner = Person(site.base, attempt.user)
    headers = {
        "no token": {"X-CSRFToken": None},
        "another token": {"X-CSRFToken": "x" * 32},
        "another origin": {"Origin": "https://evil.example.com"},
    }[how]
    for content in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
        for method, path, text in (
            ("PUT", f"attempt/{attempt.pk}", "action=submit"),
            ("PUT", f"attempt/{attempt.pk}", '{"action": "submit"}'),
            ("POST", "attempt", f"exam_id={attempt.proctored_exam_id}&attempt_proctored=true"),
            ("DELETE", f"attempt/{attempt.pk}", ""),
        ):
            sent = {**headers, "Content-Type": content}
            answer = learner.send(method, path, data=text.encode(), headers=sent)
            assert answer.status_code in (400, 403, 415), (content, method, path)
    assert unchanged(site, attempt)


VALUES = [None, True, 0, -1, 1.5, 1e400, "", " ", "\0", [], ["submit"], {}, {"action": "submit"}]


@pytest.mark.parametrize(
    "name", ["action", "user_id", "exam_id", "attempt_proctored", "start_clock"]
)
def test_no_json_value_gives_access(site, name):
    attempt = victims(site)
    learner = Person(site.base, attempt.user)
    for value in VALUES:
        answers = [
            learner.send("POST", "attempt", json=sendable({"exam_id": -1, name: value})),
            learner.send(
                "PUT", f"attempt/{attempt.pk}", json=sendable({"action": "x", name: value})
            ),
        ]
        assert all(400 <= answer.status_code < 500 for answer in answers), (name, value, answers)
    assert unchanged(site, attempt)


def sendable(body):
    """Return whether the client can send it: infinity is not valid JSON."""
    return {name: "inf" if value == 1e400 else value for name, value in body.items()}


@pytest.mark.parametrize("end", ["/", "//", "/.", "%2f", "%00", "?", "#", ".json", ";x", "/../"])
def test_no_variation_of_a_url_bypasses_its_permission_check(site, end):
    attempt = victims(site)
    stranger, other = site.stranger(), site.person()
    for person, path in itertools.product(
        (stranger, other), (f"attempt/{attempt.pk}", f"attempt/grouped/course_id/{COURSE_ID}")
    ):
        for method in ("GET", "PUT", "DELETE"):
            body = {"action": "submit"}
            answer = person.send(method, f"{path}{end}", json=body)
            assert answer.status_code < 500
            assert attempt.user.email not in answer.text
    assert unchanged(site, attempt)


def test_a_learner_cannot_act_as_staff(site):
    """Resuming, more time, another user's id: all on the learner's own attempt."""
    attempt = victims(site)
    learner = Person(site.base, attempt.user)
    learner.put(attempt.pk, "error")
    for user_id in (attempt.user_id, str(attempt.user_id), None, 0, 1, "", True, [attempt.user_id]):
        answer = learner.put(attempt.pk, "mark_ready_to_resume", user_id=user_id)
        assert 400 <= answer.status_code < 500
    assert not site.attempt(attempt.pk).ready_to_resume


def test_two_clicks_create_one_attempt_with_one_time_limit(site):
    for proctored in (False, True):
        learner = site.person()
        exam = site.proctored() if proctored else site.exam()
        click = lambda: learner.create(exam, proctored, start_clock=True)  # noqa: B023, E731  called before the next round
        answers = [answer for answer, _ in at_once(*[click] * 5)]
        assert {answer.status_code for answer in answers} <= {200, 400}
        assert len({answer.json().get("exam_attempt_id") for answer in answers if answer.ok}) == 1
        assert Attempt.objects.of_pair(exam, learner.user.pk).count() == 1
