"""Requests that a closed page has sent are refused, so that a test cannot fail from the page of an earlier one."""

import pytest

from edx_proctoring.testing.factories import COURSE_ID
from tests.openapi.answers import close_pages

pytestmark = pytest.mark.needs("lms-urls")
EXAMS = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/exams/"


class Context:
    """The part of Playwright's browser context that is used."""

    def __init__(self, session):
        self.session = session
        self.is_closed = False

    def cookies(self):
        return [{"name": "csrftoken", "value": "any"}, {"name": "sessionid", "value": self.session}]

    def close(self):
        self.is_closed = True


def test_a_request_of_a_closed_page_reads_no_database(client_for, staff, django_assert_num_queries):
    closed, other = client_for(staff), client_for(staff)
    context = Context(closed.cookies["sessionid"].value)
    close_pages(context)
    assert context.is_closed
    with django_assert_num_queries(0):
        assert closed.get(EXAMS).status_code == 503
    assert other.get(EXAMS).status_code == 200
