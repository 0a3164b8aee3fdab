"""A host's exam page in Chromium. Django handles its requests in this process: tests can use the database."""

import datetime
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from edx_proctoring import api

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
STATIC = Path(api.__file__).resolve().parents[1] / "static"
HOST = "http://host.test"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " form-action 'self'; worker-src blob:"
)
MINUTE = datetime.timedelta(minutes=1)
MARKS = [
    pytest.mark.browser,
    pytest.mark.django_db,
    pytest.mark.needs("lms-urls"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
QUESTIONS = """
<form method="post" action="/answer"><label for="river">Longest river?</label>
<input id="river" name="river"><button>Submit this answer</button></form>
<form method="post" action="/answer"><label for="essay">Why?</label>
<textarea id="essay" name="essay"></textarea><button>Submit this text</button></form>"""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Midterm</title>
<script src="/static/proctoring/js/learner.js" defer></script></head>
<body><div class="proctored_exam_status"></div>
<main class="content-wrapper"><h1>Course</h1><h2>Midterm</h2>{screen}</main></body></html>"""


class LearnerHost:
    """A learner's browser and its host: `/exam` is the exam page, and the package handles all other requests."""

    def __init__(self, browser, client, exam, learner):
        self.client, self.exam, self.learner = client, exam, learner
        self.context = browser.new_context(base_url=HOST, viewport={"width": 1100, "height": 800})
        self.context.route("**/*", self._answer)
        self.errors, self.requests, self.answers = [], [], []
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.reachable = True

    def open(self, clock=False):
        """Open the exam page in a new tab, optionally with a clock that the test controls."""
        page = self.context.new_page()
        page.on("console", lambda line: "Policy" in line.text and self.errors.append(line.text))
        if clock:
            page.clock.install()
        page.goto("/exam")
        return page

    def running(self, clock=False):
        """Open a tab and wait for the timer."""
        page = self.open(clock)
        page.locator("#time_remaining_id b").wait_for()
        return page

    def polls(self):
        """Return the number of polls."""
        return sum("sourceid=in_exam" in url for url in self.requests)

    def disconnect(self, page):
        """Take the browser offline."""
        self.reachable = False
        page.evaluate("window.dispatchEvent(new Event('offline'))")

    def connect(self, page):
        """Take the browser online again."""
        self.reachable = True
        page.evaluate("window.dispatchEvent(new Event('online'))")

    def poll(self, page):
        """Have the page ask the server now, as it does when the network is back."""
        with page.expect_response(lambda answer: "sourceid=in_exam" in answer.url):
            self.disconnect(page)
            self.connect(page)

    def _answer(self, route):
        request = route.request
        path = urlsplit(request.url).path
        self.requests.append(request.url)
        if path.startswith("/static/"):
            return route.fulfill(path=STATIC / path.removeprefix("/static/"))
        if not self.reachable:
            return route.abort()
        if path == "/answer":
            self.answers.append(request.post_data)
            return route.fulfill(status=303, headers={"location": f"{HOST}/exam"})
        if path.startswith("/api/"):
            return self._ask_package(route, request)
        return route.fulfill(body=self._page(), headers=HEADERS)

    def _page(self):
        exam = self.exam
        context = {"due_date": exam.due_date, "allow_proctoring_opt_out": True}
        screen = api.get_student_view(self.learner.pk, exam.course_id, exam.content_id, context)
        return PAGE.format(screen=screen or QUESTIONS)

    def _ask_package(self, route, request):
        url = request.url.removeprefix(HOST)
        given = {
            "data": request.post_data or "",
            "content_type": request.headers.get("content-type"),
            "headers": {
                name: request.headers[name] for name in PASSED_ON if name in request.headers
            },
        }
        answer = self.client.generic(request.method, url, **given)
        headers = {name: answer[name] for name in answer.headers}
        return route.fulfill(status=answer.status_code, body=answer.content, headers=headers)


def close(hosts):
    """Close all pages. Script errors and violations of the content security policy fail the test."""
    for one in hosts:
        one.context.close()
        assert not one.errors, one.errors


PASSED_ON = ("x-proctoring-messages", "idempotency-key")
HEADERS = {"content-security-policy": POLICY, "content-type": "text/html; charset=utf-8"}


@pytest.fixture
def learner_host(browser, client_for, learner, make_exam, attempt, host):
    """Return a function that makes the host of an attempt in this status, with 30 of 60 minutes left."""
    host.instructor.escalation_email = "team@example.com"
    made = []

    def make(status="started", begun=30 * MINUTE, columns=(), **exam):
        exam.setdefault("time_limit_mins", 60)
        found = make_exam(exam_name="Midterm", due_date=None, **exam)
        columns = dict(columns)
        if status in ("started", "ready_to_submit"):
            columns.update(started_at=timezone.now() - begun, allowed_time_limit_mins=60)
        if status:
            columns["taking_as_proctored"] = found.is_proctored
            attempt(exam=found, status=status, **columns)
        made.append(LearnerHost(browser, client_for(learner), found, learner))
        return made[-1]

    yield make
    close(made)
