"""Breaks of learners: within the budget, with hidden questions, and without additional time for the exam."""

import uuid
from contextlib import suppress

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring import api as core
from edx_proctoring import lifecycle, operations
from edx_proctoring.contrib.accommodations import api, breaks
from edx_proctoring.exceptions import (
    StudentExamAttemptDoesNotExistsException,
    TimeChangeNotAllowed,
)
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.testing.factories import UserFactory
from tests.concurrency.parallel import together
from tests.lifecycle.noon import MINUTE, NOON, SECOND, end_of, stored

pytestmark = pytest.mark.django_db

E = "/api/edx_proctoring/v1/proctored_exam"
TENTH = SECOND / 10
BUDGET = {"break_count": 2, "break_minutes": 5, "break_total_minutes": 8}


@pytest.fixture
def running(profile, hour, start, clock):
    profile(**BUDGET)
    return start(hour)


@pytest.fixture
def page(running, client_for, learner):
    """Return the learner's page."""
    client = client_for(learner)

    class Page:
        def poll(self):
            answer = client.get(f"{E}/attempt/{running.pk}")
            assert answer.status_code == 200, answer.content
            return answer.json()

        def send(self, name, key=None):
            place = {"attempt_id": running.pk, "course_id": running.proctored_exam.course_id}
            url = "/api/edx_proctoring/v2/courses/{course_id}/attempts/{attempt_id}/break/{name}/"
            headers = {"Idempotency-Key": key or uuid.uuid4().hex}
            # Form data, as sent by the scripts of the page.
            return client.post(url.format(name=name, **place), headers=headers)

        def begin(self, key=None):
            return self.send("begin", key)

        def end(self):
            return self.send("end")

        def submit(self):
            return client.put(f"{E}/attempt/{running.pk}", {"action": "submit"}, format="json")

    return Page()


def rows():
    return list(TimeAdjustment.objects.filter(kind="break").order_by("id"))


def test_a_break_stops_the_clock_until_the_learner_ends_it(page, running, clock, learner):
    clock.move_to(NOON + 10 * MINUTE)
    begun = page.begin().json()
    assert begun == {"changed": True, "paused": True, "ends_at": "2026-05-04T12:15:00Z"}
    clock.move_to(NOON + 13 * MINUTE)
    polled = page.poll()
    assert (polled["time_remaining_seconds"], polled["paused"]["kind"]) == (3000, "break")
    assert page.end().json() == {"changed": True, "paused": False, "ends_at": None}
    assert end_of(running) == NOON + 63 * MINUTE
    assert [(row.seconds, row.by_id) for row in rows()] == [(180, learner.pk)]


def test_breaks_are_refused_once_the_budget_is_used_up(page, clock):
    def budget():
        found = page.poll()["breaks"]
        return found["left"], found["seconds_left"], found["longest"]

    assert budget() == (2, 480, 300)
    page.begin()
    assert budget() == (1, 180, 180)
    clock.shift(60)
    page.end()
    assert budget() == (1, 420, 300)
    page.begin()
    clock.shift(10 * 60)
    assert budget() == (0, 120, 0)
    refused = page.begin()
    assert (refused.status_code, refused.json()["code"]) == (400, "time_change_not_allowed")


def test_the_total_duration_limits_the_last_break(page, running, clock):
    page.begin()
    clock.shift(300)
    assert page.begin().json()["ends_at"] == "2026-05-04T12:08:00Z"
    clock.move_to(NOON + 69 * MINUTE)
    assert core.get_polled_attempt(running.pk)["status"] == "submitted"
    assert stored(running).completed_at == NOON + 68 * MINUTE


def test_a_break_ends_by_itself(page, running, clock, provider):
    page.begin()
    clock.move_to(NOON + 20 * MINUTE)
    polled = page.poll()
    assert "paused" not in polled
    assert polled["time_remaining_seconds"] == 45 * 60
    assert [(row.seconds, row.ended_at) for row in rows()] == [(300, NOON + 5 * MINUTE)]
    assert page.end().json()["changed"] is False


def test_repeated_clicks_begin_and_end_a_break_once(page, running, clock):
    first, again = page.begin("one"), page.begin("one")
    assert (first.json(), again.headers["Idempotency-Replayed"]) == (again.json(), "true")
    assert page.begin("two").json()["changed"] is False  # from another tab
    page.end()
    late = page.begin("one")  # a copy of the first request
    assert late.json() == first.json()
    assert len(rows()) == 1
    assert page.poll()["breaks"]["left"] == 1
    assert "paused" not in page.poll()


def test_a_repeated_request_without_a_stored_response_begins_no_second_break(running, learner):
    breaks.begin_break(running.pk, learner, "key")
    breaks.end_break(running.pk, learner)
    assert not breaks.begin_break(running.pk, learner, "key").changed
    assert len(rows()) == 1
    assert not core.is_attempt_paused(running.pk)


@pytest.mark.parametrize("early", range(6, 10))
def test_a_request_at_the_very_end_of_a_break_begins_no_endless_break(
    profile, hour, start, clock, learner, early
):
    profile(break_count=1, break_minutes=5)
    running = start(hour)
    breaks.begin_break(running.pk, learner, "first")
    clock.move_to(NOON + 5 * MINUTE - early * TENTH)

    def slowly(execute, *query):
        clock.shift(TENTH)
        return execute(*query)

    with connection.execute_wrapper(slowly), suppress(TimeChangeNotAllowed):
        breaks.begin_break(running.pk, learner, "second")
    clock.move_to(NOON + 10 * MINUTE)
    assert not core.is_attempt_paused(running.pk)
    assert len(rows()) == 1


