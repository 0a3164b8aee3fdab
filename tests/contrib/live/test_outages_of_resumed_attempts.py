"""Outages: time lost by an interrupted attempt is credited once, to the attempt that resumes it."""

import datetime

import pytest
from django.core import mail
from django.db import connection

from edx_proctoring import api as core
from edx_proctoring import lifecycle, outbox
from edx_proctoring.contrib.live import api
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory
from tests.lifecycle.noon import NOON, end_of, stored

pytestmark = pytest.mark.django_db


def at(minutes):
    return NOON + datetime.timedelta(minutes=minutes)


def declare(began=5, ended=10, **more):
    return api.declare_outage(
        began_at=at(began), ended_at=at(ended), reason="no network",
        **{"course_id": COURSE_ID, "whole": True, **more},
    )  # fmt: skip


def credit(outage):
    return [(one.attempt.pk, one.outcome, one.seconds) for one in api.credit_outage(outage)]


def preview(outage):
    found = api.preview_outage(outage, list(api.affected_attempts(outage)))
    return [(one.attempt.pk, one.seconds, one.refused) for one in found]


def rows():
    found = TimeAdjustment.objects.filter(kind="outage").order_by("id")
    return list(found.values_list("attempt_id", "seconds"))


def stored_by(attempt_id):
    return lifecycle.Attempt.objects.get(pk=attempt_id)


def ends(attempt_id):
    return end_of(stored_by(attempt_id))


@pytest.fixture
def broken(clock, running):
    """Return an attempt that was interrupted at 12:20, with 40 minutes left."""
    clock.move_to(at(20))
    lifecycle.transition(running, "error")
    clock.move_to(at(30))
    return running


@pytest.fixture
def resume(clock, learner):
    """Return a function that creates the resumed attempt; `starts`: the minute at which it starts."""

    def go_on(broken, starts=None):
        lifecycle.ready_to_resume(stored(broken))
        known = core.create_exam_attempt(broken.proctored_exam_id, learner.pk, True)
        if starts is not None:
            start(known, starts)
        return known

    def start(known, minutes):
        clock.move_to(at(minutes))
        for status in ("ready_to_start", "started"):
            core.update_attempt_status(known, status)

    go_on.start = start
    return go_on


def test_the_resumed_attempt_gets_the_time_lost_by_the_first_one(broken, resume, clock):
    known = resume(broken, starts=30)
    assert ends(known) == at(70)
    outage = declare()
    assert preview(outage) == [(known, 300, "")]
    assert credit(outage) == [(known, "credited", 300)]
    assert credit(outage) == [(known, "unchanged", 300)]
    assert (rows(), ends(known)) == ([(known, 300)], at(75))
    assert preview(outage) == [(known, 0, "nothing_lost")]


def test_before_it_is_resumed_its_remaining_time_grows(broken, resume, clock, learner):
    outage = declare()
    assert preview(outage) == [(broken.pk, 300, "")]
    (done,) = api.credit_outage(outage)
    assert (done.outcome, done.seconds, done.ends_at) == ("credited", 300, None)
    assert credit(outage) == [(broken.pk, "unchanged", 300)]
    assert stored(broken).time_remaining_seconds == 45 * 60
    outbox.deliver()
    letter = next(one for one in mail.outbox if "5 minutes" in one.body)
    assert "when you start" in letter.body
    known = resume(broken, starts=40)
    assert ends(known) == at(85)
    assert credit(outage) == [(known, "unchanged", 0)]
    assert rows() == [(broken.pk, 300)]
    api.change_outage(outage, ended_at=at(12))
    assert credit(outage) == [(known, "credited", 120)]
    assert ends(known) == at(87)


def test_a_resumed_attempt_that_waits_for_its_start_gets_the_time_at_the_start(broken, resume):
    known = resume(broken)
    outage = declare()
    assert preview(outage) == [(known, 300, "")]
    assert credit(outage) == [(known, "credited", 300)]
    resume.start(known, 40)
    assert ends(known) == at(85)
    assert credit(outage) == [(known, "unchanged", 300)]


