"""The host changes due dates while the cache of edx-when still holds the former ones."""

import pytest

from edx_proctoring import api, host, lifecycle
from edx_proctoring.operations.expiry import submit_expired_attempts
from tests.lifecycle.noon import MINUTE, NOON, end_of, stored

pytestmark = [pytest.mark.django_db, pytest.mark.needs("edx-when")]


@pytest.fixture
def when():
    from edx_django_utils.cache import RequestCache, TieredCache
    from edx_when import api as when_api

    TieredCache.dangerous_clear_all_tiers()
    yield when_api
    RequestCache.clear_all_namespaces()
    TieredCache.dangerous_clear_all_tiers()


@pytest.fixture
def moved(clock, attempt, make_exam, when):
    """Start an attempt due in 20 minutes; the host then moves the due date to 40, for everybody or for the learner."""
    from edx_django_utils.cache import RequestCache

    def begin(*, own, after=0):
        exam = make_exam(time_limit_mins=60)
        due = (exam.course_id, exam.content_id, "due")
        when.set_date_for_block(*due, NOON + 20 * MINUTE)
        running = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
        assert end_of(running) == NOON + 20 * MINUTE
        clock.shift(after * MINUTE)
        RequestCache.clear_all_namespaces()
        host.due_date(exam.course_id, exam.content_id, running.user_id)  # another request asks
        when.set_date_for_block(*due, NOON + 40 * MINUTE, user=running.user if own else None)
        RequestCache.clear_all_namespaces()  # the next request
        return running

    return begin


@pytest.mark.parametrize("own", [False, True])
def test_a_change_reported_by_the_host_moves_the_deadline(moved, own):
    running = moved(own=own)
    api.recalculate_deadlines(running.proctored_exam.course_id)
    assert end_of(running) == NOON + 40 * MINUTE


@pytest.mark.parametrize("own", [False, True])
def test_an_unreported_change_is_noticed_before_the_attempt_is_ended(moved, own, clock):
    running = moved(own=own, after=19)
    clock.shift(2 * MINUTE)
    assert submit_expired_attempts().ended == 0
    assert stored(running).status == "started"
    assert end_of(running) == NOON + 40 * MINUTE
