"""The client takes exams in the demo, whose host, worker and provider are separate processes."""

import time

import pytest
import requests

from tests.clients.conftest import Page, statuses
from tests.demo import running
from tests.views.conftest import E

COURSE_ID = "course-v1:Demo+Proctoring+2026"
PATIENCE = 60  # seconds


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo; returns its address."""
    with running.up(tmp_path_factory.mktemp("demo")) as addresses:
        yield addresses.host


@pytest.fixture
def page(node, demo):
    """The page of a learner who has not taken any exam yet."""
    with requests.Session() as session:
        session.get(f"{demo}/", timeout=20).raise_for_status()
        session.headers["X-CSRFToken"] = session.cookies["csrftoken"]
        session.post(f"{demo}/", {"username": "jo"}, timeout=20).raise_for_status()
        cookies = session.cookies.get_dict()
    return Page(node, demo, cookies, cookies["csrftoken"])


def open_exam(page, name):
    return page.open(f"block-v1:Demo+Proctoring+2026+type@sequential+block@{name}", COURSE_ID)


def wait_for(page, attempt_id, status):
    """Poll until the host returns this status."""
    until = time.monotonic() + PATIENCE
    while (found := page.call("pollExamAttempt", f"{E}/attempt/{attempt_id}"))["status"] != status:
        assert time.monotonic() < until, found["status"]
        time.sleep(0.2)


def test_a_timed_exam(page):
    assert open_exam(page, "timed")["exam"]["type"] == "timed"
    assert page.shows("startTimedExam") == ("started", "started")
    assert page.shows("stopExam") == ("ready_to_submit", "ready_to_submit")
    assert page.shows("continueExam") == ("started", "started")
    assert page.shows("submitExam") == ("submitted", "")


@pytest.mark.parametrize("name", ["midterm", "practice"])
def test_a_proctored_exam_from_the_entrance_to_the_result(name, page):
    open_exam(page, name)
    page.shows("getProctoringSettings")
    page.shows("getExamReviewPolicy")
    assert page.shows("createProctoredExamAttempt") == ("created", "")
    shown = page.seen["state"]["exam"]["attempt"]
    assert page.shows("startProctoringSoftwareDownload") == ("download_software_clicked", "")
    requests.get(shown["software_download_url"], timeout=10).raise_for_status()
    wait_for(page, shown["attempt_id"], "ready_to_start")
    assert statuses(open_exam(page, name)) == ("ready_to_start", "")
    assert page.shows("startProctoredExam") == ("started", "started")
    assert page.shows("pollAttempt", shown["exam_started_poll_url"]) == ("started", "started")
    assert page.shows("submitExam") == ("submitted", "")
    wait_for(page, shown["attempt_id"], "verified")
    assert statuses(open_exam(page, name)) == ("verified", "")
