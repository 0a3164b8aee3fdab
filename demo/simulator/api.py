"""The provider's REST API: exams, attempts, learners."""

import uuid
from typing import Any

from flask import Blueprint, Response, abort, jsonify, make_response, request, url_for

from demo.simulator.faults import endpoint
from demo.simulator.profiles import profiles, profiles_page
from demo.simulator.state import simulator
from demo.simulator.store import Row
from demo.simulator.tokens import requires_token

api = Blueprint("api", __name__, url_prefix="/api/v1")

INSTRUCTIONS = [
    "Close all other programs and put your phone away.",
    "Have a photo ID at hand and switch your webcam on.",
    "Start the system check: it opens the provider's page in a new window.",
    "Wait until the page says that your computer is ready, then come back here.",
    "Start the exam from this page.",
]
RULES = {"allow_notes": "Notes on paper are allowed", "allow_cheating": "Cheating is not"}
EXAM_KEYS = ("course_id", "exam_name", "is_practice_exam")
TIME_CHANGES = ("extend", "pause", "continue")
ATTEMPT_KEYS = ("status", "user_id", "full_name", "email", "lms_host")


def problem(status: int, text: str, **details: Any) -> Response:
    return make_response(jsonify(error=text, **details), status)


def body_with(*keys: str) -> Row:
    """Return the request's JSON object, which must have ``keys`` (their values may be null)."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        abort(problem(400, "a JSON object is expected"))
    missing = [key for key in keys if key not in body]
    if missing:
        abort(problem(400, "keys are missing", missing=missing))
    return body


@api.get("/config/")
@endpoint("config")
@requires_token
def config() -> Response:
    return jsonify(
        download_url=url_for("learners.download", _external=True),
        name="Proctoring simulator",
        rules=RULES,
        instructions=INSTRUCTIONS,
    )


@api.post("/exam/")
@endpoint("exam")
@requires_token
def create_exam() -> Response:
    return _save_exam(simulator().store.new_id())


@api.post("/exam/<exam_id>/")
@endpoint("exam")
@requires_token
def save_exam(exam_id: str) -> Response:
    return _save_exam(exam_id)


def _save_exam(exam_id: str) -> Response:
    simulator().store.save_exam(exam_id, body_with(*EXAM_KEYS))
    return jsonify(id=exam_id)


@api.get("/exam/<exam_id>/")
@endpoint("exam")
@requires_token
def get_exam(exam_id: str) -> Response:
    exam = simulator().store.exam(exam_id)
    if exam is None:
        return jsonify({})
    return jsonify(
        id=exam_id,
        name=exam["exam_name"],
        course_id=exam["course_id"],
        rules=exam["body"].get("rules") or RULES,
    )


@api.post("/exam/<exam_id>/attempt/")
@endpoint("register")
@requires_token
def register_attempt(exam_id: str) -> Response:
    """Create an attempt, or return the first response again for the same ``Idempotency-Key``."""
    body = body_with(*ATTEMPT_KEYS)
    sim = simulator()
    if sim.store.exam(exam_id) is None:
        return problem(404, "no such exam")
    refusal = sim.choices(body)["onboarding"]
    if refusal and not body.get("is_sample_attempt"):
        return jsonify(status=f"onboarding_{refusal}")
    key = request.headers.get("Idempotency-Key") or uuid.uuid4().hex
    return jsonify(
        sim.store.answer_for(
            f"{exam_id}:{key}", lambda: {"id": sim.store.add_attempt(exam_id, body)}
        )
    )


def _attempt_or_404(exam_id: str, attempt_id: str) -> Row:
    attempt = simulator().store.attempt(attempt_id, exam_id)
    if attempt is None:
        abort(problem(404, "no such attempt"))
    return attempt


@api.get("/exam/<exam_id>/attempt/<attempt_id>/")
@endpoint("attempt")
@requires_token
def get_attempt(exam_id: str, attempt_id: str) -> Response:
    attempt = _attempt_or_404(exam_id, attempt_id)
    shown = ("id", "status", "exam_id", "lms_host", "user_id", "email")
    return jsonify(
        **{key: attempt[key] for key in shown},
        download_url=url_for("learners.download", attempt=attempt_id, exam=exam_id, _external=True),
        instructions=INSTRUCTIONS,
        rules=RULES,
    )


@api.patch("/exam/<exam_id>/attempt/<attempt_id>/")
@endpoint("notify")
@requires_token
def update_attempt(exam_id: str, attempt_id: str) -> Response:
    """Record the status sent by the LMS; a repetition has no further effect."""
    attempt = _attempt_or_404(exam_id, attempt_id)
    body = body_with()
    if "time_change" in body:
        return _change_time(attempt_id, body)
    status = str(body_with("status")["status"])
    sim = simulator()
    if sim.store.tell(attempt_id, status) and status == "submitted":
        sim.callbacks.review(attempt, sim.choices(attempt))
    return jsonify(id=attempt_id, status=status)


def _change_time(attempt_id: str, body: Row) -> Response:
    """Record that the LMS has granted time, or stopped or restarted the clock; the status stays."""
    change, seconds = body["time_change"], body.get("seconds")
    if change not in TIME_CHANGES:
        return problem(400, "no such change of time")
    if change == "extend" and (not isinstance(seconds, int) or isinstance(seconds, bool)):
        return problem(400, "whole seconds are expected")
    word = f"extend {seconds}" if change == "extend" else change
    simulator().store.note(attempt_id, word)
    return jsonify(id=attempt_id, time_change=change)


@api.delete("/exam/<exam_id>/attempt/<attempt_id>/")
@endpoint("remove")
@requires_token
def remove_attempt(exam_id: str, attempt_id: str) -> Response:
    simulator().store.remove_attempt(_attempt_or_404(exam_id, attempt_id)["id"])
    return jsonify(status="deleted")


@api.delete("/user/<user_id>/")
@endpoint("user")
@requires_token
def retire_user(user_id: str) -> Response:
    """Return ``true`` once the learner's data are deleted; ``false`` for an unknown learner."""
    store = simulator().store
    known = store.write(
        "UPDATE attempts SET full_name = '', email = '', body = '{}' WHERE user_id = ?", user_id
    )
    store.write("INSERT OR IGNORE INTO retired (user_id) VALUES (?)", user_id)
    return jsonify(known > 0)


@api.get("/courses/<path:course_id>/onboarding_statuses")
@endpoint("onboarding")
@requires_token
def onboarding_statuses(course_id: str) -> Response:
    """Return one learner's profile (``user_id``), or a page of the course's."""
    known = profiles(simulator().store, course_id)
    user_id = request.args.get("user_id")
    if user_id is not None:
        nobody = {"user_id": user_id, "status": "no-profile", "expiration_date": None}
        return jsonify(next((row for row in known if row["user_id"] == user_id), nobody))
    return jsonify(profiles_page(known, request.base_url, request.args.to_dict()))
