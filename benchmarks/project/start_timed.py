"""The app of `start_wsgi`, one request after the other, with the CPU time of its parts; prints it as JSON when it is terminated.

The functions of a part are replaced by ones that take the time, so nothing else gets slower. What a part calls of another
part counts for that one only. SIGUSR1 forgets what has been measured.
"""

import collections
import functools
import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from start_wsgi import application

REST = "web server, Django's handler, REST framework"
APP = "the app: checks, decisions, reading and storing rows"
VIEWS, MODELS = "edx_proctoring.views.attempts", "edx_proctoring.models"
# Each function as module, class or nothing, and name; those of a database that is not used are not installed.
PARTS = {
    APP: [
        (VIEWS, "StudentProctoredExamAttemptCollection", "post"),
        (VIEWS, "StudentProctoredExamAttempt", "put"),
    ],
    "session and user": [("rest_framework.request", "Request", "_authenticate")],
    "due dates (edx-when)": [("edx_proctoring.host", "", "ask_edx_when")],
    "request to the provider": [("edx_proctoring.backends.transport", "RestTransport", "_call")],
    "tasks for workers": [("edx_proctoring.outbox.broker", "", "enqueue")],
    "messages: store, deliver, mark as done": [
        ("edx_proctoring.outbox.drafts", "", "put"),
        ("edx_proctoring.outbox.delivery", "", "deliver_after_commit"),
    ],
    "history rows": [("simple_history.models", "HistoricalRecords", "create_historical_record")],
    "learner's lock, begin and commit": [
        (f"{MODELS}.locks", "LearnerManager", "lock"),
        ("django.db.backends.base.base", "BaseDatabaseWrapper", "set_autocommit"),
        ("django.db.backends.base.base", "BaseDatabaseWrapper", "commit"),
    ],
    "driver of the database": [
        ("psycopg", "Cursor", "execute"),
        ("MySQLdb.cursors", "BaseCursor", "execute"),
    ],
}
taken: collections.Counter[str] = collections.Counter()
running, since = [REST], [0.0]


def count() -> None:
    """Count the time until now for the part that runs."""
    now = time.process_time()
    taken[running[-1]] += now - since[0]
    since[0] = now


def of_part(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, whose time counts for the part."""

    @functools.wraps(function)
    def timed(*args: Any, **options: Any) -> Any:
        count()
        running.append(part)
        try:
            return function(*args, **options)
        finally:
            count()
            running.pop()

    return timed


def take_times() -> None:
    """Replace the functions of all parts."""
    for part, places in PARTS.items():
        for module, owner, name in places:
            try:
                place: Any = importlib.import_module(module)
            except ImportError:
                continue
            place = getattr(place, owner) if owner else place
            setattr(place, name, of_part(part, getattr(place, name)))


class Handler(WSGIRequestHandler):
    """Handles a request of a learner."""

    def log_message(self, *args: object) -> None:
        """Log nothing."""


def forget(*_signal: object) -> None:
    """Begin anew."""
    count()
    taken.clear()


def end(*_signal: object) -> None:
    """Print the seconds of each part, and exit: the server takes an exception for one of the request."""
    count()
    print(json.dumps(taken), flush=True)
    os._exit(0)


if __name__ == "__main__":
    take_times()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGUSR1, forget)
    server = WSGIServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.set_app(application)
    server.serve_forever()
