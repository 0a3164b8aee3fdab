"""The page of a running exam: other tabs, sleep, an expired session, actions by staff, no network, reload."""

import datetime

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamStudentAttempt
from tests.browser.learner_host import MARKS, MINUTE

pytestmark = MARKS

ENDED = "Your exam on the page before this one"


def answered(page):
    """Type an answer and do not submit it."""
    page.get_by_label("Why?").fill("Because")
    page.get_by_text("1 answer not submitted").wait_for()


def holds(page, text):
    """Wait until the field has this value: a page puts texts back when its first poll is answered."""
    from playwright.sync_api import expect

    expect(page.get_by_label("Why?")).to_have_value(text, timeout=30_000)


def left_for_copying(page):
    """Return the text offered for copying from the previous page."""
    note = page.get_by_role("region", name=ENDED)
    note.wait_for()
    assert note.get_by_label("Why?").input_value() == "Because"
    return note


def test_a_submission_in_one_tab_updates_the_others_at_once(learner_host):
    host = learner_host(is_proctored=False, backend=None)
    first, second = host.running(), host.running()
    answered(second)
    first.bring_to_front()
    first.get_by_role("button", name="End the exam…").click()
    first.get_by_role("button", name="Submit my exam").click()
    first.locator('[data-screen="timed-submitted"]').wait_for()
    second.locator('[data-screen="timed-submitted"]').wait_for()
    assert host.polls() <= 1  # without its regular poll; the message of the other tab causes one
    left_for_copying(second).get_by_text("You submitted this exam in another window.").wait_for()


@pytest.mark.parametrize("monotonic", ["runs", "stands"])
def test_a_machine_that_wakes_after_the_end_shows_the_submission(learner_host, monotonic):
    """If the monotonic clock stood still during sleep, the jump of the wall clock reveals it."""
    host = learner_host(is_proctored=False, backend=None)
    page = host.running(clock=True)
    answered(page)
    ProctoredExamStudentAttempt.objects.update(started_at=timezone.now() - 61 * MINUTE)
    if monotonic == "runs":
        page.clock.fast_forward("40:00")
    else:
        page.clock.set_system_time(timezone.now() + datetime.timedelta(minutes=40))
        page.clock.run_for(2000)
    page.locator('[data-screen="timed-submitted"]').wait_for()
    left_for_copying(page)
    assert ProctoredExamStudentAttempt.objects.get().status == "submitted"


def test_a_machine_that_wakes_before_the_end_shows_the_server_s_time(learner_host):
    host = learner_host()
    page = host.running(clock=True)
    ProctoredExamStudentAttempt.objects.update(started_at=timezone.now() - 56 * MINUTE)
    page.clock.set_system_time(timezone.now() + 26 * MINUTE)
    page.clock.run_for(2000)
    page.locator(".px-bar__flag").get_by_text("4 minutes left").wait_for()


def test_with_an_expired_session_the_page_stays_and_asks_to_log_in(learner_host, learner):
    host = learner_host()
    page = host.running(clock=True)
    answered(page)
    host.client.logout()
    page.clock.fast_forward("01:05")
    note = page.get_by_role("status").get_by_text("You have been signed out.")
    note.wait_for()
    holds(page, "Because")
    host.client.force_login(learner, backend="django.contrib.auth.backends.ModelBackend")
    page.clock.fast_forward("01:05")
    note.wait_for(state="detached")
    holds(page, "Because")


def test_a_submission_by_staff_ends_the_exam_page_with_a_reason(learner_host):
    host = learner_host()
    page = host.running(clock=True)
    answered(page)
    api.update_attempt_status(ProctoredExamStudentAttempt.objects.get().pk, "submitted")
    page.clock.fast_forward("01:05")
    page.locator('[data-screen="proctored-submitted"]').wait_for()
    left_for_copying(page).get_by_text("by your course team").wait_for()


