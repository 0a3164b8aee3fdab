"""Reviews of a course by REST."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring import api
from edx_proctoring.models import ProctoredExam
from edx_proctoring.models import ProctoredExamSoftwareSecureReview as Review
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.views.conftest import OTHER_COURSE

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/reviews/"
COMMENTS = [
    {"comment": "Phone", "duration": 5, "start": 30, "stop": 35, "status": "Suspicious"},
    {"comment": "Alone", "duration": 5, "start": 10, "stop": 15, "status": "Clean"},
]


@pytest.fixture
def client(client_for):
    """Global staff."""
    return client_for(UserFactory(username="boss", is_staff=True))


@pytest.fixture
def reviewed(attempt, make_exam):
    def make(status, name="ana", comments=(), **exam):
        user = UserFactory(username=name, email=f"{name}@x.org")
        known = attempt(exam=make_exam(**exam), user=user, status="submitted", completed_at="2026-03-01T12:00Z")  # fmt: skip
        return api.receive_review(known, {"status": status, "comments": list(comments)})

    return make


def names(answer):
    assert answer.status_code == 200, answer.content
    return [row["user"]["username"] for row in answer.json()["results"]]


def test_a_row_with_its_comments(client, reviewed):
    review = reviewed("suspicious", comments=COMMENTS, exam_name="Final")
    (row,) = client.get(URL).json()["results"]
    assert (row["user"]["username"], row["exam"]["exam_name"]) == ("ana", "Final")
    assert (row["review_status"], row["is_passing"], row["reviewed_by"]) == ("Suspicious", False, None)  # fmt: skip
    assert row["attempt_status"] == "second_review_required"
    assert [one["comment"] for one in row["comments"]] == ["Alone", "Phone"]
    assert review.attempt_code not in str(row)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["bo", "ana"]),
        ("ordering=username", ["ana", "bo"]),
        ("search=bo@x", ["bo"]),
        ("review_status=Clean", ["bo"]),
        ("review_status=Clean&review_status=Suspicious", ["bo", "ana"]),
        ("decided=true", []),
        ("decided=false&page_size=1", ["bo"]),
        ("modified_before=2020-01-01T00:00:00Z", []),
    ],
)
def test_filters_and_order(client, reviewed, query, found):
    reviewed("suspicious", "ana")
    reviewed("passed", "bo")
    reviewed("passed", "foreign", course_id=OTHER_COURSE)
    assert names(client.get(f"{URL}?{query}")) == found


@pytest.mark.parametrize(
    ("decision", "status"), [("Clean", "verified"), ("Suspicious", "rejected")]
)
def test_a_decision_moves_the_attempt_and_names_who_made_it(client, reviewed, decision, status):
    review = reviewed("suspicious")
    url = f"{URL}{review.pk}/"
    tag = client.get(url)["ETag"]
    answer = client.patch(url, {"review_status": decision}, format="json", headers={"If-Match": tag})  # fmt: skip
    assert answer.status_code == 200, answer.content
    data = answer.json()
    assert (data["review_status"], data["reviewed_by"], data["attempt_status"]) == (decision, "boss", status)  # fmt: skip


def test_a_decision_on_what_was_not_seen_is_refused(client, reviewed, staff):
    review = reviewed("suspicious")
    url = f"{URL}{review.pk}/"
    tag = client.get(url)["ETag"]
    assert client.patch(url, {"review_status": "Clean"}, format="json").status_code == 428
    api.decide_review(review.pk, "Suspicious", staff)
    late = client.patch(url, {"review_status": "Clean"}, format="json", headers={"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "review_changed_meanwhile")
    assert Review.objects.get().review_status == "Suspicious"


@pytest.mark.parametrize("body", [{}, {"review_status": "Fine"}, {"review_status": "Clean", "by": 1}])  # fmt: skip
def test_bodies_that_are_not_understood(client, reviewed, body):
    review = reviewed("suspicious")
    answer = client.patch(f"{URL}{review.pk}/", body, format="json", headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_as_many_queries_for_many_rows_as_for_few(client, reviewed):
    counts = []
    for number in range(4):
        reviewed("suspicious", f"learner{number}", COMMENTS)
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        counts.append(len(queries))
    assert counts == [6] * 4  # session, user, count, rows, comments, attempts


def decide(client, review):
    body = {"review_status": "Clean"}
    return client.patch(f"{URL}{review.pk}/", body, format="json", headers={"If-Match": "*"})


def test_course_staff_may_read_but_not_decide(client_for, staff, reviewed):
    client, review = client_for(staff), reviewed("suspicious")
    assert client.get(URL).json()["results"][0]["can_decide"] is False
    assert client.get(f"{URL}{review.pk}/").json()["can_decide"] is False
    answer = decide(client, review)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    review.refresh_from_db()
    assert (review.review_status, review.reviewed_by) == ("Suspicious", None)


@pytest.mark.parametrize(
    ("group", "backend", "code"),
    [
        ("test_review", "test", 200),
        ("test_review", None, 200),  # the default provider
        ("test_review", "null", 403),
        ("null_review", "test", 403),
        ("test_reviewers", "test", 403),
    ],
)
def test_the_review_group_decides_about_its_provider(client_for, reviewed, group, backend, code):
    user = UserFactory(username="rae")
    user.groups.add(Group.objects.create(name=group))
    client, review = client_for(user), reviewed("suspicious")
    ProctoredExam.objects.update(backend=backend)
    assert client.get(URL).status_code == 403  # the list is for course staff
    seen = client.get(f"{URL}{review.pk}/")
    assert (seen.status_code, decide(client, review).status_code) == (code, code)
    if code == 200:
        assert seen.json()["can_decide"] is True


def test_of_the_review_group_nobody_decides_about_oneself(client_for, reviewed, host):
    review = reviewed("suspicious", "rae")
    review.student.groups.add(Group.objects.create(name="test_review"))
    host.instructor.staff.add(review.student.pk)  # who may read all reviews
    client = client_for(review.student)
    assert client.get(f"{URL}{review.pk}/").json()["can_decide"] is False
    assert decide(client, review).status_code == 403


def test_the_list_says_about_which_reviews_a_group_decides(client_for, reviewed, staff):
    staff.groups.add(Group.objects.create(name="test_review"))
    reviewed("suspicious", "ana")
    elsewhere = reviewed("suspicious", "bo").exam_id
    ProctoredExam.objects.filter(pk=elsewhere).update(backend="null")
    client = client_for(staff)
    with CaptureQueriesContext(connection) as queries:
        rows = client.get(URL).json()["results"]
    assert {row["user"]["username"]: row["can_decide"] for row in rows} == {"ana": True, "bo": False}  # fmt: skip
    assert len(queries) == 7  # the caller's groups, once
