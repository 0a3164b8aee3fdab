"""Course staff change the time of many attempts by REST: preview, change, undo."""

import datetime
import uuid

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring import lifecycle, outbox
from edx_proctoring.api.attempts import bulk_time_changes
from edx_proctoring.models import BulkTimeChange, TimeAdjustment
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory
from tests.lifecycle.noon import NOON, end_of, stored
from tests.views.conftest import OTHER_COURSE

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/time-changes/"
GRANT = {"action": "extend", "seconds": 600, "reason": "Fire alarm"}


def at(minutes):
    return NOON + datetime.timedelta(minutes=minutes)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def exam(make_exam, clock):
    """An hour; what is due at 13:05 cuts."""
    return make_exam(time_limit_mins=60, due_date=at(65))


@pytest.fixture
def three(exam, clock):
    """Started at noon: one runs, one is paused since 12:01, one has ended at 12:02."""
    found = [
        lifecycle.transition(
            AttemptFactory(proctored_exam=exam, user=UserFactory(), status="ready_to_start"),
            "started",
        )
        for _ in range(3)
    ]
    clock.move_to(at(1))
    lifecycle.pause(found[1])
    clock.move_to(at(2))
    lifecycle.transition(found[2], "submitted")
    return found


@pytest.fixture
def send(client_for, course_staff):
    def ask(body, path="", user=course_staff, key=None):
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return client_for(user).post(URL + path, body, format="json", headers=headers)

    return ask


def outcomes(answer):
    assert answer.status_code == 200, answer.content
    return [(row["outcome"], row["code"], row["gained"]) for row in answer.json()["rows"]]


def selected(attempts):
    return {**GRANT, "attempt_ids": [one.pk for one in attempts]}


def test_a_preview_says_what_each_would_get_and_changes_nothing(send, three):
    answer = send({**selected(three), "dry_run": True})
    assert outcomes(answer) == [
        ("possible", "", 300),
        ("possible", "", 300),
        ("refused", "ended", 0),
    ]
    first = answer.json()["rows"][0]
    assert (first["minutes_before"], first["minutes_after"], first["is_cut"]) == (60, 65, True)
    assert (first["ends_before"], first["ends_after"]) == (
        "2026-05-04T13:00:00Z",
        "2026-05-04T13:05:00Z",
    )
    assert answer.json()["change"]["id"] is None
    assert not BulkTimeChange.objects.exists()
    assert not TimeAdjustment.objects.filter(kind="grant").exists()


def test_one_that_refuses_does_not_stop_the_others(send, three, course_staff):
    answer = send(selected([*three, *three]))  # each once
    assert outcomes(answer) == [
        ("done", "", 300), ("done", "", 300), ("refused", "time_change_not_allowed", 0),
    ]  # fmt: skip
    assert [end_of(one) for one in three[:2]] == [at(65)] * 2
    rows = TimeAdjustment.objects.filter(kind="grant")
    assert {(row.seconds, row.reason, row.by_id) for row in rows} == {
        (600, "Fire alarm", course_staff.pk)
    }
    change = answer.json()["change"]
    assert (change["done"], change["total"], len(change["failed"])) == (3, 3, 1)


def test_all_running_attempts_of_an_exam(send, three, exam):
    other = lifecycle.transition(AttemptFactory(user=UserFactory()), "started")
    before = end_of(other)
    assert [row[0] for row in outcomes(send({**GRANT, "exam": exam.pk}))] == ["done", "done"]
    assert end_of(other) == before


def test_all_that_match_the_query_of_the_list(send, three, exam, monkeypatch):
    body = {**GRANT, "filter": f"exam={exam.pk}&status=started"}
    preview = send({**body, "dry_run": True})
    assert [row[0] for row in outcomes(preview)] == ["possible"] * 2
    assert preview.json()["change"]["total"] == 2
    assert (send({**body, "count": 3}).status_code, send(body).status_code) == (409, 400)
    for more in ({"exam": exam.pk}, {"attempt_ids": [three[0].pk]}):
        assert send({**body, "count": 2, **more}).status_code == 400
    assert send({**GRANT, "exam": exam.pk, "count": 2}).status_code == 400
    assert outcomes(send({**body, "count": 2})) == [("done", "", 300)] * 2
    monkeypatch.setattr(bulk_time_changes, "AT_ONCE", 1)
    monkeypatch.setattr("edx_proctoring.lifecycle.bulk.BATCH", 1)
    AttemptFactory(proctored_exam=exam)  # not of those that were counted
    all_three = {**GRANT, "seconds": -60, "filter": f"exam={exam.pk}&ordering=-id", "count": 4}
    assert send(all_three).status_code == 202
    outbox.deliver()
    change = BulkTimeChange.objects.latest("pk")
    assert (change.done, change.total, len(change.failed)) == (4, 4, 2)


