"""Points in the code where a process kills itself, for tests of crashes.

The environment names the point, PROCTORING_KILL, one of POINTS, and a file, PROCTORING_KILL_ARMED: the first process
that passes the point while the file exists removes the file and dies by SIGKILL, as in a power cut.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

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
    """Kill this process if this is the point that the environment names."""
    if os.environ.get("PROCTORING_KILL") != point:
        return
    try:
        os.unlink(os.environ.get("PROCTORING_KILL_ARMED", ""))
    except FileNotFoundError:  # not armed, or somebody else dies
        return
    os.kill(os.getpid(), signal.SIGKILL)


def install() -> None:
    """Wrap the functions of the package that the points are named after."""
    # Here, not above: the simulator's process uses `reached` and has no Django.
    from edx_proctoring import transactions
    from edx_proctoring.backends.rest import BaseRestProctoringProvider
    from edx_proctoring.effects import exam_sync
    from edx_proctoring.lifecycle import rows
    from edx_proctoring.outbox import delivery

    _wrap_run(transactions)
    _before(delivery, "deliver_after_commit", "after_commit")
    _after(delivery, "claim_all", "claimed")
    _after(delivery, "attempt", "delivered")
    _after(BaseRestProctoringProvider, "_request", "provider_answered")
    _after(rows, "insert_unproctored", "cascade")
    _before(exam_sync, "_store", "exam_saved")


def _wrap_run(transactions: Any) -> None:
    original = transactions.run

    def run(work: Callable[[], Any], **options: Any) -> Any:
        if not transactions.owns():
            return original(work, **options)

        def to_the_end() -> Any:
            result = work()
            reached("before_commit")
            return result

        return original(to_the_end, **options)

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
