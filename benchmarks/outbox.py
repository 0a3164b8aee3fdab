"""``python -m benchmarks.outbox silent|backlog|broker``: the delay of messages while recipients fail.

`silent`: NOTICES notices to a provider that accepts connections and never responds wait in the queue of one worker
process when learners begin to submit, two per second. Prints the delay of status e-mails and the duration of learners'
requests. Uses the broker given by ``--broker``, otherwise delivers inline, with `deliver_outbox` as from cron.

`backlog`: how long the periodic task takes for LANES lanes, for EMAILS status e-mails to a mail server on this machine, and
to find a single lane of 20,000 messages.

`broker`: how long the first request and the next ten wait for a broker that refuses connections, accepts them and never
responds, or drops them, with AMQP and Redis.

Creates its own database on the server of DATABASE_URL, or uses a SQLite file.
"""

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import conditions

DATABASE = "proctoring_benchmark"
SERVERS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MariaDB"}
WORKER = [
    *("-m", "celery", "-A", "benchmarks.project.outbox_celery", "worker", "--pool", "solo"),
    *("--loglevel", "error", "--without-gossip", "--without-mingle", "-Q", "proctoring-benchmark"),
]


def silent(options: argparse.Namespace) -> None:
    """Measure e-mails while provider notices are not answered."""
    from edx_proctoring import api, outbox
    from edx_proctoring.models import OutboxMessage
    from edx_proctoring.testing.factories import AttemptFactory, ExamFactory

    exam = ExamFactory(backend="simulator")
    attempts = AttemptFactory.create_batch(
        2 * options.seconds, proctored_exam=exam, status="started"
    )
    longest = 0.0
    for number in range(options.notices):
        payload = {
            "provider": "simulator",
            "verb": "start_exam_attempt",
            "exam_external_id": "E",
            "attempt_external_id": str(number),
            "attempt_id": 0,
        }
        began = time.monotonic()
        outbox.put(
            outbox.Draft(
                "provider_notice", f"bench:{number}", f"bench:{number}", payload, any_process=True
            )
        )
        longest = max(longest, time.monotonic() - began)
    print(f"{options.notices} notices put, the longest took {longest:.2f} s", flush=True)
    requests: list[float] = []
    with deliverer(options):
        for attempt in attempts:
            began = time.monotonic()
            api.update_attempt_status(attempt.pk, "submitted")
            requests.append(time.monotonic() - began)
            time.sleep(max(0.5 - requests[-1], 0))
        time.sleep(10)
    mails = OutboxMessage.objects.filter(kind="email")
    took = sorted(
        (row.modified - row.created).total_seconds() for row in mails.filter(state="done")
    )
    print(
        f"mails: {mails.count()}, sent {len(took)}, median {statistics.median(took):.2f} s, longest {took[-1]:.2f} s"
    )
    print(
        f"learners' requests: median {statistics.median(requests):.3f} s, longest {max(requests):.2f} s"
    )
    notices = OutboxMessage.objects.filter(kind="provider_notice")
    print(f"notices: {notices.count()}, tried {notices.filter(tries__gt=0).count()}")


