"""The id of the request that is being worked on, in log records, in stored messages and in requests to providers.

A request has the id of its header `X-Request-ID`, else a new one. Messages in the outbox keep the id of the request that
caused them, so that the log of a worker and the request that reaches a provider have it, too, also after a retry.
"""

import json
import logging
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from django.http import HttpRequest

try:
    from crum import get_current_request
except ImportError:  # optional: without it, calls of the Python API have no id

    def get_current_request() -> HttpRequest | None:
        """Return None."""
        return None


HEADER = "X-Request-ID"
KNOWN_ID = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)
PAYLOAD_KEY = "_request_id"  # in payloads of stored messages; their handlers do not see it

# Log records are made everywhere, so the id cannot be passed as an argument.
_current: ContextVar[str] = ContextVar("request_id", default="")
_made: WeakKeyDictionary[HttpRequest, str] = WeakKeyDictionary()


def id_of(request: HttpRequest) -> str:
    """Return the request's id: the client's or proxy's, if it is one, else always the same new one."""
    given = request.headers.get(HEADER, "")
    return given if KNOWN_ID.fullmatch(given) else _made.setdefault(request, new_id())


def new_id() -> str:
    """Return a new id."""
    return uuid.uuid4().hex


def current_id() -> str:
    """Return the id of what this thread is working on, or an empty string."""
    known = _current.get()
    if known:
        return known
    request = get_current_request()
    return "" if request is None else id_of(request)


@contextmanager
def working_on(request_id: str) -> Iterator[None]:
    """Work on this request within the block."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


def with_id(payload: Mapping[str, object]) -> dict[str, object]:
    """Return the payload to be stored: with the current id, if there is one."""
    known = current_id()
    return {**payload, PAYLOAD_KEY: known} if known else {**payload}


class RequestIdFilter(logging.Filter):
    """Gives each log record the attribute `request_id`, `-` outside requests. For handlers in `LOGGING`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Pass every record."""
        record.request_id = current_id() or "-"
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time (UTC), level, logger, message, request_id, and exception if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", None) or current_id() or "-",
        }
        if record.exc_text or record.exc_info:
            trace = self.formatException(record.exc_info) if record.exc_info else ""
            line["exception"] = record.exc_text or trace
        # ASCII alone: readers of logs take U+2028 and others for the end of a line, and no handler can fail to encode it.
        return json.dumps(line)
