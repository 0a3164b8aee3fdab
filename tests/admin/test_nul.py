"""NUL characters in query strings of lists: PostgreSQL refuses them in text."""

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from edx_proctoring.models import ProctoredExam
from edx_proctoring.testing.factories import UserFactory

pytestmark = pytest.mark.django_db

OURS = sorted(
    (
        model._meta.model_name
        for model in admin.site._registry
        if model._meta.app_label == "edx_proctoring"
    ),
)
QUERIES = (
    "state=%00",
    "status=%00",
    "kind=a%00b",
    "review_status=%00",
    "reviewed_by=%00",
    "exam__id=%00",
    "exam__course_id=%00",
    "proctored_exam__course_id=%00",
    "q=%00",
    "q=a&key__startswith=%00",
    "exam_name=%00",
    "attempt_code__in=a,%00",
    "%00=1",
    "p=%00",
    "o=%00",
)


@pytest.fixture
def browser(client: Any) -> Any:
    """Return an administrator's client."""
    client.force_login(
        UserFactory(is_staff=True, is_superuser=True),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


def test_lists_redirect_if_the_query_has_a_NUL(browser: Any) -> None:
    assert len(OURS) >= 6
    for name in OURS:
        url = reverse(f"admin:edx_proctoring_{name}_changelist")
        for query in QUERIES:
            answer = browser.get(f"{url}?{query}")
            assert (answer.status_code, answer.headers.get("Location")) == (302, f"{url}?e=1"), (
                name,
                query,
            )
        assert browser.get(f"{url}?e=1").status_code == 200


def test_autocomplete_finds_nothing_if_the_term_has_a_NUL(
    browser: Any, exam: ProctoredExam
) -> None:
    field = {"app_label": "edx_proctoring", "model_name": "proctoredexamreviewpolicy"}
    query = {**field, "field_name": "proctored_exam"}
    for term, found in (("\0", 0), (exam.exam_name, 1), (f"{exam.exam_name}\0", 0)):
        answer = browser.get(reverse("admin:autocomplete"), {**query, "term": term})
        assert (answer.status_code, len(answer.json()["results"])) == (200, found)
