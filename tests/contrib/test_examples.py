"""The examples in the reference of REST v2 are real exchanges with the core and all extensions.

A route without an example fails here: add a line to CALLS, and run `python -m scripts.examples`.
"""

import datetime
import functools
import json
import os
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import time_machine

from edx_proctoring import api, lifecycle, openapi
from edx_proctoring.contrib.accommodations import api as accommodations
from edx_proctoring.contrib.accommodations import import_jobs, imports
from edx_proctoring.models import BulkAction
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, UserFactory
from edx_proctoring.testing.host import Enrollment
from tests.lifecycle.noon import NOON

pytestmark = [
    pytest.mark.django_db(reset_sequences=True),
    pytest.mark.databases(
        "sqlite"
    ),  # revisions of the board contain times that the database rounds
    pytest.mark.needs("lms-urls"),
]

FILE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "rest_v2_examples.json"
KEY = "Idempotency-Key"
SHOWN = {KEY: "7f1d2c", "known": "$ETAG"}
V2 = "/api/edx_proctoring/v2"
COURSE = f"{V2}/courses/{COURSE_ID}/"
REASON = {"reason": "Fire alarm"}
OUTAGE = {"began_at": "2026-05-04T12:05:00Z", "ended_at": "2026-05-04T12:12:00Z", "whole": True}
CSV = "username,factor\nzoe,1.5\n"
PROFILE = {"user": "learner", "factor": "1.25", "break_count": 2, "break_minutes": 5}
GRANT = {
    "users": ["zoe", "nobody"],
    "exam_ids": [1],
    "kinds": [{"key": "additional_time_granted", "value": "15"}],
}


@dataclass(frozen=True)
class Call:
    """A request below the course's URL, by course staff unless `by` names another user."""

    method: str
    path: str
    body: Any = None
    by: str = "course_staff"
    if_match: str = ""  # "known": the ETag that a GET returns
    after: int = 0  # minutes that pass before the request


