"""``python -m benchmarks.live``: learners poll their running exams while staff watch the live board.

Real processes and requests: the database server, gunicorn with threads, the learners' pages, which poll every 30 seconds,
and boards, which poll every 10 seconds and follow the deltas. Once a minute one of the boards announces something to all
learners, whose pages show and close it. Prints the waiting times of polls and boards, the errors, and how often a board
showed a learner as silent whose page had polled within the last two minutes. Needs gunicorn (``pip install gunicorn``), and
Redis for the cache and the sessions, as platforms have them; CACHE_URL says where.
"""

import argparse
import asyncio
import heapq
import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import conditions
from benchmarks.__main__ import as_table, publish
from benchmarks.processes import used
from benchmarks.start import TOKEN, environment
from tests.upgrade import sides

V1 = "/api/edx_proctoring/v1/proctored_exam/attempt"
EVERY, BOARD_EVERY, ANNOUNCE_EVERY, FRESH = 30, 10, 60, 120  # seconds
LONGEST_WAIT = 60  # for an answer


@dataclass
class Results:
    """Waiting times by kind of request, errors, bytes, and learners falsely shown as silent."""

    times: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    bytes: dict[str, int] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)  # seconds by kind of process
    false_silent: int = 0
    unchanged: int = 0
    late: float = 0.0  # seconds by which this process sent its latest request too late

    def add(self, kind: str, seconds: float, size: int) -> None:
        self.times.setdefault(kind, []).append(seconds)
        self.bytes[kind] = self.bytes.get(kind, 0) + size


