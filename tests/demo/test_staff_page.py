"""The demo's course staff in Chromium: from the menu to an attempt, under the demo's own base template."""

import shutil

import pytest

from tests.browser.staff_pages import accessible
from tests.demo.running import up

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.demo,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


def test_course_staff_get_from_the_menu_to_an_attempt(tmp_path):
    from playwright.sync_api import sync_playwright

    errors = []
    with up(tmp_path) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(base_url=address)
        page.context.on("weberror", lambda error: errors.append(str(error.error)))
        page.goto("/")
        page.get_by_role("button", name="Casey Courseteam").click()
        page.get_by_role("link", name="Special exams").click()
        page.get_by_role("link", name="Attempts", exact=True).click()
        page.get_by_role("button", name="Details of alex").first.click()
        page.get_by_role("heading", name="Timeline").wait_for()
        accessible(page, within="proctoring-staff-page")
        browser.close()
    assert not errors
