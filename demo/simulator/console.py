"""The console for controlling the simulator, and the instructor's dashboard."""

from typing import Any
from urllib.parse import urlsplit

import jwt
from flask import (
    Blueprint,
    Response,
    abort,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug import Response as Redirect

from demo.simulator import script
from demo.simulator.faults import endpoint
from demo.simulator.state import simulator
from demo.simulator.tokens import verified_launch

pages = Blueprint("console", __name__)


@pages.before_request
def refuse_other_sites() -> None:
    """Refuse cross-site requests, because the console has no authentication."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.host:
        abort(403)


@pages.get("/")
def front() -> Redirect:
    return redirect(url_for("console.show"))


@pages.get("/console/")
def show() -> str:
    sim = simulator()
    found = rows()
    emails = {row["email"] for row in found["attempts"] if row["email"]} | set(
        sim.script["learners"]
    )
    return render_template(
        "console.html", sim=sim, script=sim.script, words=script, emails=sorted(emails), **found
    )


@pages.get("/console/state.json")
def state() -> Response:
    """Return all rows, for tests and walks."""
    return jsonify(script=simulator().script, **rows())


def rows() -> dict[str, Any]:
    store = simulator().store
    return {
        "exams": store.exams(),
        "attempts": [
            {**attempt, "told": store.told(attempt["id"])} for attempt in store.attempts()
        ],
        "callbacks": store.rows("SELECT * FROM callbacks ORDER BY id"),
    }


@pages.get("/console/script")
def get_script() -> Response:
    return jsonify(simulator().script)


@pages.post("/console/script")
def post_script() -> tuple[Response, int] | Response:
    """Merge a JSON document into the script (``script.py`` describes its content)."""
    try:
        return jsonify(simulator().change_script(request.get_json(silent=True)))
    except script.ScriptError as error:
        return jsonify(error=str(error)), 400


@pages.post("/console/reset")
def reset_script() -> Redirect:
    simulator().reset_script()
    return redirect(url_for("console.show"), 303)


@pages.post("/console/choose")
def choose() -> Redirect | tuple[str, int]:
    """Handle the console's form."""
    form = request.form
    email = form.get("learner", "").strip()
    choices: script.Json = {
        "ready": {"delay": _seconds(form["ready_delay"]), "never": "ready_never" in form},
        "review": {
            "outcome": form["outcome"],
            "delay": _seconds(form["review_delay"]),
            "mode": form["mode"],
            "reviewed_by": form["reviewed_by"] or None,
            "comments": _comments(form["comments"]),
        },
        "onboarding": form["onboarding"] or None,
        "ping": form["ping"],
    }
    faults = {form["endpoint"]: _fault(form)} if form["endpoint"] else {}
    change = {**({"learners": {email: choices}} if email else choices), "faults": faults}
    try:
        simulator().change_script(change)
    except script.ScriptError as error:
        return render_template("problem.html", text=str(error)), 400
    return redirect(url_for("console.show"), 303)


@pages.post("/console/forget")
def forget_learner() -> Redirect:
    """Remove one learner's overrides."""
    simulator().change_script({"learners": {request.form.get("learner", ""): None}})
    return redirect(url_for("console.show"), 303)


def _fault(form: Any) -> script.Json | None:
    if not form["fault"]:
        return None
    fault: script.Json = {"kind": form["fault"]}
    if form["times"].isdigit():
        fault["times"] = int(form["times"])
    return fault


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0  # which the script refuses with the field's name


def _comments(text: str) -> list[script.Json]:
    """Parse one comment per line: its text, then ``|`` and its position in seconds."""
    comments = []
    for line in filter(None, map(str.strip, text.splitlines())):
        words, _, place = line.partition("|")
        start = int(place) if place.strip().isdigit() else 0
        comments.append(
            {"comment": words.strip(), "status": "noted", "start": start, "stop": start + 3}
        )
    return comments


@pages.post("/console/deliver")
def deliver() -> Redirect | tuple[str, int]:
    """Send a review of one attempt now."""
    sim = simulator()
    attempt = sim.store.attempt(request.form.get("attempt", ""))
    if attempt is None:
        return render_template("problem.html", text="There is no such attempt."), 404
    outcome = request.form.get("outcome") or "passed"
    choices = script.changed(sim.choices(attempt), {"review": {"outcome": outcome, "delay": 0}})
    sim.callbacks.review(attempt, choices)
    return redirect(url_for("console.show"), 303)


@pages.get("/api/v1/instructor/<client_id>/")
@pages.get("/launch/edx/instructor/<client_id>/", endpoint="edx_dashboard")
@endpoint("dashboard")
def dashboard(client_id: str) -> str | tuple[str, int]:
    """Show the dashboard to an instructor from the LMS; the signed claims name the course."""
    try:
        claims = verified_launch(client_id, request.args.get("jwt", ""))
    except jwt.InvalidTokenError:
        text = "This link is not valid, or no longer. Open the dashboard from your course again."
        return render_template("problem.html", text=text), 403
    store, course_id = simulator().store, claims["course_id"]
    return render_template(
        "dashboard.html",
        claims=claims,
        exams=[
            exam for exam in store.exams(course_id) if claims.get("exam_id") in (None, exam["id"])
        ],
        attempts=[row for row in store.attempts(course_id) if not row["deleted"]],
    )
