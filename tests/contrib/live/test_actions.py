"""Actions on the board and their log, within a course, an exam or a room."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring import lifecycle, outbox
from edx_proctoring.contrib.live import api
from edx_proctoring.contrib.live.models import Question
from edx_proctoring.contrib.live.views import actions as views
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory
from tests.contrib.live.conftest import LIVE
from tests.lifecycle.noon import NOON, end_of, stored
from tests.views.conftest import OTHER_COURSE

pytestmark = pytest.mark.django_db
COURSE = LIVE.removesuffix("live/")
TEN = {"action": "extend", "seconds": 600, "reason": "alarm"}


@pytest.fixture
def neighbour(running):
    """Start an attempt of a second learner in Room B; the first learner is in Room A."""
    one = AttemptFactory(
        proctored_exam=running.proctored_exam,
        user=UserFactory(username="neighbour"),
        status="ready_to_start",
    )
    api.seat_learners(COURSE_ID, "Room A", [running.user.username])
    api.seat_learners(COURSE_ID, "Room B", ["neighbour"])
    return lifecycle.transition(one, "started")


@pytest.fixture
def invigilator(neighbour):
    user = UserFactory(username="invigilator")
    api.appoint(COURSE_ID, "Room A", user.username)
    return user


def outcomes(answer):
    assert answer.status_code in (200, 207), answer.content
    body = answer.json()
    return [(one["attempt_id"], one["outcome"]) for one in body.get("rows", body.get("results"))]


def test_time_can_be_changed_for_an_exam_a_room_or_selected_learners(send, running, neighbour):
    exam = {"exam": running.proctored_exam_id}
    before = end_of(running)
    preview = send("post", "time-changes/", {**TEN, **exam, "dry_run": True})
    assert outcomes(preview) == [(running.pk, "possible"), (neighbour.pk, "possible")]
    assert end_of(running) == before
    made = send("post", "time-changes/", {**TEN, **exam})
    assert outcomes(made) == [(running.pk, "done"), (neighbour.pk, "done")]
    assert (end_of(running) - before).total_seconds() == 600
    assert outcomes(send("post", "time-changes/", {**TEN, "room": "Room B"})) == [
        (neighbour.pk, "done")
    ]
    undone = send("post", f"time-changes/{made.json()['change']['id']}/undo/", {})
    assert outcomes(undone) == [(running.pk, "done"), (neighbour.pk, "done")]
    assert end_of(running) == before
    one = {"attempt_ids": [running.pk]}
    assert outcomes(send("post", "time-changes/", {"action": "pause", "reason": "x", **one})) == [
        (running.pk, "done")
    ]
    assert send("post", "actions/", {"action": "end", **one}).status_code in (200, 207)


def test_all_running_attempts_of_an_exam_can_be_ended(send, running, neighbour):
    exam = {"exam": running.proctored_exam_id, "action": "end", "reason": "fire"}
    assert outcomes(send("post", "actions/", exam)) == [
        (running.pk, "done"),
        (neighbour.pk, "done"),
    ]
    assert (stored(running).status, stored(neighbour).status) == ("submitted", "submitted")
    assert send("post", "actions/", exam).json()["code"] == "time_change_not_allowed"


def test_the_worker_ends_large_numbers_of_attempts(
    send, running, neighbour, monkeypatch, invigilator
):
    monkeypatch.setattr(views, "MOST_AT_ONCE", 1)
    left = send("post", "actions/", {"exam": running.proctored_exam_id, "action": "end"})
    assert (left.status_code, left.json()["total"]) == (202, 2)
    outbox.deliver()
    path = f"actions/{left.json()['id']}/"
    progress = send("get", path).json()
    assert (progress["done"], progress["succeeded"]) == (2, 2)
    assert {stored(running).status, stored(neighbour).status} == {"submitted"}
    assert send("get", path, user=invigilator).status_code == 404


def test_an_earlier_submission_is_not_overwritten(send, running, neighbour):
    lifecycle.transition(running, "submitted")
    both = {"attempt_ids": [running.pk, neighbour.pk]}
    assert outcomes(send("post", "time-changes/", {**TEN, **both})) == [
        (running.pk, "refused"),
        (neighbour.pk, "done"),
    ]
    ended = send("post", "actions/", {"action": "end", **both})
    assert (ended.status_code, outcomes(ended)) == (
        207,
        [(running.pk, "failed"), (neighbour.pk, "done")],
    )
    grants = TimeAdjustment.objects.filter(kind="grant")
    assert [one.attempt_id for one in grants] == [neighbour.pk]


def test_invigilators_can_act_only_in_their_room(send, running, neighbour, invigilator):
    def act(path, body):
        return send("post", path, body, user=invigilator)

    exam = {"exam": running.proctored_exam_id}
    assert outcomes(act("time-changes/", {**TEN, **exam})) == [(running.pk, "done")]
    both = {"attempt_ids": [running.pk, neighbour.pk]}
    assert outcomes(act("time-changes/", {**TEN, **both})) == [(running.pk, "done")]
    for choice in ({"room": "Room B"}, {"attempt_ids": [neighbour.pk]}):
        assert act("time-changes/", {**TEN, **choice}).status_code == 400
        assert act("actions/", {"action": "end", **choice}).status_code == 400
    foreign = send("post", "time-changes/", {**TEN, "room": "Room B"}).json()["change"]["id"]
    assert act(f"time-changes/{foreign}/undo/", {}).status_code == 404
    assert send("get", f"time-changes/{foreign}/", user=invigilator).status_code == 404
    assert send("get", "time-changes/", user=invigilator).json()["count"] == 2
    for path in ("attempts/", "outages/", "time-changes/"):
        assert send("get", COURSE + path, user=invigilator).status_code == 403
    assert outcomes(act("actions/", {"action": "end", **both})) == [(running.pk, "done")]
    assert stored(neighbour).status == "started"


def test_invigilators_cannot_act_on_their_own_attempts(send, running, neighbour):
    learner = running.user
    api.seat_learners(COURSE_ID, "Room A", ["neighbour"])
    api.appoint(COURSE_ID, "Room A", learner.username)
    before = end_of(running)
    for choice in ({"attempt_ids": [running.pk, neighbour.pk]}, {"room": "Room A"}):
        assert outcomes(send("post", "time-changes/", {**TEN, **choice}, user=learner)) == [
            (neighbour.pk, "done")
        ]
    own = {"attempt_ids": [running.pk]}
    for action in ("pause", "extend"):
        body = {**TEN, **own, "action": action}
        assert send("post", "time-changes/", body, user=learner).status_code == 400
    ended = send("post", "actions/", {"action": "end", "reason": "x", **own}, user=learner)
    assert ended.status_code == 400
    assert (end_of(running), stored(running).status) == (before, "started")


def test_other_users_and_other_courses_are_refused(
    send, running, learner, foreign_staff, client_for
):
    other = AttemptFactory(
        proctored_exam=ExamFactory(course_id=OTHER_COURSE),
        status="started",
        started_at=NOON,
        allowed_time_limit_mins=90,
    )
    assert send("post", "time-changes/", {**TEN, "attempt_ids": [other.pk]}).status_code == 400
    assert (
        send("post", "actions/", {"action": "end", "exam": other.proctored_exam_id}).status_code
        == 400
    )
    for user in (learner, foreign_staff):
        for path in ("", "announcements/", "time-changes/", "log/", "log/export/", "rooms/"):
            assert client_for(user).get(LIVE + path).status_code == 403
        for path in ("announcements/", "time-changes/", "actions/", "rooms/", "invigilators/"):
            assert send("post", path, {}, user=user).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"attempt_ids": [1], "exam": 1},
        {"room": ""},
        {"exam": 0},
        {"attempt_ids": list(range(1, 502))},
    ],
)
def test_invalid_choices_are_refused(send, running, body):
    assert send("post", "time-changes/", {**TEN, **body}).json()["code"] == "invalid"
    assert (
        send("post", "actions/", {"action": "reset", "attempt_ids": [running.pk]}).json()["code"]
        == "invalid"
    )


def test_the_log_has_user_action_learners_and_reason(
    clock, send, running, neighbour, invigilator, course_staff
):
    Question.objects.create(course_id=COURSE_ID, attempt=running, user=running.user, text="Why?")
    to = {"attempt_ids": [running.pk]}
    clock.shift(60)
    send(
        "post",
        "announcements/",
        {"text": "Because.", "to": to, "answers": Question.objects.get().pk},
        user=invigilator,
    )
    clock.shift(60)
    send("post", "time-changes/", {**TEN, "exam": running.proctored_exam_id})
    clock.shift(60)
    send("post", "actions/", {"action": "end", "reason": "=phone", "attempt_ids": [neighbour.pk]})
    clock.shift(60)
    begin, end = "2026-05-04T12:00:00Z", "2026-05-04T12:02:00Z"
    send("post", f"{COURSE}outages/", {"began_at": begin, "ended_at": end, "reason": "no network"})
    entries = send("get", "log/").json()["results"]
    assert [(one["who"], one["what"]) for one in entries[:5]] == [
        (course_staff.username, "outage_declared"),
        (course_staff.username, "submitted"),
        (course_staff.username, "extend"),
        ("invigilator", "announced"),
        ("invigilator", "answered"),
    ]
    ended = entries[1]
    assert (ended["to"], ended["reason"], ended["attempt_id"]) == (
        ["neighbour"],
        "=phone",
        neighbour.pk,
    )
    extended = entries[2]
    assert (extended["to"], extended["reason"]) == (["learner", "neighbour"], "alarm")
    assert extended["exam"] == running.proctored_exam.exam_name
    assert {"seated", "appointed"} <= {one["what"] for one in entries}
    theirs = send("get", "log/", user=invigilator).json()["results"]
    assert {one["what"] for one in theirs} == {"announced", "answered", "seated", "extend"}
    assert [one["to"] for one in theirs if one["what"] == "extend"] == [["learner"]]
    assert not any("neighbour" in one["to"] for one in theirs)
    with CaptureQueriesContext(connection) as queries:
        page = send("get", "log/?page=2&page_size=3").json()
    assert (page["results"], page["count"]) == (entries[3:6], len(entries))
    read = [one["sql"] for one in queries if "UNION" in one["sql"].upper()]
    assert len(read) == 2  # the count and the page
    assert send("get", "log/?page=2&page_size=5").json()["results"] == entries[5:]
    for query in ("who=jo", "page=1&page=2"):  # an ignored filter would show too much
        assert send("get", f"log/?{query}").status_code == 400
    file = send("get", "log/export/?file=csv")
    rows = list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode())))
    assert (len(rows), rows[0][:3], rows[2][7]) == (
        len(entries) + 1,
        ["at", "who", "what"],
        "'=phone",
    )
    assert send("get", "log/export/?file=doc").status_code == 400
