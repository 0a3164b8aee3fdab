"""Allowances of a course by REST."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring import outbox
from edx_proctoring.models import ProctoredExamStudentAllowance as Allowance
from edx_proctoring.testing.factories import (
    COURSE_ID,
    AllowanceFactory,
    AttemptFactory,
    ExamFactory,
    UserFactory,
)
from edx_proctoring.views.v2 import allowance_actions
from tests.views.conftest import OTHER_COURSE

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/allowances/"
TIME, FACTOR, POLICY = "additional_time_granted", "time_multiplier", "review_policy_exception"


@pytest.fixture
def client(client_for, staff):
    return client_for(staff)


@pytest.fixture
def post(client):
    def ask(body, path="", key=None):
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return client.post(f"{URL}{path}", body, format="json", headers=headers)

    return ask


@pytest.fixture
def exams(transactional_db):
    return [
        ExamFactory(exam_name="Midterm", time_limit_mins=60),
        ExamFactory(exam_name="Final", time_limit_mins=120),
    ]


@pytest.fixture
def granted(exams):
    ana, bo = UserFactory(username="ana", email="a@x.org"), UserFactory(username="bo")
    return [
        AllowanceFactory(user=ana, proctored_exam=exams[0], key=TIME, value="10"),
        AllowanceFactory(user=bo, proctored_exam=exams[0], key=FACTOR, value="1.5"),
        AllowanceFactory(user=ana, proctored_exam=exams[1], key=POLICY, value="May use paper"),
    ]


def values():
    rows = Allowance.objects.order_by("id")
    return [f"{one.user.username} {one.proctored_exam.exam_name} {one.value}" for one in rows]


def test_a_row(client, granted):
    row = client.get(URL).json()["results"][1]
    assert row["user"]["username"] == "bo"
    assert (row["key"], row["value"], row["additional_minutes"]) == (FACTOR, "1.5", 30)
    assert (row["exam"]["exam_name"], row["exam"]["time_limit_mins"]) == ("Midterm", 60)
    assert client.get(f"{URL}{granted[1].pk}/").json() == row


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["ana", "bo", "ana"]),
        ("search=AN", ["ana", "ana"]),
        (f"key={FACTOR}", ["bo"]),
        ("ordering=-username", ["bo", "ana", "ana"]),
        ("ordering=exam_name,username", ["ana", "ana", "bo"]),
        ("ordering=-value&page_size=1", ["ana"]),
    ],
)
def test_filters_and_order(client, granted, query, found):
    rows = client.get(f"{URL}?{query}").json()["results"]
    assert [row["user"]["username"] for row in rows] == found


def test_addresses_of_strangers_are_neither_shown_nor_searched(client, granted, host, exams):
    host.enrollments.enrolled = set()
    emails = {one["user"]["username"]: one["user"]["email"] for one in client.get(URL).json()["results"]}  # fmt: skip
    assert emails["ana"] == ""
    assert client.get(f"{URL}?search=x.org").json()["count"] == 0
    AttemptFactory(user=granted[0].user, proctored_exam=exams[0])
    assert client.get(f"{URL}?search=x.org").json()["count"] == 2


def test_each_kind_to_each_learner_in_each_exam(post, exams):
    for name in ("ana", "bo"):
        UserFactory(username=name)
    body = {
        "users": ["ana", "bo"],
        "exam_ids": [one.pk for one in exams],
        "kinds": [{"key": FACTOR, "value": "1.5"}, {"key": POLICY, "value": "Paper"}],
    }
    preview = post({**body, "dry_run": True}).json()
    assert (preview["succeeded"], preview["failed"], values()) == (8, 0, [])
    assert {one["outcome"] for one in preview["results"]} == {"possible"}
    answer = post(body)
    assert (answer.status_code, answer.json()["succeeded"]) == (200, 8)
    assert "ana Final 1.5" in values()
    assert len(values()) == 8


def test_pairs_that_cannot_be_granted_are_told_one_by_one(post, exams):
    UserFactory(username="ana")
    closed = ExamFactory(is_active=False)
    foreign = ExamFactory(course_id=OTHER_COURSE)
    body = {
        "users": ["ana", "nobody"],
        "exam_ids": [exams[0].pk, closed.pk, foreign.pk],
        "kinds": [{"key": TIME, "value": "10"}],
    }
    answer = post(body)
    assert answer.status_code == 207
    assert [one["code"] for one in answer.json()["results"]] == [
        "", "user_not_found", *2 * ["exam_not_active"], *2 * ["exam_not_found"],
    ]  # fmt: skip
    assert values() == ["ana Midterm 10"]


@pytest.mark.parametrize(
    ("kind", "value"), [(TIME, "-5"), (TIME, "1.5"), (FACTOR, "0.5"), (FACTOR, "nan"), (FACTOR, "1.555")]
)  # fmt: skip
def test_a_wrong_value_stores_nothing_of_any_kind(post, exams, kind, value):
    UserFactory(username="ana")
    kinds = [{"key": POLICY, "value": "Paper"}, {"key": kind, "value": value}]
    answer = post({"users": ["ana"], "exam_ids": [exams[0].pk], "kinds": kinds})
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["kinds.1.value"]
    assert values() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"users": []}, "users"),
        ({"users": ["x"] * 400, "exam_ids": [1, 2, 3]}, "non_field_errors"),
        ({"exam_ids": ["x"]}, "exam_ids.0"),
        ({"kinds": []}, "kinds"),
        ({"more": 1}, "more"),
    ],
)
def test_bodies_that_are_not_understood(post, exams, change, field):
    body = {"users": ["ana"], "exam_ids": [exams[0].pk], "kinds": [{"key": TIME, "value": "1"}]}
    answer = post({**body, **change})
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_a_change_needs_the_version_that_was_seen(client, granted):
    url = f"{URL}{granted[0].pk}/"
    tag = client.get(url)["ETag"]
    assert client.patch(url, {"value": "20"}, format="json").status_code == 428
    answer = client.patch(url, {"value": "20"}, format="json", headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["additional_minutes"]) == (200, 20)
    late = client.patch(url, {"value": "30"}, format="json", headers={"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "allowance_changed_meanwhile")
    assert client.delete(url, headers={"If-Match": tag}).status_code == 412
    wrong = client.patch(url, {"value": "x"}, format="json", headers={"If-Match": "*"})
    assert wrong.json()["errors"][0]["field"] == "value"
    assert client.delete(url, headers={"If-Match": answer["ETag"]}).status_code == 204
    assert client.delete(url, headers={"If-Match": "*"}).status_code == 404


def test_many_are_deleted_each_on_its_own(post, granted):
    foreign = AllowanceFactory(proctored_exam=ExamFactory(course_id=OTHER_COURSE))
    body = {"action": "delete", "allowance_ids": [granted[0].pk, foreign.pk, granted[1].pk]}
    assert post({**body, "dry_run": True}, "actions/").json()["succeeded"] == 2
    answer = post(body, "actions/")
    assert answer.status_code == 207
    assert [one["outcome"] for one in answer.json()["results"]] == ["done", "failed", "done"]
    assert set(Allowance.objects.values_list("pk", flat=True)) == {granted[2].pk, foreign.pk}


def test_allowances_are_copied_to_another_exam(post, granted, exams):
    ids = [one.pk for one in granted[:2]]
    answer = post({"action": "copy", "allowance_ids": ids, "exam_id": exams[1].pk}, "actions/")
    assert (answer.status_code, answer.json()["succeeded"]) == (200, 2)
    assert values()[-2:] == ["ana Final 10", "bo Final 1.5"]
    again = post({"action": "copy", "allowance_ids": ids, "exam_id": exams[1].pk}, "actions/")
    assert again.status_code == 200
    assert len(values()) == 5


@pytest.mark.parametrize("where", ["foreign", "closed", None])
def test_a_copy_needs_an_active_exam_of_the_course(post, granted, where):
    exam = {"foreign": {"course_id": OTHER_COURSE}, "closed": {"is_active": False}}.get(where)
    more = {"exam_id": ExamFactory(**exam).pk} if exam else {}
    answer = post({"action": "copy", "allowance_ids": [granted[0].pk], **more}, "actions/")
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["exam_id"]
    assert len(values()) == 3


def test_all_that_match_a_filter_are_deleted_or_copied(post, granted, exams):
    body = {"action": "copy", "exam_id": exams[1].pk, "filter": "search=ana&ordering=-id"}
    preview = post({**body, "dry_run": True}, "actions/").json()
    found = [one["allowance_id"] for one in preview["results"]]
    assert preview["total"] == len(found)
    assert sorted(found) == sorted(one.pk for one in granted if one.user.username == "ana")
    before = len(values())
    wrong = post({**body, "count": preview["total"] + 1}, "actions/")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "others_match")
    assert len(values()) == before
    assert post({**body, "count": preview["total"]}, "actions/").status_code == 200
    gone = {"action": "delete", "filter": f"exam={exams[0].pk}"}
    total = post({**gone, "dry_run": True}, "actions/").json()["total"]
    assert post({**gone, "count": total}, "actions/").json()["succeeded"] == total
    assert not Allowance.objects.filter(proctored_exam=exams[0]).exists()


def test_many_that_match_are_left_to_the_worker(post, client, granted, exams, monkeypatch):
    monkeypatch.setattr(allowance_actions, "MOST_AT_ONCE", 1)
    body = {"action": "copy", "filter": f"exam={exams[0].pk}", "exam_id": exams[1].pk}
    total = post({**body, "dry_run": True}, "actions/").json()["total"]
    nowhere = post({**body, "count": total, "exam_id": 10**6}, "actions/")
    assert (nowhere.status_code, nowhere.json()["errors"][0]["field"]) == (400, "exam_id")
    copied = post({**body, "count": total}, "actions/")
    gone = post({"action": "delete", "filter": body["filter"], "count": total}, "actions/")
    assert (copied.status_code, gone.status_code, copied.json()["done"]) == (202, 202, 0)
    outbox.deliver()
    for answer in (copied, gone):
        progress = client.get(f"{URL}actions/{answer.json()['id']}/").json()
        assert (progress["done"], progress["total"], progress["failed"]) == (total, total, 0)
    assert not Allowance.objects.filter(proctored_exam=exams[0]).exists()
    assert Allowance.objects.filter(proctored_exam=exams[1]).count() >= total


@pytest.mark.parametrize("count", [2, 30])
def test_as_many_queries_for_many_rows_as_for_few(client, exams, count):
    for _ in range(count):
        one = AllowanceFactory(proctored_exam=exams[0])
        AttemptFactory(user=one.user, proctored_exam=exams[0])
    with CaptureQueriesContext(connection) as queries:
        assert len(client.get(f"{URL}?page_size=200").json()["results"]) == count
    assert len(queries) == 4, [one["sql"] for one in queries]  # session, user, count, rows
