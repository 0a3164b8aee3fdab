"""Course staff reset, resume and end attempts by REST."""

import datetime
import uuid

import pytest
import time_machine
from django.utils import timezone

from edx_proctoring import api, lifecycle, outbox
from edx_proctoring.api import bulk_actions
from edx_proctoring.api.attempts import actions
from edx_proctoring.exceptions import BackendProviderCannotRemoveAttempt
from edx_proctoring.models import BulkAction
from edx_proctoring.models import ProctoredExamStudentAttempt as Attempt
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, UserFactory
from edx_proctoring.views.v2 import actions as views
from tests.views.conftest import OTHER_COURSE, started

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/attempts"


@pytest.fixture
def post(client_for, staff):
    def ask(path, body, key=None):
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return client_for(staff).post(f"{URL}/{path}/", body, format="json", headers=headers)

    return ask


@pytest.fixture
def get(client_for, staff):
    return lambda path: client_for(staff).get(f"{URL}/{path}/").json()


@pytest.fixture
def celery(settings):
    """Messages are left to a worker, which does not run."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}


@pytest.fixture
def broken(attempt):
    return attempt(status="error", is_resumable=True, started_at=timezone.now())


def last(attempt_id):
    row = Attempt.history.filter(id=attempt_id).order_by("-history_id").first()
    user = row.history_user
    return row.history_type, row.history_change_reason, user and user.username


def test_a_reset_removes_all_attempts_at_the_provider_and_here(post, attempt, provider):
    first = attempt(status="error", resumed=True)
    second = attempt(status="submitted", exam=first.proctored_exam)
    answer = post(f"{second.pk}/reset", {"reason": "Wrong  room"})
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"attempt_id": second.pk, "action": "reset"}
    assert not Attempt.objects.exists()
    for one in (first, second):
        assert last(one.pk) == ("-", "staff: Wrong room", "staff")


def test_a_provider_that_fails_is_told_and_nothing_is_removed(post, attempt, provider, monkeypatch):
    known = attempt(status="submitted")
    monkeypatch.setattr(provider, "remove_exam_attempt", lambda *ids: False)
    answer = post(f"{known.pk}/reset", {})
    assert (answer.status_code, answer.json()["code"]) == (502, "backend_provider_removal_not_confirmed")  # fmt: skip
    assert "nothing was removed" in answer.json()["detail"]
    assert Attempt.objects.filter(pk=known.pk).exists()


def test_a_reset_that_fails_midway_keeps_the_current_attempt_and_can_be_repeated(
    post, attempt, provider, monkeypatch, host
):
    first = attempt(status="error", resumed=True)
    second = attempt(status="submitted", exam=first.proctored_exam)
    works = provider.remove_exam_attempt
    removed = []

    def fails_for_the_second(exam_id, attempt_id):
        removed.append(attempt_id)
        if attempt_id == second.external_id:
            raise BackendProviderCannotRemoveAttempt
        return works(exam_id, attempt_id)

    monkeypatch.setattr(provider, "remove_exam_attempt", fails_for_the_second)
    assert post(f"{second.pk}/reset", {}).status_code == 502
    assert removed == [first.external_id, second.external_id]
    assert list(Attempt.objects.values_list("pk", flat=True)) == [second.pk]
    monkeypatch.setattr(provider, "remove_exam_attempt", works)
    assert post(f"{second.pk}/reset", {}).status_code == 200


def test_resume_permits_the_next_attempt_with_author_and_reason(post, broken):
    assert post(f"{broken.pk}/resume", {"reason": "Power cut"}).status_code == 200
    broken.refresh_from_db()
    assert broken.ready_to_resume
    assert last(broken.pk) == ("~", "staff: Power cut", "staff")
    answer = post(f"{broken.pk}/resume", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "attempt_action_not_possible")


def test_end_submits_a_running_attempt_and_leaves_reviews_in_force(post, attempt):
    running = started(attempt)
    assert post(f"{running.pk}/end", {"reason": "Left the room"}).status_code == 200
    running.refresh_from_db()
    assert running.status == "submitted"
    assert last(running.pk) == ("~", "staff, ended: Left the room", "staff")
    review = {"status": "passed", "comments": []}
    api.receive_review(running, review)
    running.refresh_from_db()
    assert running.status == "verified"


def test_a_submission_that_came_first_is_told(post, attempt):
    running = started(attempt)
    lifecycle.transition(running, "submitted", reason="learner")
    answer = post(f"{running.pk}/end", {})
    assert answer.status_code == 409
    assert "learner is submitted: end is not possible" in answer.json()["detail"]
    assert last(running.pk)[1] == "learner"


def test_a_paused_attempt_can_be_ended(post, attempt, make_exam, staff):
    running = lifecycle.transition(attempt(exam=make_exam(), status="ready_to_start"), "started")
    api.pause_attempt(running.pk, by=staff)
    assert post(f"{running.pk}/end", {}).status_code == 200
    running.refresh_from_db()
    assert running.status == "submitted"


@pytest.mark.parametrize("status", ["created", "submitted", "verified", "rejected", "declined"])
@pytest.mark.parametrize("action", ["resume", "end"])
def test_actions_that_the_status_does_not_allow(post, attempt, status, action):
    known = attempt(status=status)
    assert post(f"{known.pk}/{action}", {}).status_code == 409
    known.refresh_from_db()
    assert known.status == status


def test_a_practice_attempt_is_not_resumed(post, attempt, make_exam):
    known = attempt(exam=make_exam(is_practice_exam=True), status="error", is_resumable=True)
    assert post(f"{known.pk}/resume", {}).status_code == 409


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("{}/end", {"reason": "x" * 81}, "reason"),
        ("{}/end", {"why": "x"}, "why"),
        ("{}/resume", {"keep_at_provider": True}, "keep_at_provider"),
        ("{}/reset", {"keep_at_provider": "perhaps"}, "keep_at_provider"),
        ("actions", {"action": "end"}, "attempt_ids"),
        ("actions", {"action": "end", "attempt_ids": []}, "attempt_ids"),
        ("actions", {"action": "end", "attempt_ids": list(range(1, 202))}, "attempt_ids"),
        ("actions", {"action": "verify", "attempt_ids": [1]}, "action"),
    ],
)
def test_bodies_that_are_not_understood(post, attempt, path, body, field):
    running = started(attempt)
    answer = post(path.format(running.pk), body)
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    running.refresh_from_db()
    assert running.status == "started"


def test_a_repeated_request_is_answered_not_executed(post, attempt):
    running = started(attempt)
    first, again = (post(f"{running.pk}/end", {}, key="once") for _ in range(2))
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"


class TestMany:
    @pytest.fixture
    def rows(self, attempt, make_exam):
        exam = make_exam(exam_name="Final")
        begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
        names = ("ana", "bo", "cy")
        return [
            AttemptFactory(user=UserFactory(username=name), proctored_exam=exam, status=status, **begun)
            for name, status in zip(names, ("started", "submitted", "ready_to_submit"), strict=True)
        ]  # fmt: skip

    def body(self, rows, **more):
        return {"action": "end", "attempt_ids": [getattr(one, "pk", one) for one in rows], **more}

    def test_each_row_has_its_own_result(self, post, rows, attempt, make_exam):
        foreign = attempt(exam=make_exam(course_id=OTHER_COURSE), status="started")
        answer = post("actions", self.body([*rows, foreign, 12345678, rows[0]], reason="Over"))
        assert answer.status_code == 207
        data = answer.json()
        assert (data["succeeded"], data["failed"], data["dry_run"]) == (2, 3, False)
        assert [(one["username"], one["outcome"]) for one in data["results"]] == [
            ("ana", "done"), ("bo", "failed"), ("cy", "done"), (None, "failed"), (None, "failed"),
        ]  # fmt: skip
        _ana, bo, _cy, other, unknown = data["results"]
        assert bo["code"] == "attempt_action_not_possible"
        assert "bo is submitted" in bo["detail"]
        assert other["code"] == unknown["code"] == "student_exam_attempt_does_not_exists"
        statuses = {one.status for one in Attempt.objects.filter(pk__in=[one.pk for one in rows])}
        assert statuses == {"submitted"}
        foreign.refresh_from_db()
        assert foreign.status == "started"

    def test_a_preview_changes_nothing(self, post, rows):
        answer = post("actions", self.body(rows, dry_run=True))
        outcomes = [one["outcome"] for one in answer.json()["results"]]
        assert outcomes == ["possible", "failed", "possible"]
        assert answer.json()["results"][1]["code"] == "attempt_action_not_possible"
        assert [Attempt.objects.get(pk=one.pk).status for one in rows] == [one.status for one in rows]  # fmt: skip

    def test_a_provider_that_fails_for_one_stops_no_other(self, post, rows, provider, monkeypatch):
        works = provider.remove_exam_attempt
        failing = rows[1].external_id
        monkeypatch.setattr(
            provider, "remove_exam_attempt", lambda exam, one: one != failing and works(exam, one)
        )
        answer = post("actions", {**self.body(rows), "action": "reset"})
        assert answer.status_code == 207
        assert [one["outcome"] for one in answer.json()["results"]] == ["done", "failed", "done"]
        assert "nothing was removed" in answer.json()["results"][1]["detail"]
        assert list(Attempt.objects.values_list("pk", flat=True)) == [rows[1].pk]

    def test_an_error_of_a_host_service_is_one_row_and_is_logged(
        self, post, rows, provider, monkeypatch, caplog
    ):
        def fails_for_bo(attempt, *args, **options):
            if attempt.pk == rows[1].pk:
                raise RuntimeError("the host's own")

        monkeypatch.setattr(actions.lifecycle, "remove", fails_for_bo)
        answer = post("actions", {**self.body(rows), "action": "reset"})
        assert [one["outcome"] for one in answer.json()["results"]] == ["done", "failed", "done"]
        bo = answer.json()["results"][1]
        assert (bo["code"], "own" in bo["detail"]) == ("unexpected_failure", False)
        assert f"attempt_id={rows[1].pk}" in caplog.text
        assert "the host's own" in caplog.text

    def test_rows_beyond_the_time_of_a_request_are_not_tried(self, post, rows, monkeypatch):
        monkeypatch.setattr(actions, "SECONDS_FOR_MANY", -1)
        answer = post("actions", self.body(rows))
        assert {one["outcome"] for one in answer.json()["results"]} == {"not_tried"}
        assert answer.status_code == 207

    def test_all_done_is_200(self, post, rows):
        answer = post("actions", self.body([rows[0], rows[2]]))
        assert (answer.status_code, answer.json()["failed"]) == (200, 0)


# By filter


@pytest.fixture
def crowd(make_exam):
    """Three attempts that may be ended, one that may not, one in another exam and one in another course."""
    exam, other = make_exam(), make_exam()
    rows = {
        name: AttemptFactory(proctored_exam=where, user__username=name, **about)
        for name, where, about in (
            ("ana", exam, {"status": "started", "started_at": timezone.now(), "allowed_time_limit_mins": 90}),
            ("bo", exam, {"status": "started", "started_at": timezone.now(), "allowed_time_limit_mins": 90}),
            ("cy", exam, {"status": "submitted"}),
            ("dee", other, {"status": "started", "started_at": timezone.now(), "allowed_time_limit_mins": 90}),
            ("far", make_exam(course_id=OTHER_COURSE), {"status": "started"}),
        )
    }  # fmt: skip
    return {"exam": exam.pk, **{name: row.pk for name, row in rows.items()}}


@pytest.mark.parametrize(
    ("query", "names", "code"),
    [
        ("exam={exam}&status=started", ["ana", "bo"], 200),
        ("exam={exam}&status=started&status=submitted&ordering=username", ["ana", "bo", "cy"], 207),
        ("search=dee", ["dee"], 200),
        ("", ["ana", "bo", "cy", "dee"], 207),
        ("search=nobody", [], 200),
    ],
)
def test_all_that_match_a_filter(post, crowd, query, names, code):
    body = {"action": "end", "filter": query.format(**crowd), "count": len(names)}
    for preview in (True, False):
        answer = post("actions", {**body, "dry_run": preview})
        assert answer.status_code == code, answer.content
        assert sorted(one["username"] for one in answer.json()["results"]) == names
        ended = set(
            Attempt.objects.filter(status="submitted").values_list("user__username", flat=True)
        )
        assert ended == ({"cy"} if preview else {"cy", *names})


@pytest.mark.parametrize("preview", [True, False])
def test_others_than_were_counted_are_left_alone(post, crowd, preview):
    body = {"action": "end", "filter": "status=started", "count": 2, "dry_run": preview}
    answer = post("actions", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "others_match")
    assert Attempt.objects.filter(status="started").count() == 4


def test_more_than_one_request_changes_are_left_to_the_worker(
    post, get, crowd, provider, monkeypatch, staff, celery
):
    monkeypatch.setattr(views, "MOST_AT_ONCE", 2)
    removed = Attempt.objects.get(pk=crowd["ana"])
    body = {"action": "end", "filter": "ordering=username", "reason": "Fire"}
    preview = post("actions", {**body, "dry_run": True}).json()
    assert (preview["total"], preview["done"], preview["id"]) == (4, 2, None)
    assert [one["username"] for one in preview["results"]] == ["ana", "bo"]
    answer = post("actions", {**body, "count": 4})
    assert (answer.status_code, answer.json()["results"]) == (202, [])
    assert Attempt.objects.filter(status="started").count() == 4
    path = f"actions/{answer.json()['id']}"
    assert (get(path)["done"], get(path)["total"]) == (0, 4)
    lifecycle.remove(removed, staff)
    AttemptFactory(proctored_exam_id=crowd["exam"], status="started")  # matches, but too late
    outbox.deliver()
    progress = get(path)
    assert {name: progress[name] for name in ("total", "done", "succeeded", "failed")} == {
        "total": 4, "done": 4, "succeeded": 2, "failed": 2,
    }  # fmt: skip
    assert [(one["username"], one["code"]) for one in progress["results"]] == [
        (None, "student_exam_attempt_does_not_exists"), ("cy", "attempt_action_not_possible"),
    ]  # fmt: skip
    assert last(crowd["bo"]) == ("~", "staff, ended: Fire", "staff")
    # In the other course, and the late one.
    assert Attempt.objects.filter(status="started").count() == 2


def test_the_worker_continues_where_it_has_left(post, get, crowd, provider, monkeypatch, celery):
    monkeypatch.setattr(views, "MOST_AT_ONCE", 1)
    answer = post("actions", {"action": "end", "filter": "ordering=username", "count": 4})
    path = f"actions/{answer.json()['id']}"
    with monkeypatch.context() as hurried:
        hurried.setattr(bulk_actions, "SHARE_OF_LEASE", 0)
        outbox.deliver()
    assert get(path)["done"] == 1
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=1)):
        outbox.deliver()
    assert (get(path)["done"], get(path)["failed"]) == (4, 1)


def test_the_progress_is_of_the_course_only(client_for, staff, crowd):
    theirs = BulkAction.objects.create(
        course_id=OTHER_COURSE, resource="attempts", action="end", row_ids=[1]
    )
    others = BulkAction.objects.create(
        course_id=COURSE_ID, resource="allowances", action="delete", row_ids=[1]
    )
    for number in (theirs.pk, others.pk, 10**19):
        assert client_for(staff).get(f"{URL}/actions/{number}/").status_code == 404


def test_more_than_the_limit_is_refused(post, crowd, monkeypatch):
    monkeypatch.setattr("edx_proctoring.api.bulk_actions.MOST_ROWS", 2)
    answer = post("actions", {"action": "end", "filter": "", "count": 4})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "filter")
    assert Attempt.objects.filter(status="started").count() == 4


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"filter": "status=started"}, "count"),
        ({"attempt_ids": [1], "count": 1}, "count"),
        ({"filter": "page=1", "dry_run": True}, "filter.page"),
        ({"attempt_ids": [1], "filter": "", "count": 1}, "attempt_ids"),
        ({}, "attempt_ids"),
        ({"filter": "statuses=started", "count": 3}, "filter.statuses"),
        ({"filter": "page=1", "count": 3}, "filter.page"),
        ({"filter": "exam=1&exam=2", "count": 3}, "filter.exam"),
        ({"filter": "exam=first", "count": 3}, "filter.exam"),
        ({"filter": "search=%00", "count": 3}, "filter.search"),
        ({"filter": "a&" * 501, "count": 3}, "filter"),
        ({"filter": {"status": "started"}, "count": 3}, "filter"),
        ({"filter": "", "count": -1}, "count"),
    ],
)
def test_filters_that_are_not_understood(post, crowd, body, field):
    answer = post("actions", {"action": "end", **body})
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"] == field
