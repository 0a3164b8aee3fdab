"""Every route and method × every kind of caller."""

from typing import Any
from urllib.parse import quote

import pytest
from django.urls import resolve
from rest_framework.test import APIClient

from edx_proctoring.testing.factories import COURSE_ID
from edx_proctoring.urls import urlpatterns
from edx_proctoring.views import permissions
from tests.views.conftest import ALLOWANCE, V1, E, filled

pytestmark = pytest.mark.django_db

CALLERS = (
    "anonymous",
    "inactive",
    "stranger",
    "owner",
    "foreign_staff",
    "course_staff",
    "global_staff",
    "reviewer",
    "foreign_reviewer",
    "retirement",
)


def only(*callers: str, code: int = 200) -> dict[str, int]:
    """These get the code, all others 403."""
    assert set(callers) <= set(CALLERS)
    return {caller: code if caller in callers else 403 for caller in CALLERS}


ANYBODY = only(*CALLERS[2:])
OWNER = only("owner")
COURSE_STAFF = only("course_staff", "global_staff")
GLOBAL_STAFF = only("global_staff")
PROVIDER = only("reviewer", "global_staff")
RETIREMENT = only("retirement")
NOBODY = only()
THE_WORLD = dict.fromkeys(CALLERS, 302)
TO_DASHBOARD = only("course_staff", "global_staff", code=302)

NEW_EXAM = {
    "course_id": COURSE_ID,
    "content_id": "new",
    "external_id": "known",
    "exam_name": "New",
    "time_limit_mins": 30,
    "is_proctored": False,
    "is_practice_exam": False,
    "is_active": True,
    "hide_after_due": False,
}
BULK = {
    "course_id": COURSE_ID,
    "exam_ids": "{exam}",
    "user_ids": "learner",
    "allowance_type": "additional_time_granted",
    "value": "5",
}
QUOTED = quote(COURSE_ID)
RESUME = {"action": "mark_ready_to_resume"}
ACTIVE = f"{E}/active_exams_for_user"
ONBOARDING = f"{V1}/user_onboarding/status"
START = "/api/edx_proctoring/proctoring_launch_callback/start_exam/{code}"

# method, path, body, the answer to each caller
ROUTES: list[tuple[str, str, Any, dict[str, int]]] = [
    ("post", f"{E}/exam", NEW_EXAM, GLOBAL_STAFF),
    ("put", f"{E}/exam", {"exam_id": "{exam}", "exam_name": "Final"}, GLOBAL_STAFF),
    ("get", f"{E}/exam/exam_id/{{exam}}", None, ANYBODY),
    ("get", f"{E}/exam/course_id/{COURSE_ID}/content_id/{{content}}", None, ANYBODY),
    ("get", f"{E}/exam/course_id/{COURSE_ID}", None, ANYBODY),
    ("patch", f"{E}/exam_registration/course_id/{COURSE_ID}", [], GLOBAL_STAFF),
    ("get", f"{E}/attempt/{{attempt}}", None, OWNER),
    ("put", f"{E}/attempt/{{attempt}}", {"action": "submit"}, OWNER),
    ("put", f"{E}/attempt/{{attempt}}", {"action": "submit", "user_id": "{owner}"}, NOBODY),
    ("put", f"{E}/attempt/{{broken}}", RESUME, NOBODY),
    ("put", f"{E}/attempt/{{broken}}", {**RESUME, "user_id": "{owner}"}, COURSE_STAFF),
    ("delete", f"{E}/attempt/{{attempt}}", None, COURSE_STAFF),
    ("get", f"{E}/attempt/grouped/course_id/{COURSE_ID}", None, COURSE_STAFF),
    ("get", f"{E}/attempt/grouped/course_id/{COURSE_ID}/search/a", None, COURSE_STAFF),
    ("get", f"{E}/attempt", None, ANYBODY),
    ("post", f"{E}/attempt", {"exam_id": "{timed}"}, ANYBODY),
    ("put", f"{E}/attempt/{{attempt}}/review_status", None, OWNER),
    ("post", f"{E}/attempt/{{external}}/ready", {"status": "ready"}, PROVIDER),
    ("post", f"{E}/attempt/{{external}}/reviewed", {"status": "suspicious"}, PROVIDER),
    ("get", f"{E}/{COURSE_ID}/allowance", None, COURSE_STAFF),
    ("put", f"{E}/allowance", {**ALLOWANCE, "user_info": "learner"}, COURSE_STAFF),
    ("delete", f"{E}/allowance", {**ALLOWANCE, "user_id": "{owner}"}, COURSE_STAFF),
    ("put", f"{E}/{COURSE_ID}/bulk_allowance", BULK, COURSE_STAFF),
    ("put", f"{E}/bulk_allowance", BULK, COURSE_STAFF),
    ("get", f"{E}/{COURSE_ID}/grouped/allowance", None, COURSE_STAFF),
    ("get", ACTIVE, None, ANYBODY),
    ("get", f"{ACTIVE}?user_id={{owner}}", None, only("owner", "global_staff")),
    (
        "get",
        f"{ACTIVE}?user_id={{owner}}&course_id={QUOTED}",
        None,
        only("owner", "course_staff", "global_staff"),
    ),
    ("get", f"{ONBOARDING}?course_id={QUOTED}", None, ANYBODY),
    (
        "get",
        f"{ONBOARDING}?course_id={QUOTED}&username=learner",
        None,
        only("owner", "course_staff", "global_staff"),
    ),
    ("get", f"{ONBOARDING}/course_id/{COURSE_ID}", None, COURSE_STAFF),
    ("get", f"{V1}/instructor/{COURSE_ID}", None, TO_DASHBOARD),
    ("get", f"{V1}/instructor/{COURSE_ID}/{{exam}}", None, TO_DASHBOARD),
    ("post", f"{V1}/retire_backend_user/{{owner}}/", None, RETIREMENT),
    ("post", f"{V1}/retire_user/{{owner}}/", None, only("retirement", code=204)),
    ("get", f"{E}/attempt/course_id/{COURSE_ID}?content_id={{content}}", None, ANYBODY),
    ("get", f"{E}/attempt/course_id/{COURSE_ID}?user_id={{owner}}", None, GLOBAL_STAFF),
    ("get", f"{E}/active_attempt", None, ANYBODY),
    ("get", f"{E}/active_attempt?user_id={{owner}}", None, GLOBAL_STAFF),
    ("get", f"{E}/settings/exam_id/{{exam}}/", None, ANYBODY),
    ("get", f"{E}/review_policy/exam_id/{{exam}}/", None, ANYBODY),
    ("delete", f"{E}/exam_id/{{exam}}/user_id/{{owner}}/reset_attempts", None, COURSE_STAFF),
    ("get", START, None, THE_WORLD),
    (
        "post",
        "/api/edx_proctoring/proctoring_review_callback/",
        {"reviewStatus": "Clean"},
        dict.fromkeys(CALLERS, 400),
    ),
]


