"""The tab of the LMS's legacy instructor dashboard, with the page and scripts of such a host."""

from pathlib import Path

import pytest

from edx_proctoring.testing.factories import COURSE_ID
from tests.browser.staff_pages import MARKS, accessible, begins_with, picture

pytestmark = MARKS
HOST = Path(__file__).parent / "host"
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}


def answer(name):
    """Return a function that responds with a file of the host."""
    text = (HOST / name).read_text("utf-8").replace("{{ course_id }}", COURSE_ID)
    return lambda route: route.fulfill(body=text, content_type=TYPES[name.rsplit(".", 1)[1]])


@pytest.fixture
def dashboard(open_page):
    """Return a function that opens the host's dashboard and records requests to the app."""

    def opened(**options):
        names = ("dashboard.html", "dashboard.css", "dashboard.js")
        routes = [(f"**/host/{name}", answer(name)) for name in names]
        return open_page(path="/host/dashboard.html", routes=routes, **options)

    return opened


def open_panel(page, number):
    page.locator(f"#ui-accordion-proctoring-accordion-header-{number}").press("Enter")


def test_no_request_is_sent_before_the_tab_is_opened(dashboard, course):
    asked = []
    page = dashboard()
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_text("Enrollment: 3").wait_for()
    assert [url for url in asked if "edx_proctoring" in url] == []
    page.get_by_role("button", name="Special Exams").click()
    page.get_by_role("link", name="Open the special exams on a page of their own").wait_for()
    assert [url for url in asked if "/v2/" in url] == []
    open_panel(page, 2)
    begins_with(page, "lee")
    assert any(url.endswith("/parts/") for url in asked)


@pytest.mark.parametrize("width", [1000, 320])
def test_the_panel_lists_attempts(dashboard, course, width):
    page = dashboard(width=width)
    page.get_by_role("button", name="Special Exams").click()
    open_panel(page, 2)
    begins_with(page, "lee")
    heading = page.locator("proctoring-attempts").get_by_role("heading", name="Attempts")
    assert heading.evaluate("one => one.localName") == "h4"
    accessible(page, within="proctoring-attempts")
    if width == 1000:
        picture(page, "staff-dashboard-tab")
    page.locator("#search_attempt_id").fill("verified")
    begins_with(page, "a-verified")
    page.get_by_role("button", name="Actions for a-verified").click()
    page.get_by_role("button", name="Reset…").click()
    page.get_by_role("dialog").get_by_role("heading", name="Reset a-verified’s attempts").wait_for()
    page.get_by_role("button", name="Keep the attempts").click()
    link = page.get_by_role("link", name="Open the special exams on a page of their own")
    assert link.get_attribute("href").endswith("/special-exams/")


def test_the_tab_is_loaded_again_when_it_is_opened_again(dashboard, course):
    page = dashboard()
    page.get_by_role("button", name="Special Exams").click()
    open_panel(page, 2)
    begins_with(page, "lee")
    page.get_by_role("button", name="Course Info").click()
    with page.expect_request("**/v2/courses/**/attempts/**"):
        page.get_by_role("button", name="Special Exams").click()
