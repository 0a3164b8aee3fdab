"""The live board: rows, groups, order, counters, deltas, and number of queries."""

import datetime
import json
import random
import time

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.renderers import JSONRenderer

from edx_proctoring import api as core
from edx_proctoring import lifecycle
from edx_proctoring.contrib.live import api, snapshots
from edx_proctoring.contrib.live.models import Heartbeat, Question
from edx_proctoring.contrib.live.selection import Choice, view_of
from edx_proctoring.contrib.live.views.board import answer
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory
from tests.contrib.live.rows import at, codes
from tests.lifecycle.noon import NOON
from tests.views.conftest import OTHER_COURSE

pytestmark = pytest.mark.django_db


def proctoring_queries(queries):
    return [one for one in queries if "proctoring_" in one["sql"]]


def test_rows_are_grouped_counted_and_ordered(clock, start, board):
    clock.move_to(at(-59))
    ended = start("eve")
    lifecycle.transition(ended, "submitted")
    clock.move_to(NOON)
    start("ann")
    paused, setting_up = start("bob"), start("cem", status="created")
    core.pause_attempt(paused.pk, reason="alarm")
    clock.move_to(at(1))
    start("dan")
    shown = board()
    names = {one["attempt_id"]: one["user"]["username"] for one in shown["rows"]}
    assert [names[pk] for pk in shown["order"]] == ["ann", "bob", "dan", "cem"]
    assert shown["counts"] == {
        "attention": 0, "running": 3, "setting_up": 1, "silent": 0, "paused": 1, "ended": 0,
    }  # fmt: skip
    ann, bob = (
        next(one for one in shown["rows"] if names[one["attempt_id"]] == name)
        for name in ("ann", "bob")
    )
    assert (ann["time_left_seconds"], ann["ends_at"], ann["group"]) == (
        3540,
        "2026-05-04T13:00:00Z",
        "running",
    )
    assert (bob["time_left_seconds"], bob["paused_at"], bob["on_break"]) == (
        3600,
        "2026-05-04T12:00:00Z",
        False,
    )
    assert [one["user"]["username"] for one in board(only="paused")["rows"]] == ["bob"]
    assert [one["attempt_id"] for one in board(only="setting_up")["rows"]] == [setting_up.pk]
    assert [one["total_seconds"] for one in shown["rows"]] == [3600, 3600, 3600, None]
    clock.move_to(at(13))
    shown = board(order="name")
    # Silent learners and long pauses come first in every order.
    assert [names[pk] for pk in shown["order"]] == ["ann", "bob", "dan", "cem"]
    assert {name: codes(one) for one in shown["rows"] for name in [one["user"]["username"]]} == {
        "ann": ["silent"], "bob": ["paused"], "dan": ["silent"], "cem": [],
    }  # fmt: skip
    assert board(search="AN")["counts"]["attention"] == 2
    assert board(exam=10**6)["rows"] == []


def test_a_learner_is_silent_after_150_seconds_without_a_heartbeat(clock, running, poll, board):
    poll(running)
    clock.shift(149)
    assert not board()["rows"][0]["silent"]
    clock.shift(1)
    (row,) = board()["rows"]
    assert (row["silent"], codes(row), row["attention"][0]["since"]) == (
        True,
        ["silent"],
        "2026-05-04T12:00:00Z",
    )
    assert row["seen_at"] == "2026-05-04T12:00:00Z"
    poll(running)
    clock.shift(5)
    assert not board()["rows"][0]["silent"]


def test_a_page_that_can_show_messages_reports_it(clock, running, client_for, learner, board):
    assert board()["rows"][0]["shows_messages"]  # not yet known
    client, url = client_for(learner), f"/api/edx_proctoring/v1/proctored_exam/attempt/{running.pk}"
    client.get(url)
    clock.shift(31)
    assert not board()["rows"][0]["shows_messages"]
    client.get(url, headers={"X-Proctoring-Messages": "1"})
    clock.shift(6)
    assert board()["rows"][0]["shows_messages"]


