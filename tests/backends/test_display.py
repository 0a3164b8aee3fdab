"""Texts from providers are sanitised before they reach browsers."""

from typing import Any

import pytest

from edx_proctoring import api
from edx_proctoring.backends import display
from tests.views.conftest import V1, E

pytestmark = pytest.mark.django_db

SCRIPTS = (
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://example.com",
    "https://exa mple.com",
    "https://",
    "https:///x",
    " ",
    "",
    None,
    5,
    ["https://example.com"],
)


@pytest.mark.parametrize("url", SCRIPTS)
def test_other_addresses_are_refused(url: Any) -> None:
    assert display.web_address(url) is None


@pytest.mark.parametrize(
    "url", ["https://example.com/a?b=c:d", "HTTP://127.0.0.1:8000/x", "/launch?next=a:b", "mockurl"]
)
def test_web_addresses(url: str) -> None:
    assert display.web_address(url) == url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://example.com/Secure Browser.exe", "https://example.com/Secure%20Browser.exe"),
        (" https://example.com/x ", "https://example.com/x"),
        ("https://example.com?name=Secure Browser", "https://example.com?name=Secure%20Browser"),
    ],
)
def test_spaces_in_web_addresses(url: str, address: str) -> None:
    assert display.web_address(url) == address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Read & sign", "Read &amp; sign"),
        ("<b>Restart</b><br>now", "<b>Restart</b><br>now"),
        ("<script>alert(1)</script>Go", "Go"),
        ('<img src="x" onerror="alert(1)">', '<img src="x">'),
        ('<a href="javascript:alert(1)">Go</a>', '<a rel="noopener noreferrer">Go</a>'),
        (
            '<a href="https://example.com" target="_blank">Go</a>',
            '<a href="https://example.com" target="_blank" rel="noopener noreferrer">Go</a>',
        ),
        ("<svg/onload=alert(1)>", ""),
        (
            '<p dir="rtl" aria-label="Step" style="position:fixed" id="x" data-action="y">1</p>',
            '<p dir="rtl" aria-label="Step">1</p>',
        ),
        (7, "7"),
    ],
)
def test_steps_are_sanitised(text: Any, shown: str) -> None:
    assert display.instructions([text]) == [shown]


@pytest.mark.parametrize("given", [None, "text", {"a": 1}, 5])
def test_steps_that_are_not_a_list(given: Any) -> None:
    assert display.instructions(given) == []


@pytest.mark.needs("lms-urls")
def test_the_page_with_the_steps(attempt: Any, provider: Any, learner: Any) -> None:
    known = attempt(status="created")
    steps = ["<script>alert(1)</script>Check <b>this</b>", "<img src=x onerror=alert(2)>"]
    answer = {"instructions": steps, "download_url": "javascript:alert(3)"}
    provider.answer("get_attempt", answer)
    exam = known.proctored_exam
    context = {"display_name": "E", "default_time_limit_mins": 90, "is_proctored": True}
    page = api.get_student_view(learner.pk, exam.course_id, exam.content_id, context)
    assert "Check <b>this</b>" in page
    assert "alert(" not in page
    assert "https://provider.example.com/software" in page  # what it says of all attempts


@pytest.mark.needs("lms-urls")
def test_responses_for_the_learning_mfe(
    attempt: Any, provider: Any, learner: Any, client_for: Any
) -> None:
    known = attempt(status="created")
    config = {
        "name": "Test & more",
        "download_url": "javascript:alert(1)",
        "instructions": ["a & b", "<b>x</b><script>alert(1)</script>"],
        "rules": {"allow_notes": True, "help": {"link": "data:x", "text": "<i onclick=x>i</i>"}},
    }
    provider.answer("get_proctoring_config", config)
    provider.answer("get_attempt", {"download_url": "javascript:alert(1)"})
    provider.answer("get_software_download_url", "javascript:alert(1)")
    client, exam = client_for(learner), known.proctored_exam
    settings = client.get(f"{E}/settings/exam_id/{exam.pk}/").json()
    assert settings["exam_proctoring_backend"] == {
        "name": "Test & more",
        "download_url": None,
        "instructions": ["a & b", "<b>x</b>"],
        "rules": {"allow_notes": True, "help": {"link": None, "text": "<i>i</i>"}},
    }
    url = f"{E}/attempt/course_id/{exam.course_id}"
    page = client.get(url, {"content_id": exam.content_id}).json()
    assert page["exam"]["attempt"]["software_download_url"] is None


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://example.com", 7])
def test_dashboards(url: Any, exam: Any, provider: Any, staff: Any, client_for: Any) -> None:
    provider.answer("get_instructor_url", url)
    answer = client_for(staff).get(f"{V1}/instructor/{exam.course_id}/{exam.pk}")
    assert answer.status_code == 404
