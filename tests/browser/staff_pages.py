"""Fixtures and steps for tests of the staff page in Chromium."""

import datetime
import os
import shutil
from pathlib import Path

import pytest
from django.utils import timezone

from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory
from tests.openapi.answers import close_pages

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PAGE = f"/api/edx_proctoring/pages/courses/{COURSE_ID}/special-exams/"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
HOUR = datetime.timedelta(hours=1)
TOKEN = "a" * 32
# The folder for screenshots of the guide: `STAFF_PICTURES=docs/_static pytest tests/browser`.
PICTURES = os.environ.get("STAFF_PICTURES")

MARKS = [
    pytest.mark.browser,
    pytest.mark.django_db,
    pytest.mark.databases("sqlite"),  # pages do not depend on the database
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def browser():
    """Start Chromium. Playwright keeps an event loop in this thread, where Django would refuse database access."""
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def course(transactional_db):
    """Create sixty attempts in two exams, in several statuses."""
    midterm = ExamFactory(exam_name="Midterm: Probability")
    quiz = ExamFactory(exam_name="Quiz <b>4</b>", is_proctored=False, backend=None)
    now = timezone.now()
    begun = {"started_at": now - HOUR / 2, "allowed_time_limit_mins": 90}
    for number in range(52):
        ended = {**begun, "completed_at": now, "status": "submitted"}
        user = UserFactory(username=f"person{number:02}")
        AttemptFactory(user=user, proctored_exam=quiz, taking_as_proctored=False, **ended)
    for status in ("created", "started", "submitted", "second_review_required", "verified"):
        AttemptFactory(user__username=f"a-{status}", proctored_exam=midterm, status=status, **begun)
    for status in ("rejected", "declined", "onboarding_missing"):
        AttemptFactory(user__username=f"b-{status}", proctored_exam=midterm, status=status)
    AttemptFactory(user__username="lee", proctored_exam=midterm, status="error", **begun)
    return {"midterm": midterm, "quiz": quiz}


def cookies_of(client, url):
    """Return the cookies of a signed-in client, for a browser's context at this address."""
    values = {"sessionid": client.cookies["sessionid"].value, "csrftoken": TOKEN}
    return [{"name": name, "value": value, "url": url} for name, value in values.items()]


@pytest.fixture
def open_page(browser, live_server, client_for, staff):
    """Return a function that opens the page as course staff; script errors and policy violations fail the test."""
    contexts, errors = [], []

    def under_policy(route):
        answer = route.fetch()
        headers = {**answer.headers, "content-security-policy": POLICY}
        route.fulfill(response=answer, headers=headers)

    def open_at(address="", width=1280, path=PAGE, routes=(), **options):
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            timezone_id="Europe/Berlin",
            **options,
        )
        contexts.append(context)
        context.add_cookies(cookies_of(client_for(staff), live_server.url))
        context.on("weberror", lambda error: errors.append(str(error.error)))
        page = context.new_page()
        page.on("console", lambda line: errors.append(line.text) if "Policy" in line.text else None)
        page.route(f"**{PAGE}", under_policy)
        for pattern, handler in routes:
            page.route(pattern, handler)
        page.goto(path + address)
        return page

    yield open_at
    close_pages(*contexts)
    assert not errors


def names(page):
    return page.get_by_role("rowheader").locator(".who").all_inner_texts()


def begins_with(page, name):
    page.get_by_role("rowheader").first.get_by_text(name, exact=True).wait_for()


def shows(page, count):
    page.get_by_role("status").get_by_text(f"Attempts found: {count}").wait_for(state="attached")


def fits(page):
    """Check that nothing has to be scrolled horizontally."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def picture(page, name):
    """Save a screenshot for the guide, if a folder for it is given."""
    if PICTURES:
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def tab_to(page, element, name, most=150):
    """Press Tab until the control with this name in this element has the focus."""
    label = "one => (one.ariaLabel || one.labels?.[0]?.innerText || one.innerText).trim()"
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.locator(f"{element} :focus")
        if focused.count() and focused.last.evaluate(label) == name:
            return
    raise AssertionError(f"{name} cannot be reached")
