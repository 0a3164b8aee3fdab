"""Somebody bypasses the proctoring software, or ends another learner's exam, with data that the app shows."""

import pytest

from edx_proctoring import api
from tests.attack.people import API, QUESTIONS

pytestmark = pytest.mark.attack

PROVIDERS = ["simulator", "software_secure"]
METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"]


def shown_code(learner, attempt_id):
    """Return the attempt code in the learner's own JSON."""
    return learner.get(f"{API}/attempt/{attempt_id}").json()["attempt_code"]


@pytest.mark.parametrize("backend", PROVIDERS)
def test_the_learners_own_code_does_not_replace_the_software(site, backend):
    learner, exam = site.person(), site.proctored(backend=backend)
    attempt_id = learner.created(exam, proctored=True)
    code = shown_code(learner, attempt_id)
    for method in METHODS:
        answer = learner.call_start(code, method)
        assert answer.status_code < 500
        assert "exam" not in answer.cookies
        assert site.attempt(attempt_id).status == "created"
    assert learner.put(attempt_id, "start").status_code == 400
    assert not learner.can_answer(exam)


@pytest.mark.parametrize("query", ["?token=", "?token=0", "?token=%00", "?token=é", "?token[]=a"])
def test_a_guessed_token_gives_no_access(site, query):
    learner, exam = site.person(), site.proctored(backend="software_secure")
    attempt_id = learner.created(exam, proctored=True)
    answer = learner.call_start(site.attempt(attempt_id).attempt_code, query=query)
    assert answer.status_code in (302, 400, 404)
    assert "exam" not in answer.cookies
    assert site.attempt(attempt_id).status == "created"


@pytest.mark.parametrize("how", ["after a reset", "after a break"])
def test_the_code_of_a_later_attempt_does_not_replace_the_software(site, how):
    learner = site.person()
    exam = site.proctored(backend="software_secure", is_practice_exam=how == "after a reset")
    attempt_id = learner.started(exam)
    learner.put(attempt_id, "error")
    if how == "after a reset":
        attempt_id = learner.put(attempt_id, "reset_attempt").json()["exam_attempt_id"]
    else:
        staff = site.person(is_staff=True)
        staff.put(attempt_id, "mark_ready_to_resume", user_id=learner.user.pk)
        attempt_id = learner.created(exam, proctored=True)
    answer = learner.call_start(site.attempt(attempt_id).attempt_code)
    assert "exam" not in answer.cookies
    assert site.attempt(attempt_id).status == "created"


def registered_address(site, code):
    """Return the URL that RPNow received for this attempt; no learner sees it."""
    bodies = [
        body for name, _, _, body in site.providers.requests if name == "psi" and code in body
    ]
    assert len(bodies) == 1
    return bodies[0].split('"examUrl": "', 1)[1].split('"', 1)[0]


def registered_query(site, attempt_id):
    """Return the query string of that URL."""
    address = registered_address(site, site.attempt(attempt_id).attempt_code)
    return f"?{address.split('?', 1)[1]}" if "?" in address else ""


def test_the_software_opens_the_exam(site):
    """The token, which attackers do not have, works for the provider's software."""
    learner, exam = site.person(), site.proctored(backend="software_secure")
    attempt_id = learner.created(exam, proctored=True)
    query = registered_query(site, attempt_id)
    answer = learner.call_start(site.attempt(attempt_id).attempt_code, query=query)
    assert (answer.status_code, "exam" in answer.cookies) == (302, True)
    assert site.attempt(attempt_id).status == "ready_to_start"
    assert learner.put(attempt_id, "start").status_code == 200
    assert learner.sees(exam) == QUESTIONS


@pytest.mark.parametrize("header", ["Sec-Purpose", "Purpose", "X-Moz"])
def test_prefetching_changes_nothing(site, header):
    learner, exam = site.person(), site.proctored(backend="software_secure")
    attempt_id = learner.created(exam, proctored=True)
    code, query = site.attempt(attempt_id).attempt_code, registered_query(site, attempt_id)
    learner.call_start(code, query=query, headers={header: "prefetch"})
    learner.call_start(code, "HEAD", query=query)
    learner.call_start(code, "OPTIONS", query=query)
    assert site.attempt(attempt_id).status == "created"


def test_the_token_of_one_attempt_opens_no_other(site):
    learner, other = site.person(), site.person()
    exam = site.proctored(backend="software_secure")
    mine, theirs = learner.created(exam, proctored=True), other.created(exam, proctored=True)
    answer = learner.call_start(
        site.attempt(mine).attempt_code, query=registered_query(site, theirs) or "?token=x"
    )
    assert "exam" not in answer.cookies
    assert site.attempt(mine).status == "created"


@pytest.mark.parametrize("backend", PROVIDERS)
def test_a_stranger_who_called_before_the_start_cannot_submit(site, backend):
    """In 6.1.4, a call before the start set the cookie that ends the running exam."""
    learner, stranger = site.person(), site.stranger()
    exam = site.proctored(backend=backend)
    attempt_id = learner.created(exam, proctored=True)
    code = site.attempt(attempt_id).attempt_code
    stranger.call_start(code)
    api.update_attempt_status(attempt_id, "ready_to_start")
    stranger.call_start(code)
    assert learner.put(attempt_id, "start").status_code == 200
    for method in METHODS:
        stranger.call_start(code, method)
        assert site.attempt(attempt_id).status == "started"


def test_the_cookie_of_another_attempt_does_not_submit(site):
    learner, other = site.person(), site.person()
    exam = site.proctored(backend="software_secure")
    theirs = other.created(exam, proctored=True)
    other.call_start(site.attempt(theirs).attempt_code, query=registered_query(site, theirs))
    attempt_id = learner.started(exam)
    other.call_start(site.attempt(attempt_id).attempt_code)
    assert site.attempt(attempt_id).status == "started"


@pytest.mark.parametrize("backend", PROVIDERS)
def test_course_staff_cannot_change_an_attempt_by_its_code(site, backend):
    """They see the code of every attempt in their lists."""
    learner, staff = site.person(), site.person(is_staff=True)
    exam = site.proctored(backend=backend)
    attempt_id = learner.created(exam, proctored=True)
    code = site.attempt(attempt_id).attempt_code
    answer = staff.call_start(code)
    assert "exam" not in answer.cookies
    assert site.attempt(attempt_id).status == "created"
    api.update_attempt_status(attempt_id, "ready_to_start")
    learner.put(attempt_id, "start")
    staff.call_start(code)
    assert site.attempt(attempt_id).status == "started"


def test_learners_cannot_report_their_own_attempt_ready(site):
    """Only the provider may call this callback."""
    learner, exam = site.person(), site.proctored()
    attempt_id = learner.created(exam, proctored=True)
    external_id = site.attempt(attempt_id).external_id
    for body in ({}, {"status": "ready"}):
        answer = learner.send("POST", f"attempt/{external_id}/ready", json=body)
        assert answer.status_code in (403, 404)
    assert site.attempt(attempt_id).status == "created"


def test_the_code_of_a_removed_attempt_gives_no_access(site):
    learner, exam = site.person(), site.proctored(backend="software_secure")
    attempt_id = learner.created(exam, proctored=True)
    code, query = site.attempt(attempt_id).attempt_code, registered_query(site, attempt_id)
    api.remove_exam_attempt(attempt_id, site.person(is_staff=True).user)
    again = learner.created(exam, proctored=True)
    answer = learner.call_start(code, query=query)
    assert "exam" not in answer.cookies
    assert site.attempt(again).status == "created"
