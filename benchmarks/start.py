"""``python -m benchmarks.start``: all learners create and start their attempts at the same time.

Real processes: the database server, two web processes with threads, a provider that takes 200 ms for each registration,
and this one, which sends the learners' requests. Prints the total time, the errors, the learners' waiting times, and
(PostgreSQL) the longest time that a connection was idle inside a transaction: it would be as long as a registration if a
thread waited for the provider there (`--registration 2` makes the difference clear on a busy machine).
"""

import argparse
import http.client
import itertools
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks import conditions
from benchmarks.__main__ import as_table, publish
from tests.upgrade import sides
from tests.upgrade.environments import ROOT

PROJECTS = [ROOT / "benchmarks" / "project", ROOT / "tests" / "upgrade" / "project", ROOT]
TOKEN = "t" * 32  # against forged requests
ATTEMPTS = "/api/edx_proctoring/v1/proctored_exam/attempt"
IDLE = """SELECT coalesce(max(extract(epoch FROM now() - state_change)), 0) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction'"""


class Provider(BaseHTTPRequestHandler):
    """Issues tokens immediately, and registers attempts after a delay."""

    protocol_version = "HTTP/1.1"
    numbers = itertools.count()
    registration = 0.2  # seconds

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        answer = {"access_token": "t", "expires_in": 9999}
        if "oauth2" not in self.path:
            time.sleep(self.registration)
            answer = {"id": f"remote-{next(self.numbers)}"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Log nothing."""


def environment(database: str, provider: int = 0) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "start_settings",
        "PYTHONPATH": os.pathsep.join(map(str, PROJECTS)),
        "PROVIDER_URL": f"http://127.0.0.1:{provider}",
    }


@contextmanager
def provider() -> Iterator[int]:
    """Start the provider; return its port."""
    ThreadingHTTPServer.request_queue_size = 512
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@contextmanager
def web(
    env: dict[str, str], port: int, threads: int, log: Path, application: str = "start_wsgi"
) -> Iterator[int]:
    """Start a web process; return its port."""
    command = [
        sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", f"--threads={threads}",
        f"{application}:application",
    ]  # fmt: skip
    with log.open("w") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=output)
    try:
        until = time.monotonic() + 60
        while not _is_up(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(log.read_text()[-2000:])
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait()


def _is_up(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", ATTEMPTS)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


class Learners:
    """All learners; as many act at the same time as there are browsers."""

    def __init__(self, exam_id: str, sessions: list[str], ports: list[int]) -> None:
        self.exam_id, self.ports = exam_id, itertools.cycle(ports)
        self.waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        for session in sessions:
            self.waiting.put(session)
        self.times: dict[str, list[float]] = {"create": [], "start": []}
        self.errors: list[str] = []

    def begin(self, at_once: int) -> float:
        """Return the seconds until the last learner has started."""
        began = time.monotonic()
        browsers = [
            threading.Thread(target=self._browse, args=(next(self.ports),)) for _ in range(at_once)
        ]
        for browser in browsers:
            browser.start()
        for browser in browsers:
            browser.join()
        return time.monotonic() - began

    def _browse(self, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while not self.waiting.empty():
            try:
                session = self.waiting.get_nowait()
            except queue.Empty:
                return
            try:
                body: dict[str, Any] = {"exam_id": self.exam_id, "attempt_proctored": True}
                found = self._ask(connection, session, "create", "POST", ATTEMPTS, body)
                path = f"{ATTEMPTS}/{found['exam_attempt_id']}"
                self._ask(connection, session, "start", "PUT", path, {"action": "start"})
            except Exception as error:
                self.errors.append(repr(error)[:200])
                connection.close()

    def _ask(
        self, connection: Any, session: str, what: str, method: str, path: str, body: Any
    ) -> Any:
        headers = {
            "Content-Type": "application/json",
            "Cookie": f"sessionid={session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
        }
        began = time.monotonic()
        connection.request(method, path, json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
        self.times[what].append(time.monotonic() - began)
        if response.status != 200:
            raise RuntimeError(f"{what} {response.status} {text[:150]!r}")
        return json.loads(text)


@contextmanager
def idle_watch(database: str) -> Iterator[list[float]]:
    """Return the longest time that a connection was idle inside a transaction (PostgreSQL)."""
    longest, over = [0.0], threading.Event()

    def watch() -> None:
        import psycopg

        with psycopg.connect(database, autocommit=True) as connection:
            while not over.wait(0.05):
                found = connection.execute(IDLE).fetchone()
                longest[0] = max(longest[0], float(found[0] if found else 0))

    watcher = threading.Thread(target=watch) if database.startswith("postgres") else None
    if watcher:
        watcher.start()
    yield longest
    over.set()
    if watcher:
        watcher.join()


def measure(server: str, count: int, at_once: int, threads: int, first_port: int) -> list[str]:
    """Return the cells of the table."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(sides.database(server, "bench_start", folder))
        made = subprocess.run(
            [sys.executable, "-m", "start_data", str(count)],
            env=environment(database), capture_output=True, text=True, check=True,
        )  # fmt: skip
        exam_id, *sessions = made.stdout.split()
        provider_port = stack.enter_context(provider())
        env = environment(database, provider_port)
        ports = [
            stack.enter_context(web(env, first_port + number, threads, folder / f"{number}.log"))
            for number in range(2)
        ]
        longest = stack.enter_context(idle_watch(database))
        learners = Learners(exam_id, sessions, ports)
        seconds = learners.begin(at_once)
        for error in sorted(set(learners.errors))[:5]:
            print(f"  {error}", file=sys.stderr)
        idle = f"{longest[0] * 1000:.0f} ms" if server == "PostgreSQL" else "–"
        return [
            f"{count:,}",
            f"{seconds:.0f}",
            str(len(learners.errors)),
            *(_waited(learners.times[what]) for what in ("create", "start")),
            idle,
        ]


def _waited(times: list[float]) -> str:
    ordered = sorted(times) or [0.0]
    return f"{statistics.median(ordered):.2f} / {ordered[int(0.95 * (len(ordered) - 1))]:.2f}"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--server", default="PostgreSQL", choices=["PostgreSQL", "MariaDB"])
    parser.add_argument("--learners", type=int, default=5000)
    parser.add_argument("--at-once", type=int, default=64, help="browsers that ask")
    parser.add_argument("--threads", type=int, default=32, help="of each web process")
    parser.add_argument("--port", type=int, default=18730, help="of the first web process")
    parser.add_argument("--registration", type=float, default=0.2, help="seconds of the provider")
    options = conditions.parse(parser)
    Provider.registration = options.registration
    row = measure(options.server, options.learners, options.at_once, options.threads, options.port)
    head = ["learners", "seconds", "errors", "create: median / 95 % (s)", "start", "idle in a transaction"]  # fmt: skip
    title = f"The start of an exam, {options.server}"
    publish(f"start-{options.server.lower()}", options.server, [(title, as_table(head, [row]))])


if __name__ == "__main__":
    main()
