"""Every route and method × every kind of caller, and what callers try to reach in the courses of others."""

import json
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import resolve
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, UserFactory
from edx_proctoring.urls import urlpatterns
from edx_proctoring.views import permissions
from tests.views.conftest import NEW_EXAM, OTHER_COURSE, state
from tests.views.roles_of_v2 import (
    PAGES,
    V2_BODIES,
    V2_CROSSING,
    V2_ROUTES,
    bulk_changes_of,
    review_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.needs("one-run")]

# The columns. Staff and reviewers of "here" are those of the course and of the provider that most rows ask for.
CALLERS = (
    "anonymous",
    "inactive",  # a session of global staff who was switched off
    "stranger",  # a learner with nothing to do with the attempts
    "owner",  # the learner whose attempts they are
    "course_staff",  # of the course
    "foreign_staff",  # of the other course
    "global_staff",
    "reviewer",  # of the provider
    "foreign_reviewer",  # of RPNow
    "retirement",
)

# {exam}, {attempt} … are of the course, {foreign_exam} … of the other one; `E` is v1/proctored_exam.
ROUTES = (
    """
                                                           anon inac stra owne cour fore glob revi frev reti
post   E/exam                                new_exam       403  403  403  403  403  403  200  403  403  403
put    E/exam                                new_name       403  403  403  403  403  403  200  403  403  403
get    E/exam/exam_id/{exam}                 -              403  403  200  200  200  200  200  200  200  200
get    E/exam/course_id/{course}/content_id/{content} -     403  403  200  200  200  200  200  200  200  200
get    E/exam/course_id/{course}             -              403  403  200  200  200  200  200  200  200  200
patch  E/exam_registration/course_id/{course} no_exams      403  403  403  403  403  403  200  403  403  403
get    E/attempt/{attempt}                   -              403  403  403  200  403  403  403  403  403  403
put    E/attempt/{attempt}                   submit         403  403  403  200  403  403  403  403  403  403
delete E/attempt/{attempt}                   -              403  403  403  403  200  403  200  403  403  403
get    E/attempt/grouped/course_id/{course}  -              403  403  403  403  200  403  200  403  403  403
get    E/attempt/grouped/course_id/{course}/search/a -      403  403  403  403  200  403  200  403  403  403
get    E/attempt                             -              403  403  200  200  200  200  200  200  200  200
post   E/attempt                             create         403  403  200  200  200  200  200  200  200  200
put    E/attempt/{attempt}/review_status     -              403  403  403  200  403  403  403  403  403  403
post   E/attempt/{external}/ready            -              403  403  403  403  403  403  200  200  403  403
post   E/attempt/{external}/reviewed         review         403  403  403  403  403  403  200  200  403  403
get    E/{course}/allowance                  -              403  403  403  403  200  403  200  403  403  403
put    E/allowance                           grant          403  403  403  403  200  403  200  403  403  403
delete E/allowance                           take_back      403  403  403  403  200  403  200  403  403  403
put    E/{course}/bulk_allowance             bulk           403  403  403  403  200  403  200  403  403  403
put    E/bulk_allowance                      bulk           403  403  403  403  200  403  200  403  403  403
get    E/{course}/grouped/allowance          -              403  403  403  403  200  403  200  403  403  403
get    E/active_exams_for_user               -              403  403  200  200  200  200  200  200  200  200
get    v1/user_onboarding/status?course_id={q_course} -     403  403  200  200  200  200  200  200  200  200
get    v1/user_onboarding/status/course_id/{course} -       403  403  403  403  200  403  200  403  403  403
get    v1/instructor/{course}                -              403  403  403  403  302  403  302  403  403  403
get    v1/instructor/{course}/{exam}         -              403  403  403  403  302  403  302  403  403  403
post   v1/retire_backend_user/{owner}/       -              403  403  403  403  403  403  403  403  403  200
post   v1/retire_backend_user/{owner}        -              403  403  403  403  403  403  403  403  403  200
post   v1/retire_user/{owner}/               -              403  403  403  403  403  403  403  403  403  204
post   v1/retire_user/{owner}                -              403  403  403  403  403  403  403  403  403  204
get    E/attempt/course_id/{course}?content_id={q_content} - 403 403  200  200  200  200  200  200  200  200
get    E/active_attempt                      -              403  403  200  200  200  200  200  200  200  200
get    E/settings/exam_id/{exam}/            -              403  403  200  200  200  200  200  200  200  200
get    E/review_policy/exam_id/{exam}/       -              403  403  200  200  200  200  200  200  200  200
delete E/exam_id/{exam}/user_id/{owner}/reset_attempts -    403  403  403  403  200  403  200  403  403  403
get    proctoring_launch_callback/start_exam/{code} -       302  302  302  302  302  302  302  302  302  302
post   proctoring_review_callback/           rpnow          200  200  200  200  200  200  200  200  200  200
get    v2/health/                            -              403  403  403  403  403  403  200  403  403  403
get    v2/health/ready/                      -              200  200  200  200  200  200  200  200  200  200
"""
    + V2_ROUTES
)

