"""A learner takes a proctored exam in Chromium; every screen is checked by axe."""

import re
import shutil
import time

import pytest

from tests.browser.accessibility import accessible
from tests.demo import running

PATIENCE_SECONDS = 180  # for the demo's processes on a busy machine
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Start the demo; return its address."""
    with running.up(tmp_path_factory.mktemp("demo")) as addresses:
        yield addresses.host


@pytest.fixture(scope="module")
def browser():
    """Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser, demo):
    """Open a window of a learner who has no attempts yet; script errors fail the test."""
    context = browser.new_context(base_url=demo)
    errors = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    found = context.new_page()
    found.goto("/")
    found.get_by_role("button", name="Jo Learner").click()
    yield found
    context.close()
    assert not errors


def on(page, screen):
    page.wait_for_selector(f'[data-screen="{screen}"]')
    accessible(page)


def test_from_the_entrance_to_the_result(page):
    page.get_by_role("link", name="Midterm exam").click()
    on(page, "proctored-entrance")
    page.get_by_role("button", name="Take it without proctoring…").click()
    page.get_by_role("button", name="Keep proctoring").click()
    page.get_by_role("button", name="Go on to the set-up").click()
    on(page, "instructions")
    rules = page.get_by_role("button", name="Go on to the rules")
    rules.press("Enter")  # marked as disabled, and says why
    page.get_by_text("The set-up is not finished yet").wait_for()
    accessible(page)
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Open the system check").click()
    popup.value.wait_for_load_state()
    page.get_by_text("The system check is done.").wait_for(timeout=PATIENCE_SECONDS * 1000)
    assert page.get_by_role("alert").count() == 0  # earlier failures do not count
    page.get_by_role("button", name="Go on to the rules").click()
    on(page, "ready-to-start")
    page.get_by_role("button", name="Start my exam").click()
    page.locator("#time_remaining_id b").wait_for()  # the bar moves the content below it
    page.get_by_label("What is the capital of Latvia?").fill("Riga")
    with page.expect_navigation():
        page.get_by_role("button", name="Submit this answer").first.click()
    page.locator("#time_remaining_id b").wait_for()
    assert page.get_by_label("What is the capital of Latvia?").input_value() == "Riga"
    accessible(page)
    page.get_by_role("button", name="Hide the clock").click()
    accessible(page)
    page.get_by_role("button", name="End the exam…").click()
    on(page, "proctored-ready-to-submit")
    page.get_by_role("button", name="Go back to my exam").click()
    page.locator("#toggle_timer[aria-pressed=true]").wait_for()
    page.get_by_role("button", name="End the exam…").click()
    page.get_by_role("button", name="Submit my exam").click()
    on(page, "proctored-submitted")
    until = time.monotonic() + PATIENCE_SECONDS
    while not page.locator('[data-screen="proctored-verified"]').count():
        assert time.monotonic() < until, "no review"
        page.wait_for_timeout(300)
        page.reload()
    on(page, "proctored-verified")
    page.get_by_role("link", name="Course", exact=True).click()
    page.get_by_text("Passed Proctoring").wait_for()


def test_a_timed_exam_can_be_taken(page):
    page.get_by_role("link", name="Quiz with a time limit").click()
    on(page, "timed-entrance")
    page.get_by_role("button", name="Start the exam now").click()
    page.get_by_role("button", name="End the exam…").click()
    on(page, "timed-ready-to-submit")
    page.get_by_role("button", name="Submit my exam").click()
    on(page, "timed-submitted")


