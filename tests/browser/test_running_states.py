"""Each state of the timer bar, of its notes and dialogs is accessible and fits, in all combinations of showing it."""

import pytest
from django.utils import timezone

from edx_proctoring import api, extensions
from edx_proctoring.models import ProctoredExamStudentAttempt
from tests.browser.accessibility import faults, faults_in_all_combinations
from tests.browser.learner_host import MARKS, MINUTE

pytestmark = MARKS

BREAKS = {
    "left": 2,
    "seconds_left": 900,
    "longest": 600,
    "ends_in": 600,
    "begin_url": "/begin",
    "end_url": "/end",
}
ANNOUNCEMENT = {"id": 1, "text": "Question 3: ignore part c.", "at": "2026-11-30T14:10:00Z"}


@pytest.fixture
def polled():
    """Return the keys that an extension adds to the polled data."""
    added = {}

    class Extending(extensions.Extension):
        name = "states"

        def poll_data(self, attempt):
            return added

    extensions.register(Extending())
    yield added
    extensions.unregister("states")


def check(page, *texts):
    """Check the page in all combinations, after these texts have appeared."""
    for text in texts:
        page.get_by_text(text).first.wait_for()
    assert faults_in_all_combinations(page) == {}


@pytest.mark.parametrize(
    ("begun", "level"), [(20, "normal"), (50, "warning"), (58, "critical"), (59.8, "critical")]
)
def test_levels_of_the_time_left(learner_host, begun, level):
    page = learner_host(begun=begun * MINUTE).running()
    page.locator(f".px-bar[data-level={level}]").wait_for()
    check(page)


def test_the_time_is_over(learner_host, polled):
    polled.update(breaks=BREAKS)
    host = learner_host(begun=59.9 * MINUTE)
    page = host.running()
    host.disconnect(page)  # it stays on the page until the server can be reached
    page.locator(".px-bar__flag", has_text="Your time is over").wait_for()
    for name in ("Take a break…", "End the exam…"):
        assert page.get_by_role("button", name=name).is_disabled()
    check(page, "this page continues when the connection is back")


def test_the_time_is_over_on_the_page_to_submit(learner_host):
    host = learner_host("ready_to_submit", begun=59.9 * MINUTE)
    page = host.running()
    host.disconnect(page)
    page.locator(".px-bar__flag", has_text="Your time is over").wait_for()
    assert page.get_by_text("You still have time").is_hidden()
    assert page.get_by_role("button", name="Go back to my exam").is_hidden()
    check(page, "Your time is over. What you have submitted counts.")


def test_notes_about_the_connection(learner_host):
    host = learner_host()
    page = host.running()
    page.get_by_label("Why?").fill("Because")
    host.disconnect(page)
    check(page, "No connection since", "1 answer not submitted")
    host.connect(page)
    check(page, "You are connected again.")


def test_a_note_about_an_ended_session_and_a_hidden_clock(learner_host):
    host = learner_host()
    page = host.running()
    page.get_by_role("button", name="Hide the clock").click()
    host.client.logout()
    host.poll(page)
    check(page, "You have been signed out.")


def test_notes_about_time_messages_and_another_exam(learner_host, make_exam, attempt, polled):
    other = make_exam(exam_name="Final exam", due_date=None)
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    attempt(exam=other, status="started", **begun)
    host = learner_host()
    polled.update(announcements=[ANNOUNCEMENT], breaks=BREAKS)
    page = host.running()
    running = ProctoredExamStudentAttempt.objects.get(proctored_exam=host.exam)
    api.extend_attempt(running.pk, 600)
    host.poll(page)
    page.get_by_role("button", name="Take a break…").wait_for()
    check(page, ANNOUNCEMENT["text"], "Time added to your exam")  # the third one waits
    page.get_by_role("button", name="I have read this").click()
    page.get_by_role("button", name="All right").click()
    check(page, "Another exam of yours is running")


def test_the_questions_before_a_break_and_the_end(learner_host, polled):
    polled.update(breaks=BREAKS)
    page = learner_host().running()
    page.get_by_role("button", name="Take a break…").click()
    page.get_by_role("dialog", name="Take a break now?").wait_for()
    check(page)
    page.keyboard.press("Escape")
    page.get_by_label("Why?").fill("Because")
    page.get_by_role("button", name="End the exam…").click()
    page.get_by_role("dialog", name="1 answer is not submitted").wait_for()
    check(page)


ROWS = """() => {
  const bar = document.querySelector('.px-bar').getBoundingClientRect();
  const fill = document.querySelector('.px-bar__fill').getBoundingClientRect();
  const parts = [...document.querySelectorAll('.px-bar__exam, .px-bar__saved, .px-bar__clock, .px-bar button')];
  const rows = [];
  for (const { top, bottom, left, right } of parts.map((part) => part.getBoundingClientRect())) {
    if (left < bar.left || right > bar.right) return 'outside the bar';
    const row = rows.find((one) => top < one.bottom && bottom > one.top);
    if (row) [row.top, row.bottom] = [Math.min(row.top, top), Math.max(row.bottom, bottom)];
    else rows.push({ top, bottom });
  }
  return fill.width === bar.width ? rows.length : 'not coloured to its ends';
}"""


@pytest.mark.parametrize(("width", "rows"), [(1600, 1), (1296, 1), (1040, 1), (390, 2), (320, 3)])
def test_all_buttons_fit_beside_the_clock(learner_host, polled, width, rows):
    asking = {"questions": {"enabled": True, "open": None}, "live_url": "/live/"}
    polled.update(breaks=BREAKS, **asking)
    page = learner_host(begun=20 * MINUTE).running()
    page.set_viewport_size({"width": width, "height": 700})
    for name in ("Hide the clock", "Take a break…", "Ask the invigilator", "End the exam…"):
        page.get_by_role("button", name=name, exact=True).wait_for()
    assert page.evaluate(ROWS) == rows
    assert faults(page) == []


@pytest.mark.parametrize("kind", ["pause", "break"])
def test_a_pause_covers_the_page(learner_host, polled, kind):
    host = learner_host()
    page = host.running()
    if kind == "pause":
        running = ProctoredExamStudentAttempt.objects.get()
        api.pause_attempt(running.pk, reason="Fire alarm. Please leave the room.")
    else:
        since = timezone.now().isoformat()
        polled.update(paused={"kind": "break", "since": since, "message": ""}, breaks=BREAKS)
    host.poll(page)
    page.get_by_role("alertdialog").wait_for()
    check(page)


def test_text_that_was_not_submitted_before_the_end(learner_host):
    host = learner_host()
    page = host.running()
    page.get_by_label("Why?").fill("Because")
    api.update_attempt_status(ProctoredExamStudentAttempt.objects.get().pk, "submitted")
    host.poll(page)
    page.get_by_role("region", name="Your exam on the page before this one").wait_for()
    check(page)


def test_the_question_before_an_exam_is_declined(learner_host, make_exam):
    from playwright.sync_api import expect

    host = learner_host(status=None)
    make_exam(course_id=host.exam.course_id, exam_name="Final exam")
    page = host.open()
    page.get_by_role("button", name="Take it without proctoring…").click()
    keep = page.locator("dialog[open]").get_by_role("button", name="Keep proctoring")
    expect(keep).to_be_focused()  # Enter does no harm
    check(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take it without proctoring…")).to_be_focused()
