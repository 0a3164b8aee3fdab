"""The section "Accommodations" with profiles in Chromium, used by keyboard and checked by axe."""

import datetime

import pytest
from django.utils import timezone

from edx_proctoring import api as core
from edx_proctoring.contrib.accommodations.models import Profile
from edx_proctoring.testing.factories import ExamFactory, UserFactory
from edx_proctoring.testing.host import Enrollment
from tests.browser.accessibility import accessible
from tests.browser.staff_pages import (  # noqa: F401  fixtures
    MARKS,
    browser,
    fits,
    open_page,
    picture,
    tab_to,
)

pytestmark = MARKS
ELEMENT = "proctoring-all-accommodations"


@pytest.fixture
def seated(transactional_db, host, profile):
    """Create three learners, an allowance limited by the due date, and a profile."""
    for name in ("ana", "bo", "cy"):
        host.enrollments.enrollments.append(Enrollment(UserFactory(username=name), "verified"))
    due = timezone.now() + datetime.timedelta(minutes=100, seconds=30)
    exam = ExamFactory(exam_name="Midterm: Probability", due_date=due, time_limit_mins=90)
    ExamFactory(exam_name="Final exam", time_limit_mins=120)
    core.add_allowance_for_user(exam.pk, "ana", "additional_time_granted", "30")
    bo = Profile._meta.get_field("user").related_model.objects.get(username="bo")
    profile(user=bo, minutes=5, break_count=2, break_minutes=10, camera_exempt=True, approver="pat")
    return exam


@pytest.mark.parametrize(
    ("width", "scheme", "direction"),
    [(1280, "light", "ltr"), (1280, "dark", "rtl"), (320, "light", "ltr")],
)
def test_the_section_and_its_forms_are_accessible(open_page, seated, width, scheme, direction):  # noqa: F811  a fixture
    page = open_page("#accommodations", width=width, color_scheme=scheme)
    page.evaluate(f"document.documentElement.dir = '{direction}'")
    page.get_by_text("Cut to 100 of 120 min by the due date").wait_for()
    accessible(page)
    assert fits(page)
    picture(page, f"staff-profiles-{scheme}-{width}")
    page.get_by_role("button", name="Change the accommodation of bo").click()
    page.get_by_role("dialog").get_by_label("Factor").wait_for()
    accessible(page)
    picture(page, f"staff-profile-form-{scheme}-{width}")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Import CSV…").click()
    page.locator(f"{ELEMENT} input[type=file]").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": b"username,factor\nbo,2\nnobody,2\n"}
    )
    page.get_by_role("button", name="Check before saving").click()
    page.get_by_text("Errors: 1. Changed: 1. New: 0. Same: 0.").wait_for()
    accessible(page)
    assert fits(page)
    picture(page, f"staff-import-{scheme}-{width}")
    page.get_by_role("button", name="Save 1 change").click()
    page.get_by_role("dialog").get_by_role("alert").get_by_text("nobody").wait_for()
    assert str(Profile.objects.get(user__username="bo").factor) == "2.00"


def test_a_factor_for_three_learners_in_all_exams_by_keyboard(open_page, seated):  # noqa: F811  a fixture
    page = open_page("#accommodations")
    page.locator(f"{ELEMENT} tbody th").first.wait_for()
    press = page.keyboard.press
    tab_to(page, ELEMENT, "Add accommodation")
    press("Enter")
    page.get_by_role("dialog").get_by_label("In which exams").wait_for()
    tab_to(page, ELEMENT, "Continue")
    press("Enter")
    page.get_by_role("dialog").get_by_label("Who").wait_for()
    page.keyboard.type("ana, bo, cy")
    tab_to(page, ELEMENT, "Factor")
    page.keyboard.type("1.5")
    tab_to(page, ELEMENT, "Preview")
    press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Final exam: 120 → 180 min").first.wait_for()
    tab_to(page, ELEMENT, "Add for 3 learners")
    press("Enter")
    alert = dialog.get_by_role("alert")
    alert.get_by_text("bo: The learner already has a profile").wait_for()
    assert Profile.objects.filter(factor="1.5").count() == 2
