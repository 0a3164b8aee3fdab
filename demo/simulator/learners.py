"""Pages in a learner's browser: the system check, the desktop application, and its worker."""

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from demo.simulator.faults import endpoint
from demo.simulator.state import simulator

pages = Blueprint("learners", __name__)


@pages.get("/download")
@endpoint("download")
def download() -> str | tuple[str, int]:
    """Show the "system check" page; opening it makes the simulator report the attempt as ready."""
    sim = simulator()
    attempt = sim.store.attempt(request.args.get("attempt", ""), request.args.get("exam"))
    if attempt is None:
        return render_template("download.html", attempt=None), 404
    choices = sim.choices(attempt)
    sim.callbacks.ready(attempt, choices)
    return render_template("download.html", attempt=attempt, delay=choices["ready"]["delay"])


@pages.get("/worker.js")
def worker() -> Response:
    """Return the provider's script for the exam page, a classic worker."""
    response = make_response(render_template("worker.js", base_url=request.host_url.rstrip("/")))
    response.mimetype = "text/javascript"
    return response


def _session() -> str:
    return request.args.get("attempt") or "*"


def _answer(status: str | None) -> Response:
    return jsonify(status=status)


@pages.get("/desktop/ping")
@endpoint("desktop")
def desktop_ping() -> Response:
    sim = simulator()
    attempt = sim.store.attempt(_session())
    if attempt and sim.choices(attempt)["ping"] == "lost":
        return _answer("gone")
    row = sim.store.row("SELECT status FROM desktops WHERE attempt_id = ?", _session())
    return _answer(row["status"] if row else None)


@pages.post("/desktop/start")
@endpoint("desktop")
def desktop_start() -> Response:
    return _move_desktop("running")


@pages.post("/desktop/stop")
@endpoint("desktop")
def desktop_stop() -> Response:
    return _move_desktop("uploading")


def _move_desktop(status: str) -> Response:
    simulator().store.write(
        "INSERT INTO desktops (attempt_id, status) VALUES (?, ?)"
        " ON CONFLICT (attempt_id) DO UPDATE SET status = excluded.status",
        _session(),
        status,
    )
    return _answer(status)


@pages.after_request
def allow_exam_pages(response: Response) -> Response:
    """Allow cross-origin requests, because the worker runs in the LMS's origin."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "no-cache"
    return response
