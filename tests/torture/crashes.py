"""Kill processes one after the other, each at its point, on one database and broker."""

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from demo import environment, servers
from demo.environment import Place
from tests.torture.report import Row

if TYPE_CHECKING:
    from tests.torture.audit import Damage
    from tests.torture.stack import Stack

DEATH_SECONDS = 30
QUEUE_LOST = "queue_lost"
KILLED_AT = {
    # the status on the way to which the process dies: process, point
    "created": [
        ("web", "before_commit"),
        ("web", "provider_answered"),
        ("web", "after_commit"),
        ("simulator", "simulator_asked"),
        ("simulator", "simulator_answers"),
    ],
    "ready_to_start": [("web", "before_commit"), ("web", "after_commit")],
    "started": [("web", "before_commit"), ("web", "delivered"), ("worker", "provider_answered")],
    "submitted": [
        ("web", "before_commit"),
        ("web", "after_commit"),
        ("web", "delivered"),
        ("worker", "before_commit"),
        ("worker", "claimed"),
        ("worker", "provider_answered"),
        ("worker", "delivered"),
        ("simulator", "simulator_asked"),
        ("simulator", "simulator_answers"),
        ("broker", QUEUE_LOST),
    ],
    # Nobody looks: the worker's sweep ends it.
    "ended": [("worker", "before_commit"), ("worker", "after_commit"), ("worker", "delivered")],
    "verified": [("web", "before_commit"), ("web", "after_commit"), ("web", "delivered")],
    "declined": [("web", "cascade"), ("web", "after_commit")],
    "saved": [
        ("web", "exam_saved"),
        ("web", "before_commit"),
        ("worker", "exam_saved"),
        ("simulator", "simulator_answers"),
    ],
}
WAY = ("created", "ready_to_start", "started", "submitted", "verified")
WAYS = {
    "declined": ("created", "declined"),
    "ended": ("created", "ready_to_start", "started", "ended", "verified"),
}


@dataclass(frozen=True)
class Case:
    """Kill a process at this point, on the way to this status."""

    to: str
    process: str
    point: str

    def __str__(self) -> str:
        return f"crash: {self.process} {self.point} → {self.to}"

    @property
    def kills(self) -> bool:
        """Return whether one of our own processes is killed."""
        return self.point != QUEUE_LOST


def cases(names: Collection[str] = ()) -> list[Case]:
    """Return all cases, or those with these names."""
    found = [Case(to, *where) for to, many in KILLED_AT.items() for where in many]
    return [case for case in found if not names or str(case) in names]


@contextlib.contextmanager
def place(database: str, broker: str) -> Iterator[Place]:
    """Create an empty host on this server, and delete it afterwards."""
    with tempfile.TemporaryDirectory(prefix="proctoring-torture-") as folder:
        port = environment.free_port()
        url = servers.own_database(database, f"proctoring_torture_{port}")
        here = Place(
            data=Path(folder),
            web_port=port,
            simulator_port=environment.free_port(),
            fast=True,
            servers={"DATABASE_URL": url, "CELERY_BROKER_URL": broker},
        )
        here.prepare()
        servers.require_broker(broker)
        servers.create_database(url)
        try:
            yield here
        finally:
            servers.drop_database(url)
            servers.forget_queue(broker, here.queue)


def run(name: str, database: str, broker: str, names: Collection[str]) -> list[Row]:
    """Run each case once, in a separate process, because Django is set up for one database."""
    with place(database, broker) as here:
        os.environ.update(here.as_environment(), DJANGO_SETTINGS_MODULE="tests.torture.settings")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        from demo.host.seed import seed
        from tests.torture.stack import Stack

        call_command("migrate", verbosity=0, interactive=False)
        seed()
        stack = Stack(here)
        try:
            for process in ("simulator", "web", "worker"):
                stack.start(process)
            exams = _exams(here)
            picked = enumerate(cases(names))
            return [_run(stack, case, number, exams, name) for number, case in picked]
        finally:
            stack.close()
            connections.close_all()


def _simulator(here: Place) -> str:
    return f"http://127.0.0.1:{here.simulator_port}"


def _remote(here: Place) -> dict:
    return requests.get(f"{_simulator(here)}/console/state.json", timeout=10).json()


def _exams(here: Place) -> list:
    from demo.host.seed import COURSE_ID
    from edx_proctoring import api
    from edx_proctoring.models import ProctoredExam

    change = {"ready": {"delay": 0.3}, "review": {"delay": 2, "mode": "once"}}
    requests.post(f"{_simulator(here)}/console/script", json=change, timeout=10).raise_for_status()
    for name in ("midterm", "final", "oral"):
        api.create_exam(COURSE_ID, name, name, 60, is_proctored=True, backend="simulator")
    return list(ProctoredExam.objects.order_by("id"))