def test_pause_and_continue_a_whole_class(send, three, exam, clock):
    body = {"reason": "Fire alarm", "exam": exam.pk}
    pause, go_on = {**body, "action": "pause"}, {**body, "action": "continue"}
    assert [row[:2] for row in outcomes(send({**pause, "dry_run": True}))] == [
        ("possible", ""), ("refused", "paused"),
    ]  # fmt: skip
    assert [row[0] for row in outcomes(send(pause))] == ["done", "unchanged"]
    clock.move_to(at(5))
    assert [row[0] for row in outcomes(send({**go_on, "dry_run": True}))] == ["possible"] * 2
    assert outcomes(send(go_on)) == [("done", "", 180), ("done", "", 240)]
    assert [row[:2] for row in outcomes(send({**go_on, "dry_run": True}))] == [
        ("refused", "not_paused")
    ] * 2


def test_an_undo_takes_the_time_back_from_those_that_run(send, three, exam, clock):
    number = send({**GRANT, "exam": exam.pk}).json()["change"]["id"]
    lifecycle.continue_(three[1])
    lifecycle.transition(stored(three[1]), "submitted")
    clock.move_to(at(11))
    answer = send({}, f"{number}/undo/")
    assert outcomes(answer) == [("done", "", -300), ("refused", "time_change_not_allowed", 0)]
    assert end_of(three[0]) == at(60)
    assert (answer.json()["change"]["action"], answer.json()["change"]["undoes"]) == (
        "undo",
        number,
    )
    again = send({}, f"{number}/undo/")
    assert (again.status_code, again.json()["code"]) == (400, "time_change_not_allowed")
    assert end_of(three[0]) == at(60)


def test_no_undo_while_the_change_is_being_made(send, three, exam, clock):
    number = send({**GRANT, "exam": exam.pk}).json()["change"]["id"]
    BulkTimeChange.objects.filter(pk=number).update(done=0)  # as during the request
    early = send({}, f"{number}/undo/")
    assert (early.status_code, early.json()["code"]) == (400, "time_change_not_allowed")
    assert end_of(three[0]) == at(65)
    clock.move_to(at(5))  # the process has died
    assert send({}, f"{number}/undo/").status_code == 200
    assert end_of(three[0]) == at(60)


def test_an_undo_of_a_pause_ends_the_pauses_that_it_began(send, three, exam, clock):
    body = {"action": "pause", "reason": "Fire alarm", "exam": exam.pk}
    number = send(body).json()["change"]["id"]
    clock.move_to(at(4))
    assert [row[0] for row in outcomes(send({}, f"{number}/undo/"))] == ["done"]
    assert lifecycle.pause(three[1]).changed is False  # staff's own pause goes on


def test_too_late_to_undo(send, three, exam, clock):
    number = send({**GRANT, "exam": exam.pk}).json()["change"]["id"]
    clock.move_to(at(12.1))
    assert send({}, f"{number}/undo/").status_code == 400
    body = {"action": "continue", "reason": "on", "exam": exam.pk}
    number = send(body).json()["change"]["id"]
    assert send({}, f"{number}/undo/").status_code == 400


def test_time_is_taken_away_down_to_a_minute(send, three, clock):
    body = {**selected(three[:1]), "seconds": -3600}
    clock.move_to(at(30))
    (planned,) = send({**body, "dry_run": True}).json()["rows"]
    assert (planned["minutes_after"], planned["gained"]) == (31, -1740)
    assert outcomes(send(body)) == [("done", "", -1740)]
    assert end_of(three[0]) == at(31)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"action": "stop"}, "invalid"),
        ({"seconds": 0}, "time_change_not_allowed"),
        ({"seconds": "x"}, "invalid"),
        ({"seconds": 6_000_001}, "time_change_not_allowed"),
        ({"action": "pause"}, "time_change_not_allowed"),  # takes no seconds
        ({"reason": " "}, "invalid"),
        ({"exam": 10**6}, "time_change_not_allowed"),
        ({"exam": None}, "invalid"),
        ({"attempt_ids": [1]}, "time_change_not_allowed"),  # beside an exam
        ({"attempt_ids": []}, "invalid"),
        ({"attempt_ids": list(range(1, 502))}, "invalid"),
        ({"attempt_ids": ["x"]}, "invalid"),
        ({"minutes": 5}, "invalid"),
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_bad_bodies(send, three, exam, change, code, dry_run):
    answer = send({**GRANT, "exam": exam.pk, "dry_run": dry_run, **change})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not BulkTimeChange.objects.exists()


