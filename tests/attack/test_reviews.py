"""Somebody other than the provider tries to post a review."""

import pytest

from demo.host.seed import COURSE_ID
from edx_proctoring import api
from edx_proctoring.models import ProctoredExamSoftwareSecureReview
from tests.attack.people import API, V1

pytestmark = pytest.mark.attack


def submitted(site, **more):
    """Return learner, exam and an RPNow attempt that waits for its review."""
    learner, exam = site.person(), site.proctored(backend="software_secure", **more)
    attempt_id = learner.started(exam)
    learner.put(attempt_id, "submit")
    return learner, exam, site.attempt(attempt_id)


def staff_pages(attempt, exam):
    """Return the pages on which course staff see attempts."""
    name, course = attempt.user.username, COURSE_ID
    return [
        f"{API}/attempt/grouped/course_id/{course}",
        f"{API}/attempt/grouped/course_id/{course}/search/{name}",
        f"{API}/attempt/{attempt.pk}",
        f"{API}/active_exams_for_user?user_id={attempt.user_id}&course_id={course}",
        f"{API}/active_attempt?user_id={attempt.user_id}",
        f"{API}/attempt/course_id/{course}?user_id={attempt.user_id}",
        f"{API}/attempt/course_id/{course}?content_id={attempt.proctored_exam.content_id}",
        f"{V1}/user_onboarding/status?username={name}&course_id={course}",
        f"{V1}/user_onboarding/status/course_id/{course}",
        f"{V1}/instructor/{course}/{exam}?attempt={attempt.pk}",
        f"{API}/{course}/allowance",
    ]


def test_course_staff_cannot_see_the_record_locator(site):
    """Code and record locator together are enough to post a review."""
    learner, exam, attempt = submitted(site)
    running = site.attempt(learner.started(site.proctored(backend="software_secure")))
    staff = site.person(is_staff=True)
    for one, number in ((attempt, exam), (running, running.proctored_exam_id)):
        for page in staff_pages(one, number):
            answer = staff.request("GET", page, allow_redirects=False)
            assert one.external_id not in answer.text, page
            assert one.external_id not in answer.headers.get("Location", ""), page


def test_learners_cannot_see_the_record_locator(site):
    learner, exam = site.person(), site.proctored(backend="software_secure")
    attempt = site.attempt(learner.started(exam))
    content_id = attempt.proctored_exam.content_id
    for page in (
        f"{API}/attempt/{attempt.pk}",
        f"{API}/attempt",
        f"{API}/active_attempt",
        f"{API}/active_exams_for_user",
        f"{API}/active_exams_for_user?course_id={COURSE_ID}",
        f"{API}/attempt/course_id/{COURSE_ID}?content_id={content_id}",
        f"{API}/attempt/course_id/{COURSE_ID}?content_id={content_id}&is_learning_mfe=true",
        f"/courses/{COURSE_ID}/courseware/{content_id}",
    ):
        assert attempt.external_id not in learner.get(page).text, page


def test_course_staff_cannot_post_reviews(site):
    """With everything in their list, in the order of the attack: suspicious, then clean."""
    _, _, attempt = submitted(site)
    staff = site.person(is_staff=True)
    page = f"{API}/attempt/grouped/course_id/{COURSE_ID}/search/{attempt.user.username}"
    row = staff.get(page).json()["proctored_exam_attempts"][0]
    locator = row["external_id"] or ""
    for status in ("Suspicious", "Clean"):
        staff.post_review(row["attempt_code"], locator, status)
    assert site.attempt(attempt.pk).status == "submitted"
    assert not ProctoredExamSoftwareSecureReview.objects.filter(
        attempt_code=attempt.attempt_code
    ).exists()


@pytest.mark.parametrize("locator", ["", None, 0, True, [], {}, "%", "*", "\0", ["x"]])
def test_guessed_record_locators_are_refused(site, locator):
    _, _, attempt = submitted(site)
    answer = site.stranger().post_review(attempt.attempt_code, locator)
    assert 400 <= answer.status_code < 500
    assert site.attempt(attempt.pk).status == "submitted"


def test_responses_do_not_reveal_whether_a_code_exists(site):
    """A wrong locator and an unknown code get the same response."""
    _, _, attempt = submitted(site)
    stranger = site.stranger()
    known = stranger.post_review(attempt.attempt_code, "nonsense")
    unknown = stranger.post_review("00000000-0000-0000-0000-000000000000", "nonsense")
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)


@pytest.mark.parametrize("swap", [str.swapcase, lambda text: f"{text} ", lambda text: f"{text}\t"])
def test_a_review_of_a_code_in_another_case_does_not_change_this_attempt(site, swap):
    _, _, attempt = submitted(site)
    code = swap(attempt.attempt_code)
    site.stranger().post_review(code, attempt.external_id, "Clean")
    assert site.attempt(attempt.pk).status == "submitted"


def test_an_rpnow_review_does_not_change_an_attempt_of_another_provider(site):
    learner, exam = site.person(), site.proctored()
    attempt_id = learner.started(exam)
    learner.put(attempt_id, "submit")
    attempt = site.attempt(attempt_id)
    site.stranger().post_review(attempt.attempt_code, attempt.external_id)
    assert site.attempt(attempt_id).status == "submitted"


@pytest.mark.parametrize("who", ["the learner", "course staff", "a stranger"])
def test_only_providers_can_post_reviews_by_external_id(site, who):
    learner, exam = site.person(), site.proctored()
    attempt_id = learner.started(exam)
    learner.put(attempt_id, "submit")
    attempt = site.attempt(attempt_id)
    people = {
        "the learner": learner,
        "course staff": site.person(is_staff=True),
        "a stranger": site.stranger(),
    }
    body = {"status": "passed", "comments": []}
    answer = people[who].send("POST", f"attempt/{attempt.external_id}/reviewed", json=body)
    assert answer.status_code in (401, 403, 404)
    assert site.attempt(attempt_id).status == "submitted"


def test_a_review_does_not_overrule_staff(site):
    _, _, attempt = submitted(site)
    api.update_attempt_status(attempt.pk, "rejected")
    site.stranger().post_review(attempt.attempt_code, f"x{attempt.external_id}", "Clean")
    assert site.attempt(attempt.pk).status == "rejected"
