"""A provider, or somebody impersonating it, tries to put scripts into pages of the LMS."""

import re
from html.parser import HTMLParser

import pytest

from tests.attack.people import API

pytestmark = pytest.mark.attack

HANDLER = re.compile("on[a-z]+")


class Dangers(HTMLParser):
    """Return everything in a page that a browser would run, or would show as a form of the LMS."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "link":
            return  # the host's, in the head
        own_script = tag == "script" and not values.get("src", "").startswith("/static/")
        if own_script and values.get("type") != "text/template":
            self.found.append(tag)
        if tag in ("iframe", "object", "embed", "svg", "base", "meta") and "srcdoc" in values:
            self.found.append(tag)
        if values.get("action", "").startswith("http"):
            self.found.append("form")
        for name, value in attributes:
            scheme = re.sub(r"\s", "", value or "").split(":", 1)[0].lower()
            if HANDLER.fullmatch(name) or scheme in ("javascript", "data", "vbscript"):
                self.found.append(f"{name}={value}")


def dangers(html):
    return Dangers(html).found


def test_instructions_from_a_provider_run_no_script(site):
    learner, exam = site.person(), site.proctored(backend="hostile")
    attempt_id = learner.created(exam, proctored=True)
    for action in ("ping", "click_download_software"):
        learner.put(attempt_id, action)
        page = learner.page(site.attempt(attempt_id).proctored_exam.content_id)
        assert dangers(page) == []
        assert "javascript:alert" not in page
        assert "alert(1)</script>" not in page


def test_urls_from_a_provider_are_web_addresses(site):
    """No link in the micro-frontend's data may be a script."""
    learner, exam = site.person(), site.proctored(backend="hostile")
    attempt_id = learner.created(exam, proctored=True)
    content_id = site.attempt(attempt_id).proctored_exam.content_id
    for path in (
        f"{API}/settings/exam_id/{exam}/",
        f"{API}/attempt/{attempt_id}",
        f"{API}/attempt/course_id/{'course-v1:Demo+Proctoring+2026'}?content_id={content_id}",
    ):
        assert "javascript:" not in learner.get(path).text, path


def test_names_run_no_script(site):
    """Names of exams and users, on pages of learners."""
    script = "<script>alert(1)</script>"
    learner = site.person(first_name=script, last_name='"><img src=x onerror=alert(2)>')
    for exam in (site.exam(content_id=f"{script}"), site.proctored()):
        learner.create(exam, proctored=True)
        attempt = learner.user.proctoredexamstudentattempt_set.order_by("-id").first()
        assert dangers(learner.page(attempt.proctored_exam.content_id)) == []