@contextlib.contextmanager
def deliverer(options: argparse.Namespace) -> Iterator[None]:
    """Start the one process that delivers: a worker, or a repeated command as from cron."""
    from edx_proctoring.models import OutboxMessage

    over = threading.Event()

    def cron() -> None:
        while not over.is_set():
            subprocess.run(
                [sys.executable, "-m", "django", "deliver_outbox"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            over.wait(5)

    if options.broker:
        worker = subprocess.Popen(
            [sys.executable, *WORKER], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not OutboxMessage.objects.filter(tries__gt=0).exists():  # until it has begun
            time.sleep(0.2)
        yield
        worker.terminate()
        worker.wait(30)
        return
    thread = threading.Thread(target=cron)
    thread.start()
    yield
    over.set()
    thread.join()


def backlog(options: argparse.Namespace) -> None:
    """Measure many lanes, and a long one."""
    from django.db import connection
    from django.utils import timezone

    from benchmarks.__main__ import as_table, publish
    from benchmarks.project import idle
    from benchmarks.recorded import IDLE
    from edx_proctoring import outbox
    from edx_proctoring.models import OutboxMessage

    outbox.register("bench", lambda _message: None)

    def fill(count: int, lane: str) -> None:
        now = timezone.now()
        rows = (
            OutboxMessage(kind="bench", key=f"{lane}{n}", lane=lane.format(n), next_try_at=now)
            for n in range(count)
        )
        OutboxMessage.objects.bulk_create(rows, batch_size=1000)

    fill(20_000, "one lane")
    began = time.monotonic()
    assert len(outbox.due_lanes(1000)) == 1
    print(
        f"due_lanes with 20,000 messages in one lane: {time.monotonic() - began:.2f} s", flush=True
    )
    OutboxMessage.objects.all().delete()
    fill(options.lanes, "lane {}")
    began = time.monotonic()
    result = outbox.deliver()
    rows = [_row("of one quick kind", result["delivered"], time.monotonic() - began)]
    if options.emails:
        rows.append(_row("status e-mails", options.emails, send_emails(options.emails)))
    server = SERVERS[connection.vendor]
    table = as_table(["messages", "number", "seconds", "messages a second"], rows)
    any_request = as_table(["request", "ms"], [[IDLE, f"{idle.milliseconds():.1f}"]])
    blocks = [(f"One worker delivers, {server}", table), (f"Any request, {server}", any_request)]
    publish(f"outbox-{server.lower()}", server, blocks)


def _row(what: str, count: int, seconds: float) -> list[str]:
    return [what, f"{count:,}", f"{seconds:.1f}", f"{count / seconds:,.0f}"]


def send_emails(count: int) -> float:
    """Write and send this many status e-mails to a mail server on this machine; return the seconds that it took."""
    from django.conf import settings

    from benchmarks.project import mail_server
    from edx_proctoring import outbox
    from edx_proctoring.effects import messages
    from edx_proctoring.models import OutboxMessage
    from edx_proctoring.testing.factories import AttemptFactory, ExamFactory

    exam = ExamFactory()
    for attempt in AttemptFactory.create_batch(count, proctored_exam=exam, status="submitted"):
        payload = {
            "attempt_id": attempt.pk,
            "exam_id": exam.pk,
            "user_id": attempt.user_id,
            "course_id": exam.course_id,
            "content_id": exam.content_id,
            "history_id": attempt.history.latest().pk,
            "status": "submitted",
            "language": "en",
        }
        draft = messages.email(payload, attempt)
        OutboxMessage.objects.create(
            kind=draft.kind, key=draft.key, lane=draft.ordering_key, payload=payload
        )
    with mail_server.running() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port.value
        began = time.monotonic()
        result = outbox.deliver()
        took = time.monotonic() - began
        received, connections = server.received.value, server.connections.value
    assert received == result["delivered"] == count, (received, result)
    print(f"e-mails over {connections} connections", flush=True)
    return took


def broker(_options: argparse.Namespace) -> None:
    """Measure a broker that does not respond."""
    from celery import Celery

    from edx_proctoring import outbox
    from edx_proctoring.circuit_breaker import IN_PROCESS

    outbox.register("bench", lambda _message: None)
    number = 0

    def request() -> float:
        nonlocal number
        number += 1
        began = time.monotonic()
        outbox.put(outbox.Draft("bench", f"broker:{number}", f"broker:{number}"))
        return time.monotonic() - began

    for scheme in ("amqp", "redis"):
        for mood in ("refuses", "never answers", "drops connections"):
            with contextlib.ExitStack() as sockets:
                backlog = 0 if mood == "drops connections" else 100
                server = sockets.enter_context(
                    socket.create_server(("127.0.0.1", 0), backlog=backlog)
                )
                port = server.getsockname()[1]
                if mood == "refuses":
                    server.close()
                for _ in range(3 if mood == "drops connections" else 0):
                    full = sockets.enter_context(socket.socket())
                    full.setblocking(False)
                    full.connect_ex(("127.0.0.1", port))
                Celery("host", broker=f"{scheme}://127.0.0.1:{port}/0").set_current()
                IN_PROCESS.clear()
                waits = [request() for _ in range(11)]
                print(
                    f"{scheme}\t{mood}\tfirst {waits[0]:.2f} s\tten more {sum(waits[1:]):.2f} s",
                    flush=True,
                )


@contextlib.contextmanager
def database() -> Iterator[None]:
    """Create an empty database for this run."""
    from demo.servers import create_database, drop_database, own_database

    given = os.environ.get("DATABASE_URL", "")
    with tempfile.TemporaryDirectory() as folder:
        url = own_database(given, DATABASE) if given else f"sqlite:///{folder}/bench.sqlite3"
        os.environ.update(DATABASE_URL=url, BENCH_CACHE=str(Path(folder) / "cache"))
        drop_database(url)
        create_database(url)
        try:
            yield
        finally:
            from django.db import connection

            connection.close()
            drop_database(url)


def main() -> None:
    """Run one of the measurements."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["silent", "backlog", "broker"])
    parser.add_argument("--broker", default="", help="its URL; inline without one")
    parser.add_argument("--notices", type=int, default=10_000, help="(default: %(default)s)")
    parser.add_argument(
        "--seconds", type=int, default=60, help="of submissions (default: %(default)s)"
    )
    parser.add_argument("--lanes", type=int, default=100_000, help="(default: %(default)s)")
    parser.add_argument("--emails", type=int, default=2000, help="(default: %(default)s)")
    options = conditions.parse(parser)
    with database(), socket.create_server(("127.0.0.1", 0), backlog=1024) as provider:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="benchmarks.project.outbox_host",
            BENCH_BROKER=options.broker,
            BENCH_PROVIDER=f"http://127.0.0.1:{provider.getsockname()[1]}",
        )
        import logging

        import django
        from django.core.management import call_command

        from benchmarks.project import outbox_celery  # noqa: F401  makes the Celery app

        django.setup()
        logging.disable(logging.CRITICAL)
        call_command("migrate", verbosity=0)
        {"silent": silent, "backlog": backlog, "broker": broker}[options.what](options)


if __name__ == "__main__":
    main()
