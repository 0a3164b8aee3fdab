"""A host without any Celery setting: mails are sent and the provider hears, as with the published package."""

from contextlib import ExitStack

import pytest

from tests.upgrade import environments, sides
from tests.upgrade.conftest import COURSE

pytestmark = pytest.mark.upgrade

HEARD = sides.PROJECT / "heard.py"


@pytest.fixture
def hosts(tmp_path):
    """The published package and ours, each with a database of its own."""
    if why := environments.prepare():
        pytest.skip(why)
    pythons = {"published": environments.python_of("6.1.4"), "ours": sides.OURS}
    with ExitStack() as stack:
        made = {}
        for name, python in pythons.items():
            database = f"sqlite:///{tmp_path}/{name}.sqlite3"
            made[name] = sides.Side(python, database, tmp_path / f"{name}.log", HEARD)
            stack.callback(made[name].close)
            made[name].migrate()
        yield made.values()


PATHS = [
    ["ready_to_start", "started", "ready_to_submit", "submitted", "verified"],
    ["ready_to_start", "started", "submitted", "rejected"],
    ["ready_to_start", "started", "error"],
]


def exam_taken(host, number, words):
    """What was heard after each step of a learner, from the creation on."""
    heard = []
    learner = host.new_user(f"learner{number}")
    exam = host.ask("create_exam", COURSE, f"block{number}", "Exam", 60, backend="test")
    heard.append(host.heard())
    attempt = host.ask("create_exam_attempt", exam, learner, taking_as_proctored=True)
    heard.append(host.heard())
    for word in words:
        host.ask("update_attempt_status", attempt, word)
        heard.append(host.heard())
    return heard


def test_mails_and_what_the_provider_hears(hosts):
    published, ours = (
        [exam_taken(host, number, words) for number, words in enumerate(PATHS)] for host in hosts
    )
    assert sum(len(step["mails"]) for path in published for step in path) >= len(PATHS)
    assert sum(len(step["calls"]) for path in published for step in path) > 2 * len(PATHS)
    assert ours == published
