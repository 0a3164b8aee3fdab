"""Learner pages with the published client, running in Node or in Chromium."""

import json
import subprocess
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from rest_framework.test import APIClient

from edx_proctoring.testing.factories import COURSE_ID
from tests.clients import environment
from tests.views.conftest import (  # noqa: F401  fixtures
    as_learner,
    as_reviewer,
    as_staff,
    course_staff,
    onboarding,
    onboarding_provider,
    reviewer,
)

pytestmark = pytest.mark.needs("own-lane")

TOKEN = "a" * 32
# Our component needs the extension `live`: `--ds tests.contrib.settings`.
collect_ignore = [] if apps.is_installed("edx_proctoring.contrib.live") else ["test_in_chromium.py"]
DRIVER = environment.ROOT / "tests" / "clients" / "driver.mjs"


class Node:
    """The process of `driver.mjs`; it holds one page at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", DRIVER, environment.FOLDER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, command: str, *args: Any, **options: Any) -> dict[str, Any]:
        """Run a command and return its result."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = json.dumps({"command": command, "args": args, "options": options})
        print(line, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "Node has ended; what it said is above"
        found: dict[str, Any] = json.loads(answer)
        return found

    def close(self) -> None:
        """Terminate the process."""
        self._process.communicate(timeout=30)


class Page:
    """The page of an exam in the learning micro-frontend, for an authenticated learner."""

    def __init__(self, node: Node, host: str, cookies: dict[str, str], token: str) -> None:
        self._node = node
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._options = {"host": host, "cookies": sent, "token": token}
        self.seen: dict[str, Any] = {}

    def open(self, content_id: str, course_id: str = COURSE_ID) -> dict[str, Any]:
        """Load the page; return the client's state."""
        self._node("open", self._options)
        return self.do("getExamAttemptsData", course_id, content_id)

    def do(self, thunk: str, *args: Any, worker: str = "well") -> dict[str, Any]:
        """Dispatch a thunk, which must not throw; return the client's state.

        `worker`: the provider's worker succeeds, fails, or does not respond.
        """
        self.seen = self._node("do", thunk, *args, worker=worker)
        assert not self.seen["thrown"], self.seen["thrown"]
        state: dict[str, Any] = self.seen["state"]
        assert not state["isLoading"]
        return state

    def shows(self, thunk: str, *args: Any, worker: str = "well") -> tuple[str, str]:
        """Do the same; return (the status of the exam's attempt, the status of the attempt in the timer).

        No request may have failed, because an error screen would replace all others.
        """
        state = self.do(thunk, *args, worker=worker)
        assert not state["apiErrorMsg"], (state["apiErrorMsg"], self.seen["requests"])
        assert not self.seen["logged"]
        return statuses(state)

    def call(self, name: str, *args: Any) -> Any:
        """Call a function of the client's API module; return its result."""
        self.seen = self._node("call", name, *args)
        assert not self.seen["thrown"], self.seen["thrown"]
        return self.seen["answer"]

    @property
    def sent(self) -> list[tuple[Any, int]]:
        """Return the changes made by the last command: (body, status of the response)."""
        requests = self.seen["requests"]
        return [(one["sent"], one["status"]) for one in requests if one["method"] != "GET"]


def statuses(state: dict[str, Any]) -> tuple[str, str]:
    """Return the status of the exam's attempt and of the running one."""
    attempt, active = state["exam"].get("attempt") or {}, state["activeAttempt"] or {}
    return attempt.get("attempt_status", ""), active.get("attempt_status", "")


@pytest.fixture(scope="session")
def node():
    """Node, with the client loaded."""
    if why := environment.prepare():
        pytest.skip(why)
    process = Node()
    yield process
    process.close()


@pytest.fixture
def page_of(node, live_server):
    """Return the page of a learner of this test's host."""

    def make(user: Any) -> Page:
        client = APIClient()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        cookies = {"sessionid": client.cookies["sessionid"].value, settings.CSRF_COOKIE_NAME: TOKEN}
        return Page(node, live_server.url, cookies, TOKEN)

    return make


@pytest.fixture
def page(page_of, learner):
    """The learner's page."""
    return page_of(learner)
