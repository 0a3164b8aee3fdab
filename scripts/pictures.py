"""Take the screenshots of README and documentation: ``python -m scripts.pictures``. Requires Chromium.

Starts the demo, has a class of learners take its midterm, and writes `docs/_static/*.png`.
"""

import datetime
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from demo.environment import ROOT, Place
from tests.demo import running

STATIC = ROOT / "docs" / "_static"
COURSE = "course-v1:Demo+Proctoring+2026"
NAMES = (
    "amara",
    "bilal",
    "chen",
    "dunja",
    "elif",
    "farid",
    "grace",
    "hana",
    "ines",
    "jonas",
    "kofi",
)
RULES = "One sheet of notes is allowed."
SILENT = "chen"  # the page of the others has just polled
# Status, minutes since the start.
ATTEMPTS = (
    ("started", 12), ("started", 12), ("started", 11), ("started", 9), ("ready_to_start", None),
    ("created", None), ("submitted", 58), ("verified", 60), ("second_review_required", 60),
    ("error", 4), ("declined", None),
)  # fmt: skip


def seat_a_class() -> None:
    """Create the attempts of a class in the demo's database; run in a process with the demo's settings."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from demo.host.models import Enrollment
    from edx_proctoring.contrib.live.models import Heartbeat
    from edx_proctoring.models import ProctoredExam
    from edx_proctoring.testing.factories import AttemptFactory, UserFactory

    exam = ProctoredExam.objects.get(course_id=COURSE, exam_name="Midterm exam")
    now = timezone.now()
    casey = get_user_model().objects.get(username="casey")  # tries it, too, and reads the rules
    AttemptFactory(user=casey, proctored_exam=exam, status="ready_to_start")
    for name, (status, minutes) in zip(NAMES, ATTEMPTS, strict=True):
        user = UserFactory(username=name, email=f"{name}@demo.example.com")
        Enrollment.objects.create(user=user, course_id=COURSE, mode="verified")
        began: dict[str, Any] = {}
        if minutes is not None:
            began = {
                "started_at": now - datetime.timedelta(minutes=minutes),
                "allowed_time_limit_mins": 60,
            }
        if status in ("submitted", "verified", "second_review_required"):
            began["completed_at"] = now
        attempt = AttemptFactory(user=user, proctored_exam=exam, status=status, **began)
        if status == "started" and name != SILENT:
            Heartbeat.objects.create(
                attempt=attempt, seen_at=now, status=status, shows_messages=True
            )


def _as(browser: Any, address: str, person: str) -> Any:
    """Open a page as this user."""
    context = browser.new_context(
        base_url=address, viewport={"width": 1200, "height": 760}, device_scale_factor=1.5
    )
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name=person).click()
    return page


def take(browser: Any, address: str) -> None:
    """Take all screenshots."""
    learner = _as(browser, address, "Jo Learner")
    learner.get_by_role("link", name="Quiz with a time limit").click()
    learner.locator(".start-timed-exam").first.click()  # by class, because its text may change
    learner.locator("#time_remaining_id b").wait_for()
    learner.set_viewport_size({"width": 1200, "height": 480})
    learner.screenshot(path=STATIC / "learner.png")
    staff = _as(browser, address, "Casey Courseteam")
    staff.goto(f"/api/edx_proctoring/pages/courses/{COURSE}/special-exams/")
    staff.get_by_role("rowheader").first.wait_for()
    staff.screenshot(path=STATIC / "staff.png")
    author = _as(browser, address, "Avery Author")
    author.goto("/studio")
    author.screenshot(path=STATIC / "studio.png")
    _take_review_rules(author)
    _take_what_learners_read(learner, staff)


def _take_what_learners_read(learner: Any, staff: Any) -> None:
    """The escalation address at the entrance, and the review rules before the start."""
    for page in (learner, staff):
        page.get_by_role("link", name="Course", exact=True).click()
        page.get_by_role("link", name="Midterm exam").click()
    entrance = learner.locator(".entrance")
    entrance.get_by_text("Questions? Write to your course team").wait_for()
    entrance.screenshot(path=STATIC / "learner-escalation.png")
    rules = staff.locator(".px-screen", has=staff.locator(".exam-review-policy"))
    rules.screenshot(path=STATIC / "learner-rules.png")


def _take_review_rules(author: Any) -> None:
    """An exam for which the course team has written down what is allowed."""
    author.set_viewport_size({"width": 1200, "height": 1100})
    save = author.get_by_role("button", name="Save Midterm exam")
    exam = author.locator("section", has=save)
    exam.get_by_label("What reviewers should know").fill(RULES)
    with author.expect_navigation():
        save.click()
    saved = exam.get_by_label("What reviewers should know").input_value()
    assert saved == RULES, saved
    exam.screenshot(path=STATIC / "studio-rules.png")


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, running.up(Path(folder)) as demo:
        settings = Place(Path(folder) / "data", web_port=0, simulator_port=0).as_environment()
        seat = [sys.executable, "-c", "from scripts import pictures; pictures.seat_a_class()"]
        subprocess.run(seat, cwd=ROOT, env={**os.environ, **settings}, check=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            take(browser, demo.host)
            browser.close()
    print(f"Written: {', '.join(sorted(path.name for path in STATIC.glob('*.png')))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
