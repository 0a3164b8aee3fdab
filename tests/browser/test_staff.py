"""The staff page in Chromium: without a host's pages around it, and with each state checked by axe."""

import datetime
import re
import shutil

import pytest
from django.utils import timezone

from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PAGE = f"/api/edx_proctoring/pages/courses/{COURSE_ID}/special-exams/"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
HOUR = datetime.timedelta(hours=1)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def browser():
    """Chromium. Playwright keeps an event loop in this thread, in which Django would refuse its database."""
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def course(transactional_db):
    """Sixty attempts in two exams, in several statuses."""
    midterm = ExamFactory(exam_name="Midterm: Probability")
    quiz = ExamFactory(exam_name="Quiz <b>4</b>", is_proctored=False, backend=None)
    now = timezone.now()
    begun = {"started_at": now - HOUR / 2, "allowed_time_limit_mins": 90}
    for number in range(52):
        ended = {**begun, "completed_at": now, "status": "submitted"}
        user = UserFactory(username=f"person{number:02}")
        AttemptFactory(user=user, proctored_exam=quiz, taking_as_proctored=False, **ended)
    for status in ("created", "started", "submitted", "second_review_required", "verified"):
        AttemptFactory(user__username=f"a-{status}", proctored_exam=midterm, status=status, **begun)
    for status in ("rejected", "declined", "onboarding_missing"):
        AttemptFactory(user__username=f"b-{status}", proctored_exam=midterm, status=status)
    AttemptFactory(user__username="lee", proctored_exam=midterm, status="error", **begun)
    return {"midterm": midterm, "quiz": quiz}


@pytest.fixture
def open_page(browser, live_server, client_for, staff):
    """A function that opens the page as course staff; errors of scripts and of the policy fail the test."""
    contexts, errors = [], []

    def under_policy(route):
        answer = route.fetch()
        headers = {**answer.headers, "content-security-policy": POLICY}
        route.fulfill(response=answer, headers=headers)

    def open_at(address="", width=1280, **options):
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            timezone_id="Europe/Berlin",
            **options,
        )
        contexts.append(context)
        session = client_for(staff).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        context.on("weberror", lambda error: errors.append(str(error.error)))
        page = context.new_page()
        page.on("console", lambda line: errors.append(line.text) if "Policy" in line.text else None)
        page.route(f"**{PAGE}", under_policy)
        page.goto(PAGE + address)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert not errors


def accessible(page):
    """No finding of axe."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert not found, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def names(page):
    return page.get_by_role("rowheader").locator(".who").all_inner_texts()


def begins_with(page, name):
    page.get_by_role("rowheader").first.get_by_text(name, exact=True).wait_for()


def shows(page, count):
    page.get_by_role("status").get_by_text(f"Attempts found: {count}").wait_for(state="attached")


def fits(page):
    """Nothing has to be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


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
def test_it_is_accessible_and_fits(open_page, course, width, scheme, direction):
    page = open_page(width=width, color_scheme=scheme)
    page.evaluate(f"document.documentElement.dir = '{direction}'")
    shows(page, 61)
    accessible(page)
    assert fits(page)
    page.get_by_label("Status", exact=True).select_option("Running")
    shows(page, 1)
    accessible(page)
    assert fits(page)


def test_it_can_be_used_by_keyboard_alone(open_page, course):
    page = open_page()
    shows(page, 61)
    press = page.keyboard.press

    def tab_to(name):
        for _ in range(30):
            press("Tab")
            focused = page.locator("proctoring-attempts :focus")
            label = "one => one.ariaLabel || one.innerText"
            if focused.count() and focused.first.evaluate(label).strip() == name:
                return
        raise AssertionError(f"{name} cannot be reached")

    tab_to("Find by username or e-mail address")
    page.keyboard.type("person")
    shows(page, 52)
    tab_to("Learner")
    press("Enter")
    begins_with(page, "person00")
    assert page.locator("th[aria-sort=ascending]").inner_text() == "Learner"
    press("Space")
    begins_with(page, "person51")
    assert page.locator("th[aria-sort=descending]").inner_text() == "Learner"
    tab_to("Next")
    press("Enter")
    begins_with(page, "person26")
    assert page.get_by_text("26–50 of 52").is_visible()
    assert page.url.endswith("#attempts?search=person&ordering=-username&page=2")
    page.reload()
    begins_with(page, "person26")


def test_texts_of_others_are_only_texts(open_page, course):
    page = open_page("#attempts?type=timed")
    shows(page, 52)
    assert page.get_by_role("cell").get_by_text("Quiz <b>4</b>").first.is_visible()


def test_a_failure_is_said_and_can_be_repeated(open_page, course):
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


def test_what_the_server_says_is_shown_where_it_happens(open_page, course):
    page = open_page("#attempts?exam=none")
    page.get_by_role("alert").get_by_text(re.compile("exam: Enter a whole number")).wait_for()
    accessible(page)


def test_a_course_without_attempts(open_page):
    page = open_page()
    page.get_by_role("heading", name="No attempts yet").wait_for()
    accessible(page)


def test_in_german(open_page, course, settings):
    settings.LANGUAGE_CODE = "de"
    page = open_page()
    page.get_by_role("status").get_by_text("Gefundene Versuche: 61").wait_for(state="attached")
    assert page.title() == "Besondere Prüfungen"
    page.get_by_label("Status", exact=True).select_option("Läuft")
    page.get_by_role("status").get_by_text("Gefundene Versuche: 1.").wait_for(state="attached")
    assert re.search(r"\d+\. \w+\.?,? \d\d:\d\d", page.get_by_role("row").nth(1).inner_text())
