"""A page of the learning micro-frontend in Chromium: the published client draws the exam, our component is beside it."""

import subprocess
from decimal import Decimal

import pytest

from edx_proctoring.contrib.accommodations import api as accommodations
from edx_proctoring.testing.factories import COURSE_ID
from tests.browser.accessibility import accessible
from tests.browser.staff_pages import MARKS, browser, cookies_of  # noqa: F401  a fixture
from tests.clients import environment
from tests.contrib.live.conftest import send  # noqa: F401  a fixture
from tests.openapi.answers import close_pages

pytestmark = MARKS
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Quiz</title>
<link rel="stylesheet" href="/mfe/page.css"></head>
<body data-course="{course}" data-content="{content}"><div id="root"></div><script src="/mfe/page.js"></script></body></html>"""
OURS = "#ours"
CLOCK = ".exam-timer-clock"  # of the client
MINUTE = 60_000
READ_CLOCK = f"""(/\\d+:\\d\\d:\\d\\d/.exec(document.querySelector('{CLOCK}').textContent)[0]
    .split(':').reduce((sum, part) => sum * 60 + Number(part), 0))"""
IS_COVERED = """one => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return document.elementFromPoint(x + width / 2, y + height / 2).closest('dialog:modal') !== null;
}"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """Bundle the page; return the folder."""
    if why := environment.prepare():
        pytest.skip(why)
    out = tmp_path_factory.mktemp("bundle")
    script = environment.ROOT / "tests" / "clients" / "bundle.mjs"
    subprocess.run(["node", script, environment.FOLDER, out], check=True, timeout=120)
    return out


@pytest.fixture
def page(browser, bundle, live_server, client_for, learner, timed_exam):  # noqa: F811  a fixture
    """The exam's page, with a clock that the test moves; script errors fail the test."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1100, "height": 800})
    context.add_cookies(cookies_of(client_for(learner), live_server.url))
    errors = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    html = PAGE.format(course=COURSE_ID, content=timed_exam.content_id)
    context.route("**/mfe/", lambda route: route.fulfill(body=html, content_type="text/html"))
    context.route("**/mfe/page.js", lambda route: route.fulfill(path=bundle / "page.js"))
    context.route("**/mfe/page.css", lambda route: route.fulfill(path=bundle / "page.css"))
    opened = context.new_page()
    opened.clock.install()
    opened.goto("/mfe/")
    yield opened
    close_pages(context)
    assert not errors


def begin(page):
    """Start the exam by the client's button."""
    page.get_by_role("button", name="I am ready to start this timed exam.").click()
    page.locator(CLOCK).wait_for()


def start(page):
    """Start the exam, and wait until our component has found it."""
    begin(page)
    with page.expect_response(lambda answer: "attempt?messages=1" in answer.url):
        page.clock.run_for(MINUTE)
    page.locator(f"{OURS} section").wait_for(state="attached")


def to_all(send, **change):  # noqa: F811  a fixture
    """Change the time of the exam's attempt, as staff do on the board."""
    [attempt] = send("get").json()["rows"]
    made = send("post", "time-changes/", {"attempt_ids": [attempt["attempt_id"]], **change})
    assert [one["outcome"] for one in made.json()["rows"]] == ["done"], made.content


def test_the_timer_of_the_client_runs(page):
    begin(page)
    before = page.evaluate(READ_CLOCK)
    assert before <= 90 * 60
    page.wait_for_function(f"() => {READ_CLOCK} <= {before - 5}")


def test_an_announcement_is_shown_until_it_is_acknowledged(page, send):  # noqa: F811  a fixture
    start(page)
    text = "Question 3 has a misprint."
    sent = send("post", "announcements/", {"text": text, "to": {"all": True}}).json()
    page.clock.run_for(MINUTE)
    shown = page.locator(OURS).get_by_text(text).last
    shown.wait_for()
    assert page.get_by_label("Longest river?").is_visible()
    accessible(page, within=OURS)
    with page.expect_response(f"**/announcements/{sent['id']}/seen/"):
        page.locator(OURS).get_by_role("button", name="I have read this").click()
    page.locator(f"{OURS} .proctoring-announcement").wait_for(state="detached")
    (listed,) = send("get", "announcements/").json()["results"]
    assert (listed["seen"], listed["total"]) == (1, 1)
    page.clock.run_for(MINUTE)
    assert page.locator(f"{OURS} .proctoring-announcement").count() == 0