def test_the_questions_are_hidden_during_a_break(page, running, clock, learner):
    exam = running.proctored_exam
    where = (learner.pk, exam.course_id, exam.content_id)
    assert core.get_student_view(*where, {"display_name": "Exam"}) is None
    page.begin()
    shown = core.get_student_view(*where, {"display_name": "Exam"})
    assert 'data-screen="break"' in shown
    assert f"/attempts/{running.pk}/break/end/" in shown
    assert ">Monday, May 4, 2026, 12:05 p.m.</time> <span data-zone>(UTC)</span>" in shown
    clock.shift(299)
    assert core.get_student_view(*where, {"display_name": "Exam"}) is not None
    clock.shift(1)
    assert core.get_student_view(*where, {"display_name": "Exam"}) is None


def test_nothing_is_submitted_during_a_break(page, running, clock):
    page.begin()
    assert page.submit().status_code == 400
    clock.shift(301)
    assert page.submit().status_code == 200
    assert stored(running).status == "submitted"


def test_learners_cannot_end_a_pause_by_staff(page, running, clock, staff):
    page.begin()
    clock.shift(60)
    core.pause_attempt(running.pk, by=staff)
    refused = page.end()
    assert (refused.status_code, refused.json()["code"]) == (400, "time_change_not_allowed")
    assert page.begin().json()["changed"] is False
    assert page.poll()["paused"]["kind"] == "pause"
    assert [row.seconds for row in rows()] == [60]
    assert page.poll()["breaks"]["seconds_left"] == 420


@pytest.mark.parametrize("status", ["created", "ready_to_submit", "submitted", "error"])
def test_only_started_attempts_can_have_breaks(profile, hour, attempt, learner, status):
    profile(**BUDGET)
    known = attempt(exam=hour, status=status)
    with pytest.raises(TimeChangeNotAllowed):
        breaks.begin_break(known.pk, learner, "key")
    assert breaks.poll_data(known) == {}
    assert not rows()


def test_breaks_are_refused_without_a_budget_and_after_the_end(
    profile, hour, start, clock, learner
):
    running = start(hour)
    with pytest.raises(TimeChangeNotAllowed):
        breaks.begin_break(running.pk, learner, "key")
    profile(**BUDGET)
    clock.move_to(NOON + 61 * MINUTE)
    with pytest.raises(TimeChangeNotAllowed):
        breaks.begin_break(running.pk, learner, "key")
    assert not rows()


def test_a_resumed_attempt_shares_the_break_budget_of_the_interrupted_one(
    page, running, clock, learner, hour
):
    page.begin()
    clock.shift(300)
    core.update_attempt_status(running.pk, "error")
    lifecycle.ready_to_resume(stored(running))
    again = core.create_exam_attempt(hour.pk, learner.pk)
    core.start_exam_attempt(hour.pk, learner.pk)
    budget = breaks.budget_of(stored(type("Known", (), {"pk": again})))
    assert (budget.count, budget.seconds) == (1, 180)


def test_lowering_the_budget_does_not_end_a_running_break(page, running, clock):
    page.begin()
    known = api.find_profiles(running.proctored_exam.course_id).get()
    api.change_profile(known.pk, {"break_count": 0, "break_minutes": 0, "break_total_minutes": 0})
    assert page.poll()["paused"]["kind"] == "break"
    clock.shift(120)
    assert page.end().json()["changed"] is True
    assert "breaks" not in page.poll()


def test_the_provider_is_notified_of_breaks(profile, exam, start, clock, provider, learner):
    profile(**BUDGET)
    provider.supports_time_changes = True
    running = start(exam, external_id="attempt-9", taking_as_proctored=True)
    breaks.begin_break(running.pk, learner, "key")
    clock.shift(600)
    operations.submit_expired_attempts()
    told = [call for call in provider.calls if call.args == (exam.external_id, "attempt-9")]
    assert [call.method for call in told][-2:] == ["pause_exam_attempt", "continue_exam_attempt"]


def test_a_poll_takes_few_queries(page):
    page.poll()
    with CaptureQueriesContext(connection) as asked:
        page.poll()
    ours = [
        one["sql"] for one in asked if '"proctoring_' in one["sql"] or "`proctoring_" in one["sql"]
    ]
    assert len([one for one in ours if "live" not in one]) <= 4


@pytest.mark.databases("postgresql", "mysql")
def test_two_tabs_begin_only_one_break(profile, hour, start, learner):
    profile(break_count=1, break_minutes=5)
    running = start(hour)
    found = together(
        lambda: breaks.begin_break(running.pk, learner, "one").changed,
        lambda: breaks.begin_break(running.pk, learner, "two").changed,
    )
    assert sorted(found) == [False, True]
    assert len(rows()) == 1


@pytest.mark.databases("postgresql", "mysql")
def test_the_sweep_and_the_end_of_a_break_do_not_conflict(profile, hour, start, learner):
    profile(break_count=1, break_minutes=5)
    running = start(hour)
    breaks.begin_break(running.pk, learner, "one")
    TimeAdjustment.objects.filter(kind="break").update(began_at=NOON)
    together(lambda: breaks.end_break(running.pk, learner), operations.submit_expired_attempts)
    [row] = rows()
    assert (row.seconds, row.ended_at) == (300, NOON + 5 * MINUTE)


def test_other_users_cannot_begin_or_end_a_break(running):
    other = UserFactory()
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        breaks.begin_break(running.pk, other, "key")
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        breaks.end_break(running.pk, other)
    assert not rows()
