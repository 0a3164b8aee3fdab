"""The learning micro-frontend's client works with the app: each thunk, and the state that its screens depend on."""

import datetime

import pytest
from django.utils import timezone

from edx_proctoring.models import ProctoredExamStudentAttempt as Attempt
from edx_proctoring.testing.factories import COURSE_ID, ReviewPolicyFactory
from tests.clients.conftest import statuses
from tests.views.conftest import E

pytestmark = pytest.mark.django_db

WORKER = "https://provider.example.com/worker.js"
CONFIG = {"download_url": "https://provider.example.com/download", "instructions": ["Look"], "name": "Test", "rules": {}}  # fmt: skip
BEGIN_TIMED = {"start_clock": "true", "attempt_proctored": "false"}
BEGIN_PROCTORED = {"start_clock": "false", "attempt_proctored": "true"}
ENDED = ("submitted", "timed_out", "error")  # what another tab may have made of a running attempt


@pytest.fixture(autouse=True)
def provider(provider):
    """The provider "test", with a browser worker and a configuration."""
    provider.get_javascript = lambda: WORKER
    provider.answer("get_proctoring_config", CONFIG)
    return provider


def running(attempt, exam, minutes_ago=0, **more):
    began = timezone.now() - datetime.timedelta(minutes=minutes_ago)
    more = {"started_at": began, "allowed_time_limit_mins": 90, **more}
    return attempt(exam=exam, **{"status": "started", **more})


def report_ready(client, attempt):
    url = f"{E}/attempt/{attempt.external_id}/ready"
    assert client.post(url, {"status": "ready"}, format="json").status_code == 200


def act(client, attempt, action, **more):
    answer = client.put(f"{E}/attempt/{attempt.pk}", {"action": action, **more}, format="json")
    assert answer.status_code == 200


def test_a_timed_exam(page, timed_exam):
    state = page.open(timed_exam.content_id)
    assert (state["exam"]["type"], state["exam"]["attempt"]) == ("timed", {})
    assert page.shows("startTimedExam") == ("started", "started")
    assert page.sent == [({"exam_id": timed_exam.pk, **BEGIN_TIMED}, 200)]
    active = page.seen["state"]["activeAttempt"]
    assert 5390 < active["time_remaining_seconds"] <= 5400
    assert active["critically_low_threshold_sec"] < active["low_threshold_sec"] < 5400
    assert page.shows("stopExam") == ("ready_to_submit", "ready_to_submit")
    assert page.shows("continueExam") == ("started", "started")
    assert page.shows("submitExam") == ("submitted", "")
    assert page.sent == [({"action": "submit"}, 200)]
    assert not page.seen["workers"]


def test_the_time_is_over(page, attempt, timed_exam):
    one = running(attempt, timed_exam, minutes_ago=89, taking_as_proctored=False)
    page.open(timed_exam.content_id)
    Attempt.objects.update(started_at=one.started_at - datetime.timedelta(minutes=2))
    assert page.shows("expireExam") == ("submitted", "")
    assert page.seen["state"]["timeIsOver"] is True
    one.refresh_from_db()
    assert one.completed_at == one.started_at + datetime.timedelta(minutes=90)


def test_a_proctored_exam(page, exam, as_reviewer, provider):
    assert page.open(exam.content_id)["exam"]["type"] == "proctored"
    assert page.shows("createProctoredExamAttempt") == ("created", "")
    assert page.sent == [({"exam_id": exam.pk, **BEGIN_PROCTORED}, 200)]
    assert page.seen["state"]["exam"]["attempt"]["software_download_url"]
    assert page.shows("startProctoringSoftwareDownload") == ("download_software_clicked", "")
    one = Attempt.objects.get()
    assert statuses(page.do("startProctoredExam")) == ("download_software_clicked", "")
    assert page.sent == [({"action": "start"}, 400)]
    report_ready(as_reviewer, one)
    assert page.call("pollExamAttempt", f"{E}/attempt/{one.pk}")["status"] == "ready_to_start"
    assert statuses(page.open(exam.content_id)) == ("ready_to_start", "")
    assert page.shows("startProctoredExam") == ("started", "started")
    start = {"type": "startExamAttempt", "timeout": 5000, "attemptExternalId": one.external_id}
    assert (page.seen["workers"], page.sent) == ([start], [({"action": "start"}, 200)])
    assert page.shows("stopExam") == ("ready_to_submit", "ready_to_submit")
    assert page.shows("submitExam") == ("submitted", "")
    end = {"type": "endExamAttempt", "timeout": 0, "attemptExternalId": one.external_id}
    assert page.seen["workers"] == [end]
    assert len(provider.calls_of("start_exam_attempt")) == 1
    assert len(provider.calls_of("stop_exam_attempt")) == 1


