"""Requests of the platform's micro-frontends to a live server, with an attempt in every status."""

import datetime

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from edx_proctoring.models import ProctoredExamStudentAllowance
from edx_proctoring.statuses import KNOWN
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, ReviewPolicyFactory
from edx_proctoring.testing.host import Enrollment
from tests.sessions import signed_in
from tests.views.conftest import DAY, V1, E

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]

EXAM = {
    "id", "course_id", "content_id", "external_id", "exam_name", "time_limit_mins", "is_proctored", "is_practice_exam",
    "is_active", "due_date", "hide_after_due", "backend", "type", "passed_due_date", "use_legacy_attempt_api", "attempt",
}  # fmt: skip
ATTEMPT = {
    "attempt_id", "attempt_status", "attempt_code", "external_id", "in_timed_exam", "taking_as_proctored", "exam_type",
    "exam_display_name", "exam_url_path", "course_id", "time_remaining_seconds", "total_time", "low_threshold_sec",
    "critically_low_threshold_sec", "accessibility_time_string", "exam_started_poll_url", "desktop_application_js_url",
    "ping_interval", "attempt_ready_to_resume", "use_legacy_attempt_api",
}  # fmt: skip
SETTINGS = {
    "exam_proctoring_backend", "provider_tech_support_email", "provider_tech_support_phone", "provider_name",
    "learner_notification_from_email", "integration_specific_email", "proctoring_escalation_email", "platform_name",
    "contact_us", "link_urls",
}  # fmt: skip
CONFIG = {"download_url": "https://d.example.com", "instructions": [], "name": "Test", "rules": {}}
ONBOARDING = {
    "onboarding_status",
    "onboarding_link",
    "expiration_date",
    "onboarding_release_date",
    "onboarding_past_due",
}


class Browser:
    """An authenticated user with a real connection."""

    def __init__(self, live_server, user):
        self.session, self.root = signed_in(user), live_server.url
        # Any signed-in page sets the token that sessions need to change something.
        token = "a" * 32
        self.session.cookies.set(django_settings.CSRF_COOKIE_NAME, token)
        self.session.headers["X-CSRFToken"] = token

    def __call__(self, method, path, **more):
        return self.session.request(method, f"{self.root}{path}", timeout=20, **more)

    def page(self, exam):
        """Return the data for the page of an exam."""
        query = {"content_id": exam.content_id, "is_learning_mfe": "true"}
        answer = self("GET", f"{E}/attempt/course_id/{COURSE_ID}", params=query)
        assert answer.status_code == 200
        return answer.json()

    def act(self, attempt_id, action):
        """Perform the action; return the id of the learner's attempt afterwards."""
        answer = self("PUT", f"{E}/attempt/{attempt_id}", json={"action": action, "detail": "x"})
        assert answer.status_code == 200
        return answer.json()["exam_attempt_id"]

    def begin(self, exam, *, start_clock="false"):
        """Create an attempt and return its id."""
        body = {"exam_id": exam.pk, "start_clock": start_clock, "attempt_proctored": "true"}
        return self("POST", f"{E}/attempt", json=body).json()["exam_attempt_id"]


@pytest.fixture
def browser(live_server):
    """Create browsers; closes them while the server still runs, so that none of its threads outlives the test."""
    opened = []

    def open_for(user):
        opened.append(Browser(live_server, user))
        return opened[-1]

    yield open_for
    for one in opened:
        one.session.close()


@pytest.fixture
def learners_browser(browser, learner):
    return browser(learner)


@pytest.fixture
def staffs_browser(browser, staff):
    return browser(staff)


@pytest.fixture
def course(make_exam, learner, provider):
    """Create an exam of this type as in real courses: with a due date, a policy, ten more minutes, and exams of others."""
    provider.answer("get_proctoring_config", CONFIG)

    def make(**kind):
        due = timezone.now() + 7 * DAY
        exam = make_exam(due_date=due, hide_after_due=True, **kind)
        AllowanceFactory(user=learner, proctored_exam=exam)
        AllowanceFactory(
            user=learner, proctored_exam=exam, key="review_policy_exception", value="Paper"
        )
        AllowanceFactory(proctored_exam=exam, key="time_multiplier", value="2")
        ReviewPolicyFactory(proctored_exam=exam)
        # Granted before anybody began: what is granted later counts once more where an exam goes on.
        long_ago = timezone.now() - 8 * DAY
        ProctoredExamStudentAllowance.objects.update(created=long_ago, modified=long_ago)
        return exam

    return make


KINDS = {
    "proctored": {},
    "practice": {"is_practice_exam": True},
    "timed": {"is_proctored": False, "backend": None, "external_id": None},
}
RUNNING = ("started", "ready_to_submit")
BEFORE = ("eligible", "created", "download_software_clicked", "ready_to_start", "declined", "expired")  # fmt: skip


