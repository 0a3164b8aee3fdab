"""The board in the tab of the LMS's own instructor dashboard, where it folds out above the panels."""

import pytest

from tests.browser.accessibility import accessible
from tests.browser.lms_dashboard import dashboard  # noqa: F401  a fixture
from tests.browser.staff_pages import (  # noqa: F401  fixtures
    MARKS,
    browser,
    fits,
    open_page,
    picture,
    tab_to,
)
from tests.contrib.live.board_pages import BOARD, forget_boards, hall, row  # noqa: F401  fixtures

pytestmark = [*MARKS, pytest.mark.needs("lms-urls")]


@pytest.mark.parametrize(
    ("width", "direction"), [(1000, "ltr"), (1000, "rtl"), (390, "ltr"), (320, "ltr")]
)
def test_it_folds_out_and_its_actions_are_reached_by_keyboard(dashboard, hall, width, direction):  # noqa: F811  fixtures
    page = dashboard(width=width)
    page.evaluate(f"document.documentElement.dir = '{direction}'")
    page.get_by_role("button", name="Special Exams").click()
    fold = page.locator("details.proctoring-staff-section > summary")
    fold.wait_for()
    assert page.locator(BOARD).count() == 0
    fold.press("Enter")
    row(page, "jo").wait_for()
    heading = page.locator(BOARD).get_by_role("heading", name="Live", exact=True)
    assert heading.evaluate("one => one.localName") == "h2"
    accessible(page, within="details.proctoring-staff-section")
    assert fits(page)
    if direction == "ltr":
        picture(page, f"live-tab-{width}")
    tab_to(page, BOARD, "Message jo")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Message to jo")
    dialog.wait_for()
    accessible(page, within=BOARD)
    page.keyboard.type("Are you there?")
    tab_to(page, BOARD, "Send")
    page.keyboard.press("Enter")
    page.locator(f"{BOARD} .notice").get_by_text("Sent to 1.", exact=True).wait_for()
    assert page.locator(f"{BOARD} :focus").get_attribute("aria-label") == "Message jo"
    tab_to(page, BOARD, "More actions")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Rooms and invigilators…").wait_for()
    page.keyboard.press("Escape")
    fold.press("Enter")
    with page.expect_request("**/v2/courses/**/live/**"):
        fold.press("Enter")
