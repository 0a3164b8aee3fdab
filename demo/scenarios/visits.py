"""The walk through languages, e-mails and scenarios."""

import re
import time

import requests
from django.conf import settings

from demo.clients import Visitor
from demo.host.clock import FACTOR
from demo.scenarios.verification import begin
from demo.walk import MIDTERM, Walk
from edx_proctoring import emails
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt

ADDRESS = "jo@demo.example.com"
MINUTES = 75  # including Jo's additional quarter
LOOK_SECONDS = 1


def visited(trip: Walk) -> None:
    """Run all steps."""
    trip.step("language", "jo", "reads the pages in each language", lambda: _languages(trip))
    trip.step("previews", "avery", "looks at all e-mails", lambda: _previews(trip))
    exam = ProctoredExam.objects.get(content_id=MIDTERM)
    learner, attempt = begin(trip, "jo", exam, MINUTES)
    trip.step("cut", "jo", "cuts the pings", lambda: _cut(trip, learner, attempt))
    trip.step("fast clock", "jo", "speeds the clock up", lambda: _fast_clock(learner, attempt))
    trip.step("again", "jo", "begins again", lambda: _again(trip, learner))


def _languages(trip: Walk) -> str:
    learner = Visitor(trip.host, "jo")
    titles = set()
    for code, _name in reversed(settings.LANGUAGES):  # back to English
        page = learner.post("/language", {"language": code, "next": "/play"})
        assert page.ok, f"{code}: {page.status_code}"
        direction = "rtl" if code == "ar" else "ltr"
        assert f'<html lang="{code}" dir="{direction}"' in page.text, code
        titles.update(re.findall(r"<h1>(.*?)</h1>", page.text))
    assert len(titles) == len(settings.LANGUAGES), titles
    assert learner.post("/language", {"language": "xx"}).status_code == requests.codes.bad_request
    return f"{len(titles)} languages"


def _previews(trip: Walk) -> str:
    assert not Visitor(trip.host, "jo").get("/mails").ok, "learners see it, too"
    page = Visitor(trip.host, "avery").get("/mails").text
    shown = page.count("<iframe")
    # Time is granted before the start, or later; and the course team's e-mail.
    assert shown == len(emails.TEMPLATES) + len(emails.INTERRUPTIONS) + 3, shown
    assert "with the Proctoring Simulator" in page, "not by the provider's own template"
    return f"{shown} e-mails"


def _cut(trip: Walk, learner: Visitor, attempt: ProctoredExamStudentAttempt) -> str:
    session = {"attempt": attempt.external_id or ""}

    def ping() -> str:
        answer = requests.get(f"{trip.simulator}/desktop/ping", params=session, timeout=10)
        return str(answer.json()["status"])

    requests.post(f"{trip.simulator}/desktop/start", params=session, timeout=10)
    before = ping()
    page = learner.post("/play/ping", {})
    assert page.ok, page.status_code
    assert (before, ping()) == ("running", "gone"), (before, ping())
    assert trip.state()["script"]["learners"][ADDRESS] == {"ping": "lost"}
    return "no longer answered"


def _fast_clock(learner: Visitor, attempt: ProctoredExamStudentAttempt) -> str:
    learner.post("/play/clock", {})
    began = time.monotonic()  # before the request, because the response may be slow
    before = learner.attempt(attempt.pk)["time_remaining_seconds"]
    time.sleep(LOOK_SECONDS)
    lost = before - learner.attempt(attempt.pk)["time_remaining_seconds"]
    took = time.monotonic() - began
    assert FACTOR * LOOK_SECONDS - 1 < lost <= FACTOR * took + 1, f"{lost} s in {took:.1f} s"
    return f"{lost:.0f} s in {took:.1f} s"


def _again(trip: Walk, learner: Visitor) -> str:
    page = learner.post("/play/end", {})
    assert page.ok, page.status_code
    mine = ProctoredExamStudentAttempt.objects.filter(user__username="jo")
    assert not mine.exists(), "there is still an attempt"
    assert ADDRESS not in trip.state()["script"]["learners"], "the simulator still knows it"
    assert learner.screen(MIDTERM) == "proctored-entrance", learner.screen(MIDTERM)
    return "as at the beginning"