@pytest.mark.parametrize("status", sorted(KNOWN))
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_an_exam(status, kind, course, attempt, learner, learners_browser):
    exam = course(**KINDS[kind])
    as_proctored = exam.is_proctored and status != "declined"
    times = {}
    if status not in BEFORE and not status.startswith("onboarding"):
        begun = timezone.now() - datetime.timedelta(minutes=40)
        ended = None if status in RUNNING else timezone.now()
        times = {"started_at": begun, "completed_at": ended, "allowed_time_limit_mins": 100}
    attempt(exam=exam, status="rejected", taking_as_proctored=as_proctored)  # an earlier one
    attempt(exam=exam, status="started", user=AllowanceFactory().user, **times)  # a neighbour's
    own = {} if exam.is_proctored else {"external_id": None, "attempt_code": ""}
    practised = bool(exam.is_practice_exam)
    attempt(
        exam=exam,
        status=status,
        taking_as_proctored=as_proctored,
        is_sample_attempt=practised,
        **own,
        **times,
    )
    found = learners_browser.page(exam)
    assert set(found) == {"exam", "active_attempt"}
    shown = found["exam"]["attempt"]
    assert set(found["exam"]) >= EXAM
    assert set(shown) >= (ATTEMPT if exam.is_proctored else ATTEMPT - {"ping_interval", "attempt_code"})  # fmt: skip
    assert (found["exam"]["type"], found["exam"]["passed_due_date"]) == (kind, False)
    assert (shown["attempt_status"], shown["taking_as_proctored"]) == (status, as_proctored)
    assert shown["total_time"] == "1 hour and 40 minutes"
    is_setting_up = status in ("created", "download_software_clicked")
    assert ("software_download_url" in shown) == (exam.is_proctored and is_setting_up)
    if status in RUNNING:
        assert set(found["active_attempt"]) >= set(shown)
        assert 3500 < shown["time_remaining_seconds"] <= 3600
    else:
        assert found["active_attempt"] == {}
    polled = learners_browser("GET", shown["exam_started_poll_url"]).json()
    assert polled["status"] == status
    assert abs(polled["time_remaining_seconds"] - shown["time_remaining_seconds"]) <= 100


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("passed", "verified"),
        ("suspicious", "second_review_required"),
        ("violation", "rejected"),
    ],
)
def test_after_a_review(said, status, course, browser, reviewer, learners_browser, settings):
    second = {"REQUIRE_FAILURE_SECOND_REVIEWS": status != "rejected"}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **second}
    exam = course()
    first = learners_browser.begin(exam)
    external_id = learners_browser.page(exam)["exam"]["attempt"]["external_id"]
    providers = browser(reviewer)
    at_provider = f"{E}/attempt/{external_id}"
    ready = providers("POST", f"{at_provider}/ready", json={"status": "ready"})
    assert ready.status_code == 200
    for action in ("start", "stop", "submit"):
        assert learners_browser.act(first, action) == first
    comment = {"comment": "phone", "status": said, "start": 1, "stop": 2}
    review = providers("POST", f"{at_provider}/reviewed", json={"status": said, "comments": [comment]})  # fmt: skip
    assert review.status_code == 200
    found = learners_browser.page(exam)
    assert found["exam"]["attempt"]["attempt_status"] == status
    assert found["active_attempt"] == {}


def test_an_interrupted_attempt_is_resumed(
    course, attempt, learner, learners_browser, staffs_browser
):
    exam = course()
    begun = timezone.now() - datetime.timedelta(minutes=39, seconds=30)
    broken = attempt(
        exam=exam, status="ready_to_submit", started_at=begun, allowed_time_limit_mins=100
    )
    learners_browser.act(broken.pk, "error")
    shown = learners_browser.page(exam)["exam"]["attempt"]
    assert (shown["attempt_status"], shown["attempt_ready_to_resume"]) == ("error", False)
    form = {"user_id": (None, str(learner.pk)), "action": (None, "mark_ready_to_resume")}
    staffs_browser("PUT", f"{E}/attempt/{broken.pk}", files=form)
    shown = learners_browser.page(exam)["exam"]["attempt"]
    assert (shown["attempt_status"], shown["attempt_ready_to_resume"]) == ("error", True)
    again = learners_browser.begin(exam)
    assert again != broken.pk
    shown = learners_browser.page(exam)["exam"]["attempt"]
    assert (shown["attempt_id"], shown["attempt_status"]) == (again, "created")
    assert shown["attempt_ready_to_resume"] is False
    assert shown["total_time"] == "1 hour"  # of 100 minutes


