"""The learner's pages in Chromium, without a host's styles and with a strict content security policy."""

import datetime
import re

import pytest
import rules
from django.utils import timezone, translation

from edx_proctoring import api
from edx_proctoring.backends import breaker
from edx_proctoring.backends.breaker import FAILURES
from edx_proctoring.models import ProctoredExamReviewPolicy
from edx_proctoring.testing.factories import UserFactory
from tests.browser.accessibility import faults_in_all_combinations
from tests.browser.learner_host import HOST, MARKS, STATIC

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src blob:"
)
HOUR = datetime.timedelta(hours=1)

pytestmark = MARKS

TIMED = {"is_proctored": False, "backend": None}
PRACTICE = {"is_practice_exam": True}
ONBOARDING = {"is_practice_exam": True, "onboarding": True}
ENDED = ("submitted", "second_review_required", "verified", "rejected", "error")
BEGUN = ("started", "ready_to_submit", *ENDED)
PAST = {"ago": 1}
# Name → exam type, status, and further conditions. Each shows a different template, or a branch of one.
SCREENS = {
    "timed-entrance": (TIMED, None, {}),
    "timed-ready-to-submit": (TIMED, "ready_to_submit", {}),
    "timed-submitted": (TIMED, "submitted", {}),
    "timed-expired": (TIMED, None, PAST),
    "entrance": ({}, None, {}),
    "pending": ({}, None, {"requirement": "pending"}),
    "failed": ({}, None, {"requirement": "failed"}),
    "expired": ({}, None, PAST),
    "steps": ({}, "created", {"instructions": ["Close all programs.", "Sit down."]}),
    "code": ({}, "created", {}),
    "provider-down": ({}, "created", {"down": True}),
    "ready-to-start": ({}, "ready_to_start", {}),
    "wrong-browser": ({}, "started", {"blocked": True}),
    "ready-to-submit": ({}, "ready_to_submit", {}),
    "submitted": ({}, "submitted", {}),
    "submitted-late": ({}, "submitted", {"ended": 30 * 24}),
    "second-review": ({}, "second_review_required", {}),
    "inactive": ({}, None, {"is_active": False}),
    "verified": ({}, "verified", {}),
    "rejected": ({}, "rejected", {}),
    "error": ({}, "error", {}),
    "resume": ({}, "error", {"ready_to_resume": True}),
    "onboarding-missing": ({}, "onboarding_missing", {}),
    "onboarding-pending": ({}, "onboarding_pending", {}),
    "onboarding-failed": ({}, "onboarding_failed", {}),
    "onboarding-expired": ({}, "onboarding_expired", {}),
    "practice-entrance": (PRACTICE, None, {}),
    "practice-error": (PRACTICE, "error", {}),
    "practice-submitted": (PRACTICE, "submitted", {}),
    "onboarding-entrance": (ONBOARDING, None, {}),
    "onboarding-submitted": (ONBOARDING, "submitted", {}),
    "onboarding-verified": (ONBOARDING, "verified", {}),
    "onboarding-rejected": (ONBOARDING, "rejected", {}),
}
SCRIPT = '<script src="/static/proctoring/js/learner.js" defer></script>'
PAGE = """<!DOCTYPE html>
<html lang="{language}" dir="{direction}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>{script}</head>
<body><div class="proctored_exam_status"></div>
<main><h1>Course</h1><h2>Midterm</h2>{screen}</main></body></html>"""


@pytest.fixture
def rule_of_a_host():
    """Let inactive accounts take proctored exams, as the rule of a host may do."""
    name = "edx_proctoring.can_take_proctored_exam"
    rules.set_perm(name, rules.always_true)
    yield
    rules.set_perm(name, rules.is_active)


@pytest.fixture
def screen(make_exam, attempt, provider, rule_of_a_host):
    """Return a function that renders one of SCREENS."""

    def render(name):
        kind, status, more = SCREENS[name]
        more, kind = dict(more), dict(kind)
        now = timezone.now()
        provider.recover()
        provider.supports_onboarding = kind.pop("onboarding", False)
        provider.answer_blocked(more.pop("blocked", False))
        steps = {"instructions": more.pop("instructions", []), "download_url": f"{HOST}/check"}
        provider.answer("get_attempt", steps)
        if more.pop("down", False):
            provider.fail("get_attempt", TimeoutError("no answer"))
            provider.address = f"{HOST}/provider"
            for _ in range(FAILURES):
                breaker.of_requests(provider.address).note(failed=True)
        due = now - more.pop("ago", -24) * HOUR
        exam = make_exam(due_date=due, exam_name="Midterm: probability", **kind)
        make_exam(course_id=exam.course_id, exam_name="Final exam")
        user = UserFactory(is_active=more.pop("is_active", True))
        ended = now - more.pop("ended", 0) * HOUR
        ProctoredExamReviewPolicy.objects.create(
            proctored_exam=exam, set_by_user=user, review_policy="Be quiet."
        )
        context = {"due_date": due, "allow_proctoring_opt_out": True}
        if requirement := more.pop("requirement", None):
            quiz = {"namespace": "proctored_exam", "name": "quiz", "display_name": "Quiz 1"}
            rows = [{**quiz, "status": requirement, "order": 1}]
            context["credit_state"] = {"credit_requirement_status": rows}
        if status in BEGUN:
            more.update(started_at=ended - HOUR, allowed_time_limit_mins=90)
        if status in ENDED:
            more.update(completed_at=ended, time_remaining_seconds=1800)
        if status:
            attempt(exam=exam, status=status, user=user, **more)
        html = api.get_student_view(user.pk, exam.course_id, exam.content_id, context)
        assert html, name
        return html

    return render