# What belongs to another learner.
OTHERS = """
                                                           anon inac stra owne cour fore glob revi frev reti
put    E/attempt/{broken}                    resume         403  403  403  403  200  403  200  403  403  403
put    E/attempt/{broken}                    resume_own     403  403  403  403  403  403  403  403  403  403
put    E/attempt/{attempt}                   submit_for     403  403  403  403  403  403  403  403  403  403
get    E/active_exams_for_user?user_id={owner} -            403  403  403  200  403  403  200  403  403  403
get    E/active_exams_for_user               whom           403  403  403  200  403  403  200  403  403  403
get    E/active_exams_for_user?user_id={owner}&course_id={q_course} - 403 403 403 200 200 403 200 403 403 403
get    E/active_attempt?user_id={owner}      -              403  403  403  403  403  403  200  403  403  403
get    E/attempt/course_id/{course}?user_id={owner} -       403  403  403  403  403  403  200  403  403  403
get    v1/user_onboarding/status?course_id={q_course}&username=learner - 403 403 403 200 200 403 200 403 403 403
"""

# The courses and providers of others, by path, body and query.
CROSSING = (
    """
                                                           anon inac stra owne cour fore glob revi frev reti
delete E/attempt/{foreign_attempt}           -              403  403  403  403  403  200  200  403  403  403
delete E/attempt/{attempt}                   in_other       403  403  403  403  403  403  200  403  403  403
delete E/attempt/{attempt}                   other_exam     403  403  403  403  200  403  200  403  403  403
put    E/attempt/{foreign_broken}            resume         403  403  403  403  403  200  200  403  403  403
put    E/attempt/{broken}                    resume_there   403  403  403  403  200  403  200  403  403  403
delete E/exam_id/{foreign_exam}/user_id/{owner}/reset_attempts - 403 403 403 403 403 200  200  403  403  403
delete E/exam_id/{foreign_exam}/user_id/{owner}/reset_attempts in_course 403 403 403 403 403 403 200 403 403 403
delete E/exam_id/{exam}/user_id/{owner}/reset_attempts other_exam 403 403 403 403 200 403  200  403  403  403
get    E/attempt/grouped/course_id/{other}   -              403  403  403  403  403  200  200  403  403  403
get    E/attempt/grouped/course_id/{other}   in_course      403  403  403  403  403  403  200  403  403  403
get    E/attempt/grouped/course_id/{other}?course_id={q_course} - 403 403 403 403 403 200  200  403  403  403
get    E/attempt/grouped/course_id/{other}/search/a -       403  403  403  403  403  200  200  403  403  403
get    E/attempt/grouped/course_id/{other}/search/a in_course 403 403 403 403 403  403  200  403  403  403
get    E/{other}/allowance                   -              403  403  403  403  403  200  200  403  403  403
get    E/{other}/allowance                   in_course      403  403  403  403  403  403  200  403  403  403
get    E/{other}/grouped/allowance           -              403  403  403  403  403  200  200  403  403  403
get    E/{other}/grouped/allowance           in_course      403  403  403  403  403  403  200  403  403  403
put    E/allowance                           grant_there    403  403  403  403  403  200  200  403  403  403
put    E/allowance                           grant_claimed  403  403  403  403  403  403  200  403  403  403
put    E/allowance?course_id={q_course}      grant_there    403  403  403  403  403  200  200  403  403  403
delete E/allowance                           take_there     403  403  403  403  403  200  200  403  403  403
delete E/allowance                           take_claimed   403  403  403  403  403  403  200  403  403  403
put    E/bulk_allowance                      bulk_there     403  403  403  403  403  200  200  403  403  403
put    E/bulk_allowance                      bulk_claimed   403  403  403  403  400  403  400  403  403  403
put    E/bulk_allowance                      bulk_unnamed   403  403  403  403  403  200  200  403  403  403
put    E/bulk_allowance                      bulk_both      403  403  403  403  207  403  207  403  403  403
put    E/{other}/bulk_allowance              bulk_claimed   403  403  403  403  403  403  200  403  403  403
put    E/{course}/bulk_allowance             bulk_unnamed   403  403  403  403  400  403  400  403  403  403
get    v1/user_onboarding/status/course_id/{other} -        403  403  403  403  403  200  200  403  403  403
get    v1/user_onboarding/status/course_id/{other} in_course 403 403  403  403  403  403  200  403  403  403
get    v1/user_onboarding/status?course_id={q_other}&username=learner - 403 403 403 200 403 200 200 403 403 403
get    v1/instructor/{other}                 -              403  403  403  403  403  302  302  403  403  403
get    v1/instructor/{other}                 in_course      403  403  403  403  403  403  302  403  403  403
get    v1/instructor/{other}/{foreign_exam}  -              403  403  403  403  403  302  302  403  403  403
get    v1/instructor/{course}/{foreign_exam} -              403  403  403  403  404  403  404  403  403  403
get    v1/instructor/{other}/{exam}          -              403  403  403  403  403  404  404  403  403  403
get    v1/instructor/{course}/{exam}?attempt={foreign_external} - 403 403 403 403 404 403 404 403 403 403
get    E/active_exams_for_user?user_id={owner}&course_id={q_other} - 403 403 403 200 403 200 200 403 403 403
get    E/active_exams_for_user?course_id={q_other} whom_here 403 403  403  200  403  200  200  403  403  403
post   E/attempt/{rpnow_external}/ready      -              403  403  403  403  403  403  200  403  200  403
post   E/attempt/{rpnow_external}/reviewed   rpnow          403  403  403  403  403  403  200  403  200  403
post   proctoring_review_callback/           rpnow_wrong    400  400  400  400  400  400  400  400  400  400
post   proctoring_review_callback/           rpnow_foreign  400  400  400  400  400  400  400  400  400  400
get    pages/courses/{other}/special-exams/  -              302  302  403  403  403  200  200  403  403  403
get    pages/courses/{other}/special-exams/parts/ -         403  403  403  403  403  200  200  403  403  403
"""
    + V2_CROSSING
)

