"""Course staff grant time, pause and continue by REST."""

import datetime
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from edx_proctoring import lifecycle
from edx_proctoring.models import IdempotentRequest, TimeAdjustment
from edx_proctoring.testing.factories import COURSE_ID

pytestmark = pytest.mark.django_db

URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/attempts"
REASON = {"reason": "Fire alarm"}


@pytest.fixture
def running(attempt, make_exam):
    """Started just now, for an hour."""
    known = attempt(exam=make_exam(time_limit_mins=60), status="ready_to_start")
    return lifecycle.transition(known, "started")


@pytest.fixture
def post(client_for, staff):
    def ask(known, action, body, key=None, user=staff):
        headers = {"Idempotency-Key": key or uuid.uuid4().hex} if key != "" else {}
        path = f"{URL}/{getattr(known, 'pk', known)}/{action}/"
        return client_for(user).post(path, body, format="json", headers=headers)

    return ask


def test_time_is_granted_with_a_reason(post, running, staff):
    answer = post(running, "extend", {"seconds": 600, **REASON})
    assert answer.status_code == 200, answer.content
    data = answer.json()
    end = running.started_at + datetime.timedelta(minutes=70)
    assert datetime.datetime.fromisoformat(data.pop("ends_at")) == end
    assert data == {"attempt_id": running.pk, "changed": True, "seconds": 600, "gained": 600}
    row = TimeAdjustment.objects.get(kind="grant")
    assert (row.seconds, row.reason, row.by_id) == (600, "Fire alarm", staff.pk)


@pytest.mark.parametrize("field", ["reason", "other"])
@pytest.mark.parametrize("action", ["extend", "pause", "continue"])
def test_files_are_refused(client_for, staff, running, action, field):
    body = {"seconds": 60, **REASON, field: SimpleUploadedFile("fire.png", b"\xff\xfe\x00")}
    headers = {"Idempotency-Key": "key"}
    answer = client_for(staff).post(f"{URL}/{running.pk}/{action}/", body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert not TimeAdjustment.objects.filter(kind__in=("grant", "pause")).exists()
    assert not IdempotentRequest.objects.exists()


def test_a_pause_and_its_end(post, running, client_for, learner):
    assert post(running, "pause", REASON).json()["changed"] is True
    assert post(running, "pause", REASON).json()["changed"] is False
    poll = client_for(learner).get(f"/api/edx_proctoring/v1/proctored_exam/attempt/{running.pk}")
    assert poll.json()["paused"]["message"] == "Fire alarm"
    assert post(running, "continue", {}).json()["changed"] is True
    assert post(running, "continue", {}).json()["changed"] is False


def test_a_repeated_request_grants_once(post, running):
    body = {"seconds": 600, **REASON}
    first, again = (post(running, "extend", body, key="alarm") for _ in range(2))
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert post(running, "extend", {**body, "seconds": 60}, key="alarm").status_code == 422
    assert TimeAdjustment.objects.filter(kind="grant").count() == 1


def test_a_process_that_dies_before_its_answer_is_stored_grants_once(post, running):
    body = {"seconds": 600, **REASON}
    post(running, "extend", body, key="alarm")
    IdempotentRequest.objects.all().delete()
    assert post(running, "extend", body, key="alarm").json()["changed"] is False
    assert TimeAdjustment.objects.filter(kind="grant").count() == 1


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("extend", {"seconds": 600}, "reason"),
        ("extend", {"seconds": 600, "reason": " "}, "reason"),
        ("extend", REASON, "seconds"),
        ("extend", {"seconds": "soon", **REASON}, "seconds"),
        ("extend", {"seconds": 10**30, **REASON}, "seconds"),
        ("extend", {"seconds": 60, **REASON, "minutes": 1}, "minutes"),
        ("pause", {}, "reason"),
        ("pause", {"reason": "x" * 1001}, "reason"),
        ("continue", REASON, "reason"),
    ],
)
def test_bodies_are_checked(post, running, action, body, field):
    answer = post(running, action, body)
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert not TimeAdjustment.objects.exclude(kind="allotment").exists()


@pytest.mark.parametrize("seconds", [0, 10**9 - 1])
def test_what_the_ledger_refuses_is_a_400(post, running, seconds):
    answer = post(running, "extend", {"seconds": seconds, **REASON})
    assert (answer.status_code, answer.json()["code"]) == (400, "time_change_not_allowed")


def test_an_attempt_that_has_ended_gets_no_time(post, attempt):
    ended = attempt(status="submitted", started_at=timezone.now(), completed_at=timezone.now())
    for action, body in (("extend", {"seconds": 60, **REASON}), ("pause", REASON)):
        answer = post(ended, action, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "time_change_not_allowed")


@pytest.mark.parametrize("attempt_id", [10**6, 10**19])
def test_an_attempt_that_there_is_not(post, attempt_id):
    assert post(attempt_id, "pause", REASON).status_code == 404


def test_a_request_needs_a_key(post, running):
    answer = post(running, "extend", {"seconds": 60, **REASON}, key="")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_learners_grant_themselves_nothing(post, running, learner):
    for action, body in (
        ("extend", {"seconds": 60, **REASON}),
        ("pause", REASON),
        ("continue", {}),
    ):
        assert post(running, action, body, user=learner).status_code == 403
    assert not TimeAdjustment.objects.exclude(kind="allotment").exists()
