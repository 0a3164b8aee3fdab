"""``python -m benchmarks.start``: all learners create and start their attempts at the same time, beside 6.1.4.

Real processes: the database server, two web processes with threads, and this one, which sends the learners' requests and
is the provider, which takes 200 ms for each request. Prints the total time, the errors, the learners' waiting times, the CPU
time of each kind of process, and (PostgreSQL) the longest time that a connection was idle inside a transaction: as long as
the provider takes if a thread waits for it there (`--registration 2` makes the difference clear on a busy machine).

6.1.4 tells the provider of the start within the learner's request. Ours stores the message for a worker, and no worker runs.

The last rows are of as many requests that are refused after session and user were read: their CPU time is that of the web
server, of Django, of the database, and of the learners, which no version of the app can save. The provider's is not in it.
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
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks import conditions
from benchmarks.__main__ import as_table, publish
from benchmarks.processes import used
from tests.upgrade import environments, sides
from tests.upgrade.environments import ROOT

PROJECTS = [ROOT / "benchmarks" / "project", ROOT / "tests" / "upgrade" / "project"]
TOKEN = "t" * 32  # against forged requests
ATTEMPTS = "/api/edx_proctoring/v1/proctored_exam/attempt"
IDLE = """SELECT coalesce(max(extract(epoch FROM now() - state_change)), 0) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction'"""


