"""What a provider hears from its service while it is checked: nothing leaves the process."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
from django.core.cache import cache

TOKEN = {"access_token": "a-token", "expires_in": 3600, "token_type": "JWT"}
# Answers of the REST protocol by case; a provider of another protocol brings its own (`answers` of ProviderContract).
REST_ANSWERS: dict[str, Any] = {
    "register": {"id": "attempt-1"},
    "notify": {"id": "attempt-1", "status": "started"},
    "remove": {"status": "deleted"},
    "remove unconfirmed": {"status": "queued"},
    "config": {
        "download_url": "https://download.example.com",
        "name": "P",
        "rules": {},
        "instructions": [],
    },
    "profile": {"user_id": "u", "status": "no-profile", "expiration_date": None},
    "retire": True,
    "retire unknown": False,
    **{
        f"onboarding_{word}": {"status": f"onboarding_{word}"}
        for word in ("missing", "pending", "failed", "expired")
    },
}


class Missing(Exception):
    """There is no recording of this case."""


class Wire:
    """Answers every request the same way, and remembers what was asked; requests for tokens are answered always."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers
        self.asked: list[requests.PreparedRequest] = []

    @contextmanager
    def answering(self, case: str | None = None, **how: Any) -> Iterator["Wire"]:
        """With the recording of a case, or with `status`, `body` (text) or `error` (an exception)."""
        import responses  # noqa: PLC0415  # only checks need it

        if case is not None:
            if case not in self.answers:
                raise Missing(f"no recording of {case!r}")
            how = {"status": 200, "body": json.dumps(self.answers[case]), **how}
        self.asked.clear()
        cache.clear()  # what is known of tokens, and of services that are down
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:

            def answer(request: Any) -> Any:
                if "access_token" in request.url:
                    return 200, {}, json.dumps(TOKEN)
                self.asked.append(request)
                if "error" in how:
                    raise how["error"]
                return how["status"], {"Set-Cookie": "session=of-a-learner"}, how.get("body", "")

            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
                mock.add_callback(method, re.compile(r".*"), callback=answer)
            yield self

    def without_deadline(self) -> list[str]:
        """Requests that might wait for ever."""
        return [
            f"{request.method} {request.url}"
            for request in self.asked
            if not getattr(request, "req_kwargs", {}).get("timeout")
        ]
