"""Actions on the staff page by keyboard alone; panel and dialogs are checked by axe."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import timezone

from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import ProctoredExam
from edx_proctoring.models import ProctoredExamStudentAttempt as Attempt
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


class Provider(BaseHTTPRequestHandler):
    """A provider's server: issues tokens, and answers removals with 502 until it `is_up`."""

    def do_POST(self):
        self.answer(200, {"access_token": "t", "expires_in": 3600})

    def do_DELETE(self):
        self.server.removals.append(self.path)
        if self.server.is_up:
            self.answer(200, {"status": "deleted"})
        else:
            self.answer(502, {"error": "bad gateway"})

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Write nothing."""


@pytest.fixture
def bad_gateway(course, monkeypatch):
    """Give the midterm a REST provider whose server answers 502."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.is_up, server.removals = False, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = BaseRestProctoringProvider(
        "id", "secret", base_url=f"http://127.0.0.1:{server.server_port}"
    )
    known = apps.get_app_config("edx_proctoring").backends
    monkeypatch.setitem(known, "rest", client)
    ProctoredExam.objects.filter(pk=course["midterm"].pk).update(backend="rest", external_id="E")
    Attempt.objects.filter(user__username="lee").update(external_id="A")
    yield server
    server.shutdown()
    server.server_close()


def test_by_keyboard_a_reset_that_the_provider_answers_with_502(open_page, course, bad_gateway):
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
    with page.expect_response(lambda answer: answer.request.method != "GET") as refusal:
        press("Enter")
    assert refusal.value.status == 502
    assert bad_gateway.removals
    alert = dialog.get_by_role("alert")
    alert.wait_for()
    detail = refusal.value.json()["detail"]
    assert detail
    assert detail in alert.inner_text()
    # What a screen reader is given: an alert with the detail, in the dialog that has the focus.
    assert re.search(rf"- alert:.*{re.escape(detail)}", dialog.aria_snapshot(), re.DOTALL)
    assert Attempt.objects.filter(user__username="lee").exists()
    assert dialog.get_by_label("Reason (optional)").input_value() == "wrong room"
    bad_gateway.is_up = True
    press("Enter")
    page.get_by_role("status").get_by_text("The attempts of lee").wait_for()
    page.get_by_role("heading", name="No attempt matches").wait_for()
    assert not Attempt.objects.filter(user__username="lee").exists()


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
