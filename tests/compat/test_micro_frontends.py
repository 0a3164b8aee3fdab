"""What the platform's micro-frontends read, on a live server, with an attempt in every state."""

import pytest
import requests
from django.conf import settings as django_settings
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring.statuses import KNOWN
from edx_proctoring.testing.factories import COURSE_ID
from edx_proctoring.testing.host import Enrollment
from tests.views.conftest import V1, E

pytestmark = pytest.mark.django_db

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
    """Somebody signed in, over a real connection."""

    def __init__(self, live_server, user):
        client = APIClient()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        self.session, self.root = requests.Session(), live_server.url
        self.session.cookies.set("sessionid", client.cookies["sessionid"].value)
        # Any signed-in page sets the token that sessions need to change something.
        token = "a" * 32
        self.session.cookies.set(django_settings.CSRF_COOKIE_NAME, token)
        self.session.headers["X-CSRFToken"] = token

    def __call__(self, method, path, **more):
        return self.session.request(method, f"{self.root}{path}", timeout=20, **more)


@pytest.fixture
def learners_browser(live_server, learner):
    return Browser(live_server, learner)


@pytest.fixture
def staffs_browser(live_server, staff):
    return Browser(live_server, staff)


@pytest.mark.parametrize("status", sorted(KNOWN - {"expired", "eligible"}))
@pytest.mark.parametrize("kind", [{}, {"is_practice_exam": True}, {"is_proctored": False}])
def test_the_exams_page(status, kind, make_exam, attempt, learners_browser, provider):
    provider.answer("get_proctoring_config", CONFIG)
    exam = make_exam(**kind)
    begun = {}
    if status in ("started", "ready_to_submit"):
        begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    attempt(exam=exam, status=status, taking_as_proctored=not kind.get("is_proctored"), **begun)
    query = {"content_id": exam.content_id, "is_learning_mfe": "true"}
    found = learners_browser("GET", f"{E}/attempt/course_id/{COURSE_ID}", params=query).json()
    assert set(found) == {"exam", "active_attempt"}
    assert set(found["exam"]) >= EXAM
    expected = ATTEMPT if exam.is_proctored else ATTEMPT - {"ping_interval", "attempt_code"}
    assert set(found["exam"]["attempt"]) >= expected
    assert found["exam"]["attempt"]["attempt_status"] == status
    assert bool(found["active_attempt"]) == (status in ("started", "ready_to_submit"))
    polled = learners_browser("GET", found["exam"]["attempt"]["exam_started_poll_url"]).json()
    assert set(polled) >= {"time_remaining_seconds", "status"}


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


def test_a_learners_way(exam, learners_browser, attempt):
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
