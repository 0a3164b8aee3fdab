"""Outages: affected attempts, lost time of each, and that it is returned once."""

import datetime

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring import api as core
from edx_proctoring import lifecycle, outbox
from edx_proctoring.contrib.live import api, outages
from edx_proctoring.contrib.live.models import Heartbeat, Outage
from edx_proctoring.models import OutboxMessage, TimeAdjustment
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory
from tests.lifecycle.noon import NOON, end_of, minutes_of

pytestmark = pytest.mark.django_db


def at(minutes=0, seconds=0):
    return NOON + datetime.timedelta(minutes=minutes, seconds=seconds)


def declare(began, ended, **more):
    return api.declare_outage(
        began_at=at(began), ended_at=at(ended), reason="no network",
        **{"course_id": COURSE_ID, **more},
    )  # fmt: skip


def outcomes(outage, **more):
    return [(one.outcome, one.seconds) for one in api.credit_outage(outage, **more)]


def rows():
    found = TimeAdjustment.objects.filter(kind="outage").order_by("id")
    return list(found.values_list("attempt_id", "seconds"))


@pytest.fixture
def cut_off(clock, running, poll):
    """Let the page poll until 12:10 and again from 12:17:30 on; the time is 12:20."""
    for minutes in (0, 5, 9, 10, 17.5, 18.5, 20):
        clock.move_to(NOON + datetime.timedelta(minutes=minutes))
        if minutes != 5:  # a silence of nine minutes before the outage does not count
            poll(running)
    return running


def test_only_silence_within_the_outage_is_credited_and_only_once(cut_off, staff, learner):
    outage = declare(11, 18)
    assert outcomes(outage, by=staff) == [("credited", 390)]  # 12:11 to 12:17:30
    assert end_of(cut_off) == at(66, 30)
    assert minutes_of(cut_off) == 67
    assert outcomes(outage, by=staff) == [("unchanged", 390)]
    assert rows() == [(cut_off.pk, 390)]
    row = TimeAdjustment.objects.get(kind="outage")
    assert (row.by_id, row.reason) == (staff.pk, "no network")


def test_the_learner_is_notified_of_credited_time(cut_off, poll, learner):
    api.credit_outage(declare(11, 18))
    (told,) = poll(cut_off)["adjustments"]
    assert (told["kind"], told["seconds"]) == ("outage", 390)
    outbox.deliver()
    (letter,) = mail.outbox
    assert letter.to == [learner.email]
    assert "6 minutes" in letter.body
    assert "after an outage" in letter.body
    assert "when you start" not in letter.body


def test_the_whole_overlap_is_credited_only_if_staff_choose_it(cut_off):
    assert outcomes(declare(11, 18)) == [("credited", 390)]
    assert outcomes(declare(11, 18, whole=True)) == [("credited", 30)]
    assert end_of(cut_off) == at(67)


def test_without_heartbeats_no_lost_time_is_measured(clock, running):
    clock.move_to(at(20))
    assert outcomes(declare(5, 15)) == [("unchanged", 0)]
    assert outcomes(declare(5, 15, whole=True)) == [("credited", 600)]


def test_a_continuing_silence_counts(clock, running, poll):
    poll(running)
    clock.move_to(at(20))
    assert outcomes(declare(5, 15)) == [("credited", 600)]


def test_overlapping_outages_credit_each_second_once(clock, running):
    clock.move_to(at(40))
    assert outcomes(declare(5, 15, whole=True)) == [("credited", 600)]
    assert outcomes(declare(10, 20, whole=True)) == [("credited", 300)]
    assert outcomes(declare(0, 30, whole=True)) == [("credited", 900)]
    assert outcomes(declare(6, 12, whole=True)) == [("unchanged", 0)]
    assert end_of(running) == at(90)