class Provider(BaseHTTPRequestHandler):
    """Issues tokens immediately, and answers everything else after a delay."""

    protocol_version = "HTTP/1.1"
    numbers = itertools.count()
    registration = 0.2  # seconds

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        answer = {"access_token": "t", "expires_in": 9999}
        if "oauth2" not in self.path:
            time.sleep(self.registration)
            answer = {"id": f"remote-{next(self.numbers)}", "status": "started"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PATCH = do_PUT = do_POST

    def log_message(self, *args: Any) -> None:
        """Log nothing."""


def environment(database: str, provider: int = 0, *, published: bool = False) -> dict[str, str]:
    """Return the environment of a process; that of the published package must not find ours."""
    paths = PROJECTS if published else [*PROJECTS, ROOT]
    return {
        **os.environ,
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "start_settings",
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
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


def waitress(python: Path, port: int, threads: int, application: str = "start_wsgi") -> list[str]:
    """Return the command that starts a web process."""
    return [
        str(python), "-m", "waitress", f"--listen=127.0.0.1:{port}", f"--threads={threads}",
        f"{application}:application",
    ]  # fmt: skip


@contextmanager
def web(command: list[str], env: dict[str, str], port: int, log: Path) -> Iterator[int]:
    """Start a web process that listens to this port; return its id. Its output goes to the log."""
    with log.open("w") as output:
        # Elsewhere, Python would find our package in the current folder.
        process = subprocess.Popen(command, env=env, cwd=PROJECTS[0], stdout=output, stderr=output)
    try:
        until = time.monotonic() + 60
        while not _is_up(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(log.read_text()[-2000:])
            time.sleep(0.2)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _is_up(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", ATTEMPTS)
        connection.getresponse()  # for strangers, 6.1.4 answers with an error
        return True
    except OSError:
        return False
    finally:
        connection.close()


class Learners:
    """All learners; as many act at the same time as there are browsers."""

    def __init__(
        self, exam_id: str, sessions: list[str], ports: list[int], *, are_refused: bool = False
    ) -> None:
        self.exam_id, self.ports = exam_id, itertools.cycle(ports)
        self.are_refused = are_refused
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
                self._take(connection, session)
            except Exception as error:
                self.errors.append(repr(error)[:200])
                connection.close()

    def _take(self, connection: Any, session: str) -> None:
        """Create and start the attempt, or send two requests without the id of an exam."""
        if self.are_refused:
            for what in ("create", "start"):
                self._ask(connection, session, what, "POST", ATTEMPTS, {})
            return
        body: dict[str, Any] = {"exam_id": self.exam_id, "attempt_proctored": "true"}
        found = self._ask(connection, session, "create", "POST", ATTEMPTS, body)
        path = f"{ATTEMPTS}/{found['exam_attempt_id']}"
        self._ask(connection, session, "start", "PUT", path, {"action": "start"})

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
        if response.status != (400 if self.are_refused else 200):
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


@dataclass
class Case:
    """One start: on which side, with how many threads in each web process, and whether all requests are refused."""

    side: str
    threads: int
    options: argparse.Namespace
    are_refused: bool = False

    @property
    def is_published(self) -> bool:
        return self.side == environments.VERSIONS[0]

    @property
    def python(self) -> Path:
        return environments.python_of(self.side) if self.is_published else sides.OURS

    def environment(self, database: str, provider: int = 0) -> dict[str, str]:
        return environment(database, provider, published=self.is_published)


@dataclass
class Prepared:
    """A database with learners, and a provider."""

    folder: Path
    database: str
    env: dict[str, str]
    exam_id: str
    sessions: list[str]


@contextmanager
def prepared(case: Case) -> Iterator[Prepared]:
    """Fill a database for the case, and start its provider."""
    options = case.options
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(sides.database(options.server, "bench_start", folder))
        made = subprocess.run(
            [case.python, "-m", "start_data", str(options.learners)],
            env=case.environment(database), cwd=PROJECTS[0], capture_output=True, text=True, check=True,
        )  # fmt: skip
        package, exam_id, *sessions = made.stdout.splitlines()
        assert Path(package).is_relative_to(case.python.parents[1]) == case.is_published, package
        env = case.environment(database, stack.enter_context(provider()))
        yield Prepared(folder, database, env, exam_id, sessions)


def measure(case: Case) -> tuple[float | None, list[str]]:
    """Return the seconds, None if there were errors, and the cells of the table."""
    options = case.options
    with ExitStack() as stack:
        found = stack.enter_context(prepared(case))
        ports = [options.port + number for number in range(options.processes)]
        webs = []
        for port in ports:
            command, log = waitress(case.python, port, case.threads), found.folder / f"{port}.log"
            webs.append(stack.enter_context(web(command, found.env, port, log)))
        longest = stack.enter_context(idle_watch(found.database))
        learners = Learners(found.exam_id, found.sessions, ports, are_refused=case.are_refused)
        before = used(webs, options.server)
        seconds = learners.begin(options.at_once)
        after = used(webs, options.server)
        for error in sorted(set(learners.errors))[:5]:
            print(f"  {error}", file=sys.stderr)
        return None if learners.errors else seconds, [
            "requests refused" if case.are_refused else case.side,
            str(case.threads),
            f"{options.learners:,}",
            f"{seconds:.1f}",
            str(len(learners.errors)),
            *(_waited(learners.times[what]) for what in ("create", "start")),
            f"{longest[0] * 1000:.0f}" if options.server == "PostgreSQL" else "–",
            " / ".join(f"{end - begin:.1f}" for begin, end in zip(before, after, strict=True)),
        ]


def _waited(times: list[float]) -> str:
    ordered = sorted(times) or [0.0]
    return f"{statistics.median(ordered):.2f} / {ordered[int(0.95 * (len(ordered) - 1))]:.2f}"


HEADER = [
    "version",
    "threads of each process",
    "learners",
    "seconds",
    "errors",
    "create: median / 95 % (s)",
    "start: median / 95 % (s)",
    "longest idle in a transaction (ms)",
    "CPU: web / database / learners and provider (s)",
    "ratio",
]


def compare(options: argparse.Namespace) -> Iterator[list[str]]:
    """Measure both sides with each number of threads; return the rows, with the ratio published/ours."""
    for threads in options.threads:
        theirs = None
        if not options.only_ours:
            theirs, cells = measure(Case(environments.VERSIONS[0], threads, options))
            yield [*cells, ""]
        ours, cells = measure(Case("this one", threads, options))
        yield [*cells, f"{theirs / ours:.1f}" if theirs and ours else "–"]
    for threads in options.threads:
        yield [*measure(Case("this one", threads, options, are_refused=True))[1], ""]


def _published_server() -> str:
    """Install the published package and its web server; return why that was not possible, or ''."""
    version = environments.VERSIONS[0]
    return environments.prepare([version]) or environments.install(version, "waitress")


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--server", default="PostgreSQL", choices=["PostgreSQL", "MariaDB"])
    parser.add_argument("--learners", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=64, help="browsers that ask")
    parser.add_argument("--processes", type=int, default=2, help="that serve requests")
    parser.add_argument("--threads", type=int, nargs="+", default=[10, 32], help="of each")
    parser.add_argument("--port", type=int, default=18730, help="of the first web process")
    parser.add_argument("--registration", type=float, default=0.2, help="seconds of the provider")
    parser.add_argument("--only-ours", action="store_true", help="not beside the published package")
    options = conditions.parse(parser)
    if why := "" if options.only_ours else _published_server():
        print(why)
        return 2
    Provider.registration = options.registration
    rows = []
    for cells in compare(options):
        print("  ".join(cells), file=sys.stderr, flush=True)
        rows.append(cells)
    title = f"The start of an exam, {options.server}"
    publish(f"start-{options.server.lower()}", options.server, [(title, as_table(HEADER, rows))])
    return 0


if __name__ == "__main__":
    sys.exit(main())
