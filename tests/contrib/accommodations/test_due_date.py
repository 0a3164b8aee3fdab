"""Extra time beyond the due date, if the profile allows it."""

import pytest

from edx_proctoring import api as core
from edx_proctoring import deadlines, lifecycle, operations
from edx_proctoring.contrib.accommodations import api
from tests.lifecycle.noon import MINUTE, NOON, end_of, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def due_soon(clock, hour):
    """Return an exam of one hour that is due 40 minutes after noon."""
    hour.due_date = NOON + 40 * MINUTE
    hour.save()
    return hour


@pytest.mark.parametrize(("beyond", "end"), [(False, 40), (True, 70)])
def test_the_due_date_still_limits_the_regular_time(profile, due_soon, start, beyond, end):
    profile(factor=1.5, beyond_due_date=beyond)
    assert end_of(start(due_soon)) == NOON + end * MINUTE


@pytest.mark.parametrize(("beyond", "start_before"), [(False, -50), (True, -20)])
def test_the_entrance_page_says_when_to_start(
    profile, due_soon, clock, learner, beyond, start_before
):
    profile(factor=1.5, beyond_due_date=beyond)
    context = {"due_date": due_soon.due_date}
    core.get_student_view(learner.pk, due_soon.course_id, due_soon.content_id, context)
    assert context["start_before"].iso == (NOON + start_before * MINUTE).isoformat()


@pytest.mark.parametrize(("beyond", "end"), [(False, 40), (True, 85)])
def test_grants_and_pauses_may_also_exceed_the_due_date(
    profile, due_soon, start, clock, beyond, end
):
    profile(factor=1.5, beyond_due_date=beyond)
    running = start(due_soon)
    lifecycle.extend(running, 600)
    lifecycle.pause(running)
    clock.move_to(NOON + 5 * MINUTE)
    lifecycle.continue_(running)
    assert end_of(running) == NOON + end * MINUTE
    assert stored(running).allowed_time_limit_mins == end


def test_a_break_that_nobody_ends_may_also_exceed_the_due_date(profile, due_soon, start, clock):
    profile(factor=1.5, beyond_due_date=True)
    running = start(due_soon)
    lifecycle.pause(running, kind="break", longest=300)
    now = NOON + 30 * MINUTE
    assert deadlines.seconds_left(stored(running), now) == 45 * 60
    clock.move_to(now)
    operations.submit_expired_attempts()
    assert end_of(running) == NOON + 75 * MINUTE


def test_recalculations_add_no_time(profile, due_soon, start):
    profile(factor=1.5, beyond_due_date=True)
    running = start(due_soon)
    lifecycle.extend(running, 600)
    for _ in range(3):
        assert not lifecycle.recalculate(running).changed
    assert lifecycle.outdated([stored(running)]) == []
    assert end_of(running) == NOON + 80 * MINUTE


def test_changing_the_profile_moves_the_deadline_and_deleting_it_does_not(profile, due_soon, start):
    known = profile(factor=1.5)
    running = start(due_soon)
    api.change_profile(known.pk, {"beyond_due_date": True})
    assert end_of(running) == NOON + 70 * MINUTE
    api.change_profile(known.pk, {"beyond_due_date": False})
    assert end_of(running) == NOON + 70 * MINUTE
    lifecycle.extend(running, 600)
    assert end_of(running) == NOON + 70 * MINUTE


def test_a_later_due_date_is_added_to_the_extra_time(profile, due_soon, start):
    profile(factor=1.5, beyond_due_date=True)
    running = start(due_soon)
    due_soon.due_date = NOON + 50 * MINUTE
    due_soon.save()
    lifecycle.recalculate(stored(running))
    assert end_of(running) == NOON + 80 * MINUTE


def test_the_questions_stay_visible_after_the_due_date(profile, due_soon, start, clock, learner):
    profile(factor=1.5, beyond_due_date=True)
    due_soon.hide_after_due = True
    due_soon.save()
    running = start(due_soon)
    context = {"is_proctored": False, "display_name": "Exam", "default_time_limit_mins": 60}
    where = (learner.pk, due_soon.course_id, due_soon.content_id, context)
    for minute, is_open in ((39, True), (41, True), (69, True), (71, False)):
        clock.move_to(NOON + minute * MINUTE)
        assert (core.get_student_view(*where) is None) is is_open, minute
    assert stored(running).completed_at == NOON + 70 * MINUTE
