"""Accommodations, onboarding and reviews in Chromium, each checked by axe."""

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.testing.factories import AttemptFactory, ExamFactory, UserFactory
from edx_proctoring.testing.host import Enrollment
from tests.browser.accessibility import accessible
from tests.browser.staff_pages import MARKS, fits, picture, tab_to

pytestmark = MARKS
LOOKS = [(1280, "light", "ltr"), (1280, "dark", "rtl"), (320, "light", "ltr")]
ALLOWANCES = "proctoring-accommodations"


@pytest.fixture
def seated(course, host, provider):
    """Create three learners who need onboarding, an allowance and a suspicious review."""
    provider.supports_onboarding = True
    for name in ("ana", "bo", "cy"):
        user = UserFactory(username=name, email=f"{name}@example.com")
        host.enrollments.enrollments.append(Enrollment(user, "verified"))
    exam = course["midterm"]
    api.add_allowance_for_user(exam.pk, "ana", "additional_time_granted", "15")
    dee, now = UserFactory(username="dee"), timezone.now()
    ended = {"status": "submitted", "completed_at": now}
    attempt = AttemptFactory(user=dee, proctored_exam=exam, **ended)
    comments = [
        {"comment": "Phone", "duration": 5, "start": 30, "stop": 35, "status": "Suspicious"}
    ]
    api.receive_review(attempt, {"status": "suspicious", "comments": comments})
    ExamFactory(exam_name="Onboarding", is_practice_exam=True)
    return exam


@pytest.mark.parametrize(("width", "scheme", "direction"), LOOKS)
def test_sections_are_accessible_and_fit(open_page, seated, width, scheme, direction):
    page = open_page("#accommodations", width=width, color_scheme=scheme)
    page.evaluate(f"document.documentElement.dir = '{direction}'")
    look = f"{scheme}-{width}"
    page.locator(f"{ALLOWANCES} tbody th").wait_for()
    accessible(page)
    assert fits(page)
    picture(page, f"staff-accommodations-{look}")
    page.get_by_role("button", name="Add accommodation").click()
    page.get_by_role("dialog").wait_for()
    accessible(page)
    picture(page, f"staff-add-{look}")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Reviews").click()
    page.locator("proctoring-reviews tbody th").wait_for()
    page.get_by_text("Comments: 1").click()
    accessible(page)
    assert fits(page)
    picture(page, f"staff-reviews-{look}")
    page.get_by_role("link", name="Onboarding").click()
    page.get_by_text("3 of 3 learners cannot start").wait_for()
    accessible(page)
    assert fits(page)
    picture(page, f"staff-onboarding-{look}")


def test_by_keyboard_a_review_is_approved(open_page, seated, staff):
    staff.is_staff = True  # course staff can only read reviews
    staff.save()
    page = open_page("#reviews")
    page.locator("proctoring-reviews tbody th").wait_for()
    tab_to(page, "proctoring-reviews", "Approve the attempt of dee…")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("heading", name="Approve dee’s attempt").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("The attempt of dee was approved.").wait_for()
    page.get_by_role("cell", name="Passed review").wait_for()