@pytest.fixture
def window(browser, host):
    """Return a function that opens pages; `serve` maps paths to text. Script errors and policy violations fail tests."""
    host.instructor.escalation_email = "team@example.com"
    contexts, errors = [], []

    def open_window(serve):
        context = browser.new_context(base_url=HOST, viewport={"width": 1280, "height": 900})
        contexts.append(context)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        page = context.new_page()
        page.on("console", lambda line: errors.append(line.text) if "Policy" in line.text else None)

        def answer(route):
            path = route.request.url.removeprefix(HOST).partition("?")[0]
            if path.startswith("/static/"):
                return route.fulfill(path=STATIC / path.removeprefix("/static/"))
            if path in serve:
                headers = {"content-security-policy": POLICY, "content-type": "text/html"}
                return route.fulfill(body=serve[path], headers=headers)
            return route.fulfill(json={"in_timed_exam": False, "status": "created"})

        context.route("**/*", answer)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert not errors


REFERRING = re.compile(r'\b(id|for|aria-labelledby|aria-describedby)="([^"]+)"')


def one_of_many(name, html):
    """Return the screen, folded out and with unique names: one run of axe can check a page with all screens."""
    html = html.replace("<details ", "<details open ")
    html = REFERRING.sub(rf'\1="\2-{name}"', html)
    return html.replace("</h3>", f" ({name})</h3>")


@pytest.mark.parametrize(("direction", "language"), [("ltr", "de"), ("rtl", "ar")])
def test_every_page_is_accessible_and_fits(window, screen, direction, language):
    """Check all screens in the language with the longest words, and in one that is written from right to left."""
    with translation.override(language):
        screens = "".join(one_of_many(name, screen(name)) for name in SCREENS)
    shown = {"direction": direction, "language": language, "script": ""}
    page = window({"/": PAGE.format(name="All", screen=screens, **shown)})
    page.goto("/")
    assert page.locator(".sequence").count() == len(SCREENS)
    assert faults_in_all_combinations(page, [direction]) == {}


def test_my_exams_is_accessible_and_fits(window, attempt, make_exam, learner, client_for):
    """Check both the page, with open details, and the readable file."""
    ended = {"started_at": timezone.now() - HOUR, "completed_at": timezone.now()}
    for status in ("submitted", "rejected", "error"):
        attempt(exam=make_exam(exam_name=f"Midterm: {status}"), status=status, **ended)
    attempt(exam=make_exam(exam_name="Quiz", **TIMED), status="submitted", **ended)
    client, url = client_for(learner), "/api/edx_proctoring/pages/my-exams/"
    html = client.get(url).content.decode().replace("<details", "<details open")
    file = client.get(f"{url}data.html").content.decode()
    page = window({"/page": html, "/file": file})
    for path in ("/page", "/file"):
        page.goto(path)
        assert page.get_by_role("heading", name="My exams").is_visible()
        assert faults_in_all_combinations(page) == {}, path


def test_a_host_that_draws_lines_around_table_cells_does_not_draw_them_in_ours(
    window, attempt, exam, learner, client_for
):
    attempt(exam=exam, status="submitted", started_at=timezone.now() - HOUR)
    html = client_for(learner).get("/api/edx_proctoring/pages/my-exams/").content.decode()
    page = window({"/page": html})
    page.goto("/page")
    lines = """() => {
        const host = new CSSStyleSheet();
        host.replaceSync('td, th { border: 1px solid red; }');
        document.adoptedStyleSheets = [host];
        const cells = [...document.querySelectorAll('.px-table :is(th, td)')].map((cell) => getComputedStyle(cell));
        return [...new Set(cells.map((cell) => cell.borderInlineWidth + ' ' + cell.borderBlockStartWidth))];
    }"""
    assert page.evaluate(lines) == ["0px 0px"]
