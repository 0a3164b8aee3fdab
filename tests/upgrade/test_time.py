"""6.1.4 on our database reads the time of our attempts: never less than we do, and at most a minute more."""

import json

import pytest

from tests.upgrade.conftest import COURSE

pytestmark = pytest.mark.needs("own-lane")
POLL = "/api/edx_proctoring/v1/proctored_exam/attempt"
BOUND = 59
SLOW = 20  # seconds that may pass between the two polls

CHANGES = {
    "started": [],
    "granted": [("extend_attempt", 90)],
    "granted odd seconds twice": [("extend_attempt", 61), ("extend_attempt", 1)],
    "taken": [("extend_attempt", -100)],
    "paused and continued": [("pause_attempt",), ("continue_attempt",)],
}


@pytest.fixture
def started(upgrade):
    """Start an attempt of half an hour with our package; return its learner and id."""

    def start(name):
        content = f"block-v1:edX+Upgrade+2026+type@sequential+block@time {name}"
        exam_id = upgrade.ours.ask("create_exam", COURSE, content, "Time", 30, is_proctored=False)
        user_id = upgrade.ours.new_user(f"time {name}".replace(" ", "-"))
        attempt_id = upgrade.ours.ask("create_exam_attempt", exam_id, user_id)
        upgrade.ours.ask("start_exam_attempt", exam_id, user_id)
        return user_id, attempt_id

    return start


def polled(side, user_id, attempt_id):
    status, body = side.http("GET", f"{POLL}/{attempt_id}", user_id)
    assert status == 200, body
    data = json.loads(body)
    return data["status"], data["time_remaining_seconds"]


@pytest.mark.parametrize("name", CHANGES)
def test_the_published_package_gives_at_most_a_minute_more(upgrade, started, name):
    ours, published = upgrade.ours, upgrade.published
    user_id, attempt_id = started(name)
    for change, *values in CHANGES[name]:
        more = {} if change == "continue_attempt" else {"reason": "a test"}
        ours.do(change, attempt_id, *values, **more)
    _, theirs = polled(published, user_id, attempt_id)
    _, own = polled(ours, user_id, attempt_id)  # later, so perhaps a little less
    assert own <= theirs <= own + BOUND + SLOW
    # Ten seconds before our end, 6.1.4 has not ended the attempt; after our end and a minute, it has.
    ours.shift(attempt_id, own - 10)
    assert polled(published, user_id, attempt_id)[0] == "started"
    ours.shift(attempt_id, 10 + BOUND + SLOW)
    assert polled(published, user_id, attempt_id)[0] == "submitted"


def test_a_pause_is_covered_and_close_pauses_prepares_the_way_back(upgrade, started):
    ours, published = upgrade.ours, upgrade.published
    user_id, attempt_id = started("close pauses")
    ours.do("pause_attempt", attempt_id, reason="a test")
    _, own = polled(ours, user_id, attempt_id)
    _, theirs = polled(published, user_id, attempt_id)
    assert own + 14 * 60 < theirs < own + 17 * 60  # LONGEST_PAUSE_MINUTES, rounded up
    ours.manage("close_pauses")
    _, theirs = polled(published, user_id, attempt_id)
    _, own = polled(ours, user_id, attempt_id)
    assert own <= theirs <= own + BOUND + SLOW
    status, _ = published.http("PUT", f"{POLL}/{attempt_id}", user_id, {"action": "submit"})
    assert status == 200
    assert ours.attempts()[str(attempt_id)] == "submitted"