EXAM = {**NEW_EXAM, "is_proctored": False}
TIME = "additional_time_granted"
GRANT = {"exam_id": "{exam}", "user_info": "learner", "key": TIME, "value": "5"}
BACK = {"exam_id": "{exam}", "user_id": "{owner}", "key": TIME}
BULK = {"exam_ids": "{exam}", "user_ids": "learner", "allowance_type": TIME, "value": "5"}
RESUME = {"action": "mark_ready_to_resume"}
HERE, THERE = {"course_id": COURSE_ID}, {"course_id": OTHER_COURSE}
FOREIGN = {"exam_id": "{foreign_exam}"}
META = {"examCode": "{rpnow_code}", "ssiRecordLocator": "{rpnow_external}"}
BODIES: dict[str, Any] = {
    **V2_BODIES,
    "new_exam": EXAM,
    "new_name": {"exam_id": "{exam}", "exam_name": "Final"},
    "no_exams": [],
    "submit": {"action": "submit"},
    "submit_for": {"action": "submit", "user_id": "{owner}"},
    "resume": {**RESUME, "user_id": "{owner}"},
    "resume_own": RESUME,
    "resume_there": {**RESUME, **THERE, "user_id": "{owner}"},
    "create": {"exam_id": "{timed}"},
    "review": {"status": "suspicious"},
    "rpnow": {"examMetaData": META, "reviewStatus": "Clean"},
    "rpnow_wrong": {
        "examMetaData": {**META, "ssiRecordLocator": "wrong"},
        "reviewStatus": "Clean",
    },
    "rpnow_foreign": {
        "examMetaData": {"examCode": "{code}", "ssiRecordLocator": "{external}"},
        "reviewStatus": "Clean",
    },
    "grant": GRANT,
    "grant_there": {**GRANT, **FOREIGN},
    "grant_claimed": {**GRANT, **FOREIGN, **HERE},
    "take_back": BACK,
    "take_there": {**BACK, **FOREIGN},
    "take_claimed": {**BACK, **FOREIGN, **HERE},
    "bulk": {**BULK, **HERE},
    "bulk_there": {**BULK, **THERE, "exam_ids": "{foreign_exam}"},
    "bulk_claimed": {**BULK, **HERE, "exam_ids": "{foreign_exam}"},
    "bulk_unnamed": {**BULK, "exam_ids": "{foreign_exam}"},
    "bulk_both": {**BULK, **HERE, "exam_ids": "{exam},{foreign_exam}"},
    "in_other": THERE,
    "in_course": HERE,
    "other_exam": FOREIGN,
    "whom": {"user_id": "{owner}"},
    "whom_here": {"user_id": "{owner}", **HERE},
}