# In an order in which each request finds its data; the attempts are those of `world`.
CALLS = [
    Call("GET", "exams/?is_active=true&page_size=1"),
    Call("GET", "exams/1/"),
    Call("PATCH", "exams/1/", {"time_limit_mins": 75}, if_match="known"),
    Call("PATCH", "exams/1/", {"time_limit_mins": 90}, if_match='"outdated"'),
    Call("GET", "exams/1/review-policy/"),
    Call("PATCH", "exams/1/review-policy/", {"review_policy": "Closed book."}, if_match="known"),
    Call("GET", "attempts/?exam=1&status=started"),
    Call("GET", "attempts/?status=asleep"),
    Call("GET", "attempts/1/"),
    Call("GET", "attempts/1/", by="stranger"),
    Call("POST", "attempts/1/extend/", {"seconds": 600, **REASON}),
    Call("POST", "attempts/1/pause/", REASON),
    Call("POST", "attempts/1/continue/", {}, after=3),
    Call("POST", "attempts/1/break/begin/", {}, by="owner"),
    Call("POST", "attempts/1/break/end/", {}, by="owner", after=4),
    Call("POST", "attempts/3/resume/", {"reason": "Power cut"}),
    Call("POST", "attempts/4/reset/", {"reason": "Wrong room"}),
    Call("POST", "attempts/actions/", {"action": "end", "attempt_ids": [1, 2], "dry_run": True}),
    Call(
        "POST", "attempts/actions/", {"action": "end", "filter": "status=started", "dry_run": True}
    ),
    Call("GET", "attempts/actions/1/"),
    Call("POST", "time-changes/", {"action": "extend", "exam": 1, "seconds": 300, **REASON}),
    Call("GET", "time-changes/"),
    Call("GET", "time-changes/1/"),
    Call("POST", "time-changes/1/undo/", {}),
    Call("GET", "live/"),
    Call("POST", "live/rooms/", {"name": "Room A", "usernames": ["learner", "nobody"]}),
    Call("GET", "live/rooms/"),
    Call("POST", "live/invigilators/", {"username": "zoe", "room": "Room A"}),
    Call("DELETE", "live/invigilators/", {"username": "zoe", "room": "Room A"}),
    Call("POST", "live/announcements/", {"text": "Ten minutes more.", "to": {"all": True}}),
    Call("GET", "live/announcements/"),
    Call("POST", "live/mine/1/announcements/1/seen/", by="owner"),
    Call("DELETE", "live/announcements/1/"),
    Call("POST", "live/mine/1/questions/", {"text": "May I leave the room?"}, by="owner"),
    Call("DELETE", "live/mine/1/questions/1/", by="owner"),
    Call("POST", "live/mine/1/questions/", {"text": "May I leave the room?"}, by="owner", after=1),
    Call("DELETE", "live/questions/2/"),
    Call("POST", "live/time-changes/", {"action": "extend", "exam": 1, "seconds": 60, **REASON}),
    Call("GET", "live/time-changes/"),
    Call("GET", "live/time-changes/3/"),
    Call("POST", "live/time-changes/3/undo/", {}),
    Call("POST", "live/actions/", {"action": "end", "attempt_ids": [1], "dry_run": True}),
    Call("GET", "live/actions/1/"),
    Call("GET", "live/log/"),
    Call("GET", "live/log/export/"),
    Call("POST", "outages/preview/", {**OUTAGE, "exam": 1, "reason": "No network"}),
    Call("POST", "outages/", {**OUTAGE, "exam": 1, "reason": "No network"}),
    Call("GET", "outages/"),
    Call("GET", "outages/1/"),
    Call("PATCH", "outages/1/", {"ended_at": "2026-05-04T12:10:00Z"}, if_match="known"),
    Call("GET", "outages/1/attempts/"),
    Call("POST", "outages/1/credit/", {}),
    Call("GET", "attempts/1/ledger/"),
    Call("POST", "attempts/1/end/", {"reason": "Left the room"}),
    Call("POST", "attempts/1/end/", {"reason": "Left the room"}),
    Call("GET", "attempts/export/?exam=1"),
    Call("GET", "allowances/"),
    Call("POST", "allowances/", GRANT),
    Call("GET", "allowances/1/"),
    Call("PATCH", "allowances/1/", {"value": "20"}, if_match="known"),
    Call("PATCH", "allowances/1/", {"value": "20"}),
    Call("POST", "allowances/actions/", {"action": "copy", "allowance_ids": [1], "exam_id": 2}),
    Call("GET", "allowances/actions/2/"),
    Call("DELETE", "allowances/1/", if_match="*"),
    Call("GET", "allowances/export/"),
    Call("GET", "onboarding/"),
    Call("GET", "onboarding/export/"),
    Call("GET", "reviews/?decided=false"),
    Call("GET", "reviews/1/"),
    Call("PATCH", "reviews/1/", {"review_status": "Clean"}, by="global_staff", if_match="known"),
    Call("GET", "accommodations/"),
    Call("GET", "accommodations/all/"),
    Call("POST", "accommodations/preview/", {**PROFILE, "user": "zoe"}),
    Call("POST", "accommodations/", {**PROFILE, "user": "zoe"}),
    Call("POST", "accommodations/", {**PROFILE, "user": "nobody"}),
    Call("GET", "accommodations/1/"),
    Call("POST", "accommodations/1/preview/", {"factor": "1.5"}),
    Call("PATCH", "accommodations/1/", {"factor": "1.5"}, if_match="known"),
    Call("POST", "accommodations/1/end/", {}),
    Call("GET", "accommodations/1/history/"),
    Call("GET", "accommodations/export/"),
    Call("POST", "accommodations/import/preview/", CSV),
    Call("POST", "accommodations/import/", CSV),
    Call("GET", "accommodations/imports/"),
    Call("GET", "accommodations/imports/1/"),
    Call("GET", f"{V2}/health/ready/", by="anonymous"),
    Call("GET", f"{V2}/health/", by="global_staff"),
]


