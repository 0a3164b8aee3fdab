"""The simulator's script: one JSON document, validated when it is set.

::

    {"ready":  {"delay": 2, "never": false},
     "review": {"outcome": "passed", "delay": 10, "mode": "once",
                "comments": [{"comment": "…", "status": "ok", "start": 0, "stop": 3}],
                "reviewed_by": null},
     "onboarding": null,
     "ping": "answered",
     "faults": {"notify": {"kind": "status", "status": 503, "times": 2}},
     "learners": {"sam@example.com": {"review": {"outcome": "suspicious"}}}}

Delays are seconds. With ``"ping": "lost"`` the desktop application no longer answers the exam page.
``learners`` overrides ``ready``, ``review``, ``onboarding`` and ``ping`` for one e-mail address; ``null``
removes the overrides. A fault without ``times`` stays until ``null`` removes it.
"""

import copy
from typing import Any

Json = dict[str, Any]

OUTCOMES = ("passed", "violation", "suspicious", "not_reviewed", "random")
MODES = ("once", "twice", "corrected", "out_of_order", "never")
ONBOARDING = ("missing", "pending", "failed", "expired")
PINGS = ("answered", "lost")
#: The provider's endpoints by the names that faults use; ``*`` stands for all of them.
ENDPOINTS = (
    "*",
    "token",
    "config",
    "exam",
    "register",
    "attempt",
    "notify",
    "remove",
    "user",
    "onboarding",
    "dashboard",
    "download",
    "desktop",
    "psi",
)
#: slow: late response · status: error response · drop: no response · lost: executed, but no response ·
#: malformed: broken JSON · down: as drop, at every endpoint.
FAULTS = ("slow", "status", "drop", "lost", "malformed", "down")

#: What can differ between learners.
OF_LEARNERS = ("ready", "review", "onboarding", "ping")

LONGEST_SECONDS = 24 * 60 * 60

DEFAULT: Json = {
    "ready": {"delay": 2.0, "never": False},
    "review": {
        "outcome": "passed",
        "delay": 10.0,
        "mode": "once",
        "comments": [
            {"comment": "Nothing unusual", "status": "ok", "start": 0, "stop": 5, "duration": 5}
        ],
        "reviewed_by": None,
    },
    "onboarding": None,
    "ping": "answered",
    "faults": {},
    "learners": {},
}


class ScriptError(ValueError):
    """The document is invalid; the message names the field."""


def changed(script: Json, change: Any) -> Json:
    """Return ``script`` merged with ``change``; null removes a fault or a learner."""
    _check(change)
    result = copy.deepcopy(script)
    for key, value in change.items():
        if key == "learners":
            for email, choices in value.items():
                known = result["learners"].pop(email, {})
                if choices is not None:
                    result["learners"][email] = _laid_over(known, choices)
        elif isinstance(value, dict):
            result[key] = _laid_over(result[key], value)
        else:
            result[key] = value
    result["faults"] = {name: fault for name, fault in result["faults"].items() if fault}
    return result


def for_learner(script: Json, email: str | None) -> Json:
    """Return the settings that apply to one learner."""
    return _laid_over(script, script["learners"].get(email or "", {}))


def _laid_over(base: Json, change: Json) -> Json:
    result = copy.deepcopy(base)
    for key, value in change.items():
        known = result.get(key)
        result[key] = (
            {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
        )
    return result


def _check(change: Any) -> None:
    _require(isinstance(change, dict), "the script must be an object")
    _only(change, DEFAULT, "script")
    _check_choices(change)
    for name, fault in _object(change, "faults").items():
        _check_fault(name, fault)
    for email, choices in _object(change, "learners").items():
        _require(choices is None or isinstance(choices, dict), f"learners.{email}: an object")
        _only(choices or {}, OF_LEARNERS, f"learners.{email}")
        _check_choices(choices or {})


def _check_choices(change: Json) -> None:
    ready, review = _object(change, "ready"), _object(change, "review")
    _only(ready, DEFAULT["ready"], "ready")
    _only(review, DEFAULT["review"], "review")
    for part in (ready, review):
        _seconds(part.get("delay", 0), "delay")
    _one_of(review.get("outcome", "passed"), OUTCOMES, "review.outcome")
    _one_of(review.get("mode", "once"), MODES, "review.mode")
    comments = review.get("comments", [])
    _require(isinstance(comments, list), "review.comments: a list")
    _require(all(map(_is_comment, comments)), "review.comments: objects with a text `comment`")
    _one_of(change.get("onboarding"), (None, *ONBOARDING), "onboarding")
    _one_of(change.get("ping", "answered"), PINGS, "ping")


def _check_fault(name: str, fault: Any) -> None:
    _one_of(name, ENDPOINTS, "faults")
    if fault is None:
        return
    _require(isinstance(fault, dict), f"faults.{name}: an object or null")
    _only(fault, ("kind", "seconds", "status", "times"), f"faults.{name}")
    _one_of(fault.get("kind"), FAULTS, f"faults.{name}.kind")
    _seconds(fault.get("seconds", 0), f"faults.{name}.seconds")
    _whole(fault.get("status", 503), 200, 599, f"faults.{name}.status")
    _whole(fault.get("times", 1), 1, 10**6, f"faults.{name}.times")


def _seconds(value: Any, where: str) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    _require(is_number and 0 <= value <= LONGEST_SECONDS, f"{where}: seconds, 0 to a day")


def _whole(value: Any, least: int, most: int, where: str) -> None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    _require(is_number and least <= value <= most, f"{where}: a number from {least} to {most}")


def _is_comment(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("comment"), str)


def _object(change: Json, key: str) -> Json:
    value = change.get(key, {})
    _require(isinstance(value, dict), f"{key}: an object")
    return dict(value)


def _only(value: Json, known: Any, where: str) -> None:
    unknown = sorted(set(value) - set(known))
    _require(not unknown, f"{where}: unknown {', '.join(unknown)}")


def _one_of(value: Any, choices: tuple[Any, ...], where: str) -> None:
    _require(value in choices, f"{where}: one of {', '.join(map(str, choices))}, not {value!r}")


def _require(condition: bool, text: str) -> None:
    if not condition:
        raise ScriptError(text)