def test_changed_bounds_credit_the_difference_and_take_nothing_away(clock, running):
    clock.move_to(at(40))
    outage = declare(5, 15, whole=True)
    assert outcomes(outage) == [("credited", 600)]
    api.change_outage(outage, ended_at=at(17))
    assert outcomes(outage) == [("credited", 120)]
    assert outcomes(outage) == [("unchanged", 120)]
    api.change_outage(outage, ended_at=at(6))
    assert outcomes(outage) == [("unchanged", 0)]
    assert end_of(running) == at(72)


@pytest.mark.parametrize("ends", [14, None])
def test_a_pause_during_an_outage_is_not_counted_twice(clock, running, ends):
    clock.move_to(at(8))
    core.pause_attempt(running.pk, reason="alarm")
    clock.move_to(at(ends or 20))
    if ends:
        core.continue_attempt(running.pk)
        clock.move_to(at(20))
    outage = declare(5, 15, whole=True)
    assert outcomes(outage) == [("credited", 240 if ends else 180)]
    core.continue_attempt(running.pk)
    # the pause of 6 or 12 minutes, and the rest of the outage
    assert end_of(running) == at(60 + (6 + 4 if ends else 12 + 3))


def test_ended_attempts_are_listed_and_not_changed(clock, running):
    clock.move_to(at(12))
    lifecycle.transition(running, "submitted")
    clock.move_to(at(20))
    outage = declare(5, 15, whole=True)
    (planned,) = api.preview_outage(outage, list(api.affected_attempts(outage)))
    assert planned.refused == "ended"
    assert outcomes(outage) == [("ended", 0)]
    assert rows() == []
    assert not api.affected_attempts(declare(13, 15, whole=True)).exists()


def test_the_preview_reports_a_limit_by_the_due_date(clock, attempt, make_exam):
    exam = make_exam(time_limit_mins=60, due_date=at(63))
    one = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    clock.move_to(at(20))
    outage = declare(5, 15, whole=True)
    (planned,) = api.preview_outage(outage, [one])
    assert (planned.seconds, planned.gained, planned.is_cut) == (600, 180, True)
    (done,) = api.credit_outage(outage)
    assert (done.outcome, done.seconds, done.gained, done.ends_at) == ("credited", 600, 180, at(63))


def test_which_attempts_an_outage_affects(clock, running, attempt, provider, other):
    unproctored = ExamFactory(is_proctored=False, backend=None, external_id=None)
    elsewhere = ExamFactory(course_id="course-v1:edX+Other+2026", backend="other")
    quiz = lifecycle.transition(attempt(exam=unproctored, user=UserFactory()), "started")
    far = lifecycle.transition(attempt(exam=elsewhere, user=UserFactory()), "started")
    clock.move_to(at(20))

    def concerned(**scope):
        outage = declare(5, 15, whole=True, **scope)
        return [one.pk for one in api.affected_attempts(outage)]

    assert concerned() == [running.pk, quiz.pk]
    assert concerned(exam_id=unproctored.pk) == [quiz.pk]
    assert concerned(provider="test") == [running.pk]
    assert concerned(course_id="", provider="test") == [running.pk]
    assert concerned(course_id="", provider="other") == [far.pk]


@pytest.mark.parametrize(
    ("bounds", "more"),
    [
        ((15, 5), {}),
        ((5, 5), {}),
        ((5, 21), {}),  # the future
        ((-60 * 24 * 8, 5), {}),
        ((5, 15), {"course_id": ""}),
        ((5, 15), {"exam_id": 10**6}),
        ((5, 15), {"course_id": "course-v1:edX+Other+2026", "exam_id": True}),
    ],
)
def test_invalid_outages_are_refused(clock, running, bounds, more):
    clock.move_to(at(20))
    if more.get("exam_id") is True:
        more["exam_id"] = running.proctored_exam_id
    with pytest.raises(api.OutageNotAllowed):
        declare(*bounds, **more)
    assert not Outage.objects.exists()


