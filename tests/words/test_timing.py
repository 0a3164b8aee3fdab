"""Time arithmetic."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edx_proctoring import prerequisites, timing

NOW = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
minutes = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("given_values", "expected"),
    [
        ({}, 21),
        ({"extra": timing.ExtraTime(minutes=10)}, 31),
        ({"remaining_seconds": 60, "extra": timing.ExtraTime(minutes=10)}, 1),
        ({"remaining_seconds": 59}, 0),
        ({"remaining_seconds": 0}, 0),
        ({"due": NOW + 15 * MINUTE}, 15),
        ({"due": NOW + 15 * MINUTE - datetime.timedelta(seconds=1)}, 14),
        ({"due": NOW + 21 * MINUTE}, 21),
        ({"due": NOW - MINUTE}, 0),
    ],
)
def test_allowed_minutes(given_values, expected):
    assert timing.allowed_minutes(21, now=NOW, **given_values) == expected


@given(limit=minutes, extra=minutes, due=st.integers(-10_000, 10_000))
def test_no_attempt_gets_more_than_the_available_time(limit, extra, due):
    moment = NOW + due * MINUTE
    allowed = timing.allowed_minutes(
        limit, extra=timing.ExtraTime(minutes=extra), due=moment, now=NOW
    )
    assert 0 <= allowed <= limit + extra
    assert allowed <= max(due, 0)
    assert allowed == max(min(limit + extra, due), 0)


@given(allowed=minutes, seconds=st.integers(0, 600_000))
def test_stored_seconds_are_used_only_with_their_minutes(allowed, seconds):
    expires = timing.expires_at(NOW, allowed, seconds)
    lasts = (expires - NOW).total_seconds()
    assert lasts == (seconds if seconds // 60 == allowed else allowed * 60)


def test_without_a_start_or_a_limit_nothing_expires():
    assert timing.expires_at(None, 5) is None
    assert timing.expires_at(NOW, None) is None
    assert timing.seconds_left(None, NOW) == 0


@given(delta=st.integers(-1000, 1000))
def test_seconds_left(delta):
    expires = NOW + datetime.timedelta(seconds=delta)
    assert timing.seconds_left(expires, NOW) == max(delta, 0)
    assert timing.has_passed(expires, NOW) == (delta <= 0)


def test_waiting():
    grace = 5 * MINUTE
    assert timing.wait_deadline(NOW, grace, NOW) == NOW + grace
    assert timing.wait_deadline(NOW - grace, grace, NOW) is None
    assert timing.wait_deadline(None, grace, NOW) is None
    assert timing.wait_deadline(NOW, None, NOW) is None
    assert not timing.has_passed(None, NOW)


@pytest.mark.defect("PYTHON-64")
@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (10, "10 minutes"),
        (60, "1 hour"),
        (61, "1 hour and 1 minute"),
        (62, "1 hour and 2 minutes"),
        (120, "2 hours"),
        (150, "2 hours and 30 minutes"),
        (30.25, "30 minutes"),
        (-5, "0 minutes"),
        (-1, "0 minutes"),
        (-59, "0 minutes"),
        (90, "1 hour and 30 minutes"),
        (-60, "error"),
    ],
)
def test_minutes_in_words(count, words):
    assert timing.humanized(count) == words


def requirement(name, order, status, namespace="proctored_exam"):
    return {"name": name, "order": order, "status": status, "namespace": namespace}


REQUIREMENTS = [
    requirement("c", 3, "declined"),
    requirement("grade", 0, "failed", "grade"),
    requirement("a", 1, "satisfied"),
    requirement("b", 2, None),
    requirement("d", 4, "failed"),
]


def names(evaluated, kind):
    return [entry["name"] for entry in evaluated[f"{kind}_prerequisites"]]


def test_requirements_in_groups_and_in_order():
    found = prerequisites.evaluate(REQUIREMENTS, None, ["grade"])
    assert not found["are_prerequisites_satisifed"]
    groups = [names(found, kind) for kind in ("satisfied", "failed", "pending", "declined")]
    assert groups == [["a"], ["d"], ["b"], ["c"]]


@pytest.mark.parametrize(("name", "satisfied"), [("a", True), ("b", True), ("c", False)])
def test_only_earlier_requirements_count(name, satisfied):
    found = prerequisites.evaluate(REQUIREMENTS, name, ["grade"])
    assert found["are_prerequisites_satisifed"] is satisfied
    assert name not in [
        entry["name"]
        for kind in ("satisfied", "pending", "failed")
        for entry in found[f"{kind}_prerequisites"]
    ]