def test_an_overdue_attempt_is_shown_as_ended(clock, running, board):
    assert board()["counts"]["running"] == 1
    clock.move_to(at(60))
    clock.shift(1)
    (row,) = board()["rows"]
    assert (row["group"], row["status"], row["time_left_seconds"]) == ("ended", "submitted", None)
    clock.move_to(at(121))
    assert board()["rows"] == []


def test_a_delta_contains_the_changed_rows(clock, start, board):
    first, second, third = start(), start(), start()
    known = board()
    assert (known["complete"], len(known["rows"])) == (True, 3)
    same = board(since=known["cursor"])
    assert (same["complete"], same["rows"], same["gone"], same["cursor"]) == (
        False,
        [],
        [],
        known["cursor"],
    )
    board(etag=known["etag"], code=304)
    core.extend_attempt(second.pk, 600, reason="late")
    lifecycle.remove(third, None)
    board_now = board(since=known["cursor"])
    assert [one["attempt_id"] for one in board_now["rows"]] == [second.pk]
    assert board_now["rows"][0]["extra"]["seconds_added"] == 600
    assert (board_now["gone"], board_now["order"]) == ([third.pk], [first.pk, second.pk])
    cache.clear()
    snapshots.MEMORY.clear()
    assert board(since=known["cursor"])["complete"]


def test_rows_contain_the_open_questions(clock, running, learner, board):
    Question.objects.create(
        course_id=COURSE_ID, attempt=running, user=learner, text="Why?", asked_at=NOON
    )
    (row,) = board()["rows"]
    assert (codes(row), row["attention"][0]["text"], row["question"]["text"]) == (
        ["asks"],
        "Why?",
        "Why?",
    )


def change_at_random(rng, clock, start, running):
    """Make a random change, as learners, staff and time do."""
    clock.shift(rng.choice([1, 20, 40, 100]))
    choice = rng.randrange(8)
    if choice == 0 or not running:
        running.append(start(status=rng.choice(["created", "started"])))
        return
    one = ProctoredExamStudentAttempt.objects.filter(pk=rng.choice(running).pk).first()
    if one is None:
        return
    is_running = one.status == "started"
    if choice == 1 and is_running:
        core.extend_attempt(one.pk, rng.choice([30, 600]), reason="x")
    elif choice == 2 and is_running:
        core.pause_attempt(one.pk, reason="x")
    elif choice == 3:
        core.continue_attempt(one.pk)
    elif choice == 4 and is_running and rng.random() < 0.3:
        lifecycle.transition(one, "submitted")
    elif choice == 5 and rng.random() < 0.3:
        lifecycle.remove(one, None)
    elif choice == 6:
        Heartbeat.objects.beat(
            one.pk, one.status, datetime.datetime.now(datetime.UTC), shows_messages=True
        )
    elif choice == 7:
        room = rng.choice(["", "Room A", "Room B"])
        api.seat_learners(COURSE_ID, room, [one.user.username])


def lasting(rows):
    """Return the rows by attempt, without the time left and the last poll, which responses contain separately."""
    varies = ("time_left_seconds", "seen_at")
    return {
        one["attempt_id"]: {name: value for name, value in one.items() if name not in varies}
        for one in rows
    }


def as_json(view):
    return json.loads(JSONRenderer().render(answer(view, "", timezone.now())))


@pytest.mark.parametrize("seed", range(3))
def test_a_client_that_applies_the_deltas_has_the_full_board(
    clock, start, board, seed, monkeypatch
):
    # Each poll reads the heartbeats again, like polls five seconds later.
    monkeypatch.setattr(snapshots, "HEARTBEATS_WAIT", datetime.timedelta(0))
    rng, running = random.Random(seed), [start() for _ in range(3)]
    known = board()
    rows, cursor, listened = lasting(known["rows"]), known["cursor"], 0
    for _ in range(60):
        change_at_random(rng, clock, start, running)
        if rng.random() < 0.6:
            delta = board(since=cursor)
            assert not delta["complete"]
            rows.update(lasting(delta["rows"]))
            for pk in delta["gone"]:
                del rows[pk]
            assert sorted(rows) == sorted(delta["order"])
            cursor = delta["cursor"]
            rebuilt = as_json(view_of(api.build(COURSE_ID, timezone.now()), api.Scope(), Choice()))
            assert lasting(rebuilt["rows"]) == rows
            assert [rebuilt[name] for name in ("cursor", "order", "seen")] == [
                delta[name] for name in ("cursor", "order", "seen")
            ]
            kept = snapshots.MEMORY.current(COURSE_ID, timezone.now())
            listened += kept.read_at < kept.heard_at
    assert listened  # some answers were made without reading all tables