@pytest.mark.parametrize("key", ["", "outage:ours", "outage:7", "outage:7:8:9:10", "power cut"])
def test_time_credited_by_other_code_is_subtracted(clock, running, key):
    clock.move_to(at(40))
    core.give_back_time(running.pk, lambda *_: [(at(5), at(6))], key=key)
    outage = declare(5, 15, whole=True)
    (planned,) = api.preview_outage(outage, list(api.affected_attempts(outage)))
    assert planned.seconds == 540
    assert outcomes(outage) == [("credited", 540)]


def test_a_preview_of_500_attempts_takes_few_queries(clock, exam):
    begun = {"started_at": NOON, "allowed_time_limit_mins": 90, "status": "started"}
    found = [AttemptFactory(proctored_exam=exam, **begun) for _ in range(500)]
    Heartbeat.objects.bulk_create(
        Heartbeat(attempt=one, seen_at=at(3), status="started") for one in found
    )
    clock.move_to(at(20))
    outage = declare(5, 15)
    with CaptureQueriesContext(connection) as queries:
        planned = api.preview_outage(outage, list(api.affected_attempts(outage)))
    assert [one.seconds for one in planned] == [600] * 500
    assert len(queries) <= 12, [one["sql"][:150] for one in queries]  # including those of edx-when


class Killed(BaseException):
    """Stands for the death of the worker's process."""


def dies_before_noting_progress(execute, sql, *more):
    if sql.startswith("UPDATE") and "proctoring_outbox" in sql and "payload" in sql:
        raise Killed
    return execute(sql, *more)


def test_a_batch_credited_by_a_killed_worker_counts_once(
    clock, exam, monkeypatch, proctoring_celery
):
    proctoring_celery(broker_url="memory://")
    monkeypatch.setattr(outages, "FEW", 2)
    monkeypatch.setattr("edx_proctoring.contrib.live.outage_jobs.BATCH", 2)
    begun = {"started_at": NOON, "allowed_time_limit_mins": 90, "status": "started"}
    for _ in range(5):
        AttemptFactory(proctored_exam=exam, **begun)
    clock.move_to(at(20))
    outage = declare(5, 15, whole=True)
    api.credit_outage(outage)
    with pytest.raises(Killed), connection.execute_wrapper(dies_before_noting_progress):
        outbox.deliver()
    clock.move_to(at(50))
    outbox.deliver()
    outage.refresh_from_db()
    assert (outage.done, outage.total) == (5, 5)
    assert [seconds for _, seconds in rows()] == [600] * 5


def test_more_than_500_attempts_are_left_to_the_worker(clock, exam, monkeypatch, learner):
    monkeypatch.setattr(outages, "FEW", 2)
    monkeypatch.setattr("edx_proctoring.contrib.live.outage_jobs.BATCH", 2)
    begun = {"started_at": NOON, "allowed_time_limit_mins": 90, "status": "started"}
    for _ in range(5):
        AttemptFactory(proctored_exam=exam, **begun)
    clock.move_to(at(20))
    outage = declare(5, 15, whole=True)
    assert api.credit_outage(outage, by=learner) is None
    assert OutboxMessage.objects.filter(kind=api.KIND).exists()
    outbox.deliver()
    outage.refresh_from_db()
    assert (outage.done, outage.total) == (5, 5)
    assert [seconds for _, seconds in rows()] == [600] * 5
    api.credit_outage(outage)
    outbox.deliver()
    assert len(rows()) == 5


def test_an_attempt_that_is_removed_while_the_worker_credits(
    clock, exam, monkeypatch, proctoring_celery
):
    proctoring_celery(broker_url="memory://")
    monkeypatch.setattr(outages, "FEW", 2)
    begun = {"started_at": NOON, "allowed_time_limit_mins": 90, "status": "started"}
    made = [AttemptFactory(proctored_exam=exam, **begun) for _ in range(5)]
    clock.move_to(at(20))
    outage = declare(5, 15, whole=True)
    assert api.credit_outage(outage) is None
    outage.refresh_from_db()
    assert (outage.done, outage.total) == (0, 5)
    lifecycle.remove(made[0], None)
    outbox.deliver()
    outage.refresh_from_db()
    assert (outage.done, outage.total) == (4, 4)