def test_a_reset_by_staff_ends_all_tabs_and_the_exam_can_begin_anew(
    learner_host, client_for, staff
):
    """Staff remove the attempt by REST while two tabs show the running exam; typed text is not lost."""
    host = learner_host(is_proctored=False, backend=None)
    first, second = host.running(), host.running()
    answered(first)
    attempt_id = ProctoredExamStudentAttempt.objects.get().pk
    url = f"/api/edx_proctoring/v1/proctored_exam/attempt/{attempt_id}"
    assert client_for(staff).delete(url).status_code == 200
    host.poll(first)
    for page in (first, second):
        page.locator('[data-screen="timed-entrance"]').wait_for()
        assert page.locator(".exam-timer").count() == 0
    reason = "your course team has ended or reset it"
    left_for_copying(first).get_by_text(reason).wait_for()
    first.get_by_role("button", name="Start the exam now").click()
    first.get_by_text("1:00:00").or_(first.get_by_text("0:59:5")).first.wait_for()
    anew = ProctoredExamStudentAttempt.objects.get()
    assert (anew.status, anew.pk != attempt_id) == ("started", True)


def test_offline_is_shown_at_once_and_coming_online_polls_at_once(learner_host):
    host = learner_host()
    page = host.running(clock=True)
    host.disconnect(page)
    page.locator(".timer-connection").wait_for()
    asked = host.polls()
    page.clock.run_for(6000)
    ProctoredExamStudentAttempt.objects.update(started_at=timezone.now() - 50 * MINUTE)
    host.connect(page)
    page.locator(".timer-connection").wait_for(state="detached")
    page.get_by_text("0:09:5").wait_for()
    assert host.polls() > asked
    page.get_by_role("button", name="End the exam…").click()
    page.locator('[data-screen="proctored-ready-to-submit"]').wait_for()


def test_without_a_connection_the_learner_can_try_again_to_submit(learner_host):
    host = learner_host(status="ready_to_submit")
    page = host.open()
    page.get_by_role("button", name="Submit my exam").focus()
    host.disconnect(page)
    page.keyboard.press("Enter")
    again = page.get_by_role("button", name="Try again now")
    again.wait_for()
    page.get_by_role("alert").get_by_text("Your exam is not submitted yet.").wait_for()
    assert again.evaluate("button => button === document.activeElement")
    host.reachable = True  # without an event of the browser
    page.keyboard.press("Enter")
    page.locator('[data-screen="proctored-submitted"]').wait_for()
    assert ProctoredExamStudentAttempt.objects.get().status == "submitted"


def test_a_reload_warns_and_restores_typed_text(learner_host):
    host = learner_host()
    page = host.running()
    page.get_by_label("Longest river?").fill("Nile")
    answered_two = page.get_by_text("2 answers not submitted")
    page.get_by_label("Why?").fill("Because")
    answered_two.wait_for()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    answered_two.wait_for()
    assert asked == ["beforeunload"]
    holds(page, "Because")
    page.get_by_role("button", name="Submit this answer").click()
    page.get_by_text("1 answer not submitted").wait_for()
    holds(page, "Because")
    assert asked == ["beforeunload"]  # submitting an answer causes no warning
    page.get_by_role("button", name="Submit this text").click()
    page.get_by_text("Midterm", exact=True).first.wait_for()
    assert host.answers == ["river=Nile", "essay=Because"]
    page.reload()
    page.locator("#time_remaining_id b").wait_for()
    assert page.get_by_label("Why?").input_value() == ""


def test_going_back_after_the_end_shows_the_typed_text(learner_host):
    host = learner_host()
    page = host.running()
    answered(page)
    page.get_by_role("button", name="End the exam…").click()
    page.get_by_role("button", name="End the exam anyway").click()
    page.get_by_role("button", name="Go back to my exam").click()
    page.get_by_text("1 answer not submitted").wait_for()
    holds(page, "Because")
    page.get_by_role("button", name="End the exam…").click()
    page.get_by_role("button", name="End the exam anyway").click()
    page.get_by_role("button", name="Submit my exam").click()
    page.locator('[data-screen="proctored-submitted"]').wait_for()
    left_for_copying(page)