def test_the_timer_polls_and_pings(page, attempt, exam):
    one = running(attempt, exam, minutes_ago=30)
    active = page.open(exam.content_id)["activeAttempt"]
    assert (active["desktop_application_js_url"], active["ping_interval"]) == (WORKER, 60)
    assert page.shows("pollAttempt", active["exam_started_poll_url"]) == ("started", "started")
    assert 3590 < page.seen["state"]["activeAttempt"]["time_remaining_seconds"] <= 3600
    assert page.shows("pingAttempt", active["ping_interval"], WORKER) == ("started", "started")
    ping = {"type": "ping", "timeout": 50_000, "attemptExternalId": one.external_id}
    assert (page.seen["workers"], page.sent) == ([ping], [])


@pytest.mark.parametrize("worker", ["badly", "not at all"])
def test_the_software_stops_responding(worker, page, attempt, exam, provider):
    one = running(attempt, exam, minutes_ago=30)
    page.open(exam.content_id)
    state = page.do("pingAttempt", 1, WORKER, worker=worker)
    assert (statuses(state), state["apiErrorMsg"]) == (("error", ""), "")
    [(body, status)] = page.sent
    assert (body["action"], bool(body["detail"]), status) == ("error", True, 200)
    one.refresh_from_db()
    assert one.status == "error"
    assert 3540 < one.time_remaining_seconds <= 3600
    assert len(provider.calls_of("mark_erroneous_exam_attempt")) == 1


def test_the_software_does_not_start(page, attempt, exam):
    attempt(exam=exam, status="ready_to_start")
    page.open(exam.content_id)
    state = page.do("startProctoredExam", worker="badly")
    assert (statuses(state), page.sent) == (("ready_to_start", ""), [])
    assert "wrong starting your exam" in state["apiErrorMsg"]


def test_the_software_does_not_end(page, attempt, exam):
    running(attempt, exam)
    page.open(exam.content_id)
    assert statuses(page.do("submitExam", worker="badly")) == ("submitted", "")


@pytest.mark.parametrize("status", ENDED)
@pytest.mark.parametrize("thunk", ["submitExam", "expireExam"])
def test_an_outdated_tab_after_the_attempt_has_ended(thunk, status, page, attempt, exam):
    one = running(attempt, exam, is_resumable=status == "error")
    page.open(exam.content_id)
    Attempt.objects.update(status=status)
    assert page.shows(thunk) == (status, "")
    assert page.sent == [({"action": "submit"}, 200)]
    one.refresh_from_db()
    assert (one.status, one.is_resumable) == (status, status == "error")


def test_a_resumed_attempt(page, attempt, exam, as_learner, as_staff, learner):
    broken = running(attempt, exam, minutes_ago=30)
    act(as_learner, broken, "error")
    act(as_staff, broken, "mark_ready_to_resume", user_id=learner.pk)
    shown = page.open(exam.content_id)["exam"]["attempt"]
    assert (shown["attempt_status"], shown["attempt_ready_to_resume"]) == ("error", True)
    assert page.shows("createProctoredExamAttempt") == ("created", "")
    assert page.seen["state"]["exam"]["attempt"]["attempt_id"] != broken.pk


@pytest.mark.parametrize("kind", ["practice", "onboarding"])
def test_practice_exams(kind, page, request, as_reviewer):
    exam = request.getfixturevalue("onboarding" if kind == "onboarding" else "practice_exam")
    assert page.open(exam.content_id)["exam"]["type"] == kind
    assert page.shows("createProctoredExamAttempt") == ("created", "")
    Attempt.objects.update(status="ready_to_start")
    page.open(exam.content_id)
    assert page.shows("startProctoredExam") == ("started", "started")
    assert page.shows("submitExam") == ("submitted", "")
    before = Attempt.objects.get().pk
    assert page.shows("resetExam") == ("created", "")
    assert page.sent == [({"action": "reset_attempt"}, 200)]
    assert page.seen["state"]["exam"]["attempt"]["attempt_id"] > before


