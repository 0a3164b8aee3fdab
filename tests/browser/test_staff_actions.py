"""Actions on the staff page by keyboard alone; panel and dialogs are checked by axe."""

import json

import pytest
from django.utils import timezone

from edx_proctoring.testing.factories import AttemptFactory, ExamFactory
from tests.browser.accessibility import accessible
from tests.browser.staff_pages import (
    HOUR,
    MARKS,
    begins_with,
    fits,
    picture,
    shows,
    tab_to,
)

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
        page.mouse.click(5, 5)  # beside the dialog
        assert page.get_by_role("heading", name="Reset lee’s attempts").is_visible()
    page.keyboard.press("Escape")
    assert focused(page) == "Reset…"
    page.keyboard.press("Escape")
    page.locator(".panel").wait_for(state="detached")
    assert focused(page) == "lee"


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
    tab_to(page, ATTEMPTS, "Pause 2 attempts")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("Done for 2 of 2.").wait_for()
    page.get_by_role("cell").get_by_text("Paused by staff").first.wait_for()
    tab_to(page, ATTEMPTS, "Undo")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("Undone for 2 of 2.").wait_for()
    page.get_by_role("cell").get_by_text("Paused by staff").first.wait_for(state="detached")


def test_a_preview_begins_with_attempts_that_are_refused_or_cut(open_page, course):
    now = timezone.now()
    running = {"status": "started", "started_at": now - HOUR / 2, "allowed_time_limit_mins": 90}
    final = ExamFactory(exam_name="Final exam", due_date=now + HOUR + HOUR / 6)
    for name in ("zack", "zoe"):
        AttemptFactory(user__username=name, proctored_exam=course["midterm"], **running)
    AttemptFactory(user__username="zelda", proctored_exam=final, **running)
    ended = {**running, "status": "submitted", "completed_at": now}
    AttemptFactory(user__username="zain", proctored_exam=final, **ended)
    page = open_page("#attempts?search=z&ordering=username")
    begins_with(page, "zack")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Add minutes…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Minutes").fill("15")
    dialog.get_by_label("Reason").fill("Fire alarm")
    dialog.get_by_role("button", name="Preview").click()
    dialog.get_by_text("Refused: 1. Cut by the due date: 1.").wait_for()
    people = dialog.locator("li bdi").all_inner_texts()
    assert people[:2] == ["zain", "zelda"]
    assert sorted(people[2:]) == ["zack", "zoe"]
    accessible(page)
    picture(page, "staff-bulk-preview")


def test_an_export_that_fails_keeps_what_was_chosen(open_page, course):
    page = open_page("#attempts?search=lee")
    begins_with(page, "lee")
    page.route("**/attempts/export/**", lambda route: route.abort())
    tab_to(page, ATTEMPTS, "Export…")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What the filters show now: 1").wait_for()
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
    field = page.locator("input[name=exam]")  # a <select> until the number of exams is known
    with page.expect_response(lambda answer: "search=Quiz" in answer.url) as found:
        field.press_sequentially("Quiz <b>4</b>")
    assert json.loads(found.value.body())["count"] == 1
    shows(page, 52)
