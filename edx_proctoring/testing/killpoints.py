"""Places inside the flow where a process kills itself, for tests of crashes. Never outside tests.

Put `edx_proctoring.testing.killpoints` last into INSTALLED_APPS of the process under attack. The environment names the
place, PROCTORING_KILL, one of POINTS, and a file, PROCTORING_KILL_ARMED: the first to pass the place while the file
exists removes it and dies (SIGKILL), as in a power cut. PROCTORING_WEAKEN names a safeguard that is switched off
(`edx_proctoring.testing.weakness`).
"""

import os
import signal
from collections.abc import Callable
from typing import Any

from django.apps import AppConfig

POINTS = (
    "before_commit",  # all of a change is written, nothing committed
    "after_commit",  # committed, nothing delivered
    "claimed",  # a message is leased, not yet delivered
    "provider_answered",  # the provider has answered, the answer is not stored
    "delivered",  # a message is delivered, not yet marked
    "cascade",  # some exams of a cascade are declined, others are not
    "exam_saved",  # the provider knows a saved exam, its id is not stored
    "simulator_asked",  # a provider got a request
    "simulator_answers",  # a provider has stored it and not answered
)


def reached(point: str) -> None:
    """Die here if this is the place."""
    if os.environ.get("PROCTORING_KILL") != point:
        return
    try:
        os.unlink(os.environ.get("PROCTORING_KILL_ARMED", ""))
    except FileNotFoundError:  # not armed, or somebody else dies
        return
    os.kill(os.getpid(), signal.SIGKILL)


class KillpointsConfig(AppConfig):
    """Puts the points in."""

    name = "edx_proctoring.testing.killpoints"
    label = "proctoring_killpoints"
    path = os.path.dirname(__file__)

    def ready(self) -> None:
        """Called once all apps are there."""
        install()
        if os.environ.get("PROCTORING_WEAKEN"):
            from edx_proctoring.testing import weakness  # noqa: PLC0415

            weakness.switch_off(os.environ["PROCTORING_WEAKEN"])


def install() -> None:
    """Have the package pass the points."""
    from edx_proctoring import outbox, transactions  # noqa: PLC0415
    from edx_proctoring.backends.rest import BaseRestProctoringProvider  # noqa: PLC0415
    from edx_proctoring.effects import exams  # noqa: PLC0415
    from edx_proctoring.lifecycle import creation  # noqa: PLC0415

    _wrap_run(transactions)
    _before(outbox, "_deliver_fresh", "after_commit")
    _after(outbox, "claim", "claimed")
    _after(outbox, "_attempt_delivery", "delivered")
    _after(BaseRestProctoringProvider, "_request", "provider_answered")
    _after(creation, "insert_unproctored", "cascade")
    _before(exams, "_store", "exam_saved")


def _wrap_run(transactions: Any) -> None:
    original = transactions.run

    def run(work: Callable[[], Any]) -> Any:
        if not transactions.owns():
            return original(work)

        def to_the_end() -> Any:
            result = work()
            reached("before_commit")
            return result

        return original(to_the_end)

    transactions.run = run


def _before(owner: Any, name: str, point: str) -> None:
    original = getattr(owner, name)

    def attacked(*args: Any, **kwargs: Any) -> Any:
        reached(point)
        return original(*args, **kwargs)

    setattr(owner, name, attacked)


def _after(owner: Any, name: str, point: str) -> None:
    original = getattr(owner, name)

    def attacked(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        reached(point)
        return result

    setattr(owner, name, attacked)
