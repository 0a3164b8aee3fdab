"""The service that a provider talks to while it is checked; no request leaves the process."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias, TypedDict, Unpack
from urllib.parse import unquote, urlsplit

import requests
from django.core.cache import cache

from edx_proctoring.types import JSON, JSONObject

TOKEN = {"access_token": "a-token", "expires_in": 3600, "token_type": "JWT"}


class Never(Enum):
    """The type of NEVER."""

    NEVER = "never"


NEVER = Never.NEVER  # instead of a response: the service never sends this one


class Reply(TypedDict, total=False):
    """The behaviour of the service towards every request: `error` is raised instead of a response."""

    status: int
    body: str
    error: Exception


class ExpectedRequest(TypedDict, total=False):
    """The request of a recording."""

    method: str
    path: str
    body: JSONObject | None


@dataclass(frozen=True)
class Recording:
    """One request and its response. `request` has `method`, `path` and optionally `body`; without it requests are not
    compared.
    """

    answer: "JSON | Never" = None
    status: int = 200
    text: str | None = None  # instead of `answer`, if it is not JSON
    request: ExpectedRequest | None = None

    @property
    def body(self) -> str:
        """Return the body that the service sends."""
        return json.dumps(self.answer) if self.text is None else self.text

    def missing_in(self, asked: requests.PreparedRequest) -> list[str]:
        """Return how a request differs; its body may have more keys, and its path may begin with another prefix."""
        wanted: ExpectedRequest = self.request or {}
        found = [f"it is a {asked.method}"] if asked.method != wanted["method"] else []
        path = unquote(urlsplit(str(asked.url)).path)
        if not path.endswith(wanted["path"]):
            found.append(f"it goes to {path}")
        body, known = wanted.get("body") or {}, _json(asked.body)
        if not isinstance(known, dict):
            return [*found, "its body is not an object"] if body else found
        wrong = [name for name in body if name not in known or known[name] != body[name]]
        return found + [f"{name!r} is {known.get(name, 'not there')!r}" for name in wrong]


def _json(body: bytes | str | None) -> JSON:
    try:
        found: JSON = json.loads(body or "null")
    except ValueError:
        return None
    return found


def recordings(path: str | Path) -> dict[str, "Answer"]:
    """Read a file of recordings for `answers`: a list of objects with `name`, optionally `request`, and `response`
    (`status`, `body` or `text`) or `never: true`.
    """
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8"))
        return {entry["name"]: _recording(entry) for entry in entries}
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is not a list of objects with `name` and `response`: {error!r}"
        ) from error


def _recording(entry: Mapping[str, Any]) -> "Answer":
    if entry.get("never"):
        return NEVER
    answer = entry["response"]
    status, text = answer.get("status", 200), answer.get("text")
    return Recording(answer.get("body"), status, text, entry.get("request"))


Answer: TypeAlias = "Recording | JSON | Never"  # JSON: the body of a response with status 200


def _of_attempt(method: str, answer: JSON, body: JSONObject | None = None) -> Recording:
    path = "/api/v1/exam/exam-1/attempt/attempt-1/"
    return Recording(answer, request={"method": method, "path": path, "body": body})


def _notice(status: str) -> Recording:
    return _of_attempt("PATCH", {"id": "attempt-1", "status": status}, {"status": status})


def _time_change(**body: JSON) -> Recording:
    return _of_attempt("PATCH", {"id": "attempt-1", "status": "started"}, body)


def _registration(answer: JSON) -> Recording:
    body: JSONObject = {
        "status": "created",
        "lms_host": "https://lms.example.com",
        "time_limit_mins": 60,
        "is_sample_attempt": False,
        "user_id": "09635582f2d6a5d061c08df80e10f02f97827b56",
        "full_name": "Zoë Ünïcode-Ωμέγα",
        "email": "zoe.omega@example.com",
        "review_policy": "Open book",
    }
    path = "/api/v1/exam/exam-1/attempt/"
    return Recording(answer, request={"method": "POST", "path": path, "body": body})


def _read(path: str, answer: JSON, method: str = "GET") -> Recording:
    return Recording(answer, request={"method": method, "path": f"/api/v1/{path}"})


PROFILES = "courses/course-v1:Org+Course+Run/onboarding_statuses"
# The REST protocol by case; providers of other protocols bring their own recordings (`answers` of ProviderContract).
REST_ANSWERS: dict[str, Answer] = {
    "register": _registration({"id": "attempt-1"}),
    "notify started": _notice("started"),
    "notify submitted": _notice("submitted"),
    "notify error": _notice("error"),
    "notify extended": _time_change(time_change="extend", seconds=600),
    "notify paused": _time_change(time_change="pause"),
    "notify continued": _time_change(time_change="continue"),
    "remove": _of_attempt("DELETE", {"status": "deleted"}),
    "remove gone": Recording({"error": "no such attempt"}, 404),
    "remove unconfirmed": _of_attempt("DELETE", {"status": "queued"}),
    "exam": Recording(
        {"id": "exam-1"},
        request={
            "method": "POST",
            "path": "/api/v1/exam/exam-1/",
            "body": {"id": 12, "exam_name": "Prüfung “Ω”: ½", "is_active": True},
        },
    ),
    "config": _read(
        "config/",
        {
            "download_url": "https://download.example.com",
            "name": "P",
            "rules": {},
            "instructions": [],
        },
    ),
    "profile": _read(PROFILES, {"user_id": "u", "status": "no-profile", "expiration_date": None}),
    "profiles": _read(
        PROFILES,
        {
            "results": [{"user_id": "u", "status": "approved-in-course"}],
            "count": 1,
            "num_pages": 1,
            "next": None,
            "previous": None,
        },
    ),
    "retire": _read("user/u/", True, "DELETE"),
    "retire unknown": _read("user/u/", False, "DELETE"),
    **{
        f"onboarding_{word}": _registration({"status": f"onboarding_{word}"})
        for word in ("missing", "pending", "failed", "expired")
    },
}


class Missing(Exception):
    """There is no recording of this case."""


class Wire:
    """Answers every request in the same way and records the requests; requests for tokens are always answered."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = answers
        self.asked: list[requests.PreparedRequest] = []
        self.error: Exception | None = None  # the exception that the provider raised

    def recording(self, case: str) -> Recording:
        """Return the recording of a case; notices use their own or the common one, `notify`. Raises Missing."""
        names = [case, "notify"] if case.startswith("notify ") else [case]
        name = next((one for one in names if one in self.answers), None)
        if name is None:
            raise Missing(case)
        found = self.answers[name]
        return found if isinstance(found, Recording) else Recording(found)

    @contextmanager
    def answering(self, case: str | None = None, **how: Unpack[Reply]) -> Iterator["Wire"]:
        """Answer with the recording of a case, or with `status`, `body` (text) or `error` (an exception)."""
        import responses  # noqa: PLC0415  # only checks need it

        if case is not None:
            known = self.recording(case)
            how = {"status": known.status, "body": known.body}
        self.asked.clear()
        cache.clear()  # cached tokens and the state of circuit breakers
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:

            def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
                if "access_token" in str(request.url):
                    return 200, {}, json.dumps(TOKEN)
                self.asked.append(request)
                if "error" in how:
                    raise how["error"]
                body = "" if request.method == "HEAD" else how.get("body", "")
                return how.get("status", 200), {"Set-Cookie": "session=of-a-learner"}, body

            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
                mock.add_callback(method, re.compile(r".*"), callback=answer)
            yield self

    @staticmethod
    def text_of(request: requests.PreparedRequest) -> str:
        """Return everything in a request as text."""
        body = request.body
        text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
        return f"{request.url} {text} {dict(request.headers)}"

    def without_deadline(self) -> list[str]:
        """Return the requests without a time-out."""
        return [
            f"{request.method} {request.url}"
            for request in self.asked
            if not getattr(request, "req_kwargs", {}).get("timeout")
        ]

    def slower_than(self, seconds: float) -> list[str]:
        """Return the requests with a longer time-out."""
        found = []
        for request in self.asked:
            timeout = getattr(request, "req_kwargs", {}).get("timeout")
            parts = timeout if isinstance(timeout, tuple | list) else (timeout,)
            longest = max((one for one in parts if isinstance(one, int | float)), default=0)
            if longest > seconds:
                found.append(f"{request.method} {request.url}: {longest:g} s")
        return found