def test_attempts_and_changes_of_other_courses_are_not_reached(
    send, three, client_for, foreign_staff, course_staff
):
    elsewhere = ExamFactory(course_id=OTHER_COURSE)
    foreign = lifecycle.transition(
        AttemptFactory(proctored_exam=elsewhere, user=UserFactory(), status="ready_to_start"),
        "started",
    )
    before = end_of(foreign)
    assert send(selected([foreign])).json()["rows"] == []
    assert send({**GRANT, "exam": elsewhere.pk}).status_code == 400
    assert end_of(foreign) == before
    theirs = BulkTimeChange.objects.create(course_id=OTHER_COURSE, action="extend", seconds=60)
    client = client_for(course_staff)
    for number in (theirs.pk, 10**19):
        assert client.get(f"{URL}{number}/").status_code == 404
        assert send({}, f"{number}/undo/").status_code == 404
    assert client.get(URL).json()["count"] == 1
    assert client_for(foreign_staff).get(URL).status_code == 403


def test_a_repeated_request_grants_once(send, three, exam):
    first, again = (send({**GRANT, "exam": exam.pk}, key="alarm").json() for _ in range(2))
    assert first == again
    assert TimeAdjustment.objects.filter(kind="grant").count() == 2


def test_a_preview_of_500_attempts_in_a_few_queries(exam, client_for, course_staff):
    begun = {"started_at": NOON, "allowed_time_limit_mins": 60, "status": "started"}
    ids = [AttemptFactory(proctored_exam=exam, **begun).pk for _ in range(500)]
    client, body = client_for(course_staff), {**GRANT, "attempt_ids": ids, "dry_run": True}
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(URL, body, format="json", headers={"Idempotency-Key": "a"})
    assert len(answer.json()["rows"]) == 500
    sent = [one["sql"][:150] for one in queries]
    assert len(sent) <= 12, sent  # those of edx-when included


class Killed(BaseException):
    """The worker's process dies."""


def dies_before_noting_progress(execute, sql, *more):
    if sql.startswith("UPDATE") and "proctoring_outbox" in sql and "payload" in sql:
        raise Killed
    return execute(sql, *more)


@pytest.fixture
def class_of_five(exam, monkeypatch, proctoring_celery):
    """Too large for the request; the worker changes it in batches of two."""
    proctoring_celery(broker_url="memory://")
    monkeypatch.setattr(bulk_time_changes, "AT_ONCE", 2)
    monkeypatch.setattr("edx_proctoring.lifecycle.bulk.BATCH", 2)
    found = [AttemptFactory(proctored_exam=exam, user=UserFactory()) for _ in range(5)]
    return [lifecycle.transition(one, "started") for one in found]


def killed_at_the_first_batch():
    with pytest.raises(Killed), connection.execute_wrapper(dies_before_noting_progress):
        outbox.deliver()


@pytest.mark.parametrize("action", ["extend", "pause", "continue"])
def test_a_batch_that_a_killed_worker_has_changed_is_repeated_without_effect(
    send, class_of_five, exam, clock, action
):
    first, *others = class_of_five
    for one in class_of_five if action == "continue" else []:
        lifecycle.pause(one)
    clock.move_to(at(1))
    body = {**GRANT} if action == "extend" else {"action": action, "reason": "Fire alarm"}
    number = send({**body, "exam": exam.pk}).json()["change"]["id"]
    killed_at_the_first_batch()
    clock.move_to(at(2))
    if action != "extend":  # staff decide otherwise about one of them
        (lifecycle.continue_ if action == "pause" else lifecycle.pause)(first)
    clock.move_to(at(30))
    outbox.deliver()
    change = BulkTimeChange.objects.get(pk=number)
    assert (change.done, change.total, change.failed) == (5, 5, {})
    kept = TimeAdjustment.objects.open_pauses().values_list("attempt_id", flat=True)
    paused = {"extend": [], "pause": [one.pk for one in others], "continue": [first.pk]}
    assert sorted(kept) == paused[action]
    rows = TimeAdjustment.objects.exclude(kind="allotment")
    assert rows.count() == (6 if action == "continue" else 5)