def rows(table: str) -> list[tuple[str, str, str, dict[str, int]]]:
    """(method, path, name of the body, the answer to each caller)."""
    lines = [line.split() for line in table.strip().splitlines()[1:]]
    return [
        (method, path, body, dict(zip(CALLERS, map(int, codes), strict=True)))
        for method, path, body, *codes in lines
    ]


@pytest.fixture
def world(names: dict[str, Any], make_exam: Any, attempt: Any, psi: Any) -> dict[str, Any]:
    """The same things in another course, and an attempt at RPNow."""
    foreign = make_exam(course_id=OTHER_COURSE)
    rpnow = make_exam(course_id="course-v1:edX+RPNow+2026", backend="software_secure")
    foreign_onboarding = make_exam(course_id=OTHER_COURSE, is_practice_exam=True)
    one = attempt(exam=foreign, status="created")
    other = attempt(exam=rpnow, status="submitted", completed_at=timezone.now())
    granted, granted_there = (
        AllowanceFactory(proctored_exam_id=exam_id, user_id=names["owner"]).pk
        for exam_id in (names["exam"], foreign.pk)
    )
    return {
        **names,
        "course": COURSE_ID,
        "other": OTHER_COURSE,
        "q_course": quote(COURSE_ID),
        "q_other": quote(OTHER_COURSE),
        "q_content": quote(names["content"]),
        "running": attempt(
            exam=make_exam(),
            user=UserFactory(),
            status="started",
            started_at=timezone.now(),
            allowed_time_limit_mins=90,
        ).pk,
        **bulk_changes_of(COURSE_ID),
        **bulk_changes_of(OTHER_COURSE, "foreign_"),
        "resumable": attempt(exam=make_exam(), status="error", is_resumable=True).pk,
        "allowance": granted,
        "review": review_of(names["exam"], names["owner"]),
        "foreign_review": review_of(foreign.pk, names["owner"]),
        "foreign_allowance": granted_there,
        "foreign_exam": foreign.pk,
        "foreign_attempt": one.pk,
        "foreign_external": one.external_id,
        "foreign_broken": attempt(exam=foreign_onboarding, status="error", is_resumable=True).pk,
        "rpnow_external": other.external_id,
        "rpnow_code": other.attempt_code,
    }


def filled(value: Any, world: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: filled(one, world) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, world) for one in value]
    return value.format(**world) if isinstance(value, str) else value


def url_of(path: str, world: dict[str, Any]) -> str:
    full = path.replace("E/", "v1/proctored_exam/", 1) if path.startswith("E/") else path
    return filled(f"/api/edx_proctoring/{full}", world)


def send(
    client: APIClient, method: str, path: str, body: str, world: dict[str, Any], key: str = ""
) -> Any:
    data = json.dumps(filled(BODIES[body], world)) if body != "-" else ""
    kind = "application/json" if data else ""
    # A `*` matches any row: REST v2 refuses changes of rows that the client has not seen.
    seen = {"If-Match": "*", "Idempotency-Key": key or uuid.uuid4().hex}
    return client.generic(method.upper(), url_of(path, world), data, kind, headers=seen)


def cells() -> list[Any]:
    """Those who are refused, who must change nothing, in one go; each of the others for itself."""
    found = []
    for method, path, body, codes in rows(ROUTES) + rows(PAGES) + rows(OTHERS) + rows(CROSSING):
        refused = {caller: code for caller, code in codes.items() if code >= 400}
        others = [{caller: code} for caller, code in codes.items() if code < 400]
        for some in [refused, *others] if refused else others:
            name = f"{method} {path} {body} {'refused' if some is refused else next(iter(some))}"
            found.append(pytest.param(method, path, body, some, id=name))
    return found


@pytest.mark.parametrize(("method", "path", "body", "expected"), cells())
def test_who_may_do_what(
    method: str,
    path: str,
    body: str,
    expected: dict[str, int],
    world: dict[str, Any],
    clients: dict[str, APIClient],
) -> None:
    before = state()
    for caller, code in expected.items():
        response = send(clients[caller], method, path, body, world)
        assert response.status_code == code, (caller, response.content)
        assert code < 400 or state() == before, caller