def test_onboarding_comes_first(page, exam, provider):
    provider.refuse_onboarding("onboarding_missing")
    page.open(exam.content_id)
    assert page.shows("createProctoredExamAttempt") == ("onboarding_missing", "")


def test_opting_out(page, exam):
    page.open(exam.content_id)
    assert page.do("getAllowProctoringOptOut", True)["allowProctoringOptOut"] is True
    page.shows("createProctoredExamAttempt")
    assert page.shows("skipProctoringExam") == ("declined", "")
    assert page.sent == [({"action": "decline"}, 200)]


def test_opting_out_at_the_entrance_takes_a_second_press(page, exam, provider):
    """The client sends the same request as for going on, so that the first press cannot be understood."""
    page.open(exam.content_id)
    assert page.shows("skipProctoringExam") == ("created", "")
    assert page.sent == [({"exam_id": exam.pk, **BEGIN_PROCTORED}, 200)]
    one = Attempt.objects.get()
    assert (one.started_at, provider.calls_of("start_exam_attempt")) == (None, [])
    assert page.shows("skipProctoringExam") == ("declined", "")
    assert page.sent == [({"action": "decline"}, 200)]
    shown = page.open(exam.content_id)["exam"]["attempt"]
    assert (shown["attempt_status"], shown["taking_as_proctored"]) == ("declined", False)


def test_opting_out_after_the_start(page, attempt, exam):
    running(attempt, exam)
    page.open(exam.content_id)
    state = page.do("skipProctoringExam")
    assert (statuses(state), page.sent) == (("started", "started"), [({"action": "decline"}, 400)])
    assert state["apiErrorMsg"]


def test_the_data_of_the_set_up_pages(page, exam, node):
    ReviewPolicyFactory(proctored_exam=exam, review_policy="Paper is allowed")
    page.open(exam.content_id)
    known = node("names")["state"]["proctoringSettings"].keys()
    page.shows("getProctoringSettings")
    found = page.seen["state"]["proctoringSettings"]
    assert found.keys() >= known - {"provider_tech_support_url"}
    assert (found["exam_proctoring_backend"], found["provider_name"]) == (CONFIG, "Test Provider")
    page.shows("getExamReviewPolicy")
    assert page.seen["state"]["exam"]["reviewPolicy"] == "Paper is allowed"


def test_without_an_exams_service_no_access_token_is_requested(page, attempt, exam):
    running(attempt, exam)
    page.open(exam.content_id)
    for thunk in ("examRequiresAccessToken", "checkExamEntry"):
        assert page.shows(thunk) == ("started", "started")
        assert page.seen["requests"] == []
    assert page.seen["state"]["examAccessToken"]["exam_access_token"] == ""


def test_another_exam_is_running(page, attempt, exam, timed_exam):
    one = running(attempt, timed_exam, taking_as_proctored=False)
    state = page.open(exam.content_id)
    assert (statuses(state), state["activeAttempt"]["attempt_id"]) == (("", "started"), one.pk)
    # The timer beside any other page of the course.
    state = page.do("getLatestAttemptData", COURSE_ID)
    assert (state["apiErrorMsg"], state["activeAttempt"]["attempt_id"]) == ("", one.pk)


def test_a_subsection_that_is_not_an_exam(page, learner):
    state = page.open("block-v1:edX+Demo+2026+type@sequential+block@reading")
    assert (state["apiErrorMsg"], state["exam"]) == ("", {})


@pytest.mark.parametrize("trouble", ["past due", "provider down", "declined"])
def test_refusals_are_shown(trouble, page, attempt, make_exam, provider):
    past = timezone.now() - datetime.timedelta(days=1)
    exam = make_exam(due_date=past if trouble == "past due" else None)
    if trouble == "provider down":
        provider.fail("register_exam_attempt", ConnectionError("nobody there"))
    if trouble == "declined":
        attempt(exam=exam, status="declined", taking_as_proctored=False)
    page.open(exam.content_id)
    state = page.do("createProctoredExamAttempt")
    assert state["apiErrorMsg"]
    assert statuses(state) == ("declined" if trouble == "declined" else "", "")
    [(_body, status)] = page.sent
    assert status == {"past due": 403, "provider down": 502, "declined": 400}[trouble]
    assert isinstance(page.seen["requests"][0]["answer"]["detail"], str)
