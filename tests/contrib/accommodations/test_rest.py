"""Profiles by REST: list, create, change, end, preview."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from drf_spectacular.validation import validate_schema

from edx_proctoring import api as core
from edx_proctoring.contrib.accommodations import api, breaks
from edx_proctoring.contrib.accommodations.models import Profile, organisation_of
from edx_proctoring.openapi import document_v2
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.contrib.accommodations.conftest import URL
from tests.lifecycle.noon import MINUTE, NOON, end_of

pytestmark = pytest.mark.django_db

NEW = {"user": "learner", "factor": "1.5"}


@pytest.fixture
def client(client_for, staff):
    return client_for(staff)


@pytest.fixture
def boss(transactional_db):
    """Return a global staff user."""
    return UserFactory(username="boss", is_staff=True)


def fields(answer):
    assert answer.status_code == 400, answer.content
    return sorted(one["field"] for one in answer.json()["errors"])


def test_a_profile_is_created_and_listed(post, client, learner):
    answer = post("", {**NEW, "break_count": 2, "break_minutes": 5, "note": "Attest"})
    assert answer.status_code == 200, answer.content
    row = answer.json()
    assert (row["username"], row["factor"], row["break_total_minutes"]) == ("learner", "1.50", 10)
    assert (row["scope"], row["scope_id"]) == ("course", COURSE_ID)
    assert client.get(URL).json()["results"] == [row]
    assert client.get(f"{URL}{row['id']}/").json() == row
    assert "email" not in answer.content.decode()


def test_a_profile_from_the_beginning_of_the_calendar_hides_no_other_one(
    post, client, learner, settings
):
    post("", {**NEW, "valid_from": "0001-01-01T00:00:00Z"})
    settings.TIME_ZONE = "America/New_York"
    (row,) = client.get(URL).json()["results"]
    assert row["valid_from"] == "0001-01-01T00:00:00Z"


def test_a_repeated_request_creates_nothing(post, learner):
    first, again = (post("", NEW, key="once") for _ in range(2))
    assert first.json() == again.json()
    other = post("", NEW)
    assert (other.status_code, other.json()["code"]) == (409, "profile_already_exists")
    assert Profile.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"factor": "1.5"}, ["user"]),
        ({"user": "nobody"}, ["user"]),
        ({"user": 1}, ["user"]),
        ({**NEW, "factor": "0.9"}, ["factor"]),
        ({**NEW, "factor": "abc"}, ["factor"]),
        ({**NEW, "factor": "nan"}, ["factor"]),
        ({**NEW, "factor": "1e9"}, ["factor"]),
        ({**NEW, "factor": "1.125"}, ["factor"]),
        ({**NEW, "factor": ""}, ["factor"]),
        ({**NEW, "minutes": -3}, ["minutes"]),
        ({**NEW, "scope": "galaxy"}, ["scope"]),
        ({**NEW, "break_count": 1}, ["break_minutes"]),
        ({**NEW, "valid_from": "soon"}, ["valid_from"]),
        (
            {**NEW, "valid_from": "2026-01-02T00:00Z", "valid_until": "2026-01-01T00:00Z"},
            ["valid_until"],
        ),
        ({**NEW, "colour": "red"}, ["colour"]),
    ],
)
def test_invalid_bodies_are_refused(post, learner, body, wrong):
    assert fields(post("", body)) == wrong
    assert fields(post("preview/", body)) == wrong
    assert not Profile.objects.exists()


def test_users_outside_the_course_are_treated_as_unknown(post, learner, host, boss):
    host.enrollments.enrolled = set()
    UserFactory(username="daemon", email="")
    assert fields(post("", NEW)) == ["user"]
    assert not Profile.objects.exists()
    assert post("", {**NEW, "scope": "site"}, user=boss).status_code == 200


def test_a_change_requires_the_current_ETag(profile, patch, client, post):
    known = profile(factor=1.5)
    seen = client.get(f"{URL}{known.pk}/").headers["ETag"]
    assert client.patch(f"{URL}{known.pk}/", {}, format="json").status_code == 428
    changed = patch(known.pk, {"minutes": 5}, etag=seen)
    assert (changed.status_code, changed.json()["minutes"]) == (200, 5)
    late = patch(known.pk, {"minutes": 6}, etag=seen)
    assert (late.status_code, late.json()["code"]) == (412, "profile_changed_meanwhile")
    assert patch(known.pk, {"minutes": 6}, etag=changed.headers["ETag"]).status_code == 200
    assert Profile.objects.get().minutes == 6


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"user": "learner"}, ["user"]),
        ({"scope": "site"}, ["scope"]),
        ({"break_count": 1}, ["break_minutes"]),
    ],
)
def test_invalid_changes_are_refused(profile, patch, body, wrong):
    known = profile(factor=1.5)
    assert fields(patch(known.pk, body)) == wrong


def test_ending_a_profile_twice_has_one_effect(profile, post, client):
    known = profile(factor=1.5)
    first = post(f"{known.pk}/end/", {})
    assert first.json()["valid_until"]
    assert post(f"{known.pk}/end/", {}).json()["valid_until"] == first.json()["valid_until"]
    assert fields(post(f"{known.pk}/end/", {"minutes": 1})) == ["minutes"]
    found = {
        name: client.get(f"{URL}?validity={name}").json()["count"]
        for name in ("current", "ended", "future")
    }
    assert found == {"current": 0, "ended": 1, "future": 0}


@pytest.mark.parametrize("profile_id", [10**6, 10**19])
def test_an_unknown_profile_is_not_found(client, post, patch, learner, profile_id):
    assert client.get(f"{URL}{profile_id}/").status_code == 404
    assert post(f"{profile_id}/end/", {}).status_code == 404
    assert post(f"{profile_id}/preview/", {}).status_code == 404
    assert patch(profile_id, {}, etag="*").status_code == 404


def test_scopes_wider_than_the_course_require_global_staff(
    profile, post, patch, client, client_for, boss
):
    wide = profile("organisation", organisation_of(COURSE_ID), minutes=5)
    elsewhere = profile("course", "course-v1:a+b+c", minutes=5)
    assert client.get(URL).json()["count"] == 0
    assert client.get(f"{URL}{wide.pk}/").status_code == 404
    assert patch(wide.pk, {"minutes": 6}, etag="*").status_code == 404
    assert post(f"{wide.pk}/end/", {}).status_code == 404
    for kind in ("site", "organisation"):
        for path in ("", "preview/"):
            assert post(path, {**NEW, "scope": kind}).status_code == 403
    assert [row["id"] for row in client_for(boss).get(URL).json()["results"]] == [wide.pk]
    assert client_for(boss).get(f"{URL}{elsewhere.pk}/").status_code == 404
    assert patch(wide.pk, {"minutes": 6}, user=boss).json()["minutes"] == 6
    made = post("", {**NEW, "scope": "site"}, user=boss).json()
    assert (made["scope"], made["scope_id"]) == ("site", "")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=LEARN", ["learner"]),
        ("search=zoe@", ["zoe"]),
        ("search=learner+zoe", []),
        ("ordering=-username", ["zoe", "learner"]),
        ("scope=course&page_size=1", ["learner"]),
        ("scope=site", []),
    ],
)
def test_filters(profile, client, query, found):
    profile(minutes=1)
    profile(user=UserFactory(username="zoe", email="zoe@example.com"), minutes=1)
    rows = client.get(f"{URL}?{query}").json()["results"]
    assert [row["username"] for row in rows] == found


@pytest.mark.parametrize(
    "query", ["validity=never", "colour=red", "scope=x", "scope=site&scope=course"]
)
def test_invalid_filters_are_refused(client, query):
    assert client.get(f"{URL}?{query}").status_code == 400


def test_a_list_takes_three_queries(profile, client):
    for number in range(3):
        profile(user=UserFactory(username=f"user{number}"), minutes=1)
    client.get(URL)
    with CaptureQueriesContext(connection) as asked:
        assert len(client.get(URL).json()["results"]) == 3
    ours = [one["sql"] for one in asked if "proctoring_accommodations" in one["sql"]]
    assert len(ours) == 2  # the count and the page


def test_a_preview_of_a_new_profile(post, hour, make_exam, start, clock, learner):
    running = start(hour)
    waiting = make_exam(time_limit_mins=20, exam_name="Quiz", due_date=NOON + 25 * MINUTE)
    core.add_allowance_for_user(waiting.pk, "learner", "additional_time_granted", "3")
    make_exam(course_id="course-v1:a+b+c")
    rows = post("preview/", NEW).json()["rows"]
    assert [(row["exam_id"], row["minutes_before"], row["minutes_after"]) for row in rows] == [
        (hour.pk, 60, 90),
        (waiting.pk, 23, 33),
    ]
    first, second = rows
    assert (first["ends_before"], first["ends_after"]) == (
        "2026-05-04T13:00:00Z",
        "2026-05-04T13:30:00Z",
    )
    assert (second["ends_before"], second["cut_by"], second["is_counted_twice"]) == (
        None,
        "due_date",
        True,
    )
    assert not Profile.objects.exists()
    assert end_of(running) == NOON + 60 * MINUTE
    post("", NEW)
    assert end_of(running) == NOON + 90 * MINUTE


def test_a_preview_of_a_change(profile, post, hour, start, clock):
    known = profile(factor=1.5)
    running = start(hour)
    [row] = post(f"{known.pk}/preview/", {"factor": "1"}).json()["rows"]
    assert (row["minutes_before"], row["minutes_after"]) == (90, 60)
    assert row["ends_after"] == row["ends_before"]  # a change takes no time away
    known.refresh_from_db()
    assert (known.factor, end_of(running)) == (1.5, NOON + 90 * MINUTE)


def test_a_preview_counts_a_break_that_has_ended_by_itself(profile, post, hour, start, clock):
    """It counts even if nothing was stored since its end."""
    known = profile(break_count=1, break_minutes=5)
    running = start(hour)
    breaks.begin_break(running.pk, running.user, "break")
    clock.shift(6 * MINUTE)
    [row] = post(f"{known.pk}/preview/", {"factor": "1.5"}).json()["rows"]
    assert (row["ends_before"], row["ends_after"]) == (
        "2026-05-04T13:05:00Z",
        "2026-05-04T13:35:00Z",
    )


def test_a_preview_reports_a_limit_by_the_due_date(post, hour, start, clock, learner):
    hour.due_date = NOON + 80 * MINUTE
    hour.save()
    start(hour)
    [cut] = post("preview/", NEW).json()["rows"]
    assert (cut["ends_after"], cut["cut_by"]) == ("2026-05-04T13:20:00Z", "due_date")
    [whole] = post("preview/", {**NEW, "beyond_due_date": True}).json()["rows"]
    assert (whole["ends_after"], whole["cut_by"]) == ("2026-05-04T13:30:00Z", None)


def test_a_preview_of_500_exams_takes_few_queries(post, make_exam, learner):
    for _ in range(20):
        make_exam(time_limit_mins=20)
    post("preview/", NEW)
    with CaptureQueriesContext(connection) as asked:
        assert len(post("preview/", NEW).json()["rows"]) == 20
    ours = [
        one["sql"]
        for one in asked
        if "session" not in one["sql"] and "idempotent" not in one["sql"]
    ]
    assert len([one for one in ours if one.startswith("SELECT")]) <= 12


@pytest.mark.databases("sqlite")  # asks none
def test_the_openapi_document_describes_all_routes_of_profiles():
    found = document_v2()
    validate_schema(found)
    ours = [path for path in found["paths"] if "/accommodations/" in path or "/break/" in path]
    assert len(ours) == 14


def test_the_history_has_user_time_and_fields_of_each_change(client_for, staff, profile, clock):
    known = profile(factor=1.5)
    clock.shift(60)
    api.change_profile(known.pk, {"factor": Decimal(2), "note": "Attest"}, staff)
    answer = client_for(staff).get(f"{URL}{known.pk}/history/")
    newest, oldest = answer.json()["results"]
    assert (newest["action"], newest["by"], newest["at"]) == (
        "changed",
        staff.username,
        "2026-05-04T12:01:00Z",
    )
    assert newest["values"] == {"factor": ["1.50", "2.00"], "note": ["", "Attest"]}
    assert (oldest["action"], oldest["by"], oldest["values"]["factor"]) == (
        "created",
        "",
        [None, "1.50"],
    )


@pytest.mark.parametrize("limits", [True, False])
def test_a_preview_warns_about_a_provider_that_ends_sessions_itself(
    post, make_exam, start, clock, provider, limits, learner
):
    provider.limits_duration, provider.verbose_name = limits, "Test"
    exam = make_exam(time_limit_mins=60)
    (later,) = post("preview/", NEW).json()["rows"]
    assert later["provider_limit"] == ""  # will be registered with the new duration
    start(exam, external_id="attempt-9", taking_as_proctored=True)
    (row,) = post("preview/", NEW).json()["rows"]
    assert row["provider_limit"] == ("Test" if limits else "")
