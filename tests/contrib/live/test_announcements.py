"""Announcements by staff and questions of learners: recipients, answers, withdrawal, end."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api as core
from edx_proctoring import extensions, lifecycle
from edx_proctoring.contrib.live import api
from edx_proctoring.contrib.live.models import Announcement, Question, Receipt
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory
from tests.lifecycle.noon import NOON, end_of
from tests.views.conftest import OTHER_COURSE

pytestmark = pytest.mark.django_db


@pytest.fixture
def neighbour(running):
    """Start an attempt of a second learner in Room B; the first one is in Room A."""
    one = AttemptFactory(
        proctored_exam=running.proctored_exam,
        user=UserFactory(username="neighbour"),
        status="started",
        started_at=NOON,
        allowed_time_limit_mins=90,
    )
    api.seat_learners(COURSE_ID, "Room A", [running.user.username])
    api.seat_learners(COURSE_ID, "Room B", ["neighbour"])
    return one


@pytest.fixture
def invigilator(neighbour):
    user = UserFactory(username="invigilator")
    api.appoint(COURSE_ID, "Room A", user.username)
    return user


def texts(polled):
    return [one["text"] for one in polled["announcements"]]


def test_an_announcement_is_shown_until_the_learner_closes_it(
    send, poll, running, neighbour, client_for
):
    sent = send("post", "announcements/", {"text": " Ten minutes more. ", "to": {"all": True}})
    assert sent.status_code == 201, sent.content
    body = sent.json()
    assert (body["text"], body["total"], body["seen"], body["by"]) == (
        "Ten minutes more.",
        2,
        0,
        "course_staff",
    )
    polled = poll(running)
    assert (texts(polled), polled["poll_seconds"]) == (["Ten minutes more."], 30)
    url = f"{polled['live_url']}announcements/{body['id']}/seen/"
    mine = client_for(running.user)
    assert [mine.post(url).status_code for _ in range(2)] == [204, 204]
    assert texts(poll(running)) == []
    (listed,) = send("get", "announcements/").json()["results"]
    assert (listed["seen"], listed["total"], listed["unseen"]) == (1, 2, ["neighbour"])
    assert send("delete", f"announcements/{body['id']}/").status_code == 204
    assert texts(poll(neighbour, neighbour.user)) == []
    assert send("get", "announcements/").json()["results"][0]["withdrawn"]


def test_a_learner_in_two_exams_counts_once(send, running, neighbour, client_for):
    second = AttemptFactory(
        proctored_exam=ExamFactory(),
        user=neighbour.user,
        status="started",
        started_at=timezone.now(),
        allowed_time_limit_mins=90,
    )
    sent = send("post", "announcements/", {"text": "Save.", "to": {"all": True}}).json()
    assert sent["total"] == 2

    def listed():
        (one,) = send("get", "announcements/").json()["results"]
        return one["seen"], one["total"], one["unseen"]

    names = [running.user.username, "neighbour"]
    assert listed() == (0, 2, names)
    assert api.note_seen(neighbour.pk, neighbour.user_id, sent["id"])
    assert listed() == (0, 2, names)  # her other page still shows it
    assert api.note_seen(second.pk, neighbour.user_id, sent["id"])
    assert listed() == (1, 2, names[:1])


@pytest.mark.parametrize(
    ("to", "reached"),
    [
        (lambda one: {"attempt_ids": [one.pk]}, ["learner"]),
        (lambda one: {"exam_id": one.proctored_exam_id}, ["learner", "neighbour"]),
        (lambda one: {"room": "Room B"}, ["neighbour"]),
    ],
)
def test_an_announcement_is_shown_to_the_selected_learners_only(
    send, running, neighbour, to, reached
):
    assert send("post", "announcements/", {"text": "x", "to": to(running)}).status_code == 201
    assert sorted(Receipt.objects.values_list("user__username", flat=True)) == reached


def test_learners_who_begin_later_get_announcements_to_their_room_exam_or_course(
    clock, send, poll, running, neighbour, invigilator, client_for
):
    exam = {"exam_id": running.proctored_exam_id}
    send("post", "announcements/", {"text": "withdrawn", "to": exam})
    send("delete", f"announcements/{Announcement.objects.get().pk}/")
    send("post", "announcements/", {"text": "for some", "to": {"attempt_ids": [running.pk]}})
    send("post", "announcements/", {"text": "Room A", "to": {"all": True}}, user=invigilator)
    send("post", "announcements/", {"text": "Room A", "to": {"room": "Room A"}})
    send("post", "announcements/", {"text": "Room B", "to": {"room": "Room B"}})
    for_exam = send("post", "announcements/", {"text": "exam", "to": exam}).json()["id"]
    late = UserFactory(username="late")
    api.seat_learners(COURSE_ID, "Room B", ["late"])

    def begins():
        return AttemptFactory(
            proctored_exam=running.proctored_exam,
            user=late,
            status="started",
            started_at=timezone.now(),
            allowed_time_limit_mins=90,
        )

    clock.shift(datetime.timedelta(minutes=50))
    first = begins()
    polled = poll(first, late)
    assert texts(polled) == texts(poll(first, late)) == ["Room B", "exam"]
    assert (
        client_for(late).post(f"{polled['live_url']}announcements/{for_exam}/seen/").status_code
        == 204
    )
    listed = {one["text"]: one for one in send("get", "announcements/").json()["results"]}
    assert (listed["exam"]["total"], listed["exam"]["seen"], listed["for some"]["total"]) == (
        3,
        1,
        1,
    )
    lifecycle.transition(first, "error")
    assert texts(poll(begins(), late)) == ["Room B"]  # the other announcement has been seen
    clock.shift(datetime.timedelta(hours=12))
    assert texts(poll(begins(), late)) == []


def test_a_new_attempt_after_a_reset_shows_no_announcement_that_was_closed(
    clock, send, poll, running, neighbour
):
    numbers = [
        send("post", "announcements/", {"text": text, "to": {"all": True}}).json()["id"]
        for text in ("closed", "open")
    ]
    api.note_seen(running.pk, running.user_id, numbers[0])
    exam, user = running.proctored_exam, running.user
    core.remove_exam_attempt(running.pk, requesting_user=neighbour.user)
    clock.shift(60)
    anew = AttemptFactory(
        proctored_exam=exam,
        user=user,
        status="started",
        started_at=timezone.now(),
        allowed_time_limit_mins=90,
    )
    assert texts(poll(anew)) == ["open"]
    listed = {one["text"]: one for one in send("get", "announcements/").json()["results"]}
    assert [listed[text]["seen"] for text in ("closed", "open")] == [1, 0]
    assert {listed[text]["total"] for text in listed} == {2}
    extensions.retire(user.pk)
    assert not Receipt.objects.filter(user_id=user.pk).exists()


def test_an_answer_closes_the_question(send, poll, running, neighbour, client_for, board):
    mine = client_for(running.user)
    url = f"{poll(running)['live_url']}questions/"
    asked = mine.post(url, {"text": "May I leave?"}, format="json")
    assert asked.status_code == 201, asked.content
    assert poll(running)["questions"] == {
        "enabled": True,
        "open": {**asked.json(), "asked_at": NOON.isoformat()},
    }
    assert board(only="attention")["rows"][0]["question"]["text"] == "May I leave?"
    body = {"text": "Yes.", "to": {"attempt_ids": [neighbour.pk]}, "answers": asked.json()["id"]}
    assert send("post", "announcements/", body).json()["code"] == "question_not_allowed"
    assert not Announcement.objects.exists()
    body["to"] = {"attempt_ids": [running.pk]}
    assert send("post", "announcements/", body).status_code == 201
    polled = poll(running)
    assert (texts(polled), polled["questions"]["open"]) == (["Yes."], None)
    assert texts(poll(neighbour, neighbour.user)) == []


def test_open_and_frequent_questions_are_limited(clock, poll, running, client_for, send):
    mine, url = client_for(running.user), f"{poll(running)['live_url']}questions/"

    def ask(text="x"):
        return mine.post(url, {"text": text}, format="json")

    first = ask().json()["id"]
    assert (ask().status_code, ask().json()["code"]) == (409, "question_open")
    assert mine.delete(f"{url}{first}/").status_code == 204
    refused = ask()
    assert (refused.status_code, refused["Retry-After"], refused.json()["code"]) == (
        429,
        "30",
        "too_many_questions",
    )
    for _ in range(9):
        clock.shift(30)
        known = ask()
        assert known.status_code == 201, known.content
        send("delete", f"questions/{known.json()['id']}/")
    clock.shift(30)
    assert ask()["Retry-After"] == str(3600 - 300)
    assert [ask(text).status_code for text in ("", " ", "x" * 201)] == [400] * 3
    assert end_of(running) == NOON + datetime.timedelta(hours=1)


def test_learners_cannot_read_or_close_messages_for_others(
    send, poll, running, neighbour, client_for, course_staff
):
    own = {"text": "for you alone", "to": {"attempt_ids": [running.pk]}}
    number = send("post", "announcements/", own).json()["id"]
    url = poll(running)["live_url"]
    question = Question.objects.create(
        course_id=COURSE_ID, attempt=running, user=running.user, text="x"
    )
    assert "for you alone" not in str(poll(neighbour, neighbour.user))
    for user in (neighbour.user, course_staff):
        stranger = client_for(user)
        assert stranger.post(f"{url}announcements/{number}/seen/").status_code == 404
        assert stranger.post(f"{url}questions/", {"text": "x"}, format="json").status_code == 404
        assert stranger.delete(f"{url}questions/{question.pk}/").status_code == 404
    theirs = url.replace(f"/{running.pk}/", f"/{neighbour.pk}/")
    neighbours = client_for(neighbour.user)
    assert neighbours.post(f"{theirs}announcements/{number}/seen/").status_code == 404
    assert neighbours.delete(f"{theirs}questions/{question.pk}/").status_code == 404
    elsewhere = url.replace(COURSE_ID, OTHER_COURSE)
    assert (
        client_for(running.user)
        .post(f"{elsewhere}questions/", {"text": "x"}, format="json")
        .status_code
        == 404
    )
    assert not Receipt.objects.filter(seen_at__isnull=False).exists()


def test_questions_of_learners_require_a_csrf_token(poll, running):
    from rest_framework.test import APIClient

    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(running.user, backend="django.contrib.auth.backends.ModelBackend")
    url = f"{poll(running)['live_url']}questions/"
    assert browser.post(url, {"text": "x"}, format="json").status_code == 403


def test_announcements_and_questions_end_with_the_attempt(send, poll, running, client_for):
    send("post", "announcements/", {"text": "x", "to": {"all": True}})
    url = poll(running)["live_url"]
    lifecycle.transition(running, "submitted")
    polled = poll(running)
    assert not {"announcements", "questions", "live_url"} & set(polled)
    asked = client_for(running.user).post(f"{url}questions/", {"text": "x"}, format="json")
    assert (asked.status_code, asked.json()["code"]) == (400, "question_not_allowed")
    refused = send("post", "announcements/", {"text": "y", "to": {"all": True}})
    assert (refused.status_code, refused.json()["code"]) == (400, "announcement_not_allowed")


def test_announcements_by_invigilators_are_shown_in_their_room_only(
    send, poll, running, neighbour, invigilator, course_staff
):
    def announce(to, user=invigilator):
        return send("post", "announcements/", {"text": "x", "to": to}, user=user)

    assert announce({"room": "Room B"}).status_code == 400
    assert announce({"attempt_ids": [neighbour.pk]}).status_code == 400
    assert not Announcement.objects.exists()
    for to in ({"all": True}, {"exam_id": running.proctored_exam_id}, {"room": "Room A"}):
        assert announce(to).json()["total"] == 1
    assert set(Receipt.objects.values_list("attempt_id", flat=True)) == {running.pk}
    foreign = announce({"room": "Room B"}, course_staff).json()["id"]
    listed = send("get", "announcements/", user=invigilator).json()
    assert listed["count"] == 3
    assert send("delete", f"announcements/{foreign}/", user=invigilator).status_code == 404
    question = Question.objects.create(
        course_id=COURSE_ID, attempt=neighbour, user=neighbour.user, text="x"
    )
    assert send("delete", f"questions/{question.pk}/", user=invigilator).status_code == 404
    for path in ("rooms/", "invigilators/"):
        assert (
            send("post", path, {"name": "x", "usernames": ["x"]}, user=invigilator).status_code
            == 403
        )
    assert send("get", "rooms/", user=invigilator).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"text": "", "to": {"all": True}},
        {"text": "x" * 501, "to": {"all": True}},
        {"text": "x", "to": {}},
        {"text": "x", "to": {"all": False}},
        {"text": "x", "to": {"all": True, "room": "Room A"}},
        {"text": "x", "to": {"exam_id": 10**6}},
        {"text": "x", "to": {"attempt_ids": [10**6]}},
        {"text": "x", "to": {"all": True}, "answers": 7},
    ],
)
def test_invalid_announcements_are_refused(send, running, body):
    assert send("post", "announcements/", body).status_code == 400
    assert not Announcement.objects.exists()


def test_seats_and_invigilators_of_rooms_can_be_changed(send, running, neighbour, learner):
    assert send("get", "rooms/").json() == {"rooms": [
        {"name": "Room A", "learners": 1, "invigilators": []}, {"name": "Room B", "learners": 1, "invigilators": []},
    ]}  # fmt: skip
    body = {"name": "room  b", "usernames": ["learner", "nobody", "neighbour"]}
    results = send("post", "rooms/", body).json()["results"]
    assert [one["outcome"] for one in results] == ["seated", "unknown", "unchanged"]
    clerk = UserFactory(username="clerk")
    both = {"username": "clerk", "room": "Room B"}
    assert [send("post", "invigilators/", both).status_code for _ in range(2)] == [200, 200]
    (room,) = send("get", "rooms/").json()["rooms"]
    assert room == {
        "name": "Room B",
        "learners": 2,
        "invigilators": [{"id": clerk.pk, "username": "clerk"}],
    }
    assert send("delete", "invigilators/", both).status_code == 204
    assert send("post", "invigilators/", {**both, "username": "nobody"}).status_code == 400
    send("post", "rooms/", {"name": "", "usernames": ["learner", "neighbour"]})
    assert send("get", "rooms/").json() == {"rooms": []}


def test_a_poll_takes_two_more_queries(send, poll, running):
    for _ in range(3):
        send("post", "announcements/", {"text": "x", "to": {"all": True}})
    with CaptureQueriesContext(connection) as queries:
        poll(running)
    assert sum("proctoring_live" in one["sql"] for one in queries) == 3  # including the heartbeat


def test_personal_data_and_retirement(send, running, neighbour, invigilator, learner):
    send("post", "announcements/", {"text": "for all", "to": {"all": True}}, user=invigilator)
    send("post", "announcements/", {"text": "dear learner", "to": {"attempt_ids": [running.pk]}})
    Question.objects.create(course_id=COURSE_ID, attempt=running, user=learner, text="my question")
    told = (
        str(core.own_data(learner.pk, []))
        if hasattr(core, "own_data")
        else str(extensions.personal_data(learner.pk))
    )
    for text in ("for all", "dear learner", "my question", "Room A"):
        assert text in told
    extensions.retire(learner.pk)
    assert extensions.personal_data(learner.pk) == {}
    assert list(Announcement.objects.values_list("text", flat=True)) == ["for all"]
    extensions.retire(invigilator.pk)
    assert Announcement.objects.get().by is None
    assert extensions.personal_data(invigilator.pk) == {}
