"""Course staff work by keyboard alone, on the page of its own and in the tab of the LMS's dashboard."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.apps import apps

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance
from edx_proctoring.models import ProctoredExamStudentAttempt as Attempt
from tests.browser import staff_walks
from tests.browser.staff_pages import MARKS
from tests.browser.test_staff_sections import seated  # noqa: F401  a fixture

pytestmark = MARKS

PANELS = {
    "Accommodations": "Allowance Section",
    "Attempts": "Student Special Exam Attempts",
}


@pytest.fixture(params=["page", "dashboard"])
def opened(request, open_page, dashboard):
    """Return a function that opens a section by keyboard, on its own page or in the LMS's dashboard."""

    def on_the_page(section):
        page = open_page()
        staff_walks.press(page, section)
        page.get_by_role("heading", name=section, exact=True, level=2).wait_for()
        return page

    def in_the_dashboard(section):
        page = dashboard()
        staff_walks.press(page, "SPECIAL EXAMS")  # as the host's styles show it
        page.get_by_role("link", name="Open the special exams on a page of their own").wait_for()
        staff_walks.press(page, PANELS[section])
        page.get_by_role("heading", name=section, exact=True, level=4).wait_for()
        return page

    return on_the_page if request.param == "page" else in_the_dashboard


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
    from edx_proctoring.backends.rest import BaseRestProctoringProvider

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


def test_a_factor_for_three_learners(opened, seated):  # noqa: F811  the fixture
    page = opened("Accommodations")
    page.locator("proctoring-accommodations tbody th").wait_for()
    staff_walks.press(page, "Add accommodation")
    page.get_by_role("dialog").wait_for()
    learners = ["ana", "bo", "cy"]
    staff_walks.fill_factor(page, learners, "Midterm: Probability", "135 min = 90 + 45")
    given = ProctoredExamStudentAllowance.objects.filter(proctored_exam=seated)
    assert given.filter(key="time_multiplier", value="1.5").count() == 3
    page.locator("proctoring-accommodations tbody th").nth(3).wait_for()


@pytest.mark.needs("django-crum")
def test_a_reset_that_the_provider_answers_with_502(opened, bad_gateway):
    page = opened("Attempts")
    staff_walks.find(page, "lee")

    def repair():
        assert bad_gateway.removals
        assert Attempt.objects.filter(user__username="lee").exists()
        bad_gateway.is_up = True

    staff_walks.reset(page, "lee", repair)
    page.get_by_role("heading", name="No attempt matches").wait_for()
    assert not Attempt.objects.filter(user__username="lee").exists()


def test_an_export(opened, course):
    page = opened("Attempts")
    staff_walks.find(page, "lee")
    text = staff_walks.export(page)
    assert "lee" in text
    assert "person" not in text
