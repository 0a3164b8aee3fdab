"""The demo's course staff in Chromium: by keyboard from the menu to their work, under the demo's own base template."""

import shutil

import pytest
import requests

from tests.browser import staff_walks
from tests.browser.accessibility import accessible
from tests.demo.running import up

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
COURSE = "/api/edx_proctoring/v2/courses/course-v1:Demo+Proctoring+2026"

pytestmark = [
    pytest.mark.demo,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with up(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def opened(demo):
    """Return a function that opens a section as a member of the course's staff, by keyboard."""
    from playwright.sync_api import sync_playwright

    errors = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(base_url=demo.host)
        page.context.on("weberror", lambda error: errors.append(str(error.error)))

        def open_section(name):
            page.goto("/")
            staff_walks.press(page, "Casey Courseteam")
            page.get_by_role("link", name="Special exams").wait_for()
            staff_walks.press(page, "Special exams")
            page.get_by_role("heading", name="Live", exact=True).wait_for()
            staff_walks.press(page, name)
            page.get_by_role("heading", name=name, exact=True).wait_for()
            return page

        yield open_section
        browser.close()
    assert not errors


def test_course_staff_get_from_the_menu_to_an_attempt(opened):
    page = opened("Attempts")
    staff_walks.press(page, "Details of alex")
    page.get_by_role("heading", name="Timeline").wait_for()
    accessible(page, within="proctoring-staff-page")
    name = page.locator("proctoring-staff-page .crumbs").inner_text()
    assert name == "Demonstration Course · course-v1:Demo+Proctoring+2026"


def test_a_factor_for_three_learners(opened):
    page = opened("Accommodations")
    staff_walks.press(page, "Add accommodation")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("ArrowDown")  # single exams rather than all
    staff_walks.press(page, "Continue")
    page.get_by_role("dialog").get_by_label("Value").wait_for()
    staff_walks.fill_factor(page, ["jo", "alex", "kim"], "Final exam", "135 min = 90 + 45")
    given = page.request.get(f"{COURSE}/allowances/").json()["results"]
    assert {one["user"]["username"] for one in given} == {"jo", "alex", "kim"}
    assert {(one["key"], one["value"]) for one in given} == {("time_multiplier", "1.5")}


def test_a_reset_that_the_provider_answers_with_502(demo, opened):
    page = opened("Attempts")
    staff_walks.find(page, "sam")
    faulty(demo, {"kind": "status", "status": 502})
    staff_walks.reset(page, "sam", lambda: faulty(demo, None))
    page.get_by_role("heading", name="No attempt matches").wait_for()
    found = page.request.get(f"{COURSE}/attempts/?search=sam").json()
    assert found["results"] == []


def faulty(demo, fault):
    """Give the simulator's answer to removals this fault, or none."""
    change = {"faults": {"remove": fault}}
    assert requests.post(f"{demo.simulator}/console/script", json=change, timeout=10).ok


def test_an_export(opened):
    page = opened("Attempts")
    staff_walks.find(page, "lee")
    text = staff_walks.export(page)
    assert "lee@demo.example.com" in text
    assert "alex" not in text
