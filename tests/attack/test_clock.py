"""Learners try to get more time, or the questions without a running clock."""

import datetime
import itertools

import pytest
from django.utils import timezone

from edx_proctoring import api
from tests.attack.people import QUESTIONS
from tests.attack.together import at_once

pytestmark = pytest.mark.attack

ACTIONS = ["start", "stop", "submit", "decline", "error", "click_download_software"]
ALL_ACTIONS = [*ACTIONS, "reset_attempt", "mark_ready_to_resume", "ping"]


def assert_a_clock_runs_or_nothing_is_shown(site, learner, exam, attempt_id, sees=None):
    """Check that questions are shown only while the newest attempt is running and its time is not over."""
    seen = (sees or learner.sees)(exam)
    attempt = site.attempt(attempt_id)
    if seen == QUESTIONS:
        assert (attempt.status, attempt.started_at is None) == ("started", False)
        site.wait_two_hours(attempt_id)
        seen = (sees or learner.sees)(exam)
    assert seen != QUESTIONS, attempt.status
    assert not learner.can_answer(exam)


@pytest.mark.parametrize("action", ["error", "decline"])
def test_no_error_report_stops_the_clock(site, action):
    """In 6.1.4 a single request stopped the timer."""
    learner, exam = site.person(), site.exam()
    attempt_id = learner.created(exam, start_clock=True)
    learner.put(attempt_id, action)
    site.wait_two_hours(attempt_id)
    assert learner.sees(exam) != QUESTIONS
    assert not learner.can_answer(exam)


@pytest.mark.parametrize("action", ["error", "decline"])
@pytest.mark.parametrize("body", ["form", "user_id of the learner"])
def test_no_other_action_body_stops_the_clock(site, action, body):
    learner, exam = site.person(), site.exam()
    attempt_id = learner.created(exam, start_clock=True)
    if body == "form":
        learner.send("PUT", f"attempt/{attempt_id}", data={"action": action})
    else:
        learner.put(attempt_id, action, user_id=learner.user.pk)
        learner.put(attempt_id, action, user_id=0)
    site.wait_two_hours(attempt_id)
    assert not learner.can_answer(exam)


@pytest.mark.parametrize("action", ["error", "decline"])
@pytest.mark.parametrize("hide_after_due", [False, True])
def test_an_error_after_the_due_date_shows_no_more_than_a_submission(site, action, hide_after_due):
    """Afterwards, the page shows the same as for a submitted attempt."""
    seen = []
    for how in (action, "submit"):
        learner, exam = site.person(), site.exam(hide_after_due=hide_after_due)
        attempt_id = learner.created(exam, start_clock=True)
        learner.put(attempt_id, how)
        api.update_exam(exam, due_date=timezone.now() - datetime.timedelta(hours=1))
        site.wait_two_hours(attempt_id)
        seen.append((learner.sees(exam), learner.sees(exam) == QUESTIONS and not hide_after_due))
    assert seen[0] == seen[1]


def test_creation_without_a_clock_does_not_show_the_questions(site):
    learner, exam = site.person(), site.exam()
    attempt_id = learner.created(exam)
    learner.put(attempt_id, "click_download_software")
    assert learner.sees(exam) != QUESTIONS
    assert not learner.can_answer(exam)


def test_taking_a_timed_exam_as_proctored_does_not_show_the_questions(site):
    learner, exam = site.person(), site.exam()
    answer = learner.create(exam, proctored=True)
    if answer.status_code == 200:
        attempt_id = answer.json()["exam_attempt_id"]
        for action in ("click_download_software", "decline", "error"):
            learner.put(attempt_id, action)
            assert learner.sees(exam) != QUESTIONS
    assert not learner.can_answer(exam)


def test_the_start_callback_does_not_open_a_timed_exam(site):
    """The code is in the learner's own JSON."""
    learner, exam = site.person(), site.exam()
    attempt_id = learner.created(exam)
    code = site.attempt(attempt_id).attempt_code
    for method in ("GET", "POST"):
        learner.call_start(code, method)
        assert learner.sees(exam) != QUESTIONS
    assert not learner.can_answer(exam)


@pytest.mark.parametrize("how", ["creation", "decline"])
def test_opting_out_of_one_exam_opens_no_other_if_it_is_not_allowed(site, how):
    learner, exam, sister = site.person(), site.proctored(), site.proctored()
    if how == "creation":
        learner.created(sister, proctored=False)
    else:
        learner.put(learner.created(sister, proctored=True), "decline")
    assert newest(site, learner, exam)["status"] == "declined"
    assert learner.sees_strictly(exam) != QUESTIONS
    assert learner.create(exam, proctored=True).status_code == 200


@pytest.mark.parametrize("start_clock", [False, True])
def test_no_two_actions_show_the_questions_of_a_timed_exam_without_a_clock(site, start_clock):
    learner = site.person()
    for actions in itertools.permutations(ACTIONS, 2):
        exam = site.exam()
        attempt_id = learner.created(exam, start_clock=start_clock)
        for action in actions:
            learner.put(attempt_id, action)
        assert_a_clock_runs_or_nothing_is_shown(site, learner, exam, attempt_id)


def test_two_tabs_do_not_stop_the_clock(site):
    """One tab starts the attempt while the other one reports an error or declines."""
    learner = site.person()
    for action in ("error", "decline") * 4:
        exam = site.exam()
        attempt_id = learner.created(exam)
        at_once(
            lambda: learner.put(attempt_id, "start"),  # noqa: B023  called before the next round
            lambda: learner.put(attempt_id, action),  # noqa: B023  called before the next round
        )
        assert_a_clock_runs_or_nothing_is_shown(site, learner, exam, attempt_id)


