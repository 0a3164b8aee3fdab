"""Outages by REST: declaration, preview, credit, permissions."""

import datetime
import uuid

import pytest
from django.db.models.signals import pre_save

from edx_proctoring import lifecycle, outbox
from edx_proctoring.contrib.live import outages
from edx_proctoring.contrib.live.models import Heartbeat, Outage
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.testing.factories import COURSE_ID, ExamFactory
from edx_proctoring.testing.factories import UserFactory as Learner
from tests.lifecycle.noon import NOON, end_of
from tests.views.conftest import OTHER_COURSE

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/outages/"
BODY = {
    "began_at": "2026-05-04T12:05:00Z",
    "ended_at": "2026-05-04T12:12:00Z",
    "whole": True,
    "reason": "no network",
}


def at(minutes):
    return NOON + datetime.timedelta(minutes=minutes)


@pytest.fixture
def send(client_for, course_staff):
    def ask(method, path="", body=None, user=course_staff, **headers):
        headers = {"Idempotency-Key": uuid.uuid4().hex, **headers}
        return getattr(client_for(user), method)(URL + path, body, format="json", headers=headers)

    return ask


@pytest.fixture
def later(clock, running):
    clock.move_to(at(20))
    return running


def test_an_outage_is_declared_previewed_and_credited(send, later):
    outage = send("post", body=BODY).json()
    assert (outage["exam"], outage["credited_at"], outage["revision"]) == (None, None, 0)
    (row,) = send("get", f"{outage['id']}/attempts/").json()["results"]
    assert {name: row[name] for name in ("seconds", "gained", "refused", "is_cut")} == {
        "seconds": 420,
        "gained": 420,
        "refused": "",
        "is_cut": False,
    }
    assert (row["ends_before"], row["ends_after"]) == (
        "2026-05-04T13:00:00Z",
        "2026-05-04T13:07:00Z",
    )
    assert end_of(later) == at(60)  # a preview changes nothing
    answer = send("post", f"{outage['id']}/credit/", {})
    assert answer.status_code == 200, answer.content
    (row,) = answer.json()["attempts"]
    assert (row["outcome"], row["seconds"], row["username"]) == ("credited", 420, "learner")
    assert end_of(later) == at(67)
    (listed,) = send("get").json()["results"]
    assert (listed["done"], listed["total"]) == (1, 1)


def test_a_preview_before_an_outage_is_declared_stores_nothing(send, later):
    answer = send("post", "preview/", BODY).json()
    (row,) = answer["results"]
    assert (answer["count"], row["seconds"], row["gained"]) == (1, 420, 420)
    assert (Outage.objects.count(), end_of(later)) == (0, at(60))
    assert send("post", "preview/", {**BODY, "ended_at": BODY["began_at"]}).status_code == 400


def test_declaring_an_outage_again_changes_its_bounds(send, later):
    number = send("post", body=BODY).json()["id"]
    send("post", f"{number}/credit/", {})
    tag = send("get", f"{number}/")["ETag"]
    body = {"ended_at": "2026-05-04T12:14:00Z"}
    assert send("patch", f"{number}/", body).status_code == 428
    assert send("patch", f"{number}/", body, **{"If-Match": '"old"'}).status_code == 412
    assert send("patch", f"{number}/", body, **{"If-Match": tag}).json()["revision"] == 1
    (row,) = send("post", f"{number}/credit/", {}).json()["attempts"]
    assert (row["seconds"], end_of(later)) == (120, at(69))


def test_only_selected_attempts_are_credited(send, later, attempt):
    clock_starts = lifecycle.transition(
        attempt(exam=ExamFactory(), user=Learner(), status="ready_to_start"), "started"
    )
    number = send("post", body=BODY).json()["id"]
    (row,) = send("post", f"{number}/credit/", {"attempts": [later.pk, 10**6]}).json()["attempts"]
    assert row["attempt_id"] == later.pk
    assert not TimeAdjustment.objects.filter(kind="outage", attempt=clock_starts).exists()


def test_staff_see_the_reason_of_each_credit_and_can_exclude_attempts(
    send, later, attempt, clock, monkeypatch
):
    """One learner's page was silent during the outage, another one polled, and a third never polls."""
    clock.move_to(at(0))
    heard, unheard = (
        lifecycle.transition(
            attempt(exam=ExamFactory(), user=Learner(), status="ready_to_start"), "started"
        )
        for _ in range(2)
    )
    for minute in (1, 3, 5, 7, 9, 11, 13):
        for known in (heard, later):
            if known is heard or not 7 <= minute <= 9:
                Heartbeat.objects.beat(known.pk, "started", at(minute))
    clock.move_to(at(14))
    body = {**BODY, "whole": False}
    number = send("post", body=body).json()["id"]
    found = send("get", f"{number}/attempts/").json()["results"]
    rows = {row["attempt_id"]: row for row in found}
    silent = rows[later.pk]
    assert (silent["rests_on"], silent["silences"]) == (
        "silences",
        [{"began_at": "2026-05-04T12:05:00Z", "ended_at": "2026-05-04T12:11:00Z"}],
    )
    names = ("rests_on", "seconds", "silent_seconds", "overlap_seconds", "last_seen_at")
    assert [[rows[one.pk][name] for name in names] for one in (later, heard, unheard)] == [
        ["silences", 360, 360, 420, "2026-05-04T12:13:00Z"],
        ["silences", 0, 0, 420, "2026-05-04T12:13:00Z"],
        ["unheard", 0, 0, 420, None],
    ]
    number = send("post", body=BODY).json()["id"]
    found = send("get", f"{number}/attempts/").json()["results"]
    assert [(row["rests_on"], row["seconds"], row["silent_seconds"]) for row in found] == [
        ("whole", 420, 360), ("whole", 420, 0), ("whole", 420, 0),
    ]  # fmt: skip
    credited = send("post", f"{number}/credit/", {"without": [later.pk]}).json()["attempts"]
    assert [row["attempt_id"] for row in credited] == [heard.pk, unheard.pk]
    assert end_of(later) == at(60)
    monkeypatch.setattr(outages, "FEW", 1)
    assert send("post", f"{number}/credit/", {"without": [later.pk]}).status_code == 202
    outbox.deliver()
    assert end_of(later) == at(60)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reason": ""}, "invalid"),
        ({"began_at": "yesterday"}, "invalid"),
        ({"course_id": OTHER_COURSE}, "invalid"),
        ({"exam": 0}, "invalid"),
        ({"exam": 10**6}, "outage_not_allowed"),
        ({"ended_at": "2026-05-04T12:05:00Z"}, "outage_not_allowed"),
        ({"ended_at": "2026-05-04T12:21:00Z"}, "outage_not_allowed"),
        (
            {"began_at": "9999-12-30T00:00:00Z", "ended_at": "9999-12-31T00:00:00Z"},
            "outage_not_allowed",
        ),
        (
            {"began_at": "0001-01-01T00:00:00Z", "ended_at": "0001-01-01T00:00:00Z"},
            "outage_not_allowed",
        ),
    ],
)
def test_invalid_bodies_are_refused(send, later, change, code):
    answer = send("post", body={**BODY, **change})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Outage.objects.exists()


