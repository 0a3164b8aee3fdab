"""Allowances and profiles in one list."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring import api as core
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.contrib.accommodations.conftest import URL
from tests.lifecycle.noon import MINUTE, NOON

pytestmark = pytest.mark.django_db
ALL = f"{URL}all/"


@pytest.fixture
def listed(client_for, staff):
    """Return a function that reads the list."""

    def ask(user=staff, **query):
        answer = client_for(user).get(ALL, query)
        assert answer.status_code == 200, answer.content
        return answer.json()["results"]

    return ask


@pytest.fixture
def boss(transactional_db):
    """Return a global staff user."""
    return UserFactory(username="boss", is_staff=True)


def names(rows):
    return [
        (row[row["source"]].get("username") or row["allowance"]["user"]["username"]) for row in rows
    ]


def effects(rows):
    return [
        row["effect"] and (row["effect"]["code"], row["effect"]["minutes"], row["effect"]["wanted"])
        for row in rows
    ]


def test_both_sources_are_in_one_list(clock, listed, profile, hour, learner):
    zoe = UserFactory(username="zoe")
    core.add_allowance_for_user(hour.pk, "zoe", "additional_time_granted", "15")
    profile(factor=1.5)
    profile(user=zoe, minutes=10)
    rows = listed()
    assert [row["source"] for row in rows] == ["profile", "allowance", "profile"]
    assert names(rows) == ["learner", "zoe", "zoe"]
    assert effects(rows) == [None, None, None]
    assert names(listed(search="zo")) == ["zoe", "zoe"]
    assert [row["source"] for row in listed(source="profile", ordering="-username")] == [
        "profile"
    ] * 2
    assert len({row["id"] for row in rows}) == 3


def test_entries_limited_by_a_due_date_come_first(clock, listed, profile, make_exam, hour, learner):
    def due_in(minutes, name):
        return make_exam(
            exam_name=name,
            time_limit_mins=60,
            due_date=NOON + minutes * MINUTE,
            is_proctored=False,
            backend=None,
            external_id=None,
        )

    over, short, some = due_in(-5, "Over"), due_in(50, "Short"), due_in(70, "Some")
    for exam, username, key, value in (
        (hour, "ada", "additional_time_granted", "30"),
        (over, "bea", "additional_time_granted", "30"),
        (some, "cid", "time_multiplier", "1.5"),
        (some, "dan", "additional_time_granted", "5"),
        (short, "eve", "time_multiplier", "1.5"),
        (short, "flo", "review_policy_exception", "Water"),
    ):
        UserFactory(username=username)
        core.add_allowance_for_user(exam.pk, username, key, value)
    profile(user=UserFactory(username="gus"), factor=1.25)
    profile(user=UserFactory(username="hal"), factor=1.25, beyond_due_date=True)
    profile(user=UserFactory(username="ida"), camera_exempt=True)
    rows = listed()
    assert names(rows) == ["cid", "eve", "gus", "ada", "bea", "dan", "flo", "hal", "ida"]
    assert effects(rows)[:3] == [("cut", 70, 90), ("none", 50, 90), ("none", 50, 75)]
    assert [row["effect"] and row["effect"]["code"] for row in rows[3:]] == [
        None,
        "past_due",
        None,
        None,
        None,
        None,
    ]
    assert rows[2]["effect"]["exam_name"] == "Short"
    assert names(listed(exam=some.pk, source="allowance")) == ["cid", "dan"]


def test_profiles_that_do_not_apply_are_marked(clock, listed, profile, learner, boss):
    profile(scope="site", scope_id="", factor=2)
    profile(factor=1.5)
    day = datetime.timedelta(days=1)
    profile(user=UserFactory(username="old"), minutes=5, valid_until=NOON - day)
    profile(user=UserFactory(username="soon"), minutes=5, valid_from=NOON + day)
    rows = listed(boss)
    assert [(row["profile"]["scope"], row["effect"] and row["effect"]["code"]) for row in rows] == [
        ("site", "replaced"),
        ("course", None),
        ("course", "ended"),
        ("course", "not_yet"),
    ]
    assert len(listed()) == 3


def test_parameters_are_validated_and_the_page_size_is_limited(
    clock, client_for, staff, profile, hour, learner
):
    client = client_for(staff)
    for query in ("?exam=x", "?source=x", "?ordering=factor", "?colour=red"):
        assert client.get(ALL + query).status_code == 400
    for number in range(5):
        user = UserFactory(username=f"u{number}")
        profile(user=user, minutes=5)
        core.add_allowance_for_user(hour.pk, user.username, "additional_time_granted", "5")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(ALL, {"page_size": 2})
    with CaptureQueriesContext(connection) as many:
        answer = client.get(ALL, {"page_size": 10})
    assert len(few) == len(many) <= 12
    assert answer.json()["count"] == 10
    assert COURSE_ID in answer.content.decode()