def test_attempts_that_end_before_the_worker_comes(send, class_of_five, exam, clock):
    """The change is complete without them, and can be undone."""
    number = send({**GRANT, "exam": exam.pk}).json()["change"]["id"]
    lifecycle.transition(class_of_five[4], "submitted")
    outbox.deliver()
    change = BulkTimeChange.objects.get(pk=number)
    assert (change.done, change.total) == (4, 4)
    assert send({}, f"{number}/undo/").status_code == 202


def test_the_worker_changes_large_classes_and_the_progress_is_visible(
    exam, send, monkeypatch, client_for, course_staff
):
    monkeypatch.setattr(bulk_time_changes, "AT_ONCE", 2)
    monkeypatch.setattr("edx_proctoring.lifecycle.bulk.BATCH", 2)
    begun = {"started_at": NOON, "allowed_time_limit_mins": 60, "status": "started"}
    found = [AttemptFactory(proctored_exam=exam, **begun) for _ in range(5)]
    preview = send({**GRANT, "exam": exam.pk, "dry_run": True}).json()
    assert (len(preview["rows"]), preview["change"]["total"]) == (2, 5)
    assert [row["gained"] for row in preview["rows"]] == [300] * 2
    answer = send({**GRANT, "exam": exam.pk})
    assert (answer.status_code, answer.json()["rows"]) == (202, [])
    number, client = answer.json()["change"]["id"], client_for(course_staff)
    outbox.deliver()
    change = client.get(f"{URL}{number}/").json()
    assert (change["done"], change["total"], change["failed"]) == (5, 5, {})
    assert [end_of(one) for one in found] == [at(65)] * 5
    assert send({}, f"{number}/undo/").status_code == 202
    outbox.deliver()
    assert [end_of(one) for one in found] == [at(60)] * 5


def planned(send, attempt, **more):
    (row,) = send({**selected([attempt]), "dry_run": True, **more}).json()["rows"]
    return row


def test_a_preview_uses_the_current_due_date(send, three, exam):
    """The change would use it, also where nobody has told of it."""
    type(exam).objects.filter(pk=exam.pk).update(due_date=at(68))
    row = planned(send, three[0])
    assert (row["gained"], row["ends_after"], row["is_cut"]) == (480, "2026-05-04T13:08:00Z", True)
    type(exam).objects.filter(pk=exam.pk).update(due_date=at(30))
    row = planned(send, three[0])
    assert (row["gained"], row["ends_after"]) == (0, "2026-05-04T13:00:00Z")  # never earlier
    assert outcomes(send(selected(three[:1]))) == [("done", "", 0)]


@pytest.mark.needs("edx-when")
def test_a_preview_asks_the_host_for_the_learners_due_dates(send, three, exam):
    """The course's date counts for all but those who have dates of their own."""
    from edx_django_utils.cache import TieredCache
    from edx_when import api as when_api

    TieredCache.dangerous_clear_all_tiers()  # what the starts have read
    when_api.set_date_for_block(exam.course_id, exam.content_id, "due", at(62))
    when_api.set_date_for_block(exam.course_id, exam.content_id, "due", at(63), three[1].user)
    rows = send({**selected(three[:2]), "dry_run": True}).json()["rows"]
    assert [(row["gained"], row["is_cut"]) for row in rows] == [(120, True), (180, True)]


@pytest.mark.parametrize(
    ("limits", "hears", "registered", "seconds", "named"),
    [
        (True, False, True, 300, "Test"),
        (True, True, True, 300, ""),
        (False, False, True, 300, ""),
        (True, False, False, 300, ""),
        (True, False, True, -300, ""),
    ],
)
def test_a_preview_names_a_provider_that_ends_sessions_itself(
    send, exam, clock, provider, limits, hears, registered, seconds, named
):
    provider.limits_duration, provider.supports_time_changes = limits, hears
    provider.verbose_name = "Test"
    known = AttemptFactory(
        proctored_exam=exam,
        user=UserFactory(),
        status="ready_to_start",
        external_id="attempt-9" if registered else None,
        taking_as_proctored=True,
    )
    known = lifecycle.transition(known, "started")
    assert planned(send, known, seconds=seconds)["provider_limit"] == named