class Browser:
    """A connection to a web process. Its requests are as plain as possible: they take the time of the same processors."""

    def __init__(self, port: int, results: Results) -> None:
        self.port, self.results = port, results
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(
        self, kind: str, session: str, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, Any, str]:
        """Return status, JSON and `ETag`; errors are counted."""
        sent = "" if body is None else json.dumps(body)
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Cookie: sessionid={session}; csrftoken={TOKEN}",
            f"X-CSRFToken: {TOKEN}",
            "X-Proctoring-Messages: 1",
            *(["Content-Type: application/json", f"Content-Length: {len(sent)}"] if sent else []),
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        request = "\r\n".join([*lines, "", sent]).encode()
        began = time.monotonic()
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                status, etag, text = await self._answer(request)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self.close()
            self.results.errors.append(f"{kind}: {error!r}")
            return 0, None, ""
        self.results.add(kind, time.monotonic() - began, len(text))
        if status >= 400:
            self.results.errors.append(f"{kind}: {status} {text[:200]!r}")
            return status, None, ""
        return status, json.loads(text) if text else None, etag

    async def _answer(self, request: bytes) -> tuple[int, str, bytes]:
        if self.reader is None or self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        found = {name.lower(): value for name, _, value in (one.partition(": ") for one in head)}
        status = int(head[0].split(" ", 2)[1])
        text = await self.reader.readexactly(int(found.get("content-length", 0)))
        if found.get("connection") == "close":
            self.close()
        return status, found.get("etag", ""), text

    def close(self) -> None:
        """Begin anew with the next request."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class Learners:
    """The pages of all learners; a few connections send their polls when they are due."""

    def __init__(self, sessions: dict[int, str], results: Results) -> None:
        self.sessions, self.results = sessions, results
        begin = time.monotonic()
        self.due = [(begin + random.random() * EVERY, pk) for pk in sessions]
        heapq.heapify(self.due)
        self.polled: dict[int, float] = {}

    async def browse(self, port: int, until: float) -> None:
        browser = Browser(port, self.results)
        while time.monotonic() < until:
            moment, pk = heapq.heappop(self.due)
            heapq.heappush(self.due, (moment + EVERY, pk))
            wait = moment - time.monotonic()
            if wait > 0:
                await asyncio.sleep(min(wait, max(until - time.monotonic(), 0)))
            self.results.late = max(self.results.late, -wait)
            await self._poll(browser, pk)
        browser.close()

    async def _poll(self, browser: Browser, pk: int) -> None:
        _status, found, _ = await browser.ask("poll", self.sessions[pk], "GET", f"{V1}/{pk}")
        if found is None:
            return
        self.polled[pk] = time.monotonic()
        for one in found["announcements"]:
            path = f"{found['live_url']}announcements/{one['id']}/seen/"
            await browser.ask("close an announcement", self.sessions[pk], "POST", path, {})


class Board:
    """A board that follows the deltas, and compares what it has with the order of all rows."""

    def __init__(self, url: str, session: str, learners: Learners, results: Results) -> None:
        self.url, self.session, self.learners, self.results = url, session, learners, results
        self.cursor, self.etag = "", ""
        self.rows: dict[int, dict[str, Any]] = {}

    async def watch(self, port: int, until: float, announces: bool) -> None:
        browser = Browser(port, self.results)
        await asyncio.sleep(random.random() * BOARD_EVERY)
        announced = time.monotonic()
        while time.monotonic() < until:
            began = time.monotonic()
            await self._refresh(browser)
            if announces and began - announced > ANNOUNCE_EVERY:
                announced = began
                await self._announce(browser)
            await asyncio.sleep(max(min(began + BOARD_EVERY, until) - time.monotonic(), 0))
        browser.close()

    async def _refresh(self, browser: Browser) -> None:
        path = f"{self.url}?since={self.cursor}" if self.cursor else self.url
        headers = {"If-None-Match": self.etag} if self.etag else {}
        kind = "board" if self.cursor else "board, first time"
        status, found, etag = await browser.ask(kind, self.session, "GET", path, **headers)
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

    async def _announce(self, browser: Browser) -> None:
        body = {"text": "Please save your work.", "to": {"all": True}}
        key = {"Idempotency-Key": uuid.uuid4().hex}
        url = f"{self.url}announcements/"
        await browser.ask("announce to all", self.session, "POST", url, body, **key)


@contextmanager
def gunicorn(
    env: dict[str, str], port: int, workers: int, threads: int, log: Path
) -> Iterator[int]:
    """Start the web processes; return the id of their first."""
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
        yield process.pid
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
            "CACHE_PREFIX": uuid.uuid4().hex,
        }
        data = [sys.executable, "-m", "live_data", str(options.learners), str(options.boards)]
        made = subprocess.run(data, env=env, capture_output=True, text=True, check=False)
        if made.returncode:
            raise RuntimeError(made.stderr[-2000:])
        course, staff, *lines = made.stdout.splitlines()
        sessions = {int(pk): session for pk, session in (line.split() for line in lines)}
        log = folder / "gunicorn.log"
        web = stack.enter_context(
            gunicorn(env, options.port, options.workers, options.threads, log)
        )
        url = f"/api/edx_proctoring/v2/courses/{course}/live/"
        return asyncio.run(_browsed(options, web, url, sessions, staff.split()))


async def _browsed(
    options: argparse.Namespace, web: int, url: str, sessions: dict[int, str], staff: list[str]
) -> Results:
    results = Results()
    before = used([web], options.server)
    learners, until = Learners(sessions, results), time.monotonic() + options.seconds
    boards = [Board(url, session, learners, results) for session in staff]
    await asyncio.gather(
        *(learners.browse(options.port, until) for _ in range(options.at_once)),
        *(one.watch(options.port, until, one is boards[0]) for one in boards),
    )
    after = used([web], options.server)
    names = ("web processes", "database server", "learners and boards")
    results.cpu = {name: end - begin for name, begin, end in zip(names, before, after, strict=True)}
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
    parser.add_argument("--at-once", type=int, default=32, help="connections that send polls")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--threads", type=int, default=8, help="of each web process")
    parser.add_argument("--port", type=int, default=18760)
    options = conditions.parse(parser)
    results = measure(options)
    for error in sorted(set(results.errors))[:10]:
        print(f"  {error}", file=sys.stderr)
    head = ["request", "number", "median (ms)", "95 % (ms)", "longest (ms)", "kB"]
    told = (
        f"{options.learners:,} learners, {options.boards} boards, {options.seconds} s. Errors: {len(results.errors)}; "
        f"falsely silent: {results.false_silent}; boards unchanged (304): {results.unchanged}; "
        f"polls sent at most {results.late:.1f} s late. Processors of this machine: {options.seconds * (os.cpu_count() or 1)} s, used by "
        f"{', '.join(f'{name} {seconds:.0f} s' for name, seconds in results.cpu.items())}."
    )
    title = f"The live board, {options.server}"
    text = f"{as_table(head, rows_of(results))}\n\n{told}"
    publish(f"live-{options.server.lower()}", options.server, [(title, text)])
    return 1 if results.errors or results.false_silent else 0


if __name__ == "__main__":
    sys.exit(main())