@pytest.fixture
def world(clients, host, provider, attempt, make_exam, learner):
    """Five attempts of two learners in a proctored exam, a timed one, and an onboarding exam."""
    provider.supports_onboarding = True
    zoe = UserFactory(username="zoe", email="zoe@example.com")
    host.enrollments.enrollments = [Enrollment(learner), Enrollment(zoe)]
    exam = make_exam(exam_name="Midterm", content_id="midterm", time_limit_mins=60)
    timed = make_exam(
        exam_name="Quiz", content_id="quiz", is_proctored=False, backend=None, external_id=None
    )
    make_exam(exam_name="Onboarding", content_id="onboarding", is_practice_exam=True)
    started = {"started_at": NOON, "allowed_time_limit_mins": 60}
    running = attempt(exam=exam, status="ready_to_start", external_id="one", attempt_code="A-1")
    ended = {**started, "status": "submitted", "completed_at": NOON}
    done = attempt(exam=exam, user=zoe, external_id="two", attempt_code="A-2", **ended)
    broken = {**started, "status": "error", "is_resumable": True, "time_remaining_seconds": 1800}
    attempt(exam=timed, attempt_code="A-3", taking_as_proctored=False, external_id=None, **broken)
    attempt(
        exam=timed,
        user=zoe,
        attempt_code="A-4",
        taking_as_proctored=False,
        external_id=None,
        **ended,
    )
    accommodations.create_profile(
        learner.pk,
        accommodations.Scope("course", COURSE_ID),
        {"break_count": 1, "break_minutes": 5},
    )
    reach = imports.Reach(COURSE_ID, all_scopes=False)
    import_jobs.begin_import("username,factor\nnobody,1.5\n", 1, reach, None)
    AllowanceFactory(user=learner, proctored_exam=exam)
    comment = {"comment": "A phone", "status": "suspicious", "start": 10, "stop": 40}
    api.receive_review(done, {"status": "suspicious", "comments": [comment]})
    lifecycle.transition(running, "started")
    failed = {str(done.pk): "AttemptActionNotPossible"}
    for resource, action in (("attempts", "end"), ("allowances", "delete")):
        BulkAction.objects.create(
            course_id=COURSE_ID,
            resource=resource,
            action=action,
            row_ids=[1, done.pk, 3],
            done=2,
            failed=failed if resource == "attempts" else {},
        )
    page = f"/api/edx_proctoring/v1/proctored_exam/attempt/{running.pk}"
    assert clients["owner"].get(page, {"messages": "yes"}).status_code == 200


@pytest.fixture
def recorded(clients, world_clock, world):
    """Collect the exchanges by operation."""
    found: dict[str, list[Any]] = {}
    now = NOON + datetime.timedelta(minutes=20)
    for number, call in enumerate(CALLS):
        now += datetime.timedelta(minutes=call.after)
        world_clock.move_to(now)
        exchange = _exchange(clients[call.by], call, f"7f1d2c-{number}")
        found.setdefault(_operation(call), []).append(exchange)
    return found


@pytest.fixture
def world_clock(monkeypatch):
    ids = (uuid.UUID(int=number) for number in range(10_000))
    monkeypatch.setattr(uuid, "uuid4", lambda: next(ids))
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def _exchange(client, call, key):
    path = call.path if call.path.startswith("/") else COURSE + call.path
    headers = {}
    if call.if_match:
        known = client.get(path).headers["ETag"] if call.if_match == "known" else call.if_match
        headers["If-Match"] = known
    if call.method == "POST":
        headers[KEY] = key
    options: dict[str, Any] = {"headers": headers}
    if isinstance(call.body, str):
        options |= {"data": call.body, "content_type": "text/csv"}
    elif call.body is not None:
        options |= {"data": call.body, "format": "json"}
    response = getattr(client, call.method.lower())(path, **options)
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    content = b"".join(response) if response.streaming else response.content
    answer = json.loads(content) if kind.endswith("json") else content.decode()
    # Ids become placeholders, so that a new call or field changes no other example.
    shown = {
        name: SHOWN.get(name if name == KEY else call.if_match, headers[name]) for name in headers
    }
    exchange = {"method": call.method, "path": path, "headers": shown, "body": call.body}
    return {**exchange, "status": response.status_code, "type": kind, "answer": _stable(answer)}


def _stable(answer):
    """Remove values that differ between machines: durations and broker in the health report."""
    if isinstance(answer, dict) and "checks" in answer:
        kept = {name: answer["checks"][name] for name in ("outbox", "sweep", "pauses")}
        return {**answer, "status": "warning", "version": "7.0.0", "checks": kept}
    return answer


@functools.cache
def _paths():
    return openapi.document_v2()["paths"]


def _operation(call):
    """Return the operation's id in the OpenAPI document."""
    path = (call.path if call.path.startswith("/") else COURSE + call.path).partition("?")[0]
    path = path.replace(COURSE_ID, "{course_id}")
    for template, methods in _paths().items():
        pattern = re.sub(r"\\\{(?!course_id)\w+\\\}", r"\\d+", re.escape(template))
        if re.fullmatch(pattern, path) and call.method.lower() in methods:
            return methods[call.method.lower()]["operationId"]
    raise LookupError(path)


def test_every_operation_has_an_example_that_the_application_gives(recorded):
    """`python -m scripts.examples` records them again."""
    text = json.dumps(recorded, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_EXAMPLES"):
        FILE.write_text(text, encoding="utf-8")
    operations = {
        operation["operationId"] for methods in _paths().values() for operation in methods.values()
    }
    succeeded = {
        name for name, calls in recorded.items() if any(call["status"] < 400 for call in calls)
    }
    assert operations - succeeded == set(), "add these operations to CALLS"
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(text), __doc__