def fill(exam, count, **values):
    users = UserFactory.create_batch(count)
    made = [AttemptFactory.build(proctored_exam=exam, user=user, **values) for user in users]
    return ProctoredExamStudentAttempt.objects.bulk_create(made)


def test_a_board_of_500_running_attempts_takes_few_queries(clock, board):
    begun = {"started_at": NOON, "allowed_time_limit_mins": 90, "taking_as_proctored": True}
    exam = ExamFactory()
    made = fill(exam, 500, status="started", **begun)
    Heartbeat.objects.bulk_create(
        Heartbeat(attempt=one, seen_at=NOON, status="started") for one in made
    )
    with CaptureQueriesContext(connection) as queries:
        shown = board()
    assert len(shown["rows"]) == 500
    assert len(proctoring_queries(queries)) <= 4
    with CaptureQueriesContext(connection) as queries:
        board(etag=shown["etag"], code=304)
    assert len(proctoring_queries(queries)) <= 2
    seconds = []
    for _ in range(5):
        snapshots.MEMORY.clear()
        began = time.process_time()
        snapshot = snapshots.MEMORY.current(COURSE_ID, NOON)
        view = view_of(snapshot, api.Scope(), Choice())
        JSONRenderer().render(answer(view, "", NOON))
        seconds.append(time.process_time() - began)
    assert min(seconds) < 0.3  # 0.1 on an idle machine


def test_earlier_attempts_take_no_additional_queries(clock, board, running):
    ended = {"started_at": at(-300), "completed_at": at(-200), "allowed_time_limit_mins": 90}
    fill(running.proctored_exam, 200, status="submitted", **ended)
    ended["completed_at"] = at(-1)
    fill(running.proctored_exam, 2, status="submitted", **ended)
    shown = board()
    assert (len(shown["rows"]), shown["counts"]["ended"]) == (3, 2)


def test_the_board_requires_staff_or_invigilators(
    clock, running, board, learner, foreign_staff, global_staff
):
    other = ExamFactory(course_id=OTHER_COURSE)
    AttemptFactory(
        proctored_exam=other, status="started", started_at=NOON, allowed_time_limit_mins=90
    )
    assert [one["attempt_id"] for one in board(global_staff)["rows"]] == [running.pk]
    for user in (learner, foreign_staff):
        board(user, code=403)
    invigilator = UserFactory()
    board(invigilator, code=403)
    api.appoint(COURSE_ID, "Room A", invigilator.username)
    assert (board(invigilator)["rows"], board(invigilator)["rooms"]) == ([], ["Room A"])
    api.seat_learners(COURSE_ID, "Room A", [learner.username])
    seen = board(invigilator)
    assert ([one["room"] for one in seen["rows"]], seen["may_manage"]) == (["Room A"], False)
    api.seat_learners(COURSE_ID, "Room B", [learner.username])  # in the same moment
    assert board(invigilator, since=seen["cursor"])["gone"] == [running.pk]
    elsewhere = UserFactory()
    api.appoint(OTHER_COURSE, "Room A", elsewhere.username)
    board(elsewhere, code=403)


@pytest.mark.parametrize(
    "query", [{"only": "x"}, {"order": "x"}, {"exam": "x"}, {"typo": 1}, {"since": "x" * 65}]
)
def test_invalid_parameters_are_refused(clock, running, board, query):
    assert board(code=400, **query).json()["code"] == "invalid"