def _run(stack: "Stack", case: Case, number: int, exams: list, database: str) -> Row:
    from tests.torture import learner as learners

    here = stack.place
    if case.kills:
        stack.start(case.process, case.point)
    row = Row(str(case), database, runs=1)
    try:
        if case.to == "saved":
            damage = _save_exam(stack, case, number)
        else:
            damage = _take_exam(stack, case, f"crash{number}", exams)
        row.add(damage)
    except (learners.Stuck, AssertionError) as error:
        row.stuck += 1
        row.note = str(error)[:200]
        stack.armed.unlink(missing_ok=True)
        for process in ("simulator", "web", "worker"):
            stack.start(process)
    if not row.note and case.process == "web" and case.point == "provider_answered":
        row.note = f"{learners.orphans(_remote(here)['attempts'])} known to the provider only"
    print(f"  {row.line()}", flush=True)
    return row


def _take_exam(stack: "Stack", case: Case, username: str, exams: list) -> "Damage":
    from tests.torture.audit import Damage
    from tests.torture.learner import Learner

    here = stack.place
    learner = Learner(f"http://127.0.0.1:{here.web_port}", _simulator(here), username)
    exam = exams[0]
    for status in WAYS.get(case.to, WAY):
        if status == case.to:
            if status == "ended":
                learner.settle()  # the worker has nothing else to do
            attack = _die_on_the_way if case.kills else _lose_the_queue
            attack(stack, case, lambda to=status: learner.go(exam, to))
        learner.reach(exam, status)
    if case.to == "declined":
        for other in exams[1:3]:
            assert learner.status(other) == "declined", f"{other.exam_name} is not declined"
    stuck = learner.settle()
    mails = "".join(
        file.read_text(encoding="utf-8") for file in sorted((here.data / "mails").glob("*.log"))
    )
    return learner.damage(mails, _remote(here)["attempts"]) + Damage(stuck=stuck)


def _lose_the_queue(stack: "Stack", _case: Case, go: Callable[[], object]) -> None:
    """Perform the action while no worker takes tasks, delete the broker's queue, and start the worker again."""
    here = stack.place
    stack.stop("worker")
    go()
    lost = servers.empty_queue(here.servers["CELERY_BROKER_URL"], here.queue, here.data / "queue")
    stack.start("worker")
    assert lost, "the broker held no task"


def _die_on_the_way(stack: "Stack", case: Case, go: Callable[[], object]) -> None:
    """Perform the action once, wait for the process to die, and start it again without its kill point."""
    stack.arm()
    with contextlib.suppress(requests.RequestException, AssertionError):
        go()
    if not stack.died(case.process, DEATH_SECONDS):
        raise AssertionError(f"{case.process} did not come to {case.point}")
    stack.start(case.process)


def _save_exam(stack: "Stack", case: Case, number: int) -> "Damage":
    from demo.clients import API, Visitor
    from demo.host.seed import COURSE_ID
    from edx_proctoring.models import ProctoredExam
    from tests.torture.audit import Damage
    from tests.torture.learner import wait

    here = stack.place
    author = Visitor(f"http://127.0.0.1:{here.web_port}", "avery")
    name = f"saved{number}"
    names = list(ProctoredExam.objects.filter(is_active=True).values_list("content_id", flat=True))
    flags = {"is_proctored": True, "is_practice_exam": False, "is_active": True}
    always = {
        **flags,
        "course_id": COURSE_ID,
        "time_limit_mins": 60,
        "hide_after_due": False,
        "backend": "simulator",
    }
    body = [{**always, "content_id": one, "exam_name": one} for one in [*names, name]]

    def save() -> None:
        path = f"{API}/exam_registration/course_id/{COURSE_ID}"
        if case.process == "worker":  # to whom the web process leaves it
            stack.stop("simulator")
        assert author.request("PATCH", path, json=body).ok
        if case.process == "worker":
            stack.start("simulator")

    stored = ProctoredExam.objects.filter(content_id=name)
    _die_on_the_way(stack, case, save)
    wait("the exam", stored.exists, save)
    wait("the provider's id", lambda: stored.get().external_id)
    ids = [row["id"] for row in _remote(here)["exams"] if row["exam_name"] == name]
    same = {
        row["body"].get("content_id") for row in _remote(here)["exams"] if row["exam_name"] == name
    }
    return Damage(
        lost=int(stored.get().external_id not in ids),
        doubled=stored.count() - 1 + len(same) - 1,
    )


if __name__ == "__main__":  # name, database, broker, file for the rows, names of cases
    rows = run(*sys.argv[1:4], sys.argv[5:])
    Path(sys.argv[4]).write_text(json.dumps([asdict(row) for row in rows]))