ROLES = {
    permissions.ANY_USER: set(CALLERS[2:]),
    permissions.OWNER: {"owner"},
    permissions.COURSE_STAFF: {"course_staff", "global_staff"},
    permissions.GLOBAL_STAFF: {"global_staff"},
    permissions.REVIEWER: {"reviewer", "global_staff"},
    permissions.RETIREMENT: {"retirement"},
    permissions.THE_WORLD: set(CALLERS),
}


def test_the_table_of_permissions_says_the_same(names: dict[str, Any]) -> None:
    tried = set()
    for method, path, body, codes in ROUTES:
        if "?" in path or ("action" in (body or {}) and codes != OWNER):
            continue  # somebody else's: the comments in the table
        found = resolve(path.format(**names)).url_name
        if codes != NOBODY:
            let_in = {caller for caller, code in codes.items() if code != 403}
            assert let_in == ROLES[permissions.WHO_MAY[found][method]], (method, path)
            tried.add((found, method))
    table = {(name, method) for name, row in permissions.WHO_MAY.items() for method in row}
    by_query = {
        ("user_onboarding.status", "get"),
        ("proctored_exam.exam_attempts", "get"),
    }
    assert table - tried <= by_query
    assert tried <= table
    assert {pattern.name for pattern in urlpatterns} == set(permissions.WHO_MAY)


def send(client: APIClient, method: str, path: str, body: Any, names: dict[str, Any]) -> Any:
    options = {} if method == "get" else {"data": filled(body, names), "format": "json"}
    return getattr(client, method)(path.format(**names), **options)


@pytest.mark.parametrize(
    ("method", "path", "body", "caller", "expected"),
    [
        pytest.param(method, path, body, caller, code, id=f"{method} {path} {number} {caller}")
        for number, (method, path, body, codes) in enumerate(ROUTES)
        for caller, code in codes.items()
    ],
)
def test_who_may_do_what(
    method: str,
    path: str,
    body: Any,
    caller: str,
    expected: int,
    names: dict[str, Any],
    clients: dict[str, APIClient],
) -> None:
    response = send(clients[caller], method, path, body, names)
    assert response.status_code == expected, response.content


def test_owners_become_nobody_when_they_are_switched_off(
    names: dict[str, Any], learner: Any, clients: dict[str, APIClient]
) -> None:
    learner.is_active = False
    learner.save()
    for method, path, body, codes in ROUTES:
        if codes["owner"] == 200:
            response = send(clients["owner"], method, path, body, names)
            assert response.status_code == 403, path


def test_no_route_is_missing(names: dict[str, Any]) -> None:
    paths = {(method, path.partition("?")[0].format(**names)) for method, path, *_ in ROUTES}
    for pattern in urlpatterns:
        found = {
            method
            for method, path in paths
            if pattern.pattern.match(path.removeprefix("/api/")) is not None
        }
        view = getattr(pattern.callback, "view_class", None)
        allowed = pattern.callback.view_initkwargs.get("http_method_names") if view else ["get"]
        own = {name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)}
        expected = own & set(allowed or own) if view else {"get"}
        if pattern.name not in WITHOUT_SLASH or found:
            assert found == expected, pattern


WITHOUT_SLASH = ("backend_user_deletion_api", "user_retirement_api")
