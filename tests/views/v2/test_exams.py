"""Exams of a course, and with them the conventions of the second version."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExam
from edx_proctoring.openapi import document_v2
from edx_proctoring.testing.factories import COURSE_ID, ExamFactory, UserFactory
from edx_proctoring.urls import urlpatterns

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/exams/"
PROBLEM = "application/problem+json"


@pytest.fixture
def client(client_for, staff):
    return client_for(staff)


def names(answer):
    assert answer.status_code == 200, answer.content
    return [one["exam_name"] for one in answer.json()["results"]]


@pytest.fixture
def exams(transactional_db):
    due = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    return [
        ExamFactory(exam_name="Midterm", time_limit_mins=30, due_date=None),
        ExamFactory(exam_name="final exam", time_limit_mins=90, due_date=due, is_active=False),
        ExamFactory(exam_name="Quiz", time_limit_mins=30, is_proctored=False, backend=None),
    ]


def test_a_row(client, exams):
    row = client.get(f"{URL}{exams[1].pk}/").json()
    assert (row["id"], row["type"], row["due_date"]) == (
        exams[1].pk,
        "proctored",
        "2030-01-01T00:00:00Z",
    )
    assert client.get(URL).json()["results"][1] == row


@pytest.mark.parametrize(
    ("zone", "due", "shown"),
    [
        ("Asia/Tokyo", datetime.datetime.max, "9999-12-31T23:59:59.999999Z"),
        ("America/New_York", datetime.datetime.min, "0001-01-01T00:00:00Z"),
        ("Asia/Tokyo", datetime.datetime(2030, 1, 1), "2030-01-01T09:00:00+09:00"),
    ],
)
def test_a_due_date_at_the_end_of_the_calendar_hides_no_other_exam(
    client, exams, attempt, settings, zone, due, shown
):
    settings.TIME_ZONE = zone
    exams[1].due_date = due.replace(tzinfo=datetime.UTC)  # the host stores it: REST refuses it
    exams[1].save()
    assert client.get(f"{URL}{exams[1].pk}/").json()["due_date"] == shown
    assert names(client.get(URL)) == ["Midterm", "final exam", "Quiz"]
    pk = attempt(exam=exams[1], status="created").pk
    detail = client.get(f"{URL.removesuffix('exams/')}attempts/{pk}/").json()
    assert detail["exam"]["due_date"] == shown


def test_a_course_id_with_slashes(client_for, host, staff):
    ExamFactory(course_id="edX/Old/2012", exam_name="Old")
    answer = client_for(staff).get("/api/edx_proctoring/v2/courses/edX/Old/2012/exams/")
    assert names(answer) == ["Old"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Midterm", "final exam", "Quiz"]),
        ("search=FINAL", ["final exam"]),
        ("search=exam+final", ["final exam"]),
        ("search=nothing", []),
        ("is_active=true", ["Midterm", "Quiz"]),
        ("is_proctored=false", ["Quiz"]),
        ("backend=test&is_active=false", ["final exam"]),
        ("ordering=-exam_name", ["final exam", "Quiz", "Midterm"]),
        ("ordering=time_limit_mins,-id", ["Quiz", "Midterm", "final exam"]),
        ("ordering=,time_limit_mins,,-id,", ["Quiz", "Midterm", "final exam"]),
        ("ordering=due_date", ["Midterm", "Quiz", "final exam"]),
        ("page_size=2&page=2", ["Quiz"]),
    ],
)
def test_filters_order_and_pages(client, exams, query, found):
    if query == "ordering=-exam_name" and connection.vendor == "mysql":
        found = ["Quiz", "Midterm", "final exam"]  # its collation ignores case
    assert names(client.get(f"{URL}?{query}")) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page_size=201", "page_size"),
        ("page_size=0", "page_size"),
        ("page_size=x", "page_size"),
        ("is_active=maybe", "is_active"),
        ("ordering=secret", "ordering"),
        ("serach=x", "serach"),
        (f"search={'x' * 256}", "search"),
    ],
)
def test_what_is_not_understood_is_refused(client, exams, query, field):
    answer = client.get(f"{URL}?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)
    body = answer.json()
    assert (body["code"], body["status"], body["title"]) == ("invalid", 400, "Bad Request")
    assert [one["field"] for one in body["errors"]] == [field]


@pytest.mark.parametrize("path", ["?page=9", "?page=x", "99999/", f"{'9' * 20}/"])
def test_what_there_is_not(client, exams, path):
    answer = client.get(URL + path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer["Content-Type"] == PROBLEM


def test_who_is_not_on_the_staff(client_for, learner, exams):
    answer = client_for(learner).get(URL)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert answer["Content-Type"] == PROBLEM


def test_whose_account_is_switched_off(exams):
    """Not all classes for authentication ask, for example those for JWT."""
    user, client = UserFactory(is_staff=True), APIClient()
    client.force_authenticate(user)
    assert client.get(URL).status_code == 200
    user.is_active = False
    answer = client.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_nul_is_a_problem_too(client, exams):
    answer = client.get(f"{URL}?search=%00")
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)


def test_other_types_and_methods_are_problems(client, exams):
    assert client.get(URL, HTTP_ACCEPT="text/html").status_code == 406
    assert client.post(URL, {}, format="json").json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("count", [2, 200])
def test_as_many_queries_for_many_rows_as_for_few(client, count):
    for _ in range(count):
        ExamFactory()
    client.get(URL)
    with CaptureQueriesContext(connection) as queries:
        assert len(client.get(f"{URL}?page_size=200&ordering=exam_name").json()["results"]) == count
    assert len(queries) == 4, [one["sql"] for one in queries]  # session, user, count, rows


def test_nothing_is_sent_again_that_has_not_changed(client, exams):
    first = client.get(URL)
    again = client.get(URL, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert "private" in first["Cache-Control"]
    ProctoredExam.objects.filter(pk=exams[0].pk).update(exam_name="Other")
    assert client.get(URL, headers={"If-None-Match": first["ETag"]}).status_code == 200


def change(client, exam, etag, **body):
    headers = {"If-Match": etag} if etag else {}
    return client.patch(f"{URL}{exam.pk}/", body, format="json", headers=headers)


def test_a_change_needs_what_was_seen(client, exams):
    exam = exams[0]
    seen = client.get(f"{URL}{exam.pk}/")["ETag"]
    missing = change(client, exam, "", exam_name="A")
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    changed = change(client, exam, seen, exam_name="B", due_date="2031-01-01T00:00:00Z")
    assert (changed.status_code, changed.json()["exam_name"]) == (200, "B")
    late = change(client, exam, seen, exam_name="C")
    assert (late.status_code, late.json()["code"]) == (412, "exam_changed_meanwhile")
    exam.refresh_from_db()
    assert exam.exam_name == "B"
    assert changed["ETag"] == client.get(f"{URL}{exam.pk}/")["ETag"]


def test_tags_that_the_host_s_compression_has_made_weak(client, exams):
    """As Django's GZipMiddleware and reverse proxies do."""
    url = f"{URL}{exams[0].pk}/"
    weak = f"W/{client.get(url)['ETag']}"
    assert client.get(url, headers={"If-None-Match": weak}).status_code == 304
    assert change(client, exams[0], weak, exam_name="B").status_code == 200
    assert change(client, exams[0], weak, exam_name="C").status_code == 412


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"time_limit_mins": 0}, "time_limit_mins"),
        ({"time_limit_mins": 2**31}, "time_limit_mins"),
        ({"exam_name": ""}, "exam_name"),
        ({"due_date": "soon"}, "due_date"),
        ({"backend": "other"}, "backend"),
    ],
)
def test_a_bad_change_is_refused(client, exams, body, field):
    answer = change(client, exams[0], "*", **body)
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("body", ["[]", "1", '"x"', "{", "null"])
def test_a_body_of_another_shape_is_refused(client, exams, body):
    answer = client.patch(
        f"{URL}{exams[0].pk}/", body, content_type="application/json", headers={"If-Match": "*"}
    )
    assert answer.status_code == 400