@pytest.mark.parametrize("status", ["submitted", "rejected", "error"])
def test_a_practice_exam_starts_again(status, course, attempt, learners_browser):
    exam = course(**KINDS["practice"])
    old = attempt(exam=exam, status=status, is_sample_attempt=True)
    new = learners_browser.act(old.pk, "reset_attempt")
    assert new != old.pk
    shown = learners_browser.page(exam)["exam"]["attempt"]
    assert (shown["attempt_id"], shown["attempt_status"]) == (new, "created")


def test_after_the_due_date(course, learners_browser):
    exam = course()
    type(exam).objects.filter(pk=exam.pk).update(due_date=timezone.now() - DAY)
    found = learners_browser.page(exam)["exam"]
    assert (found["passed_due_date"], found["hide_after_due"]) == (True, True)
    assert found["due_date"] is not None


def test_another_exam_is_running(course, learners_browser):
    timed, proctored = course(**KINDS["timed"]), course()
    running = learners_browser.begin(timed, start_clock="true")
    found = learners_browser.page(proctored)
    assert found["exam"]["attempt"] == {}
    assert found["active_attempt"]["attempt_id"] == running
    assert found["active_attempt"]["exam_type"] == "a timed exam"


def test_before_the_exam(make_exam, learners_browser, host):
    exam = make_exam()
    host.credit.requirements = []
    query = {"content_id": exam.content_id, "is_learning_mfe": "true"}
    url = f"{E}/attempt/course_id/{COURSE_ID}"
    found = learners_browser("GET", url, params=query).json()["exam"]
    assert {"total_time", "prerequisite_status"} <= set(found)
    assert found["prerequisite_status"]["are_prerequisites_satisifed"] is True
    assert learners_browser("GET", url).json() == {"exam": {}, "active_attempt": {}}
    assert learners_browser("GET", f"{E}/review_policy/exam_id/{exam.pk}/").json() == {
        "review_policy": None
    }


def test_settings(exam, learners_browser, provider):
    provider.answer("get_proctoring_config", CONFIG)
    found = learners_browser("GET", f"{E}/settings/exam_id/{exam.pk}/").json()
    assert set(found) >= SETTINGS
    assert set(found["exam_proctoring_backend"]) == set(CONFIG)


def test_a_learner_takes_an_exam(exam, learners_browser, attempt):
    body = {"exam_id": exam.pk, "start_clock": "false", "attempt_proctored": "true"}
    attempt_id = learners_browser("POST", f"{E}/attempt", json=body).json()["exam_attempt_id"]
    url = f"{E}/attempt/{attempt_id}"

    def act(action, status=200):
        answer = learners_browser("PUT", url, json={"action": action, "detail": "x"})
        assert answer.status_code == status
        return answer.json()

    assert act("click_download_software")["exam_attempt_id"] == attempt_id
    assert act("ping")["exam_attempt_id"] == attempt_id
    assert "detail" in act("start", 400)
    type(attempt()).objects.filter(pk=attempt_id).update(status="ready_to_start")
    for action in ("start", "stop", "start", "stop", "submit", "ping"):
        assert act(action)["exam_attempt_id"] == attempt_id


def test_the_onboarding_panel(onboarding, learners_browser):
    query = {"is_learning_mfe": "true", "course_id": COURSE_ID, "username": "learner"}
    found = learners_browser("GET", f"{V1}/user_onboarding/status", params=query)
    assert set(found.json()) >= ONBOARDING
    onboarding.delete()
    assert learners_browser("GET", f"{V1}/user_onboarding/status", params=query).status_code == 404


def test_the_instructors_dashboard(onboarding, attempt, learner, host, staffs_browser):
    host.enrollments.enrollments = [Enrollment(learner)] * 30
    url = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
    found = staffs_browser("GET", url, params={"page": 2, "text_search": "learner"}).json()
    assert (found["count"], found["num_pages"], len(found["results"])) == (30, 2, 5)
    row = found["results"][0]
    assert set(row) == {"username", "enrollment_mode", "status", "modified"}
    known = attempt(exam=onboarding, status="error", is_resumable=True)
    form = {"user_id": (None, str(learner.pk)), "action": (None, "mark_ready_to_resume")}
    answer = staffs_browser("PUT", f"{E}/attempt/{known.pk}", files=form)
    assert answer.json() == {"exam_attempt_id": known.pk}
    page = staffs_browser("GET", f"{V1}/instructor/{COURSE_ID}", allow_redirects=False)
    assert (page.status_code, page.headers["Location"][:8]) == (302, "https://")
    none = staffs_browser("GET", f"{V1}/instructor/course-v1:n+o+ne", allow_redirects=False)
    assert (none.status_code, none.headers["X-Frame-Options"]) == (404, "sameorigin")
