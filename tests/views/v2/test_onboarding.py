"""Onboarding statuses of a course by REST."""

import pytest

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


@pytest.mark.parametrize("query", ["status=lost", "unknown=1", "page_size=0", "search=a&search=b"])
def test_what_is_not_understood_is_refused(client, course, query):
    assert client.get(f"{URL}?{query}").status_code == 400


def test_a_course_without_onboarding_says_so(client, host):
    answer = client.get(URL)
    assert answer.status_code == 404
    assert "no onboarding exam" in answer.json()["detail"]
