"""The numbers of rows in large lists."""

from typing import ClassVar

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring.api.attempts import counts, learner_search
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


class AskedCache(LocMemCache):
    """A cache that notes which names it is asked for."""

    asked: ClassVar[list[str]] = []

    def get(self, key, default=None, version=None):
        self.asked.append(key)
        return super().get(key, default, version)


@pytest.mark.parametrize("query", ["", "&ordering=status", "&search=learner"])
def test_cache_and_exams_are_read_once(client_for, staff, exam, monkeypatch, settings, query):
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.AskedCache"}}
    monkeypatch.setattr(counts, "MOST_COUNTED", 1)
    monkeypatch.setattr(learner_search, "FEW", 1)
    for number in range(3):
        learner = UserFactory(username=f"learner{number}")
        AttemptFactory(proctored_exam=exam, user=learner, status="submitted")
    client = client_for(staff)
    for is_remembered in (False, True):
        AskedCache.asked.clear()
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(f"{URL}?status=submitted{query}").json()
        assert (answer["count"], answer["count_is_about"]) == (3, True)
        asked = [key for key in AskedCache.asked if key.startswith("proctoring.attempts.")]
        assert len(asked) == 1
        exams, attempts = exam._meta.db_table, AttemptFactory._meta.model._meta.db_table
        read = [
            one["sql"] for one in captured if exams in one["sql"] and attempts not in one["sql"]
        ]
        needs_ids = not is_remembered or bool(query) or connection.vendor == "mysql"
        assert len(read) == needs_ids, read
