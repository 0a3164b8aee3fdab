"""PSI's RPNow: registration, the application that opens the exam, and the end of the session."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as Redirect

from demo.simulator import rpnow
from demo.simulator.api import problem
from demo.simulator.faults import endpoint
from demo.simulator.state import simulator
from demo.simulator.store import Row

pages = Blueprint("psi", __name__, url_prefix="/psi")


@pages.post("/register")
@endpoint("psi")
def register() -> Response:
    """Return a record locator for a correctly signed registration; the same for the same code."""
    sim, body = simulator(), request.get_json(silent=True)
    try:
        rpnow.check(body, request.headers, sim.secret_of, sim.store.clock())
    except rpnow.Refused as error:
        return problem(error.status, str(error))
    return jsonify(sim.store.answer_for(f"psi:{body['examCode']}", lambda: _registered(body)))


def _registered(body: Row) -> Row:
    store, extra = simulator().store, body["orgExtra"]
    exam_id = f"rpnow-{extra.get('examID')}"
    store.save_exam(
        exam_id, {**body, "course_id": extra.get("courseID"), "exam_name": body["examName"]}
    )
    locator = store.add_attempt(
        exam_id,
        {
            **body,
            "user_id": "",
            "full_name": f"{extra.get('firstName', '')} {extra.get('lastName', '')}".strip(),
            "email": extra.get("email") or "",
            "lms_host": "{0.scheme}://{0.netloc}".format(urlsplit(str(body["examUrl"]))),
            "status": "created",
        },
    )
    return {"ssiRecordLocator": locator}


def _attempt(code: str) -> Row | None:
    rows = simulator().store.attempts()
    found = (row for row in rows if rpnow.is_rpnow(row) and row["body"]["examCode"] == code.strip())
    return next(found, None)


def _move(attempt: Row, status: str) -> None:
    simulator().store.write("UPDATE attempts SET status = ? WHERE id = ?", status, attempt["id"])


@pages.get("/launch")
@endpoint("download")
def launch() -> str:
    """Show the application, which asks for the code from the exam's page."""
    return render_template("rpnow.html", attempt=None, code=request.args.get("code", ""))


@pages.post("/launch")
@endpoint("download")
def open_exam() -> Redirect | tuple[str, int]:
    """Open the URL from the registration in the secure browser."""
    code = request.form.get("code", "")
    attempt = _attempt(code)
    if attempt is None:
        problem_text = "There is no exam with this code."
        return render_template("rpnow.html", attempt=None, code=code, problem=problem_text), 404
    _move(attempt, "launched")
    return redirect(attempt["body"]["examUrl"], 303)


@pages.get("/session/<code>")
def session(code: str) -> str | tuple[str, int]:
    """Show the session of an attempt, which the learner ends here."""
    attempt = _attempt(code)
    if attempt is None:
        return render_template("problem.html", text="There is no exam with this code."), 404
    return render_template("rpnow.html", attempt=attempt, code=code)


@pages.post("/close")
@pages.post("/session/<code>")
def close(code: str | None = None) -> Any:
    """Close the secure browser and send the recording to the reviewers."""
    code = code or request.form.get("code", "")
    attempt = _attempt(code)
    if attempt is None:
        return render_template("problem.html", text="There is no exam with this code."), 404
    if attempt["status"] != "closed":
        _move(attempt, "closed")
        sim = simulator()
        sim.callbacks.review(attempt, sim.choices(attempt))
    return redirect(url_for("psi.session", code=attempt["body"]["examCode"]), 303)
