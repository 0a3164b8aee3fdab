"""The tab of the LMS's legacy instructor dashboard, with the page and scripts of such a host."""

import pytest

from tests.browser.accessibility import accessible
from tests.browser.lms_dashboard import open_panel
from tests.browser.staff_pages import MARKS, begins_with, picture
from tests.browser.test_staff_sections import seated  # noqa: F401  a fixture

pytestmark = MARKS


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


@pytest.mark.parametrize(
    ("width", "scheme", "direction"),
    [(960, "light", "ltr"), (960, "dark", "rtl"), (320, "light", "ltr")],
)
def test_every_panel_is_accessible(dashboard, seated, width, scheme, direction):  # noqa: F811  the fixture
    page = dashboard(width=width, color_scheme=scheme)
    page.evaluate(f"document.documentElement.dir = '{direction}'")
    page.get_by_role("button", name="Special Exams").click()
    for number, name in enumerate(("accommodations", "onboarding", "attempts", "reviews")):
        open_panel(page, number)
        section = page.locator(f"proctoring-{name}")
        section.locator("tbody th").first.wait_for()
        accessible(page, within=f"proctoring-{name}")
        assert section.evaluate("one => one.scrollWidth <= one.clientWidth"), name
        open_panel(page, number)
        section.locator("tbody th").first.wait_for(state="hidden")


def test_the_tab_is_loaded_again_when_it_is_opened_again(dashboard, course):
    page = dashboard()
    page.get_by_role("button", name="Special Exams").click()
    open_panel(page, 2)
    begins_with(page, "lee")
    page.get_by_role("button", name="Course Info").click()
    with page.expect_request("**/v2/courses/**/attempts/**"):
        page.get_by_role("button", name="Special Exams").click()
