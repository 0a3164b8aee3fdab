"""``python -m benchmarks.live``: learners poll their running exams while staff watch the live board.

Real processes and requests: the database server, gunicorn with threads, the learners' pages, which poll every 30 seconds,
and boards, which poll every 10 seconds and follow the deltas. Once a minute one of the boards announces something to all
learners, whose pages show and close it. Prints the waiting times of polls and boards, the errors, and how often a board
showed a learner as silent whose page had polled within the last two minutes.
"""

import argparse
import heapq
import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import conditions
from benchmarks.__main__ import as_table, publish
from benchmarks.start import TOKEN, environment
from tests.upgrade import sides

V1 = "/api/edx_proctoring/v1/proctored_exam/attempt"
EVERY, BOARD_EVERY, ANNOUNCE_EVERY, FRESH = 30, 10, 60, 120  # seconds


@dataclass
class Results:
    """Waiting times by kind of request, errors, bytes, and learners falsely shown as silent."""

    times: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    bytes: dict[str, int] = field(default_factory=dict)
    false_silent: int = 0
    unchanged: int = 0
    late: float = 0.0  # seconds by which this process sent its latest request too late
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, seconds: float, size: int) -> None:
        with self.lock:
            self.times.setdefault(kind, []).append(seconds)
            self.bytes[kind] = self.bytes.get(kind, 0) + size


class Browser:
    """A connection to a web process."""

    def __init__(self, port: int, results: Results) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.results = results

    def ask(
        self, kind: str, session: str, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, Any, str]:
        """Return status, JSON and `ETag`; errors are counted."""
        sent = {
            "Cookie": f"sessionid={session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "X-Proctoring-Messages": "1",
            **({"Content-Type": "application/json"} if body is not None else {}),
            **headers,
        }
        began = time.monotonic()
        try:
            self.connection.request(method, path, None if body is None else json.dumps(body), sent)
            response = self.connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            self.results.errors.append(f"{kind}: {error!r}")
            return 0, None, ""
        self.results.add(kind, time.monotonic() - began, len(text))
        if response.status >= 400:
            self.results.errors.append(f"{kind}: {response.status} {text[:200]!r}")
            return response.status, None, ""
        return response.status, json.loads(text) if text else None, response.headers.get("ETag", "")


class Learners:
    """The pages of all learners; a few threads send their polls when they are due."""

    def __init__(self, sessions: dict[int, str], results: Results) -> None:
        self.sessions, self.results = sessions, results
        begin = time.monotonic()
        self.due = [(begin + random.random() * EVERY, pk) for pk in sessions]
        heapq.heapify(self.due)
        self.lock = threading.Lock()
        self.polled: dict[int, float] = {}

    def browse(self, port: int, until: float) -> None:
        browser = Browser(port, self.results)
        while time.monotonic() < until:
            with self.lock:
                moment, pk = heapq.heappop(self.due)
                heapq.heappush(self.due, (moment + EVERY, pk))
            wait = moment - time.monotonic()
            if wait > 0:
                time.sleep(min(wait, max(until - time.monotonic(), 0)))
            self.results.late = max(self.results.late, -wait)
            self._poll(browser, pk)

    def _poll(self, browser: Browser, pk: int) -> None:
        _status, found, _ = browser.ask("poll", self.sessions[pk], "GET", f"{V1}/{pk}")
        if found is None:
            return
        self.polled[pk] = time.monotonic()
        for one in found["announcements"]:
            path = f"{found['live_url']}announcements/{one['id']}/seen/"
            browser.ask("close an announcement", self.sessions[pk], "POST", path, {})


class Board:
    """A board that follows the deltas, and compares what it has with the order of all rows."""

    def __init__(self, url: str, session: str, learners: Learners, results: Results) -> None:
        self.url, self.session, self.learners, self.results = url, session, learners, results
        self.cursor, self.etag = "", ""
        self.rows: dict[int, dict[str, Any]] = {}

    def watch(self, port: int, until: float, announces: bool) -> None:
        browser = Browser(port, self.results)
        time.sleep(random.random() * BOARD_EVERY)
        announced = time.monotonic()
        while time.monotonic() < until:
            began = time.monotonic()
            self._refresh(browser)
            if announces and began - announced > ANNOUNCE_EVERY:
                announced = began
                self._announce(browser)
            time.sleep(max(min(began + BOARD_EVERY, until) - time.monotonic(), 0))

    def _refresh(self, browser: Browser) -> None:
        path = f"{self.url}?since={self.cursor}" if self.cursor else self.url
        headers = {"If-None-Match": self.etag} if self.etag else {}
        kind = "board" if self.cursor else "board, first time"
        status, found, etag = browser.ask(kind, self.session, "GET", path, **headers)
        if status == 304:
            self.results.unchanged += 1
        if found is None:
            return
        if found["complete"]:
            self.rows = {}
        self.rows.update((one["attempt_id"], one) for one in found["rows"])
        for pk in found["gone"]:
            del self.rows[pk]
        if sorted(self.rows) != sorted(found["order"]):
            self.results.errors.append("board: the deltas do not lead to the order")
        self.cursor, self.etag = found["cursor"], etag
        now = time.monotonic()
        self.results.false_silent += sum(
            one["silent"] and now - self.learners.polled.get(pk, 0) < FRESH
            for pk, one in self.rows.items()
        )

    def _announce(self, browser: Browser) -> None:
        body = {"text": "Please save your work.", "to": {"all": True}}
        key = {"Idempotency-Key": uuid.uuid4().hex}
        url = f"{self.url}announcements/"
        browser.ask("announce to all", self.session, "POST", url, body, **key)


