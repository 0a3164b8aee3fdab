"""The log of the board names the learners of each change of time."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring import api as core
from edx_proctoring import lifecycle
from edx_proctoring.api.attempts import bulk_time_changes
from edx_proctoring.contrib.live import api as live
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory

pytestmark = pytest.mark.django_db
ALARM = {"reason": "alarm"}


@pytest.fixture
def start(clock):
    """Return a function that starts an attempt of a new learner, by default in the same exam."""
    quiz = ExamFactory(exam_name="Quiz", is_proctored=False, backend=None, external_id=None)

    def make(name, exam=quiz):
        one = AttemptFactory(
            proctored_exam=exam,
            user=UserFactory(username=name),
            status="ready_to_start",
            taking_as_proctored=exam.is_proctored,
        )
        return lifecycle.transition(one, "started")

    return make


@pytest.fixture
def change(send):
    """Return a function that changes the time of attempts on the board."""

    def ask(action, *attempts, **more):
        body = {"action": action, "attempt_ids": [one.pk for one in attempts], **ALARM, **more}
        answer = send("post", "time-changes/", body)
        assert answer.status_code == 200, answer.content
        return answer.json()["change"]["id"]

    return ask


@pytest.fixture
def told(send):
    """Return a function that reads what was done to whom, newest first."""

    def ask(**more):
        entries = send("get", "log/", **more).json()["results"]
        return [(one["what"], one["to"], one["exam"]) for one in entries]

    return ask


def test_a_change_of_one_learner_and_its_reversal_name_the_learner(
    clock, send, start, change, told
):
    ann = start("ann")
    number = change("pause", ann)
    clock.shift(60)
    assert send("post", f"time-changes/{number}/undo/", {}).status_code == 200
    clock.shift(60)
    change("pause", ann)
    clock.shift(60)
    change("continue", ann)
    assert told() == [(what, ["ann"], "Quiz") for what in ("continue", "pause", "undo", "pause")]


def test_refused_attempts_are_not_named_and_removed_ones_are(
    clock, send, start, change, told, course_staff
):
    ann, bob, cem = (start(name) for name in ("ann", "bob", "cem"))
    lifecycle.transition(cem, "submitted")
    change("extend", ann, bob, cem, seconds=60)
    clock.shift(60)
    core.remove_exam_attempt(bob.pk, requesting_user=course_staff)
    assert told() == [("removed", ["bob"], "Quiz"), ("extend", ["ann", "bob"], "Quiz")]


def test_changes_of_a_whole_exam_name_those_whose_time_changed(clock, start, told, course_staff):
    exam_id = start("ann").proctored_exam_id
    start("bob", exam=ExamFactory(exam_name="Other", is_proctored=False))
    new = bulk_time_changes.new_bulk_time_change(
        COURSE_ID, action="extend", seconds=60, exam_id=exam_id, by=course_staff, **ALARM
    )
    bulk_time_changes.run_bulk_time_change(new)
    clock.shift(60)
    bulk_time_changes.undo_bulk_time_change(new, by=course_staff)
    assert told() == [("undo", ["ann"], "Quiz"), ("extend", ["ann"], "Quiz")]


def test_a_learner_in_two_exams_is_named_once(clock, start, change, told):
    ann = start("ann")
    again = AttemptFactory(
        proctored_exam=ExamFactory(exam_name="Other", is_proctored=False),
        user=ann.user,
        status="ready_to_start",
    )
    change("extend", ann, lifecycle.transition(again, "started"), seconds=60)
    assert told() == [("extend", ["ann"], "")]


def test_more_changes_take_no_more_queries(clock, send, start, change, told):
    ann = start("ann")
    counts = []
    for _ in range(2):
        for _ in range(4):
            clock.shift(1)
            change("extend", ann, seconds=60)
        with CaptureQueriesContext(connection) as queries:
            told()
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_change_that_all_refused_and_an_announcement_to_an_exam(send, start, change, told):
    ann, bob = start("ann"), start("bob")
    lifecycle.transition(bob, "submitted")
    change("extend", bob, seconds=60)
    to = {"exam_id": ann.proctored_exam_id}
    assert send("post", "announcements/", {"text": "x", "to": to}).status_code == 201
    assert sorted(told()) == [
        ("announced", [f"exam {ann.proctored_exam_id}"], "Quiz"),
        ("extend", ["0 attempts"], ""),
    ]


def test_a_message_to_selected_learners_names_them(send, start, told, course_staff):
    chosen = {"attempt_ids": [start(name).pk for name in ("ann", "bob")]}
    sent = send("post", "announcements/", {"text": "x", "to": chosen}).json()["id"]
    assert send("delete", f"announcements/{sent}/").status_code == 204
    assert sorted(told()) == [(what, ["ann", "bob"], "") for what in ("announced", "withdrawn")]
    live.seat_learners(COURSE_ID, "A", ["bob"], by=course_staff)
    clerk = UserFactory(username="clerk")
    live.appoint(COURSE_ID, "A", "clerk", by=course_staff)
    theirs = [one for one in told(user=clerk) if one[0] == "announced"]
    assert theirs == [("announced", ["bob"], "")]


def test_the_end_of_a_single_pause_is_told_once_however_it_began(
    clock, start, change, told, course_staff
):
    ann, bob = start("ann"), start("bob")
    change("pause", ann, bob)
    for seconds in (60, 30):  # also where the attempt's whole minutes do not change
        clock.shift(seconds)
        core.continue_attempt(ann.pk, by=course_staff)
        clock.shift(1)
        core.pause_attempt(ann.pk, by=course_staff)
    change("continue", ann, bob)
    singly = [("pause", ["ann"], "Quiz"), ("continue", ["ann"], "Quiz")]
    both = ["ann", "bob"]
    assert told() == [("continue", both, "Quiz"), *singly, *singly, ("pause", both, "Quiz")]


def test_a_break_is_no_act_of_staff_before_they_end_it(clock, start, told, course_staff):
    ann = start("ann")
    for by in (ann.user, course_staff):
        lifecycle.pause(ann, kind="break", longest=600, by=ann.user)
        clock.shift(60)
        lifecycle.continue_(ann, by=by)
        clock.shift(60)
    lifecycle.pause(ann, kind="break", longest=600, by=ann.user)
    clock.shift(60)
    core.pause_attempt(ann.pk, by=course_staff)
    assert told() == [("pause", ["ann"], "Quiz"), ("continue", ["ann"], "Quiz")]