def test_a_pause_by_staff_covers_the_questions(browser, demo):
    learner, staff = (browser.new_context(base_url=demo) for _ in range(2))
    page = learner.new_page()
    page.goto("/")
    page.get_by_role("button", name="Kim Auditor").click()
    page.clock.install()
    page.get_by_role("link", name="Quiz with a time limit").click()
    page.get_by_role("button", name="Start the exam now").click()
    end = page.get_by_role("button", name="End the exam…")
    end.wait_for()
    desk = staff.new_page()
    desk.goto("/")
    desk.get_by_role("button", name="Casey Courseteam").click()
    attempts = "/api/edx_proctoring/v2/courses/course-v1:Demo+Proctoring+2026/attempts/"
    [one] = staff.request.get(f"{attempts}?search=kim").json()["results"]
    csrf = {cookie["name"]: cookie["value"] for cookie in staff.cookies()}["csrftoken"]

    def change(what, **body):
        headers = {"X-CSRFToken": csrf, "Idempotency-Key": what, "Referer": demo}
        answer = staff.request.post(f"{attempts}{one['id']}/{what}/", data=body, headers=headers)
        assert answer.ok, answer.text()

    change("pause", reason="Fire alarm. Please leave the room.")
    page.clock.fast_forward("01:05")
    cover = page.get_by_role("alertdialog", name="Your exam is paused")
    cover.get_by_text("Fire alarm").wait_for()
    assert not end.is_visible()
    accessible(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main, .exam-timer')") is None
    change("extend", seconds=600, reason="The alarm took ten minutes.")
    change("continue")
    page.clock.fast_forward("00:20")
    end.wait_for()
    page.get_by_text("Time added to your exam: 10 minutes.", exact=True).wait_for()
    assert cover.count() == 0
    learner.close()
    staff.close()


def test_a_network_failure_is_reported_and_the_click_can_be_repeated(page):
    page.get_by_role("link", name="Practice exam").click()
    on(page, "practice-entrance")
    page.route("**/api/edx_proctoring/**", lambda route: route.abort())
    page.get_by_role("button", name="Go on to the set-up").click()
    page.get_by_role("alert").get_by_text("Check your connection").wait_for()
    page.unroute("**/api/edx_proctoring/**")
    page.get_by_role("button", name="Go on to the set-up").click()
    on(page, "instructions")


@pytest.mark.parametrize(
    ("person", "paths"),
    [
        ("Jo Learner", ["", "progress"]),
        ("Casey Courseteam", [""]),
        ("Avery Author", ["", "/studio", "/told", "/help"]),
    ],
)
def test_the_demo_has_no_broken_links(browser, demo, person, paths):
    course = "/courses/course-v1:Demo+Proctoring+2026/"
    context = browser.new_context(base_url=demo)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name=person).click()
    links = {}
    for path in paths:
        page.goto(path if path.startswith("/") else course + path)
        accessible(page)
        for href in page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"):
            links.setdefault(href.partition("#")[0], path)
    assert len(links) > len(paths)
    answers = {href: context.request.get(href).status for href in links}
    assert not {href: status for href, status in answers.items() if status >= 400}
    context.close()


def test_course_staff_see_the_attempts_of_their_course(browser, demo):
    """The host's own pages are always light."""
    context = browser.new_context(base_url=demo, color_scheme="dark")
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Casey Courseteam").click()
    page.get_by_role("link", name="Special exams").click()
    page.get_by_role("link", name="Attempts", exact=True).click()
    page.get_by_role("rowheader").get_by_text("alex", exact=True).first.wait_for()
    accessible(page)
    page.get_by_label("Exam", exact=True).select_option("Midterm exam")
    page.get_by_text(re.compile("^1–\\d+ of")).wait_for()
    assert page.get_by_text("Demo University").is_visible()
    context.close()


def test_the_rest_interface_can_be_tried(browser, demo):
    """Requests that change something send the session's CSRF token."""
    context = browser.new_context(base_url=demo)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Avery Author").click()
    page.get_by_role("link", name="REST interface").click()
    for method in ("get", "post"):
        path = f'.opblock-summary-{method} [data-path$="/proctored_exam/attempt"]'
        operation = page.locator(".opblock", has=page.locator(path))
        operation.locator(".opblock-summary-control").click()
        operation.get_by_role("button", name="Try it out").click()
        operation.get_by_role("button", name="Execute").click()
        answered = operation.locator(".live-responses-table tbody .response-col_status")
        assert answered.first.inner_text().strip() == "200"
    context.close()


def test_an_anonymous_user_who_follows_a_link_gets_there_after_the_login(browser, demo):
    exam = "/courses/course-v1:Demo+Proctoring+2026/courseware/"
    context = browser.new_context(base_url=demo)
    page = context.new_page()
    page.goto(exam + "block-v1:Demo+Proctoring+2026+type@sequential+block@practice")
    page.get_by_role("button", name="Sam Learner").click()
    page.get_by_role("heading", name="Practice exam").wait_for()
    page.goto("/?next=https://elsewhere.example.com/")
    page.get_by_role("button", name="Sam Learner").click()
    page.get_by_role("link", name="Quiz with a time limit").wait_for()
    context.close()
