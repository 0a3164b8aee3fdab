"""Screens and actions of learners during a pause, and after time was granted."""

import datetime

import pytest
import time_machine
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment

pytestmark = pytest.mark.django_db

URL = "/api/edx_proctoring/v1/proctored_exam/attempt"
NEW_KEYS = {"paused", "adjustments"}


@pytest.fixture
def running(attempt, make_exam):
    def make(minutes_ago=0):
        started = timezone.now() - datetime.timedelta(minutes=minutes_ago)
        exam = make_exam(is_proctored=False, time_limit_mins=60)
        return attempt(
            exam=exam, status="started", started_at=started, allowed_time_limit_mins=60,
            taking_as_proctored=False,
        )  # fmt: skip

    return make


def put(client, known, action):
    return client.put(f"{URL}/{known.pk}", {"action": action}, format="json")


def test_polls_hold_nothing_new_without_a_reason(running, as_learner):
    known = running()
    assert not NEW_KEYS & set(as_learner.get(f"{URL}/{known.pk}").json())
    assert not NEW_KEYS & set(as_learner.get(URL).json())


def test_polls_tell_of_a_pause_until_its_end(running, as_learner):
    known = running()
    api.pause_attempt(known.pk, reason="Fire alarm")
    for url in (f"{URL}/{known.pk}", URL):
        answer = as_learner.get(url).json()
        assert answer["paused"]["kind"] == "pause"
        assert answer["paused"]["message"] == "Fire alarm"
    api.continue_attempt(known.pk)
    assert "paused" not in as_learner.get(URL).json()


def test_polls_tell_of_granted_time(running, as_learner):
    known = running()
    api.extend_attempt(known.pk, 1800)
    row = TimeAdjustment.objects.get(kind="grant")
    told = [{"id": row.pk, "kind": "grant", "seconds": 1800}]
    assert as_learner.get(f"{URL}/{known.pk}").json()["adjustments"] == told
    TimeAdjustment.objects.update(created=timezone.now() - datetime.timedelta(minutes=3))
    assert "adjustments" not in as_learner.get(f"{URL}/{known.pk}").json()


@pytest.mark.parametrize("action", ["submit", "stop"])
def test_a_paused_attempt_cannot_be_ended(running, as_learner, action):
    known = running()
    api.pause_attempt(known.pk)
    assert put(as_learner, known, action).status_code == 400
    assert ProctoredExamStudentAttempt.objects.get(pk=known.pk).status == "started"


def test_a_page_that_counted_down_by_itself_submits_without_effect(running, as_learner):
    known = running(minutes_ago=59)
    api.pause_attempt(known.pk)
    answer = put(as_learner, known, "submit")
    assert (answer.status_code, answer.json()) == (200, {"exam_attempt_id": known.pk})
    assert ProctoredExamStudentAttempt.objects.get(pk=known.pk).status == "started"


@pytest.fixture
def clock():
    with time_machine.travel(datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)) as traveller:
        yield traveller


@pytest.fixture
def near_its_end(clock, make_exam, attempt):
    """An hour's exam, half a minute before its end."""
    exam = make_exam(is_proctored=False, time_limit_mins=60)
    known = attempt(exam=exam, status="created", taking_as_proctored=False)
    api.update_attempt_status(known.pk, "started")
    clock.shift(3570)
    return known


def grant(known):
    api.extend_attempt(known.pk, 600)


def allow_more(known):
    api.add_allowance_for_user(
        known.proctored_exam_id, known.user_id, "additional_time_granted", "10"
    )


def pause_for_ten_seconds(known):
    api.pause_attempt(known.pk)
    TimeAdjustment.objects.filter(kind="pause").update(
        began_at=timezone.now() - datetime.timedelta(seconds=10)
    )
    api.continue_attempt(known.pk)


@pytest.mark.parametrize("lengthen", [grant, allow_more, pause_for_ten_seconds])
def test_a_page_that_has_not_heard_of_more_time_submits_without_effect(
    near_its_end, as_learner, clock, lengthen
):
    lengthen(near_its_end)
    clock.shift(35)
    answer = put(as_learner, near_its_end, "submit")
    assert (answer.status_code, answer.json()) == (200, {"exam_attempt_id": near_its_end.pk})
    assert ProctoredExamStudentAttempt.objects.get(pk=near_its_end.pk).status == "started"


@pytest.mark.parametrize(
    ("granted_before", "submits_after", "ends_before"),
    [(0, 20, False), (0, 70, False), (300, 35, False), (0, 35, True)],
    ids=["before the former end", "long after it", "the page has heard", "has ended the exam"],
)
def test_otherwise_a_learner_who_has_more_time_submits(
    near_its_end, as_learner, clock, granted_before, submits_after, ends_before
):
    clock.shift(-granted_before)
    grant(near_its_end)
    clock.shift(granted_before + submits_after)
    if ends_before:
        put(as_learner, near_its_end, "stop")
    assert put(as_learner, near_its_end, "submit").status_code == 200
    assert ProctoredExamStudentAttempt.objects.get(pk=near_its_end.pk).status == "submitted"


def test_the_questions_are_hidden_during_a_pause(running, learner):
    known = running()
    exam = known.proctored_exam

    def screen():
        return api.get_student_view(learner.pk, exam.course_id, exam.content_id, {})

    assert screen() is None
    api.pause_attempt(known.pk, reason="Fire <alarm>")
    assert 'data-screen="paused"' in screen()
    assert "Fire &lt;alarm&gt;" in screen()
    api.continue_attempt(known.pk)
    assert screen() is None


def switch_off(exam):
    api.update_exam(exam.pk, is_active=False)
    return {}


def end_course(exam):
    api.update_exam(exam.pk, is_proctored=True)
    return {"credit_state": {"course_end_date": timezone.now() - datetime.timedelta(days=1)}}


@pytest.mark.parametrize("change", [switch_off, end_course])
def test_the_questions_stay_hidden_whatever_becomes_of_the_exam(running, learner, change):
    known = running()
    exam = known.proctored_exam
    api.pause_attempt(known.pk)
    context = change(exam)

    def screen():
        return api.get_student_view(learner.pk, exam.course_id, exam.content_id, dict(context))

    assert 'data-screen="paused"' in screen()
    api.continue_attempt(known.pk)
    assert screen() is None


def test_polls_tell_of_an_allowance_that_has_reached_the_running_attempt(
    running, learner, client_for
):
    """Every answer is compared with its OpenAPI document, too."""
    known = running()
    api.extend_attempt(known.pk, 60)
    api.add_allowance_for_user(known.proctored_exam_id, learner.pk, "additional_time_granted", "30")
    told = client_for(learner).get(f"{URL}/{known.pk}").json()["adjustments"]
    assert [(one["kind"], one["seconds"]) for one in told] == [("grant", 60), ("allotment", 1800)]


def test_the_page_after_a_pause_says_that_the_time_is_over(make_exam, attempt, learner):
    exam = make_exam(is_proctored=False, time_limit_mins=60)
    known = attempt(exam=exam, status="created", taking_as_proctored=False)
    with time_machine.travel(datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)) as clock:
        api.update_attempt_status(known.pk, "started")
        api.pause_attempt(known.pk)
        clock.shift(100)
        api.continue_attempt(known.pk)
        clock.shift(3601)
        html = api.get_student_view(learner.pk, exam.course_id, exam.content_id, {})
    assert "Your time is over" in html
