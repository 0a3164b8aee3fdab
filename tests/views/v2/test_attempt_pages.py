"""How a page of the course's attempts is read: rows built by hand, searches that match few learners and many."""

import datetime
import json

import pytest
from django.utils import timezone

from edx_proctoring import api, lifecycle
from edx_proctoring.api.attempts import pages
from edx_proctoring.api.attempts.listed import ListedAttempts
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory
from edx_proctoring.views.v2.attempt_rows import rows_of
from edx_proctoring.views.v2.attempts import CourseAttemptSerializer
from tests.views.conftest import started

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/attempts/"
NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


@pytest.fixture
def course(transactional_db):
    """Three learners in a proctored and a timed exam, and an earlier attempt of one."""
    midterm, quiz = ExamFactory(exam_name="Midterm"), ExamFactory(is_proctored=False, backend=None)
    ana, bo = UserFactory(username="ana", email="x@anon.org"), UserFactory(username="bo")
    AttemptFactory(user=ana, proctored_exam=midterm, status="error")
    AttemptFactory(
        user=ana, proctored_exam=midterm, status="submitted", started_at=NOON, completed_at=NOON
    )
    AttemptFactory(user=bo, proctored_exam=midterm, status="created")
    AttemptFactory(user=bo, proctored_exam=quiz, status="submitted", allowed_time_limit_mins=30)
    AttemptFactory(user=UserFactory(username="cy_nan"), proctored_exam=quiz, status="submitted")
    return {"midterm": midterm, "quiz": quiz}


def test_rows_are_those_of_the_serializer_that_describes_them(
    client, course, attempt, timed_exam, staff
):
    """The list is built by hand; the document of OpenAPI is made from the serializer."""
    for pause in (False, True):
        one = lifecycle.transition(
            attempt(exam=timed_exam, user=UserFactory(), status="created"), "started"
        )
        if pause:
            api.pause_attempt(one.pk, reason="Fire alarm", by=staff)
    started(
        attempt, user=UserFactory(), started_at=NOON, allowed_time_limit_mins=60, is_resumable=True
    )  # over
    started(
        attempt,
        user=UserFactory(),
        exam=course["quiz"],
        started_at=timezone.now(),
        allowed_time_limit_mins=None,
    )
    with timezone.override("Asia/Kathmandu"):
        rows = list(pages.find_attempts(COURSE_ID))
        context = {"clocks": api.clocks_of(rows), "earlier_counts": {row.pk: 0 for row in rows}}
        described = CourseAttemptSerializer(rows, many=True, context=context).data
        shown = rows_of(ListedAttempts(pages.find_attempts(COURSE_ID))[:50])
    assert len(rows) == 8
    assert [{**row, "earlier_count": 0} for row in shown] == described
    assert json.dumps(shown[0])  # values of JSON, only
    assert list(shown[0]) == list(described[0])


def test_a_search_that_matches_many_finds_the_same(client_for, staff, course, monkeypatch):
    client = client_for(staff)
    queries = [
        "search=n",
        "search=N+anon",
        "search=o&status=submitted",
        "search=n&type=timed",
        "search=%25",
        "search=_",
    ]
    queries += [
        f"search=o&exam={course['midterm'].pk}",
        "search=n&page_size=2&page=2",
        "search=n&ordering=status",
    ]
    few = [client.get(f"{URL}?{query}").json() for query in queries]
    monkeypatch.setattr(pages, "FEW", 0)
    many = [client.get(f"{URL}?{query}").json() for query in queries]
    assert many == few
    assert [answer["count"] for answer in few[:4]] == [2, 1, 3, 1]