def test_a_question_reaches_the_board_and_its_answer_the_learner(page, send):  # noqa: F811  a fixture
    start(page)
    ours = page.locator(OURS)
    ours.get_by_role("button", name="Ask the invigilator").click()
    field = ours.get_by_label("Your question to the invigilator")
    assert field.evaluate("one => one === document.activeElement")
    field.fill("May I use a calculator?")
    accessible(page, within=OURS)
    ours.get_by_role("button", name="Send").click()
    ours.get_by_text("You have asked").wait_for()
    accessible(page, within=OURS)
    [row] = send("get").json()["rows"]
    assert row["question"]["text"] == "May I use a calculator?"
    answer = {
        "text": "Yes, you may.",
        "to": {"attempt_ids": [row["attempt_id"]]},
        "answers": row["question"]["id"],
    }
    assert send("post", "announcements/", answer).status_code == 201
    page.clock.run_for(MINUTE)
    ours.locator(".proctoring-announcement").get_by_text("Yes, you may.").wait_for()
    ours.get_by_role("button", name="Ask the invigilator").click()
    ours.get_by_role("button", name="Cancel").click()
    opener = ours.get_by_role("button", name="Ask the invigilator")
    assert opener.evaluate("one => one === document.activeElement")


def test_a_pause_covers_the_client_until_staff_continue(page, send):  # noqa: F811  a fixture
    start(page)
    to_all(send, action="pause", reason="Fire alarm")
    page.clock.run_for(MINUTE)
    dialog = page.get_by_role("dialog", name="Your exam is paused")
    dialog.get_by_text("you lose no time").wait_for()
    accessible(page, within=OURS)
    page.keyboard.press("Escape")
    for question in (page.get_by_label("Longest river?"), page.locator(CLOCK)):
        assert question.evaluate(IS_COVERED)
    to_all(send, action="continue", reason="Over")
    page.clock.run_for(MINUTE)
    dialog.wait_for(state="detached")
    assert not page.get_by_label("Longest river?").evaluate(IS_COVERED)
    page.locator(OURS).get_by_role("status").get_by_text("Your exam goes on.").wait_for()


def test_a_break_covers_the_client_until_the_learner_ends_it(page, learner):
    values = accommodations.ProfileValues(factor=Decimal(1), break_count=1, break_minutes=5)
    accommodations.create_profile(learner.pk, accommodations.Scope("course", COURSE_ID), values)
    start(page)
    begin = page.get_by_role("button", name="Take a break…")
    accessible(page, within=OURS)
    begin.click()
    page.get_by_role("button", name="Begin the break").click()
    dialog = page.get_by_role("dialog", name="You are on a break")
    dialog.get_by_text("Left of your break").wait_for()
    accessible(page, within=OURS)
    assert page.get_by_label("Longest river?").evaluate(IS_COVERED)
    dialog.get_by_role("button", name="End the break and go on").click()
    dialog.wait_for(state="detached")
    assert begin.count() == 0
    assert not page.get_by_label("Longest river?").evaluate(IS_COVERED)


def test_added_time_reaches_the_clock_of_the_client_and_our_message(page, send):  # noqa: F811  a fixture
    start(page)
    before = page.evaluate(READ_CLOCK)
    to_all(send, action="extend", seconds=600, reason="Late start")
    page.clock.run_for(MINUTE)
    page.locator(OURS).get_by_text("Time added to your exam: 10 minutes.").last.wait_for()
    page.wait_for_function(f"() => {READ_CLOCK} > {before + 400}")
    accessible(page, within=OURS)
