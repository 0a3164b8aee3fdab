"""Faults on request: applies the faults of the script to the provider's endpoints."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, request

from demo.simulator import script
from demo.simulator.state import simulator

View = TypeVar("View", bound=Callable[..., Any])

_FAULT = "simulator.fault"


class ConnectionDropped(ConnectionResetError):
    """Raised instead of a response if there is no socket to close (in the test client)."""


def endpoint(name: str) -> Callable[[View], View]:
    """Give a view the name that is used in the script."""

    def mark(view: View) -> View:
        view.endpoint_name = name  # type: ignore[attr-defined]  # an attribute of our own
        return view

    return mark


def install(app: Flask) -> None:
    app.before_request(_before)
    app.after_request(_after)


def _before() -> Response | None:
    fault = _fault_of_request()
    request.environ[_FAULT] = fault
    match fault.get("kind"):
        case "slow":
            time.sleep(fault.get("seconds", 5))
        case "status":
            return Response('{"error": "fault"}', fault.get("status", 503), mimetype=JSON)
        case "drop" | "down":
            _drop_connection()
    return None


def _after(response: Response) -> Response:
    match request.environ.get(_FAULT, {}).get("kind"):
        case "lost":
            _drop_connection()
        case "malformed":
            return Response('{"id": ', mimetype=JSON)
    return response


JSON = "application/json"


def _fault_of_request() -> script.Json:
    view = current_app.view_functions.get(request.endpoint or "")
    name = getattr(view, "endpoint_name", None)
    return simulator().take_fault(name) if name else {}


def _drop_connection() -> None:
    """Close the socket, so that the client loses the connection."""
    socket = request.environ.get("werkzeug.socket")
    if socket is not None:
        socket.shutdown(2)
    raise ConnectionDropped("the script drops this connection")
