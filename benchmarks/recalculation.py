"""``python -m benchmarks.recalculation``: the limit of an exam is raised while 10,000 learners take it.

One process recalculates, as the worker does. Meanwhile, learners poll and submit, two per second, in a thread with its
own connection: they wait only for their own locks. Prints the duration, the CPU time of this process (more telling on
a busy machine), and its memory after the first and the last try. Uses a database of its own on the server of
DATABASE_URL, or a SQLite file.
"""

import argparse
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import conditions
from benchmarks.outbox import SERVERS, database


def fill(count: int) -> int:
    """Store an exam of one hour and this many attempts that have just started; return the exam's id."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment
    from edx_proctoring.testing.factories import AttemptFactory, ExamFactory

    exam, users = ExamFactory(time_limit_mins=60), get_user_model().objects
    users.bulk_create(
        [users.model(username=f"learner{number}") for number in range(count)], batch_size=500
    )
    now = timezone.now()
    begun = {"started_at": now, "allowed_time_limit_mins": 60, "status": "started"}
    attempts = [
        AttemptFactory.build(proctored_exam=exam, user=user, **begun)
        for user in users.filter(username__startswith="learner").order_by("pk")
    ]
    ProctoredExamStudentAttempt.objects.bulk_create(attempts, batch_size=500)
    stored = ProctoredExamStudentAttempt.objects.filter(proctored_exam=exam)
    rows = [
        TimeAdjustment.of(one, "allotment", f"allotment:{one.pk}", now, seconds=3600, began_at=now)
        for one in stored
    ]
    TimeAdjustment.objects.bulk_create(rows, batch_size=500)
    return int(exam.pk)


def until_accepted(call: Callable[[], object]) -> None:
    """Repeat a request that is answered with 503, as pages do: SQLite lets one connection write at a time."""
    from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable

    while True:
        try:
            call()
        except ProctoringTemporarilyUnavailable:
            continue
        return


def submissions(exam_id: int, over: threading.Event, waited: list[float]) -> None:
    """Submit one attempt after another, the last ones first, until it is over; note how long each request takes."""
    from django.db import connection

    from edx_proctoring import api
    from edx_proctoring.models import ProctoredExamStudentAttempt

    attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=exam_id)
    # All ids at once: with SQLite, a cursor that is still open keeps others from writing.
    for number in [*attempts.order_by("-pk").values_list("pk", flat=True)]:
        began = time.monotonic()
        until_accepted(partial(api.get_exam_attempt_by_id, number))
        until_accepted(partial(api.update_attempt_status, number, "submitted"))
        waited.append(time.monotonic() - began)
        if over.wait(0.5):
            break
    connection.close()


def megabytes() -> int:
    """Return the memory that this process occupies now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024**2


def measure(count: int) -> tuple[str, list[str]]:
    """Return the server's name and the cells of the table."""
    from django.db import connection
    from django.utils import timezone

    from edx_proctoring import api, outbox
    from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt

    exam_id, over = fill(count), threading.Event()
    waited: list[float] = []
    learners = threading.Thread(target=submissions, args=(exam_id, over, waited))
    learners.start()
    began, used = time.monotonic(), time.process_time()
    until_accepted(lambda: api.update_exam(exam_id, time_limit_mins=75))
    request = time.monotonic() - began
    messages: Any = OutboxMessage.objects.filter(kind="recalculation")
    tries, memory = 1, [megabytes()]
    while messages.exclude(state="done").exists():
        until_accepted(lambda: messages.update(next_try_at=timezone.now()))
        outbox.deliver()
        payload = messages.get().payload
        tries += 1
        memory.append(megabytes())
        print(f"  {payload['done']:,} of {payload['total']:,}, {memory[-1]} MB", flush=True)
    seconds = time.monotonic() - began
    cpu = 1000 * (time.process_time() - used) / count
    over.set()
    learners.join()
    running = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=exam_id)
    left = running.filter(status="started").exclude(allowed_time_limit_mins=75).count()
    waited.sort()
    cells = [f"{count:,}", f"{request:.1f}", f"{seconds:.0f}", f"{cpu:.1f}", str(tries)]
    cells += [f"{memory[1]} / {memory[-1]}", str(left)]
    cells += [f"{waited[len(waited) // 2]:.2f} / {waited[-1]:.2f}"]
    return SERVERS[connection.vendor], cells


HEADER = [
    *(
        "attempts",
        "request (s)",
        "all (s)",
        "CPU per attempt (ms)",
        "tries",
        "memory: first / last (MB)",
        "left",
    ),
    "a learner submits: median / longest (s)",
]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recalculation", description=__doc__)
    parser.add_argument("--attempts", type=int, default=10_000, help="(default: %(default)s)")
    options = conditions.parse(parser)
    with database():
        os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.project.outbox_host"
        import logging

        import django
        from django.core.management import call_command

        django.setup()
        logging.disable(logging.CRITICAL)
        call_command("migrate", verbosity=0)
        server, cells = measure(options.attempts)
        from benchmarks.__main__ import as_table, publish

        title = f"Recalculation of running attempts, {server}"
        publish(f"recalculation-{server.lower()}", server, [(title, as_table(HEADER, [cells]))])


if __name__ == "__main__":
    main()
