"""6.1.4 on our database reads the time of our attempts: never less than we do, and at most a minute more."""

import json
import time
from typing import NamedTuple

import pytest

from tests.upgrade import sides
from tests.upgrade.conftest import COURSE

pytestmark = pytest.mark.needs("own-lane")
POLL = "/api/edx_proctoring/v1/proctored_exam/attempt"
BOUND = 59
SLOW = 20  # seconds that may pass between the two polls
HALF_AN_HOUR = 30 * 60

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


class Walk(NamedTuple):
    """A learner with accommodations, and both packages on one database; ours with its extensions."""

    ours: sides.Side
    published: sides.Side
    user_id: int
    attempt_id: int
    began: float

    def require(self, ours_after: int, theirs_after: int) -> None:
        """Require each clock to end these minutes after the start, to the second."""
        _, own = polled(self.ours, self.user_id, self.attempt_id)
        status, theirs = polled(self.published, self.user_id, self.attempt_id)
        passed = time.monotonic() - self.began + 1
        assert 0 <= ours_after * 60 - HALF_AN_HOUR - own <= passed
        assert 0 <= theirs_after * 60 - HALF_AN_HOUR - theirs <= passed
        assert status == "started"


@pytest.fixture(params=["SQLite", "PostgreSQL", "MariaDB"])
def walk(request, upgrades, tmp_path):
    """Start an hour's exam with a profile of factor 1.5 and one break of five minutes; half an hour has passed."""
    upgrade = upgrades("6.1.4", request.param)
    options = {"more": sides.PROJECT / "accommodated.py", "settings": "settings_with_extensions"}
    ours = sides.Side(sides.OURS, upgrade.database, tmp_path / "extensions.log", **options)
    try:
        ours.migrate()
        content = "block-v1:edX+Upgrade+2026+type@sequential+block@accommodated"
        exam_id = ours.ask("create_exam", COURSE, content, "Hour", 60, is_proctored=False)
        user_id = ours.new_user("accommodated")
        ours.grant_profile(user_id, COURSE, "1.5", 5)
        attempt_id = ours.ask("create_exam_attempt", exam_id, user_id)
        began = time.monotonic()
        ours.ask("start_exam_attempt", exam_id, user_id)
        ours.shift(attempt_id, HALF_AN_HOUR)
        yield Walk(ours, upgrade.published, user_id, attempt_id, began)
    finally:
        ours.close()


def test_a_learner_with_accommodations_has_the_same_time_in_both(walk):
    """A profile, a grant, a break and an outage: the walk of the demo, read by 6.1.4 after each step."""
    ours, attempt_id = walk.ours, walk.attempt_id
    walk.require(90, 90)
    ours.do("extend_attempt", attempt_id, 600, reason="a test")
    walk.require(100, 100)
    ours.take_break(attempt_id, walk.user_id)
    walk.require(100, 105)  # its columns cover the longest break
    ours.outlast_break(attempt_id)
    walk.require(105, 105)
    assert ours.credit(attempt_id, 300, 420) == [["credited", 420]]
    walk.require(112, 112)
    assert ours.minutes(attempt_id) == 112
    ours.do("extend_attempt", attempt_id, 1, reason="a test")  # not a whole minute
    _, own = polled(ours, walk.user_id, attempt_id)
    _, theirs = polled(walk.published, walk.user_id, attempt_id)
    assert own + BOUND - SLOW <= theirs <= own + BOUND
    # 6.1.4 has not ended the attempt ten seconds before our end; after our end and a minute, it has.
    ours.shift(attempt_id, own - 10)
    assert polled(walk.published, walk.user_id, attempt_id)[0] == "started"
    ours.shift(attempt_id, 10 + BOUND + SLOW)
    assert polled(walk.published, walk.user_id, attempt_id)[0] == "submitted"
