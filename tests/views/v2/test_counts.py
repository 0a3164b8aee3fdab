"""The numbers of rows in large lists."""

import pytest
from django.core.cache import cache

from edx_proctoring.api.attempts import counts
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, UserFactory

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/attempts/"


def test_the_number_of_many_that_match_is_said_to_be_about(client_for, staff, exam, monkeypatch):
    client = client_for(staff)
    monkeypatch.setattr(counts, "MOST_COUNTED", 2)
    learners = [UserFactory() for _ in range(3)]
    for learner in (*learners, learners[0]):
        AttemptFactory(proctored_exam=exam, user=learner, status="submitted")

    def count(query=""):
        answer = client.get(f"{URL}?status=submitted{query}").json()
        return answer["count"], answer["count_is_about"]

    assert count() == (4, True)  # with the earlier one
    assert count("&count=exact") == (3, False)
    AttemptFactory(proctored_exam=exam, status="submitted")
    assert count() == (4, True)  # remembered
    assert count("&count=exact") == (4, False)
    assert count(f"&exam={exam.pk}") == (5, True)
    monkeypatch.setattr(counts, "MOST_COUNTED", 4)
    cache.clear()
    assert count() == (4, False)
    assert client.get(f"{URL}?count=about").status_code == 400
