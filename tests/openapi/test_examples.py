"""The examples in the document are responses of the application. UPDATE_EXAMPLES=1 records them again."""

import datetime
import json
import os
from pathlib import Path
from urllib.parse import quote

import pytest
import time_machine
from rest_framework.test import APIClient

import edx_proctoring.openapi
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.openapi.operations import OPERATIONS
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory
from edx_proctoring.testing.host import Enrollment
from tests.views.conftest import ALLOWANCE, V1, E
from tests.views.test_roles import BULK, EXAM

pytestmark = [pytest.mark.django_db(reset_sequences=True), pytest.mark.needs("lms-urls")]

FILE = Path(edx_proctoring.openapi.__file__).with_name("examples.json")
NOW = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
CODE = "5B1A0D5C-0B0A-4B7E-9A57-3C0B6C8E7A11"
REVIEW = {
    "status": "suspicious",
    "comments": [
        {"comment": "A phone on the desk", "status": "suspicious", "start": 610, "stop": 640}
    ],
}
HERE = f"{V1}/user_onboarding/status"
GRANT = {**ALLOWANCE, "user_info": "learner"}

# operation, user, method, path, body; in an order in which each request finds its data
CALLS = [
    ("create_exam", "global_staff", "post", f"{E}/exam", EXAM),
    ("create_exam", "global_staff", "post", f"{E}/exam", {**EXAM, "time_limit_mins": 0}),
    ("change_exam", "global_staff", "put", f"{E}/exam", {"exam_id": 1, "exam_name": "Final Exam"}),
    ("get_exam", "owner", "get", f"{E}/exam/exam_id/1", None),
    ("get_exam", "owner", "get", f"{E}/exam/exam_id/999", None),
    ("get_exam_of_content", "owner", "get", f"{E}/exam/course_id/{COURSE_ID}/content_id/new", None),
    ("list_exams", "owner", "get", f"{E}/exam/course_id/{COURSE_ID}", None),
    ("get_settings", "owner", "get", f"{E}/settings/exam_id/1/", None),
    ("get_review_policy", "owner", "get", f"{E}/review_policy/exam_id/1/", None),
    ("get_running_attempt", "owner", "get", f"{E}/attempt", None),
    ("create_attempt", "owner", "post", f"{E}/attempt", {"exam_id": 1, "attempt_proctored": True}),
    ("create_attempt", "owner", "post", f"{E}/attempt", {"exam_id": 1, "attempt_proctored": True}),
    ("act_on_attempt", "owner", "put", f"{E}/attempt/1", {"action": "start"}),
    ("act_on_attempt", "owner", "put", f"{E}/attempt/1", {"action": "start_over"}),
    ("poll_attempt", "owner", "get", f"{E}/attempt/1", None),
    ("poll_attempt", "stranger", "get", f"{E}/attempt/1", None),
    ("get_active_attempt", "owner", "get", f"{E}/active_attempt", None),
    ("list_running_exams", "owner", "get", f"{E}/active_exams_for_user", None),
    ("get_exam_page", "owner", "get", f"{E}/attempt/course_id/{COURSE_ID}?content_id=new", None),
    ("act_on_attempt", "owner", "put", f"{E}/attempt/1", {"action": "submit"}),
    ("list_attempts", "course_staff", "get", f"{E}/attempt/grouped/course_id/{COURSE_ID}", None),
    ("list_attempts", "owner", "get", f"{E}/attempt/grouped/course_id/{COURSE_ID}", None),
    (
        "search_attempts",
        "course_staff",
        "get",
        f"{E}/attempt/grouped/course_id/{COURSE_ID}/search/nobody",
        None,
    ),
    ("grant_allowance", "course_staff", "put", f"{E}/allowance", {**GRANT, "exam_id": 1}),
    (
        "grant_allowance",
        "course_staff",
        "put",
        f"{E}/allowance",
        {**GRANT, "exam_id": 1, "value": "a lot"},
    ),
    ("list_allowances", "course_staff", "get", f"{E}/{COURSE_ID}/allowance", None),
    (
        "list_allowances_by_learner",
        "course_staff",
        "get",
        f"{E}/{COURSE_ID}/grouped/allowance",
        None,
    ),
    (
        "take_allowance_back",
        "course_staff",
        "delete",
        f"{E}/allowance",
        {"exam_id": 1, "user_id": 1, "key": "additional_time_granted"},
    ),
    (
        "grant_allowances",
        "course_staff",
        "put",
        f"{E}/bulk_allowance",
        {**BULK, "exam_ids": "1", "user_ids": "learner,nobody"},
    ),
    (
        "grant_allowances",
        "course_staff",
        "put",
        f"{E}/bulk_allowance",
        {**BULK, "exam_ids": "1", "value": "-1"},
    ),
    ("get_onboarding_status", "owner", "get", f"{HERE}?course_id={quote(COURSE_ID)}", None),
    ("get_onboarding_status", "owner", "get", HERE, None),
    ("list_onboarding_statuses", "course_staff", "get", f"{HERE}/course_id/{COURSE_ID}", None),
    ("dashboard_of_course", "global_staff", "get", f"{V1}/instructor/course-v1:no+n+e", None),
    ("retire_user_at_providers", "retirement", "post", f"{V1}/retire_backend_user/1/", None),
    ("register_exams", "global_staff", "patch", f"{E}/exam_registration/course_id/{COURSE_ID}", []),
    (
        "deliver_rpnow_review",
        "anonymous",
        "post",
        "/api/edx_proctoring/proctoring_review_callback/",
        {"examMetaData": {"examCode": CODE, "ssiRecordLocator": "wrong"}, "reviewStatus": "Clean"},
    ),
    ("report_ready", "reviewer", "post", f"{E}/attempt/attempt-1/ready", {"status": "ready"}),
    ("report_ready", "reviewer", "post", f"{E}/attempt/unknown/ready", {"status": "ready"}),
    ("deliver_review", "reviewer", "post", f"{E}/attempt/attempt-1/reviewed", REVIEW),
    ("deliver_review", "reviewer", "post", f"{E}/attempt/unknown/reviewed", REVIEW),
    ("acknowledge_result", "owner", "put", f"{E}/attempt/999/review_status", None),
    ("remove_attempt", "course_staff", "delete", f"{E}/attempt/999", None),
    ("remove_attempts", "owner", "delete", f"{E}/exam_id/1/user_id/1/reset_attempts", None),
    ("dashboard_of_exam", "global_staff", "get", f"{V1}/instructor/{COURSE_ID}/1", None),
    (
        "grant_allowances_in_course",
        "course_staff",
        "put",
        f"{E}/{COURSE_ID}/bulk_allowance",
        {**BULK, "exam_ids": "1", "value": "-1"},
    ),
]


