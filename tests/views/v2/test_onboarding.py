"""Onboarding statuses of a course by REST."""

import datetime

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory
from edx_proctoring.testing.host import Enrollment

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/onboarding/"


@pytest.fixture
def client(client_for, staff):
    return client_for(staff)


@pytest.fixture
def course(transactional_db, provider, host):
    provider.supports_onboarding = True
    exam = ExamFactory(is_practice_exam=True)
    users = {name: UserFactory(username=name) for name in ("ana", "bo", "cy")}
    host.enrollments.enrollments = [Enrollment(user) for user in users.values()]
    AttemptFactory(user=users["ana"], proctored_exam=exam, status="verified", is_sample_attempt=True)  # fmt: skip
    AttemptFactory(user=users["bo"], proctored_exam=exam, status="rejected", is_sample_attempt=True)
    return exam


def rows(answer):
    assert answer.status_code == 200, answer.content
    return [(row["username"], row["status"]) for row in answer.json()["results"]]


def test_learners_with_their_statuses(client, course):
    answer = client.get(URL)
    assert rows(answer) == [("ana", "verified"), ("bo", "rejected"), ("cy", "not_started")]
    assert answer.json()["count"] == 3
    assert answer.json()["results"][2]["modified"] is None


def test_filters_and_pages(client, course):
    assert rows(client.get(f"{URL}?status=rejected&status=not_started")) == [
        ("bo", "rejected"), ("cy", "not_started"),
    ]  # fmt: skip
    answer = client.get(f"{URL}?page_size=2")
    assert answer.json()["next"].endswith("page=2&page_size=2")
    assert rows(client.get(f"{URL}?page_size=2&page=2")) == [("cy", "not_started")]
    for page in ("3", "0", "x", "9" * 30):
        assert client.get(f"{URL}?page_size=2&page={page}").status_code == 404


def test_until_when_an_approval_is_valid(client, course):
    """A year, here and in another course."""
    elsewhere = ExamFactory(is_practice_exam=True, course_id="course-v1:other+1+1")
    user = get_user_model().objects.get(username="cy")
    AttemptFactory(user=user, proctored_exam=elsewhere, status="verified", is_sample_attempt=True)
    ana, bo, cy = client.get(URL).json()["results"]
    year = datetime.timedelta(days=365)
    for row in (ana, cy):
        changed, until = (parse_datetime(row[name]) for name in ("modified", "valid_until"))
        assert abs(until - changed - year) < datetime.timedelta(seconds=5)
    assert (cy["status"], bo["valid_until"]) == ("other_course_approved", None)


def test_an_expired_approval_says_since_when(client, course):
    approved = timezone.now() - datetime.timedelta(days=400)
    ProctoredExamStudentAttempt.objects.filter(status="verified").update(modified=approved)
    ProctoredExamStudentAttempt.history.filter(status="verified").update(modified=approved)
    ana = client.get(URL).json()["results"][0]
    assert ana["status"] == "expired"
    assert parse_datetime(ana["valid_until"]) == approved + datetime.timedelta(days=365)


@pytest.mark.parametrize(
    ("ordering", "names"),
    [
        ("username", ["ana", "bo", "cy"]),
        ("-username", ["cy", "bo", "ana"]),
        ("status", ["cy", "bo", "ana"]),
        ("-status", ["ana", "bo", "cy"]),
        ("modified", ["cy", "ana", "bo"]),
        ("-modified", ["bo", "ana", "cy"]),
        ("valid_until", ["bo", "cy", "ana"]),
        ("-valid_until", ["ana", "bo", "cy"]),
        ("enrollment_mode", ["bo", "ana", "cy"]),
        ("-enrollment_mode", ["ana", "cy", "bo"]),
    ],
)
def test_orders_are_of_all_pages(client, course, host, ordering, names):
    """Learners without a value come first; equal ones are in the host's order."""
    host.enrollments.enrollments[1].mode = "masters"
    found = []
    for page in ("1", "2"):
        query = {"ordering": ordering, "page": page, "page_size": "2"}
        found += [name for name, _status in rows(client.get(URL, query))]
    assert found == names


def test_one_enrolment(client, course, host):
    host.enrollments.enrollments[1].mode = "masters"
    assert rows(client.get(f"{URL}?enrollment_mode=masters")) == [("bo", "rejected")]
    answer = client.get(f"{URL}?enrollment_mode=verified&status=verified")
    assert rows(answer) == [("ana", "verified")]
    assert answer.json()["count"] == 1
    assert rows(client.get(f"{URL}?enrollment_mode=nothing")) == []


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "unknown=1",
        "page_size=0",
        "search=a&search=b",
        "ordering=email",
        "ordering=-",
        "enrollment_mode=a&enrollment_mode=b",
    ],
)
def test_what_is_not_understood_is_refused(client, course, query):
    assert client.get(f"{URL}?{query}").status_code == 400


def test_a_course_without_onboarding_says_so(client, host):
    answer = client.get(URL)
    assert answer.status_code == 404
    assert "no onboarding exam" in answer.json()["detail"]
