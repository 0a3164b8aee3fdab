"""``python -m benchmarks.breaker``: learners' waiting times while a provider is down, with and without the breaker.

A provider on this machine breaks down: it stalls (accepts connections, never responds) or refuses (503). Meanwhile learners
register attempts, RATE per second, each in a separate thread; all of them share one cache. After OUTAGE seconds the
provider works again. Prints the duration of the requests, how many waited at the same time, and how long after the outage the first
registration succeeded. Takes about OUTAGE + DEADLINE + 25 seconds for each of the four rows.
"""

import argparse
import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from benchmarks import conditions

STALLS, REFUSES, WORKS = "stalls", "refuses", "works"
AT_ONCE = 0.1  # seconds


class Answers(BaseHTTPRequestHandler):
    """Responds to requests for tokens and attempts according to the provider's `mood`."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server: Any = self.server
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        is_token = "oauth2" in self.path
        mood = WORKS if is_token else server.mood
        if mood == STALLS:
            server.over.wait()  # stalled requests get no response when the benchmark ends
            self.close_connection = True
            return
        answer = {"access_token": "t", "expires_in": 9999} if is_token else {"id": "A"}
        body = json.dumps(answer).encode()
        self.send_response(503 if mood == REFUSES else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Log nothing."""


@contextmanager
def provider_server() -> Iterator[Any]:
    """Start a provider that works until its `mood` changes."""
    ThreadingHTTPServer.request_queue_size = 512
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.mood, server.over, server.daemon_threads = WORKS, threading.Event(), True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.over.set()
    server.shutdown()


class Course:
    """Learners who register, and their waiting times."""

    def __init__(self, register: Callable[[], object]) -> None:
        self.register = register
        self.asks: list[tuple[float, float, bool]] = []  # start, duration, success
        self.waiting = self.most_waiting = 0
        self.lock = threading.Lock()

    def ask(self) -> None:
        with self.lock:
            self.waiting += 1
            self.most_waiting = max(self.waiting, self.most_waiting)
        began = time.monotonic()
        try:
            self.register()
            came_through = True
        except Exception:
            came_through = False
        with self.lock:
            self.waiting -= 1
            self.asks.append((began, time.monotonic() - began, came_through))

    def go_on(self, rate: float, is_over: Callable[[], bool]) -> None:
        threads = []
        while not is_over():
            threads.append(threading.Thread(target=self.ask, daemon=True))
            threads[-1].start()
            time.sleep(1 / rate)
        for thread in threads:
            thread.join()


def measure(
    mood: str, with_breaker: bool, outage: float, rate: float, deadline: float
) -> list[str]:
    """Return one row of the table."""
    from django.core.cache import cache

    from edx_proctoring.backends.backend import ask_options
    from edx_proctoring.backends.rest import BaseRestProctoringProvider
    from edx_proctoring.circuit_breaker import CircuitBreaker

    cache.clear()
    admits = CircuitBreaker.admits
    if not with_breaker:
        CircuitBreaker.admits = lambda _self, **_: True  # type: ignore[method-assign]  # put back afterwards
    try:
        with provider_server() as server:
            url = f"http://127.0.0.1:{server.server_port}"
            provider = BaseRestProctoringProvider("id", "secret", base_url=url)
            exam = {"id": 1, "external_id": "E"}

            def register() -> None:
                with ask_options(deadline=deadline):
                    provider.register_exam_attempt(exam, {})

            register()
            course, server.mood = Course(register), mood
            until = time.monotonic() + outage

            def is_over() -> bool:
                if time.monotonic() >= until:
                    server.mood = WORKS
                return any(came_through for _began, _took, came_through in list(course.asks))

            course.go_on(rate, is_over)
    finally:
        CircuitBreaker.admits = admits  # type: ignore[method-assign]  # put back afterwards
    return row(mood, with_breaker, course, until)


def row(mood: str, with_breaker: bool, course: Course, until: float) -> list[str]:
    """Return the cells."""
    during = [took for began, took, _through in course.asks if began < until]
    back = min(began + took for began, took, through in course.asks if through) - until
    return [
        mood,
        "with" if with_breaker else "without",
        str(len(during)),
        f"{100 * sum(took < AT_ONCE for took in during) / len(during):.0f} %",
        f"{statistics.mean(during):.2f} s",
        f"{max(during):.2f} s",
        str(course.most_waiting),
        f"{back:.1f} s",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outage", type=float, default=120, help="seconds (default: %(default)s)")
    parser.add_argument(
        "--rate", type=float, default=2, help="asks a second (default: %(default)s)"
    )
    parser.add_argument(
        "--deadline", type=float, default=30, help="ASK_DEADLINE_SECONDS (default: %(default)s)"
    )
    options = conditions.parse(parser)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import logging

    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    head = ["provider", "breaker", "asks", "at once", "mean", "longest", "waiting at once", "back after"]  # fmt: skip
    print("\t".join(head))
    for mood in (STALLS, REFUSES):
        for with_breaker in (False, True):
            cells = measure(mood, with_breaker, options.outage, options.rate, options.deadline)
            print("\t".join(cells), flush=True)


if __name__ == "__main__":
    main()