@contextmanager
def gunicorn(
    env: dict[str, str], port: int, workers: int, threads: int, log: Path
) -> Iterator[int]:
    """Start the web processes; return their port."""
    command = [
        sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{port}", f"--workers={workers}", f"--threads={threads}",
        "--keep-alive=75", "--timeout=120", "live_wsgi:application",
    ]  # fmt: skip
    with log.open("w") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=output)
    try:
        until = time.monotonic() + 90
        while not _is_up(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(log.read_text()[-2000:])
            time.sleep(0.3)
        yield port
    finally:
        process.terminate()
        process.wait()


def _is_up(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", V1)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def measure(options: argparse.Namespace) -> Results:
    """Run learners and boards for the given seconds."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(sides.database(options.server, "bench_live", folder))
        env = {
            **environment(database),
            "DJANGO_SETTINGS_MODULE": "live_settings",
            "CACHE_FOLDER": str(folder / "cache"),
        }
        data = [sys.executable, "-m", "live_data", str(options.learners), str(options.boards)]
        made = subprocess.run(data, env=env, capture_output=True, text=True, check=False)
        if made.returncode:
            raise RuntimeError(made.stderr[-2000:])
        course, staff, *lines = made.stdout.splitlines()
        sessions = {int(pk): session for pk, session in (line.split() for line in lines)}
        log = folder / "gunicorn.log"
        port = stack.enter_context(
            gunicorn(env, options.port, options.workers, options.threads, log)
        )
        results = Results()
        url = f"/api/edx_proctoring/v2/courses/{course}/live/"
        learners, until = Learners(sessions, results), time.monotonic() + options.seconds
        work: list[tuple[Callable[..., None], tuple[object, ...]]] = [
            (learners.browse, (port, until)) for _ in range(options.at_once)
        ]
        for number, session in enumerate(staff.split()):
            board = Board(url, session, learners, results)
            work.append((board.watch, (port, until, number == 0)))
        threads = [threading.Thread(target=target, args=args) for target, args in work]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        return results


def rows_of(results: Results) -> list[list[str]]:
    """Return a row for each kind of request: number, median, 95 %, longest, kilobytes each."""
    found = []
    for kind, times in sorted(results.times.items()):
        ordered = sorted(times)
        numbers = (statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))], ordered[-1])
        size = results.bytes[kind] / len(ordered) / 1000
        found.append(
            [kind, f"{len(ordered):,}", *(f"{1000 * one:.0f}" for one in numbers), f"{size:.1f}"]
        )
    return found


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.add_argument("--server", default="PostgreSQL", choices=["PostgreSQL", "MariaDB"])
    parser.add_argument("--learners", type=int, default=5000)
    parser.add_argument("--boards", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--at-once", type=int, default=32, help="threads that send polls")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--threads", type=int, default=16, help="of each web process")
    parser.add_argument("--port", type=int, default=18760)
    options = conditions.parse(parser)
    results = measure(options)
    for error in sorted(set(results.errors))[:10]:
        print(f"  {error}", file=sys.stderr)
    head = ["request", "number", "median (ms)", "95 % (ms)", "longest (ms)", "kB"]
    told = (
        f"{options.learners:,} learners, {options.boards} boards, {options.seconds} s. Errors: {len(results.errors)}; "
        f"falsely silent: {results.false_silent}; boards unchanged (304): {results.unchanged}; "
        f"polls sent at most {results.late:.1f} s late."
    )
    title = f"The live board, {options.server}"
    text = f"{as_table(head, rows_of(results))}\n\n{told}"
    publish(f"live-{options.server.lower()}", options.server, [(title, text)])
    return 1 if results.errors or results.false_silent else 0


if __name__ == "__main__":
    sys.exit(main())