def test_the_document_is_valid_and_complete():
    found = document_v2()
    validate_schema(found)
    operations = {
        (path.partition("/v2/")[2], method)
        for path, methods in found["paths"].items()
        for method in methods
    }
    actions = [getattr(one.callback, "actions", None) or {} for one in urlpatterns]
    assert len(operations) >= sum(len(set(one) - {"head"}) for one in actions)
    one = "courses/{course_id}/exams/{exam_id}/"
    assert {
        ("courses/{course_id}/exams/", "get"),
        (one, "get"),
        (one, "patch"),
        ("courses/{course_id}/attempts/", "get"),
        ("courses/{course_id}/attempts/{attempt_id}/", "get"),
        ("courses/{course_id}/attempts/{attempt_id}/extend/", "post"),
    } <= operations
    listed = found["paths"]["/api/edx_proctoring/v2/courses/{course_id}/exams/"]["get"]
    parameters = {one["name"] for one in listed["parameters"]}
    assert {"search", "ordering", "page", "page_size", "is_active", "course_id"} <= parameters


def test_an_exam_has_the_address_of_its_providers_dashboard(client, exams, provider):
    provider.has_dashboard = True
    rows = {row["exam_name"]: row["dashboard_url"] for row in client.get(URL).json()["results"]}
    path = f"/api/edx_proctoring/v1/instructor/{COURSE_ID}/{exams[0].pk}"
    assert (rows["Midterm"], rows["Quiz"]) == (path, None)
    provider.has_dashboard = False
    assert client.get(f"{URL}{exams[0].pk}/").json()["dashboard_url"] is None
