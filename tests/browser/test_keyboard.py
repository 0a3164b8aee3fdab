"""The whole exam by keyboard only: each control is reached by Tab, visible, and pressed."""

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamStudentAttempt
from tests.browser.learner_host import MARKS

pytestmark = MARKS

MOST = 30  # more would mean a keyboard trap
FOCUSED = """() => {
  const found = document.activeElement;
  const {top, bottom, height} = found.getBoundingClientRect();
  const bar = document.querySelector('.px-bar');
  const covered = bar && !bar.contains(found) && !found.closest('dialog') ? bar.getBoundingClientRect().bottom : 0;
  const {outlineStyle, outlineWidth} = getComputedStyle(found);
  return {
    name: (found.getAttribute('aria-label') || found.labels?.[0]?.textContent || found.textContent || '').trim(),
    seen: height > 0 && top >= covered - 1 && bottom <= innerHeight + 1,
    outlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1,
  };
}"""


def focus(page, name):
    """Press Tab until this control has the focus; control and focus must be visible."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["name"] == name:
            assert focused == {"name": name, "seen": True, "outlined": True}
            return
    raise AssertionError(f"Not reached by Tab: {name}")


def press(page, name, key="Enter"):
    focus(page, name)
    page.keyboard.press(key)


def on(page, screen):
    """Wait for the screen; its title must have the focus, so that screen readers continue there."""
    page.locator(f'[data-screen="{screen}"]').wait_for()
    page.locator("[data-screen] h3:focus").wait_for()


def is_emptied(page, field):
    """Wait until the page is loaded again. The page's policy forbids wait_for_function, which evaluates strings."""
    from playwright.sync_api import expect

    expect(page.locator(field)).to_have_value("", timeout=30_000)


def test_a_proctored_exam_from_the_entrance_to_the_receipt(learner_host, provider):
    steps = {"instructions": ["Close all programs."], "download_url": "http://host.test/exam"}
    provider.answer("get_attempt", steps)
    host = learner_host(status=None)
    page = host.open()
    on(page, "proctored-entrance")
    press(page, "Take it without proctoring…")
    page.locator("dialog[open]").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    assert page.evaluate(FOCUSED)["name"] == "Take it without proctoring…"
    page.keyboard.press("Shift+Tab")
    press_back(page, "Go on to the set-up")
    on(page, "instructions")
    with page.expect_popup() as popup:
        press(page, "Open the system check (new window)", "Space")
    popup.value.close()
    api.update_attempt_status(ProctoredExamStudentAttempt.objects.get().pk, "ready_to_start")
    press(page, "Go on to the rules")
    on(page, "ready-to-start")
    press(page, "Start my exam")
    page.locator("#time_remaining_id b").wait_for()
    press(page, "Hide the clock", "Space")
    assert not page.locator("#time_remaining_id").is_visible()
    focus(page, "Longest river?")
    page.keyboard.type("Nile")
    page.keyboard.press("Enter")
    is_emptied(page, "#river")
    page.locator("#toggle_timer[aria-pressed=true]").wait_for()
    focus(page, "Why?")
    page.keyboard.type("Because")
    press(page, "End the exam…")
    page.get_by_role("dialog", name="1 answer is not submitted").wait_for()
    assert page.evaluate(FOCUSED)["name"] == "Go back to my exam"
    page.keyboard.press("Enter")
    focus(page, "Submit this text")
    page.keyboard.press("Enter")
    is_emptied(page, "#essay")
    page.locator("#toggle_timer[aria-pressed=true]").wait_for()
    press(page, "End the exam…")
    on(page, "proctored-ready-to-submit")
    press(page, "Submit my exam")
    on(page, "proctored-submitted")
    assert host.answers == ["river=Nile", "essay=Because"]


def press_back(page, name):
    """Press Shift and Tab until the control has the focus, then press it."""
    for _ in range(MOST):
        if page.evaluate(FOCUSED)["name"] == name:
            return page.keyboard.press("Enter")
        page.keyboard.press("Shift+Tab")
    raise AssertionError(f"Not reached by Shift and Tab: {name}")
