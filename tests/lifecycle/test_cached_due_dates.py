"""Due dates that the host has changed, of which edx-when still has older copies in the cache."""

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
    """An attempt that has begun with a due date in 20 minutes, which the host moves to 40, for all or for the learner."""
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
def test_the_host_reports_the_change(moved, own):
    running = moved(own=own)
    api.recalculate_deadlines(running.proctored_exam.course_id)
    assert end_of(running) == NOON + 40 * MINUTE


@pytest.mark.parametrize("own", [False, True])
def test_nobody_reports_it_and_the_attempt_would_end(moved, own, clock):
    running = moved(own=own, after=19)
    clock.shift(2 * MINUTE)
    assert submit_expired_attempts().ended == 0
    assert stored(running).status == "started"
    assert end_of(running) == NOON + 40 * MINUTE
