"""Analytics events: their names, their data, and their delivery through the outbox."""

import datetime
import json

import pytest
import time_machine
from eventtracking import tracker as trackers

from edx_proctoring import api, tracking, utils
from edx_proctoring.testing.factories import COURSE_ID

pytestmark = [pytest.mark.django_db, pytest.mark.needs("event-tracking")]

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({}, "proctored"),
        ({"is_practice_exam": True}, "practice"),
        ({"is_proctored": False}, "timed"),
        ({"is_proctored": False, "is_practice_exam": True}, "timed"),
    ],
)
def test_names(make_exam, attempt, columns, kind):
    exam = make_exam(**columns)
    assert tracking.snapshot(exam, "created")["name"] == f"edx.special_exam.{kind}.created"
    with_attempt = tracking.snapshot(exam, "started", attempt(exam=exam))
    assert with_attempt["name"] == f"edx.special_exam.{kind}.attempt.started"


def test_an_exam_in_an_event(exam):
    payload = tracking.snapshot(exam, "updated")
    assert payload["context"] == {"course_id": COURSE_ID, "org_id": "edX"}
    assert payload["data"] == {
        "exam_id": exam.pk,
        "exam_content_id": exam.content_id,
        "exam_name": exam.exam_name,
        "exam_default_time_limit_mins": 90,
        "exam_is_proctored": True,
        "exam_is_practice_exam": False,
        "exam_is_active": True,
    }


def test_an_attempt_in_an_event(exam, attempt):
    known = attempt(
        exam=exam,
        status="submitted",
        started_at=NOON,
        completed_at=NOON + datetime.timedelta(minutes=5),
        allowed_time_limit_mins=90,
    )
    with time_machine.travel(NOON + datetime.timedelta(minutes=6), tick=False):
        data = tracking.snapshot(exam, "submitted", known)["data"]
    assert {name: value for name, value in data.items() if name.startswith("attempt_")} == {
        "attempt_id": known.pk,
        "attempt_user_id": known.user_id,
        "attempt_started_at": "2026-05-04T12:00:00+00:00",
        "attempt_completed_at": "2026-05-04T12:05:00+00:00",
        "attempt_code": known.attempt_code,
        "attempt_allowed_time_limit_mins": 90,
        "attempt_status": "submitted",
        "attempt_event_elapsed_time_secs": 360,
    }


def test_values_of_the_caller_take_precedence(exam, attempt):
    override = {"attempt_status": "else", "review_status": "Clean"}
    data = tracking.snapshot(exam, "review_received", attempt(exam=exam), override)["data"]
    assert (data["attempt_status"], data["review_status"]) == ("else", "Clean")


def test_a_course_without_a_key_has_no_organisation(make_exam):
    payload = tracking.snapshot(make_exam(course_id="no key"), "created")
    assert payload["context"] == {"course_id": "no key"}


def test_trackers_get_datetimes(exam, attempt, tracker):
    known = attempt(exam=exam, status="started", started_at=NOON)
    payload = json.loads(json.dumps(tracking.snapshot(exam, "started", known)))
    tracking.emit(payload)
    ((name, data),) = tracker.events
    assert name == "edx.special_exam.proctored.attempt.started"
    assert data["attempt_started_at"] == NOON
    assert data["attempt_completed_at"] is None
    assert payload["data"]["attempt_started_at"] == "2026-05-04T12:00:00+00:00"


def test_trackers_get_the_course(exam, monkeypatch):
    contexts = []

    class Backend:
        def send(self, event):
            contexts.append(event["context"])

    monkeypatch.setitem(trackers.TRACKERS, "default", trackers.Tracker({"one": Backend()}))
    tracking.emit(tracking.snapshot(exam, "created"))
    assert contexts == [{"course_id": COURSE_ID, "org_id": "edX"}]


@pytest.mark.parametrize("context", [None, {"course_id": COURSE_ID}])
def test_events_of_hosts(tracker, context):
    utils._emit_event("edx.host.event", context, {"value": 1})
    assert tracker.events == [("edx.host.event", {"value": 1})]


def test_without_a_tracker_one_log_line_per_kind_of_event_is_written(exam, monkeypatch, caplog):
    tracking._warn_of_missing_tracker.cache_clear()
    monkeypatch.setattr(trackers, "TRACKERS", {})
    for name in ("created", "updated", "created"):
        tracking.emit(tracking.snapshot(exam, name))
    names = [line.args[0] for line in caplog.records if line.name == tracking.__name__]
    assert names == ["edx.special_exam.proctored.created", "edx.special_exam.proctored.updated"]


def test_all_events_of_an_attempt(exam, learner, staff, tracker):
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    for status in ("started", "submitted", "verified"):
        api.update_attempt_status(attempt_id, status)
    api.remove_exam_attempt(attempt_id, staff)
    prefix = "edx.special_exam.proctored.attempt."
    assert [name.removeprefix(prefix) for name in tracker.names] == [
        "created",
        "started",
        "submitted",
        "verified",
        "deleted",
    ]
    assert {data["attempt_id"] for _name, data in tracker.events} == {attempt_id}
