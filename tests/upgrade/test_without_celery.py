"""A host without any Celery setting: e-mails are sent and the provider is notified, as with the published package."""

from contextlib import ExitStack

import pytest

from tests.upgrade import environments, sides, twins
from tests.upgrade.conftest import COURSE
from tests.upgrade.twin_requests import (
    ATTEMPTS,
    EXAMS,
    act,
    begin,
    delete,
    exam,
    get,
    post,
    put,
    ready,
    review,
)

pytestmark = pytest.mark.upgrade

HEARD = sides.PROJECT / "heard.py"


@pytest.fixture
def hosts(tmp_path):
    """The published package and ours, each with its own database."""
    if why := environments.prepare():
        pytest.skip(why)
    pythons = {"published": environments.python_of("6.1.4"), "ours": sides.OURS}
    with ExitStack() as stack:
        made = {}
        for name, python in pythons.items():
            database = f"sqlite:///{tmp_path}/{name}.sqlite3"
            made[name] = sides.Side(python, database, tmp_path / f"{name}.log", HEARD)
            stack.callback(made[name].close)
        yield made.values()


PATHS = [
    ["ready_to_start", "started", "ready_to_submit", "submitted", "verified"],
    ["ready_to_start", "started", "submitted", "rejected"],
    ["ready_to_start", "started", "error"],
]


def exam_taken(host, number, words):
    """Take an exam; return the notices after each step, beginning with the creation."""
    host.migrate()
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


def test_e_mails_and_provider_notices(hosts):
    published, ours = (
        [exam_taken(host, number, words) for number, words in enumerate(PATHS)] for host in hosts
    )
    assert sum(len(step["mails"]) for path in published for step in path) >= len(PATHS)
    assert sum(len(step["calls"]) for path in published for step in path) > 2 * len(PATHS)
    assert ours == published


def taken(name, *more):
    return [begin(name, "true"), ready(name), act(name, "start"), *more]


FINAL = {"exam_id": "{exam:final}", "attempt_proctored": "true"}
STEPS = [
    *(
        post("boss", f"{EXAMS}/exam", exam(name, **more), keep=name)
        for name, more in (
            ("final", {}),
            ("practice", {"is_practice_exam": True}),
            ("timed", {"is_proctored": False}),
        )
    ),
    put("boss", f"{EXAMS}/exam", {"exam_id": "{exam:final}", "exam_name": "Final exam"}),
    *taken("ada-final", act("ada-final", "stop"), act("ada-final", "submit")),
    review("ada-final", "passed"),
    *taken("bob-final", act("bob-final", "submit"), review("bob-final", "suspicious")),
    *taken("ida-final", act("ida-final", "submit")),
    review("ida-final", "suspicious", reviewed_by="boss@example.com"),
    *taken("cleo-final", act("cleo-final", "error")),
    put(
        "teacher",
        f"{ATTEMPTS}/{{attempt:cleo-final}}",
        {"action": "mark_ready_to_resume", "user_id": "{user:cleo}"},
    ),
    post("cleo", ATTEMPTS, FINAL, keep="cleo-again"),
    ready("cleo-again"),
    act("cleo-again", "start"),
    act("cleo-again", "submit"),
    *taken("fay-final"),
    twins.Do("began_ago", ("{attempt:fay-final}", 200)),
    get("fay", f"{ATTEMPTS}/{{attempt:fay-final}}"),
    begin("eve-final", "true"),
    delete("teacher", f"{ATTEMPTS}/{{attempt:eve-final}}"),
    *taken("gus-practice", act("gus-practice", "submit")),
    begin("hal-timed", body={"start_clock": "true"}),
    act("hal-timed", "submit"),
]


def requests_sent(host):
    """Return the response to each request, and the e-mails and notices it caused."""
    twin, found = twins.Twin(host), []
    for step in STEPS:
        answer = twin.do(step) if isinstance(step, twins.Do) else twin.ask(step)
        found.append((str(step), answer, host.heard()))
    return found


def test_effects_of_requests(hosts):
    published, ours = map(requests_sent, hosts)
    assert ours == published
    heard = [after for _, _, after in ours]
    mailed = {(to, subject) for after in heard for subject, _, [to], _, _ in after["mails"]}
    assert {
        ("ada@example.com", "Proctoring attempt verified"),
        ("ida@example.com", "Proctoring attempt rejected"),
        ("fay@example.com", "Proctoring attempt submitted"),
    } <= mailed
    assert {call[0] for after in heard for call in after["calls"]} == {
        "on_exam_saved",
        "register_exam_attempt",
        "start_exam_attempt",
        "stop_exam_attempt",
        "mark_erroneous_exam_attempt",
        "remove_exam_attempt",
    }