def test_an_outage_during_both_attempts_counts_only_running_time(broken, resume, clock):
    """From 12:15 to 12:45: five minutes of the first, which ended at 12:20, and five of the second, from 12:40 on."""
    known = resume(broken, starts=40)
    clock.move_to(at(50))
    outage = declare(15, 45)
    (planned,) = api.preview_outage(outage, list(api.affected_attempts(outage)))
    assert (planned.seconds, planned.overlap_seconds) == (600, 600)
    assert credit(outage) == [(known, "credited", 600)]
    assert ends(known) == at(90)
    lifecycle.transition(stored_by(known), "error")
    assert credit(declare(14, 45)) == [(known, "credited", 60)]
    assert stored_by(known).time_remaining_seconds == 41 * 60


def test_time_credited_before_the_interruption_is_subtracted(clock, running, resume):
    clock.move_to(at(15))
    outage = declare()
    assert credit(outage) == [(running.pk, "credited", 300)]
    clock.move_to(at(20))
    lifecycle.transition(stored(running), "error")
    known = resume(running, starts=30)
    assert ends(known) == at(75)
    assert credit(outage) == [(known, "unchanged", 0)]
    assert credit(declare(4, 10)) == [(known, "credited", 60)]


def test_an_outage_after_the_deadline_costs_no_time(clock, running):
    """The hour was over at 13:00, but the sweep was down; the provider reported an error at 14:10."""
    clock.move_to(at(130))
    lifecycle.transition(running, "error")
    outage = declare(50, 120)
    (planned,) = api.preview_outage(outage, list(api.affected_attempts(outage)))
    assert (planned.seconds, planned.overlap_seconds) == (600, 600)
    assert credit(outage) == [(running.pk, "credited", 600)]
    assert credit(declare(40, 125)) == [(running.pk, "credited", 600)]
    assert stored(running).time_remaining_seconds == 20 * 60


def test_silences_of_the_first_attempt_are_measured(clock, running, poll, resume):
    for minutes in (0, 4, 9):
        clock.move_to(at(minutes))
        poll(running)
    clock.move_to(at(12))
    lifecycle.transition(stored(running), "error")
    known = resume(running, starts=30)
    clock.move_to(at(31))
    poll(stored_by(known))
    outage = declare(5, 20, whole=False)
    (planned,) = api.preview_outage(outage, list(api.affected_attempts(outage)))
    assert (planned.rests_on, planned.silent_seconds) == ("silences", 7 * 60)
    assert credit(outage) == [(known, "credited", 7 * 60)]


def test_attempts_that_cannot_be_resumed_are_not_changed(broken, resume, clock):
    known = resume(broken, starts=30)
    core.update_attempt_status(known, "submitted")
    assert preview(declare()) == [(known, 0, "ended")]
    assert credit(declare()) == [(known, "ended", 0)]
    assert not api.affected_attempts(declare(21, 29)).exists()
    assert rows() == []


def test_a_selection_made_before_the_resumption_applies_to_the_resumed_attempt(broken, resume):
    """The resumed attempt is excluded, or credited, instead of the first one."""
    outage = declare()
    known = resume(broken, starts=30)
    assert api.credit_outage(outage, without=[broken.pk]) == []
    (done,) = api.credit_outage(outage, attempt_ids=[broken.pk])
    assert (done.attempt.pk, done.outcome, ends(known)) == (known, "credited", at(75))
    lost = [(at(4), at(10))]
    more = core.give_back_time(broken.pk, lambda *_: lost, key="k")
    assert (more.attempt_id, more.seconds) == (known, 60)
    assert not core.give_back_time(broken.pk, lambda *_: lost, key="k").changed
    assert rows() == [(known, 300), (known, 60)]


def test_a_selection_applies_to_attempts_resumed_while_the_worker_credits_time(
    broken, resume, monkeypatch
):
    monkeypatch.setattr("edx_proctoring.contrib.live.outages.FEW", 0)
    monkeypatch.setattr("edx_proctoring.contrib.live.outage_jobs.BATCH", 1)
    begun = {"started_at": NOON, "allowed_time_limit_mins": 60, "status": "started"}
    other = AttemptFactory(proctored_exam=broken.proctored_exam, **begun)
    resumed = []

    def resume_after_the_first_batch(execute, sql, *more):
        done = execute(sql, *more)
        if not resumed and sql.startswith("UPDATE") and "proctoring_outbox" in sql and rows():
            resumed.append(None)
            resumed[0] = resume(broken, starts=30)
        return done

    with connection.execute_wrapper(resume_after_the_first_batch):
        assert api.credit_outage(declare(), without=[broken.pk]) is None
        outbox.deliver()
    assert resumed[0] is not None
    assert [pk for pk, _ in rows()] == [other.pk]