def test_a_second_creation_does_not_give_a_second_hour(site):
    learner, exam = site.person(), site.exam()
    attempt_id = learner.created(exam, start_clock=True)
    for action in (*ACTIONS, "reset_attempt", "mark_ready_to_resume", "resume"):
        learner.put(attempt_id, action)
        learner.create(exam, start_clock=True)
        learner.create(exam, proctored=True, start_clock=True)
    site.wait_two_hours(attempt_id)
    assert learner.sees(exam) != QUESTIONS
    assert not learner.can_answer(exam)


@pytest.mark.parametrize("verbs", [("submit", "start"), ("stop", "submit"), ("error", "submit")])
def test_two_tabs_do_not_reopen_an_exam(site, verbs):
    for _ in range(4):
        learner, exam = site.person(), site.exam()
        attempt_id = learner.created(exam, start_clock=True)
        at_once(*[lambda verb=verb: learner.put(attempt_id, verb) for verb in verbs])  # noqa: B023  called before the next round
        assert site.attempt(attempt_id).status in ("submitted", "error")
        for action in ALL_ACTIONS:
            learner.put(attempt_id, action)
        assert site.attempt(attempt_id).status != "started"
        assert not learner.can_answer(exam)


# Proctored exams


def test_declining_a_started_exam_does_not_open_it_without_a_clock(site):
    learner, exam = site.person(), site.proctored()
    attempt_id = learner.started(exam)
    removals = site.providers.asked("quick", "DELETE")
    assert learner.put(attempt_id, "decline").status_code == 400
    assert site.attempt(attempt_id).status == "started"
    site.wait_two_hours(attempt_id)
    assert not learner.can_answer(exam)
    assert site.providers.asked("quick", "DELETE") == removals


def resumable(site, learner, exam):
    """Return the id of an attempt that was interrupted and that staff let the learner resume."""
    attempt_id = learner.started(exam)
    learner.put(attempt_id, "error")
    staff = site.person(is_staff=True)
    answer = staff.put(attempt_id, "mark_ready_to_resume", user_id=learner.user.pk)
    assert answer.status_code == 200, answer.text
    return attempt_id


def newest(site, learner, exam):
    return api.get_current_exam_attempt(exam, learner.user.pk)


def test_a_resuming_learner_cannot_opt_out(site):
    learner, exam = site.person(), site.proctored()
    resumable(site, learner, exam)
    assert learner.create(exam, proctored=False).status_code == 400
    assert newest(site, learner, exam)["status"] != "declined"
    assert not learner.can_answer(exam)


def test_a_resuming_learner_cannot_decline_afterwards(site):
    learner, exam = site.person(), site.proctored()
    resumable(site, learner, exam)
    attempt_id = learner.created(exam, proctored=True)
    assert learner.put(attempt_id, "decline").status_code == 400
    assert newest(site, learner, exam)["status"] != "declined"
    assert not learner.can_answer(exam)


@pytest.mark.parametrize("how", ["creation", "decline"])
def test_declining_another_exam_does_not_open_a_started_one(site, how):
    learner, exam, sister = site.person(), site.proctored(), site.proctored()
    resumable(site, learner, exam)
    if how == "creation":
        learner.created(sister, proctored=False)
    else:
        learner.put(learner.created(sister, proctored=True), "decline")
    assert newest(site, learner, exam)["status"] != "declined"
    assert not learner.can_answer(exam)


def test_declining_another_exam_does_not_open_a_resumed_one(site):
    learner, exam, sister = site.person(), site.proctored(), site.proctored()
    resumable(site, learner, exam)
    learner.created(exam, proctored=True)
    learner.created(sister, proctored=False)
    assert newest(site, learner, exam)["status"] != "declined"
    assert not learner.can_answer(exam)


@pytest.mark.parametrize("action", ["error", "stop", "submit"])
def test_a_started_exam_can_never_become_declined(site, action):
    learner, exam = site.person(), site.proctored()
    attempt_id = learner.started(exam)
    learner.put(attempt_id, action)
    learner.put(attempt_id, "decline")
    learner.create(exam, proctored=False)
    assert newest(site, learner, exam)["status"] != "declined"
    assert not learner.can_answer(exam)


def test_opting_out_shows_no_questions_if_it_is_not_allowed(site):
    """Neither a creation nor a decline opens the exam, and the proctored exam can still be taken."""
    learner = site.person()
    first, second = site.proctored(), site.proctored()
    learner.create(first, proctored=False)
    assert learner.sees_strictly(first) != QUESTIONS
    learner = site.person()
    learner.put(learner.created(second, proctored=True), "decline")
    assert learner.sees_strictly(second) != QUESTIONS
    assert learner.create(second, proctored=True).status_code == 200


@pytest.mark.parametrize("start_clock", [False, True])
def test_no_two_actions_show_a_proctored_exam_without_a_clock(site, start_clock):
    learner = site.person()
    for actions in itertools.permutations(ACTIONS[:5], 2):
        exam = site.proctored()
        attempt_id = learner.started(exam) if start_clock else learner.created(exam, True)
        for action in actions:
            learner.put(attempt_id, action)
        if site.attempt(attempt_id).status == "declined" and not start_clock:
            continue  # she has opted out before she began: that is no proctored exam any more
        assert_a_clock_runs_or_nothing_is_shown(site, learner, exam, attempt_id)
