"""The cache is down."""

import pytest

from demo.host.seed import COURSE_ID
from tests.attack.people import API, V1

pytestmark = pytest.mark.attack


def test_responses_are_the_same_without_a_cache(site):
    """The cache holds switches, tokens and the health of providers: all have another source."""
    staff, learner = site.person(is_staff=True), site.person()
    exam, first = site.proctored(), site.proctored(backend="onboarding", is_practice_exam=True)
    attempt_id = learner.started(exam)
    learner.create(first, proctored=True)
    pages = [
        f"{V1}/instructor/{COURSE_ID}",
        f"{V1}/instructor/{COURSE_ID}/{exam}?attempt={attempt_id}",
        f"{V1}/instructor/{COURSE_ID}/{exam}?config=true",
        f"{V1}/user_onboarding/status/course_id/{COURSE_ID}",
        f"{V1}/user_onboarding/status?course_id={COURSE_ID}",
        f"{API}/settings/exam_id/{exam}/",
        f"{API}/attempt/grouped/course_id/{COURSE_ID}",
        f"{API}/attempt",
        f"{API}/attempt/{attempt_id}",
    ]

    def answers():
        return [
            [one.request("GET", page, allow_redirects=False).status_code for page in pages]
            for one in (staff, learner)
        ]

    with_cache = answers()
    with site.without_cache():
        assert answers() == with_cache
        assert learner.sees(exam)


@pytest.mark.parametrize("action", ["error", "submit"])
def test_learners_can_take_exams_without_a_cache(site, action):
    """From the creation to the end; the list of failures (see conftest) stays empty."""
    learner, exam, timed = site.person(), site.proctored(), site.exam()
    with site.without_cache():
        attempt_id = learner.started(exam)
        other = learner.created(timed, start_clock=True)
        assert learner.put(attempt_id, action, detail="ping failed").status_code == 200
        assert learner.put(other, "submit").status_code == 200
    assert site.attempt(attempt_id).status == {"error": "error", "submit": "submitted"}[action]
    assert site.attempt(other).status == "submitted"
