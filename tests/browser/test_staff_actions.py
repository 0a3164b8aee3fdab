"""Actions on the staff page by keyboard alone; panel and dialogs are checked by axe."""

import json
from pathlib import Path

import pytest
from django.utils import timezone

from edx_proctoring.exceptions import BackendProviderCannotRemoveAttempt
from edx_proctoring.testing.factories import AttemptFactory, ExamFactory
from tests.browser.staff_pages import MARKS, accessible, begins_with, fits, picture, shows, tab_to

pytestmark = MARKS
ATTEMPTS = "proctoring-attempts"


def focused(page):
    return page.locator(f"{ATTEMPTS} :focus").inner_text().strip()


@pytest.mark.parametrize(
    ("width", "scheme", "direction"),
    [(1280, "light", "ltr"), (1280, "dark", "rtl"), (320, "light", "ltr")],
)
def test_panel_menu_and_dialogs_are_accessible(open_page, course, width, scheme, direction):
    page = open_page("#attempts?search=lee", width=width, color_scheme=scheme)
    page.evaluate(f"document.documentElement.dir = '{direction}'")
    begins_with(page, "lee")
    page.get_by_role("button", name="Actions for lee").click()
    page.get_by_role("button", name="Details and timeline").wait_for()
    accessible(page)
    page.get_by_role("button", name="Details and timeline").click()
    page.get_by_role("heading", name="Timeline").wait_for()
    assert fits(page)
    accessible(page)
    if width == 1280:
        picture(page, f"staff-attempt-{scheme}")
    is_modal = page.locator(".panel").evaluate("one => one.matches(':modal')")
    assert is_modal == (width < 1280)
    page.get_by_role("button", name="Reset…").last.click()
    page.get_by_role("heading", name="Reset lee’s attempts").wait_for()
    accessible(page)
    assert fits(page)
    if width == 1280:
        picture(page, f"staff-reset-{scheme}")
    page.keyboard.press("Escape")
    assert focused(page) == "Reset…"
    page.keyboard.press("Escape")
    page.locator(".panel").wait_for(state="detached")
    assert focused(page) == "lee"


def test_by_keyboard_a_reset_refused_by_the_provider(open_page, course, provider):
    provider.fail(
        "remove_exam_attempt", BackendProviderCannotRemoveAttempt("The provider is down.")
    )
    page = open_page("#attempts?search=lee")
    begins_with(page, "lee")
    press = page.keyboard.press
    tab_to(page, ATTEMPTS, "Actions for lee")
    press("Enter")
    page.get_by_role("button", name="Details and timeline").wait_for()
    tab_to(page, ATTEMPTS, "Reset…")
    press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("heading", name="Reset lee’s attempts").wait_for()
    page.keyboard.type("wrong room")
    press("Tab")
    assert focused(page) == "Keep the attempts"
    press("Tab")
    press("Enter")
    alert = dialog.get_by_role("alert")
    alert.wait_for()
    assert "provider" in alert.inner_text()
    assert dialog.get_by_label("Reason (optional)").input_value() == "wrong room"
    provider.recover()
    press("Enter")
    page.get_by_role("status").get_by_text("The attempts of lee").wait_for()
    page.get_by_role("heading", name="No attempt matches").wait_for()


def test_by_keyboard_time_for_two_learners(open_page, course):
    exam, started_at = course["midterm"], timezone.now()
    for name in ("zoe", "zack"):
        AttemptFactory(
            user__username=name,
            proctored_exam=exam,
            status="started",
            started_at=started_at,
            allowed_time_limit_mins=90,
        )
    page = open_page("#attempts?search=z&ordering=username")
    begins_with(page, "zack")
    tab_to(page, ATTEMPTS, "Select all on this page")
    page.keyboard.press("Space")
    page.get_by_text("Selected: 2").wait_for()
    accessible(page)
    tab_to(page, ATTEMPTS, "Pause…")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("heading", name="Pause 2 attempts").wait_for()
    page.keyboard.type("Fire alarm")
    tab_to(page, ATTEMPTS, "Preview")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_text("Refused: 0. Cut by the due date: 0.").wait_for()
    accessible(page)
    picture(page, "staff-bulk-preview")
    tab_to(page, ATTEMPTS, "Pause 2 attempts")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("Done for 2 of 2.").wait_for()
    page.get_by_role("cell").get_by_text("Paused by staff").first.wait_for()
    tab_to(page, ATTEMPTS, "Undo")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("Undone for 2 of 2.").wait_for()
    page.get_by_role("cell").get_by_text("Paused by staff").first.wait_for(state="detached")


def test_by_keyboard_an_export_and_a_failed_export(open_page, course):
    page = open_page("#attempts?search=lee")
    begins_with(page, "lee")
    tab_to(page, ATTEMPTS, "Export…")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What the filters show now: 1").wait_for()
    assert page.locator(f"{ATTEMPTS} :focus").get_attribute("value") == "shown"
    accessible(page)
    picture(page, "staff-export")
    with page.expect_download() as stored:
        page.keyboard.press("Enter")
    assert stored.value.suggested_filename == "attempts.csv"
    text = Path(stored.value.path()).read_text(encoding="utf-8-sig")
    assert "lee" in text
    assert "person" not in text
    dialog.wait_for(state="detached")
    assert focused(page) == "Export…"
    page.route("**/attempts/export/**", lambda route: route.abort())
    page.keyboard.press("Enter")
    tab_to(page, ATTEMPTS, "CSV")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    dialog.get_by_role("alert").get_by_text("The file could not be made.").wait_for()
    assert dialog.get_by_label("XLSX").is_checked()
    page.keyboard.press("Escape")
    begins_with(page, "lee")


def test_a_link_opens_one_attempt(open_page, course):
    page = open_page("#attempts?search=lee")
    page.get_by_role("button", name="Details of lee").click()
    page.get_by_role("heading", name="Timeline").wait_for()
    assert "open=" in page.url
    page.reload()
    page.get_by_role("heading", name="lee · Midterm: Probability").wait_for()
    page.keyboard.press("Tab")
    page.locator(".panel .heading").first.focus()
    page.keyboard.press("Escape")
    page.locator(".panel").wait_for(state="detached")
    assert "open=" not in page.url


def test_the_exam_is_chosen_from_many_by_typing(open_page, course):
    for number in range(205):
        ExamFactory(exam_name=f"Exercise {number:03}", backend=None, is_proctored=False)
    page = open_page()
    shows(page, 61)
    field = page.get_by_label("Exam", exact=True)
    with page.expect_response(lambda answer: "search=Quiz" in answer.url) as found:
        field.press_sequentially("Quiz <b>4</b>")
    assert json.loads(found.value.body())["count"] == 1
    field.fill("")
    field.fill("Quiz <b>4</b>")
    shows(page, 52)
