"""The review policy of an exam by REST: read, set, replaced, removed, and never overwritten unseen."""

import pytest

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamReviewPolicy, ProctoredExamReviewPolicyHistory
from edx_proctoring.testing.factories import COURSE_ID

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(exam):
    return f"/api/edx_proctoring/v2/courses/{COURSE_ID}/exams/{exam.pk}/review-policy/"


@pytest.fixture
def client(client_for, staff):
    return client_for(staff)


@pytest.fixture
def patch(client, url):
    def send(text, etag=None):
        headers = {"If-Match": etag or client.get(url).headers["ETag"]}
        return client.patch(url, {"review_policy": text}, format="json", headers=headers)

    return send


def test_a_policy_is_set_replaced_and_removed(client, url, patch, exam, provider):
    none = {"review_policy": "", "set_by": None, "modified": None}
    assert client.get(url).json() == none
    answer = patch("Closed book.")
    assert (answer.json()["review_policy"], answer.json()["set_by"]) == ("Closed book.", "staff")
    assert api.get_review_policy_by_exam_id(exam.pk)["review_policy"] == "Closed book."
    assert client.get(url).json() == answer.json()
    assert patch("Open book.").json()["review_policy"] == "Open book."
    assert [row.review_policy for row in ProctoredExamReviewPolicyHistory.objects.all()] == [
        "Closed book."
    ]
    assert patch("Open book.").status_code == 200
    assert ProctoredExamReviewPolicyHistory.objects.count() == 1
    assert patch("").json() == none
    assert not ProctoredExamReviewPolicy.objects.exists()


def test_a_change_that_was_not_seen_is_not_overwritten(client, url, patch):
    seen = client.get(url).headers["ETag"]
    patch("Closed book.")
    answer = patch("Open book.", etag=seen)
    assert (answer.status_code, answer.json()["code"]) == (412, "exam_changed_meanwhile")
    assert client.patch(url, {"review_policy": "x"}, format="json").status_code == 428
    assert client.get(url).json()["review_policy"] == "Closed book."


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"review_policy": None},
        {"review_policy": "x", "more": 1},
        {"review_policy": "x" * 10_001},
    ],
)
def test_bad_bodies(client, url, body):
    answer = client.patch(url, body, format="json", headers={"If-Match": "*"})
    assert answer.status_code == 400
