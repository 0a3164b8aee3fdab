"""Walks of course staff by keyboard alone, in every place that shows the sections: nothing here touches the database."""

import re
from pathlib import Path

from tests.browser.accessibility import accessible
from tests.browser.staff_pages import begins_with, picture, tab_to

ANYWHERE = "body"


def press(page, name, key="Enter"):
    """Press Tab until the control with this name has the focus, then the key."""
    tab_to(page, ANYWHERE, name)
    page.keyboard.press(key)


def find(page, learner):
    """Search the open section for one learner."""
    tab_to(page, ANYWHERE, "Find by username or e-mail address")
    page.keyboard.type(learner)
    begins_with(page, learner)


def fill_factor(page, learners, exam, minutes):
    """In the dialog whose first field has the focus: grant these learners 1.5 times the time in one exam."""
    page.keyboard.type(", ".join(learners))
    press(page, exam, "Space")
    tab_to(page, ANYWHERE, "Value")
    page.keyboard.type("1.5")
    page.get_by_role("dialog").get_by_text(minutes).wait_for()
    page.keyboard.press("Enter")
    saved = f"Saved: {len(learners)} of {len(learners)}."
    page.get_by_role("status").get_by_text(saved).wait_for()
    assert has_focus(page, "Add accommodation")


def reset(page, learner, repair):
    """Reset the learner's attempts: the provider answers 502 until `repair` is called."""
    press(page, f"Actions for {learner}")
    page.get_by_role("button", name="Details and timeline").wait_for()
    press(page, "Reset…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("heading", name=f"Reset {learner}’s attempts").wait_for()
    page.keyboard.type("wrong room")
    page.keyboard.press("Tab")
    assert has_focus(page, "Keep the attempts")
    page.keyboard.press("Tab")
    with page.expect_response(lambda answer: answer.request.method != "GET") as refusal:
        page.keyboard.press("Enter")
    assert refusal.value.status == 502
    detail = refusal.value.json()["detail"]
    assert detail
    alert = dialog.get_by_role("alert")
    alert.get_by_text(detail).wait_for()
    # A screen reader is given an alert with the detail, in the dialog that has the focus.
    assert re.search(rf"- alert:.*{re.escape(detail)}", dialog.aria_snapshot(), re.DOTALL)
    assert dialog.get_by_label("Reason (optional)").input_value() == "wrong room"
    repair()
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text(f"The attempts of {learner}").wait_for()
    dialog.wait_for(state="detached")


def export(page):
    """Export what the filters leave; return the text of the file."""
    press(page, "Export…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What the filters show now: 1").wait_for()
    assert page.locator(f"{ANYWHERE} :focus").last.get_attribute("value") == "shown"
    is_own_page = page.locator("proctoring-staff-page").count()
    accessible(page, within="proctoring-staff-page" if is_own_page else "proctoring-attempts")
    picture(page, "staff-export")
    with page.expect_download() as stored:
        page.keyboard.press("Enter")
    assert stored.value.suggested_filename == "attempts.csv"
    dialog.wait_for(state="detached")
    assert has_focus(page, "Export…")
    return Path(stored.value.path()).read_text(encoding="utf-8-sig")


def has_focus(page, name):
    return page.locator(f"{ANYWHERE} :focus").last.inner_text().strip() == name