def test_nothing_of_another_course_is_shown(
    world: dict[str, Any], clients: dict[str, APIClient], attempt: Any, learner: Any
) -> None:
    for name in ("attempt", "foreign_attempt"):
        type(attempt()).objects.filter(pk=world[name]).update(status="started")
    for caller, course, own in (
        ("course_staff", COURSE_ID, "attempt"),
        ("foreign_staff", OTHER_COURSE, "foreign_attempt"),
    ):
        query = {"user_id": learner.pk, "course_id": course}
        running = clients[caller].get(url_of("E/active_exams_for_user", world), query).json()
        assert [row["attempt"]["id"] for row in running] == [world[own]]
        granted = clients[caller].get(url_of(f"E/{course}/allowance", world)).json()
        assert {row["proctored_exam"]["course_id"] for row in granted} == {course}
        page = clients[caller].get(url_of(f"E/attempt/grouped/course_id/{course}", world)).json()
        found = {row["proctored_exam"]["course_id"] for row in page["proctored_exam_attempts"]}
        assert found == {course}
        rows = clients[caller].get(url_of(f"v2/courses/{course}/attempts/", world)).json()
        assert {row["exam"]["course_id"] for row in rows["results"]} == {course}


def test_of_exams_of_two_courses_only_those_of_ones_own_are_granted(
    world: dict[str, Any], clients: dict[str, APIClient]
) -> None:
    send(clients["course_staff"], "put", "E/bulk_allowance", "bulk_both", world)
    granted = {row["proctored_exam_id"]: row["value"] for row in state()[2]}
    assert granted == {world["exam"]: "5", world["foreign_exam"]: "10"}


def test_owners_become_nobody_when_they_are_switched_off(
    world: dict[str, Any], learner: Any, clients: dict[str, APIClient]
) -> None:
    learner.is_active = False
    learner.save()
    for method, path, body, codes in rows(ROUTES) + rows(OTHERS):
        if codes["owner"] == 200 and codes["anonymous"] == 403:
            assert send(clients["owner"], method, path, body, world).status_code == 403, path


ROLES = {
    permissions.ANY_USER: set(CALLERS[2:]),
    permissions.OWNER: {"owner"},
    permissions.COURSE_STAFF: {"course_staff", "global_staff"},
    permissions.GLOBAL_STAFF: {"global_staff"},
    permissions.REVIEWER: {"reviewer", "global_staff"},
    permissions.REVIEW_READER: {"course_staff", "global_staff", "reviewer"},
    permissions.REVIEW_DECIDER: {"global_staff", "reviewer"},
    permissions.RETIREMENT: {"retirement"},
    permissions.THE_WORLD: set(CALLERS),
}


def let_in(
    table: str, world: dict[str, Any], largest: int = 399
) -> dict[tuple[str, str], set[str]]:
    """Return the callers with access by route name and method: those whose response has at most the `largest` code."""
    return {
        (str(resolve(url_of(path, world).partition("?")[0]).url_name), method): {
            caller for caller, code in codes.items() if code <= largest
        }
        for method, path, _body, codes in rows(table)
        if any(code <= largest for code in codes.values())
    }


def test_the_table_of_permissions_says_the_same(world: dict[str, Any]) -> None:
    said = {
        (name, method): ROLES[who]
        for name, row in permissions.ROUTE_ROLES.items()
        for method, who in row.items()
    }
    assert {**let_in(ROUTES, world), **let_in(PAGES, world, 200)} == said
    for (name, method), callers in let_in(OTHERS, world).items():
        wanted = ROLES[permissions.WHO_MAY_FOR_OTHERS[name, method]]
        assert callers - {"owner"} in (wanted, wanted - {"course_staff"}), name
    assert set(let_in(OTHERS, world)) == set(permissions.WHO_MAY_FOR_OTHERS)


def test_no_route_is_missing(world: dict[str, Any]) -> None:
    paths = {
        (method, url_of(path, world).partition("?")[0].removeprefix("/api/"))
        for method, path, *_ in rows(ROUTES) + rows(PAGES)
    }
    for pattern in urlpatterns:
        found = {method for method, path in paths if pattern.pattern.match(path) is not None}
        if actions := getattr(pattern.callback, "actions", None):
            assert found == set(actions) - {"head"}, pattern
            continue
        view = getattr(pattern.callback, "view_class", None)
        allowed = pattern.callback.view_initkwargs.get("http_method_names") if view else ["get"]
        own = {name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)}
        assert found == (own & set(allowed or own) if view else {"get"}), pattern