def _waits_for_the_provider():
    AttemptFactory(external_id="attempt-1", status="created")


def _was_submitted():
    waiting = ProctoredExamStudentAttempt.objects.filter(external_id="attempt-1")
    waiting.update(status="submitted", started_at=NOW, completed_at=NOW)


def _has_onboarding():
    ExamFactory(is_practice_exam=True, content_id="onboarding", external_id="known-2")


# The state that exists before an operation is called for the first time.
BEFORE = {
    "get_onboarding_status": _has_onboarding,
    "report_ready": _waits_for_the_provider,
    "deliver_review": _was_submitted,
}


@pytest.fixture
def recorded(clients, host, provider, learner, monkeypatch):
    """Collect the responses of the application."""
    import uuid

    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(CODE))
    provider.supports_onboarding = True
    provider.answer("retire_user", True)
    host.enrollments.enrollments = [Enrollment(learner)]
    found = {}
    with time_machine.travel(NOW, tick=False):
        for name, who, method, path, body in CALLS:
            if name in BEFORE and name not in found:
                BEFORE[name]()
            response = _send(clients[who], method, path, body)
            found.setdefault(name, []).extend(_examples(response, body))
    return found


def _send(client: APIClient, method, path, body):
    options = {} if method == "get" else {"data": body, "format": "json"}
    return getattr(client, method)(path, **options)


def _examples(response, body):
    code = response.status_code
    if body is not None:
        yield {"title": f"Answered with {code}", "value": body}
    if response.headers.get("Content-Type") == "application/json":
        yield {"title": f"As recorded ({code})", "status": code, "value": response.json()}


def test_the_examples_equal_the_responses_of_the_application(recorded):
    text = json.dumps(recorded, indent=1, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_EXAMPLES"):
        FILE.write_text(text, encoding="utf-8")
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(text)


def test_every_operation_with_a_response_body_has_an_example(recorded):
    silent = {"launch_exam", "retire_user"}  # pages and answers without a body
    assert {operation.name for operation in OPERATIONS.values()} - silent <= set(recorded)


def test_the_document_shows_the_examples_as_they_were_recorded(recorded):
    wrong, seen = [], 0
    for path in edx_proctoring.openapi.document()["paths"].values():
        for operation in path.values():
            values = [one["value"] for one in recorded.get(operation["operationId"], [])]
            for part in [operation.get("requestBody", {}), *operation["responses"].values()]:
                content = part.get("content", {}).get("application/json", {})
                shown = [one["value"] for one in content.get("examples", {}).values()]
                seen += len(shown)
                wrong += [(operation["operationId"], one) for one in shown if one not in values]
    assert seen > 50
    assert wrong == []
