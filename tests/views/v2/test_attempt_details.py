"""One attempt with its timeline."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api, extensions, lifecycle
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
)
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, UserFactory
from edx_proctoring.testing.host import Enrollment
from tests.views.conftest import OTHER_COURSE

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/attempts"


@pytest.fixture
def client(client_for, staff):
    return client_for(staff)


@pytest.fixture
def running(attempt, make_exam):
    known = attempt(exam=make_exam(time_limit_mins=60), status="ready_to_start")
    return lifecycle.transition(known, "started")


@pytest.fixture
def read(client):
    def ask(known):
        answer = client.get(f"{URL}/{known.pk}/")
        assert answer.status_code == 200, answer.content
        return answer.json()

    return ask


def kinds(data):
    return [entry["kind"] for entry in data["timeline"]]


def test_what_happened_is_told_in_order_with_names_and_reasons(read, running, staff, reviewer):
    api.extend_attempt(running.pk, 600, reason="Fire alarm", by=staff)
    api.pause_attempt(running.pk, reason="Evacuation", by=staff)
    api.continue_attempt(running.pk, by=reviewer)
    api.update_attempt_status(running.pk, "submitted", reason="learner")
    data = read(running)
    told = [entry for entry in data["timeline"] if entry["kind"] != "changed"]
    assert [entry["kind"] for entry in told] == ["created", "status", "grant", "pause", "continue", "status"]  # fmt: skip
    _created, begun, granted, paused, continued, ended = told
    assert (begun["before"], begun["after"]) == ("ready_to_start", "started")
    assert (granted["by"], granted["reason"], granted["seconds"]) == ("staff", "Fire alarm", 600)
    assert (paused["by"], paused["reason"], paused["seconds"]) == ("staff", "Evacuation", None)
    assert continued["by"] == reviewer.username
    assert continued["seconds"] >= 0
    assert (ended["after"], ended["reason"]) == ("submitted", "learner")
    assert [entry["at"] for entry in data["timeline"]] == sorted(
        entry["at"] for entry in data["timeline"]
    )


def test_it_has_the_deadline_and_more_about_the_exam_than_the_list(read, running):
    data = read(running)
    end = running.started_at + datetime.timedelta(minutes=60)
    assert datetime.datetime.fromisoformat(data["ends_at"]) == end
    assert data["exam"]["time_limit_mins"] == 60
    assert data["exam"]["backend"] == running.proctored_exam.backend
    for secret in (running.attempt_code, running.external_id):
        assert secret not in str(data)


def test_it_leads_to_the_provider_and_the_hosts_progress_page(
    read, client, running, provider, host, settings
):
    provider.has_dashboard = True
    data = read(running)
    assert data["provider"]["name"] == provider.verbose_name
    assert data["provider"]["attempt_url"].endswith(f"/{running.proctored_exam_id}?id={running.pk}")
    assert (data["enrollment_mode"], data["progress_url"]) == ("", None)
    assert client.get(data["provider"]["attempt_url"]).status_code == 302
    [call] = provider.calls_of("get_instructor_url")
    assert call.kwargs["attempt_id"] == running.external_id
    host.enrollments.enrollments.append(Enrollment(running.user, "masters"))
    some_route = "edx_proctoring:instructor_dashboard_exam"  # of a course and a number, too
    settings.PROCTORING_SETTINGS = {"PROGRESS_ROUTE": some_route}
    data = read(running)
    assert data["enrollment_mode"] == "masters"
    assert data["progress_url"].endswith(f"/{COURSE_ID}/{running.user_id}")


def test_without_a_provider_or_its_id_there_is_no_such_link(read, attempt, timed_exam, provider):
    provider.has_dashboard = True
    assert read(attempt(exam=timed_exam, taking_as_proctored=False))["provider"] is None
    assert read(attempt(external_id=None))["provider"]["attempt_url"] is None


def test_the_review_with_its_comments(read, attempt, reviewer):
    known = attempt(status="second_review_required")
    review = ProctoredExamSoftwareSecureReview.objects.create(
        attempt_code=known.attempt_code,
        review_status="Suspicious",
        raw_data="secret payload",
        reviewed_by=reviewer,
        exam=known.proctored_exam,
        student=known.user,
    )
    for start in (30, 10):
        ProctoredExamSoftwareSecureComment.objects.create(
            review=review, start_time=start, stop_time=start + 5, duration=5,
            comment=f"Phone at {start}", status="Suspicious",
        )  # fmt: skip
    data = read(known)
    assert data["review"]["review_status"] == "Suspicious"
    assert data["review"]["reviewed_by"] == "reviewer"
    assert [one["comment"] for one in data["review"]["comments"]] == ["Phone at 10", "Phone at 30"]
    assert "review" in kinds(data)
    assert "secret payload" not in str(data)


def test_earlier_attempts_are_listed_with_the_newest_only(read, attempt):
    first = attempt(status="error", resumed=True)
    second = attempt(status="submitted", exam=first.proctored_exam)
    attempt(status="submitted", user=UserFactory(), exam=second.proctored_exam)
    data = read(second)
    assert [one["id"] for one in data["earlier"]] == [first.pk]
    assert (data["is_newest"], data["earlier_count"]) == (True, 1)
    earlier = read(first)
    assert (earlier["is_newest"], earlier["earlier"], earlier["actions"]) == (False, [], [])


@pytest.mark.parametrize(
    ("values", "actions"),
    [
        ({"status": "created"}, ["reset", "extend"]),
        ({"status": "submitted"}, ["reset"]),
        ({"status": "ready_to_submit"}, ["reset", "end", "extend"]),
        ({"status": "error", "is_resumable": True}, ["reset", "resume"]),
    ],
)
def test_actions_that_the_status_allows(read, attempt, values, actions):
    assert read(attempt(**values))["actions"] == actions


def test_a_running_attempt_can_be_paused_and_a_paused_one_continued(read, running, staff):
    assert read(running)["actions"] == ["reset", "end", "extend", "pause"]
    api.pause_attempt(running.pk, by=staff)
    assert read(running)["actions"] == ["reset", "end", "extend", "continue"]


def test_a_broken_off_practice_attempt_is_reset_not_resumed(read, attempt, make_exam):
    known = attempt(exam=make_exam(is_practice_exam=True), status="error", is_resumable=True)
    assert read(known)["actions"] == ["reset"]


def test_entries_of_extensions_are_part_of_the_timeline(read, running, monkeypatch):
    entry = extensions.TimelineEntry(timezone.now(), "Silent", "proctor", ["3 minutes"])
    monkeypatch.setattr(extensions, "timeline", lambda attempt: [entry])
    told = read(running)["timeline"][-1]
    assert (told["kind"], told["text"], told["by"]) == ("extension", "Silent", "proctor")
    assert told["notes"] == ["3 minutes"]


def test_an_attempt_that_was_removed_says_who_removed_it(client, running, staff):
    attempt_id = running.pk
    api.remove_exam_attempt(attempt_id, staff)
    answer = client.get(f"{URL}/{attempt_id}/")
    assert answer.status_code == 404
    assert "removed by staff at 20" in answer.json()["detail"]


@pytest.mark.parametrize("attempt_id", ["0", "9" * 20, "12345"])
def test_an_attempt_that_there_is_not(client, running, attempt_id):
    answer = client.get(f"{URL}/{attempt_id}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_attempts_of_other_courses_are_not_found_whether_removed_or_not(
    client, make_exam, attempt, staff
):
    foreign = attempt(exam=make_exam(course_id=OTHER_COURSE), status="submitted")
    attempt_id = foreign.pk
    before = client.get(f"{URL}/{attempt_id}/")
    api.remove_exam_attempt(attempt_id, staff)
    after = client.get(f"{URL}/{attempt_id}/")
    assert before.status_code == after.status_code == 404
    assert before.json()["detail"] == after.json()["detail"]


def test_nothing_is_sent_again_that_has_not_changed(client, running, staff):
    url = f"{URL}/{running.pk}/"
    tag = client.get(url)["ETag"]
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    api.extend_attempt(running.pk, 60, by=staff)
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 200


def test_as_many_queries_for_a_long_story_as_for_a_short_one(client, running, staff):
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{URL}/{running.pk}/")
        counts.append(len(queries))
        for _ in range(5):
            api.extend_attempt(running.pk, 60, by=staff)
        AttemptFactory(user=running.user, proctored_exam=running.proctored_exam, status="error",
                       created=running.created - datetime.timedelta(days=1))  # fmt: skip
    # session, user, attempt, clock, pair, review, ledger, history
    assert counts == [8, 8]
