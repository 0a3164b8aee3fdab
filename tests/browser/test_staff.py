"""The staff page in Chromium without a host's pages; each state is checked by axe."""

import re

import pytest

from tests.browser.accessibility import accessible
from tests.browser.staff_pages import (
    MARKS,
    begins_with,
    fits,
    names,
    shows,
    tab_to,
)

pytestmark = MARKS


@pytest.mark.parametrize(
    ("width", "scheme", "direction"),
    [
        (1280, "light", "ltr"),
        (1280, "dark", "ltr"),
        (1280, "light", "rtl"),
        (700, "light", "ltr"),
        (320, "light", "ltr"),
        (320, "dark", "rtl"),
    ],
)
def test_the_page_is_accessible_and_fits(open_page, course, width, scheme, direction):
    page = open_page(width=width, color_scheme=scheme)
    page.evaluate(f"document.documentElement.dir = '{direction}'")
    shows(page, 61)
    accessible(page)
    assert fits(page)
    page.get_by_label("Status", exact=True).select_option("Running")
    shows(page, 1)
    accessible(page)
    assert fits(page)


def test_the_page_can_be_used_by_keyboard_alone(open_page, course):
    page = open_page()
    shows(page, 61)
    press = page.keyboard.press

    tab_to(page, "proctoring-attempts", "Find by username or e-mail address")
    page.keyboard.type("person")
    shows(page, 52)
    tab_to(page, "proctoring-attempts", "Learner")
    press("Enter")
    begins_with(page, "person00")
    assert page.locator("th[aria-sort=ascending]").inner_text() == "Learner"
    press("Space")
    begins_with(page, "person51")
    assert page.locator("th[aria-sort=descending]").inner_text() == "Learner"
    tab_to(page, "proctoring-attempts", "Next")
    press("Enter")
    begins_with(page, "person26")
    assert page.get_by_text("26–50 of 52").is_visible()
    assert page.url.endswith("#attempts?search=person&ordering=-username&page=2")
    page.reload()
    begins_with(page, "person26")


def test_texts_of_users_run_no_script(open_page, course):
    page = open_page("#attempts?type=timed")
    shows(page, 52)
    assert page.get_by_role("cell").get_by_text("Quiz <b>4</b>").first.is_visible()


def test_a_failed_request_is_reported_and_can_be_repeated(open_page, course):
    page = open_page("#attempts?search=lee")
    shows(page, 1)
    page.route("**/v2/courses/**/attempts/**", lambda route: route.abort())
    page.get_by_label("Type", exact=True).select_option("Proctored")
    alert = page.get_by_role("alert")
    alert.get_by_text("The server did not answer. Search and filters are kept.").wait_for()
    accessible(page)
    page.unroute("**/v2/courses/**/attempts/**")
    alert.get_by_role("button", name="Try again").click()
    shows(page, 1)
    assert names(page) == ["lee"]
    assert page.locator("h2:focus").inner_text() == "Attempts"


def test_errors_of_the_server_are_shown_at_their_control(open_page, course):
    page = open_page("#attempts?exam=none")
    page.get_by_role("alert").get_by_text(re.compile("exam: Enter a whole number")).wait_for()
    accessible(page)


def test_a_course_without_attempts_shows_a_note(open_page):
    page = open_page()
    page.get_by_role("heading", name="No attempts yet").wait_for()
    accessible(page)


def test_the_page_in_german(open_page, course, settings):
    settings.LANGUAGE_CODE = "de"
    page = open_page()
    page.get_by_role("status").get_by_text("Gefundene Versuche: 61").wait_for(state="attached")
    assert page.title() == "Besondere Prüfungen"
    page.get_by_label("Status", exact=True).select_option("Läuft")
    page.get_by_role("status").get_by_text("Gefundene Versuche: 1.").wait_for(state="attached")
    assert re.search(r"\d+\. \w+\.?,? \d\d:\d\d", page.get_by_role("row").nth(1).inner_text())
