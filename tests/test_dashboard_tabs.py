"""The tab in the instructor dashboard, by the filter as openedx-filters runs it."""

import warnings

import pytest
from opaque_keys.edx.keys import CourseKey

from edx_proctoring.dashboard_tabs import TAB_ID
from edx_proctoring.settings.common import TABS_FILTER, TABS_STEP
from edx_proctoring.testing.factories import COURSE_ID, ExamFactory, UserFactory

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own, about old versions of Python
    from openedx_filters.learning.filters import InstructorDashboardTabsRequested

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]
OWN = {"tab_id": "course_info", "title": "Course Info", "url": "/info", "sort_order": 10}
PAGE = f"https://lms.example.com/api/edx_proctoring/pages/courses/{COURSE_ID}/special-exams/"


@pytest.fixture
def tabs(settings):
    """A function that returns the tabs as the dashboard gets them."""
    settings.LMS_ROOT_URL = "https://lms.example.com/"
    settings.OPEN_EDX_FILTERS_CONFIG = {
        TABS_FILTER: {"pipeline": [TABS_STEP], "fail_silently": False}
    }

    def found(user, *given):
        course_key = CourseKey.from_string(COURSE_ID)
        tabs, *others = InstructorDashboardTabsRequested.run_filter(list(given), user, course_key)
        assert others == [user, course_key]
        return tabs

    return found


def test_course_staff_get_a_tab_with_an_absolute_link(tabs, staff):
    ExamFactory()
    assert tabs(staff, OWN) == [
        OWN,
        {"tab_id": TAB_ID, "title": "Special exams", "url": PAGE, "sort_order": 20},
    ]


def test_it_is_added_once(tabs, staff):
    ExamFactory()
    once = tabs(staff, OWN)
    assert tabs(staff, *once) == once


def test_it_does_not_share_its_name_with_a_tab_of_the_dashboard(tabs, staff):
    ExamFactory()
    (_, added) = tabs(staff, {**OWN, "tab_id": "special_exams", "title": "Special exams"})
    assert added["title"] == "Special exams and reviews"


def test_others_get_none(tabs, staff, learner, settings):
    assert tabs(staff, OWN) == [OWN]  # a course without such exams
    ExamFactory()
    assert tabs(learner, OWN) == [OWN]
    assert tabs(UserFactory(is_staff=True, is_active=False), OWN) == [OWN]
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DASHBOARD_TAB": False}
    assert tabs(staff, OWN) == [OWN]


@pytest.mark.urls("edx_proctoring.instructor_dashboard_exam_urls")
def test_none_where_the_page_is_not_mounted(tabs, staff):
    ExamFactory()
    assert tabs(staff, OWN) == [OWN]