@pytest.mark.parametrize(
    "attempts", [[], ["x"], [0], list(range(1, 502)), "all"], ids=lambda value: str(value)[:9]
)
def test_invalid_selections_are_refused(send, later, attempts):
    number = send("post", body=BODY).json()["id"]
    answer = send("post", f"{number}/credit/", {"attempts": attempts})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not TimeAdjustment.objects.filter(kind="outage").exists()


def test_a_repeated_request_declares_one_outage(send, later):
    key = {"Idempotency-Key": "alarm"}
    first, again = (send("post", body=BODY, **key).json() for _ in range(2))
    assert first == again
    assert Outage.objects.count() == 1


def test_an_outage_at_the_beginning_of_the_calendar_hides_no_other_one(send, later, settings):
    first = {"began_at": "0001-01-01T00:00:00Z", "ended_at": "0001-01-01T01:00:00Z"}
    made = [send("post", body={**BODY, **more}).json()["id"] for more in ({}, first)]
    settings.TIME_ZONE = "America/New_York"
    shown = send("get").json()["results"]
    assert [one["id"] for one in shown] == made[::-1]
    assert shown[0]["began_at"] == first["began_at"]


def test_outages_require_staff_of_the_course(send, later, learner, foreign_staff):
    number = send("post", body=BODY).json()["id"]
    calls = [
        ("get", "", None),
        ("post", "", BODY),
        ("post", "preview/", BODY),
        ("get", f"{number}/", None),
        ("patch", f"{number}/", {"whole": False}),
        ("get", f"{number}/attempts/", None),
        ("post", f"{number}/credit/", {}),
    ]
    for user in (learner, foreign_staff):
        for method, path, body in calls:
            assert send(method, path, body, user=user).status_code == 403
    assert not TimeAdjustment.objects.filter(kind="outage").exists()


def test_outages_of_a_provider_or_another_course_are_not_found(send, later):
    common = {"began_at": at(1), "ended_at": at(9), "reason": "x"}
    for scope in ({"course_id": OTHER_COURSE}, {"provider": "test"}):
        foreign = Outage.objects.create(**common, **scope)
        assert send("get", f"{foreign.pk}/").status_code == 404
        assert send("get", f"{foreign.pk}/attempts/").status_code == 404
        assert send("post", f"{foreign.pk}/credit/", {}).status_code == 404
    assert send("get", f"{10**19}/").status_code == 404
    assert send("get").json()["count"] == 0


def test_operators_declare_and_credit_outages_in_django_admin(client, later):
    admin = Learner(is_staff=True, is_superuser=True)
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    add = "/admin/proctoring_live/outage/add/"
    values = {
        "provider": "test",
        "began_at_0": "2026-05-04",
        "began_at_1": "12:05:00",
        "ended_at_0": "2026-05-04",
        "ended_at_1": "12:12:00",
        "whole": "on",
        "reason": "down",
    }
    assert client.post(add, {**values, "provider": ""}).status_code == 200  # the form again
    assert client.post(add, values).status_code == 302
    outage = Outage.objects.get()
    assert (outage.by_id, outage.provider) == (admin.pk, "test")
    page = f"/admin/proctoring_live/outage/{outage.pk}/change/"
    assert "420 s" in client.get(page).content.decode()
    action = {"action": "give_back", "_selected_action": [outage.pk]}
    client.post("/admin/proctoring_live/outage/", action)
    assert end_of(later) == at(67)
    assert client.post(f"/admin/proctoring_live/outage/{outage.pk}/delete/").status_code == 403

    def work(sender, instance, **more):
        Outage.objects.filter(pk=outage.pk).update(done=3, total=5)

    # While the worker credits time, the form can change only the bounds.
    pre_save.connect(work, sender=Outage)
    try:
        assert client.post(page, {**values, "began_at_1": "12:04:00"}).status_code == 302
    finally:
        pre_save.disconnect(work, sender=Outage)
    known = (outage.done, outage.total, outage.revision)
    outage.refresh_from_db()
    assert known != (outage.done, outage.total, outage.revision) == (3, 5, known[2] + 1)
    assert outage.began_at.minute == 4
