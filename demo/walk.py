"""A walk through the demo over HTTP, verified on both sides: in the host's rows and the simulator's."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import requests

from demo.clients import API, Visitor
from demo.environment import Place
from demo.host.seed import COURSE_ID, EXAMS, content_id

Found = TypeVar("Found")

MIDTERM = content_id("midterm")
FINAL = content_id("final")
POLICY = "A pocket calculator is allowed."


class Failed(Exception):
    """A step failed."""


class Walk:
    """A sequence of named steps; the first failure ends the walk."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.host = f"http://127.0.0.1:{place.web_port}"
        self.simulator = f"http://127.0.0.1:{place.simulator_port}"
        self.patience = 12.0 if place.fault else 40.0

    # Telling

    def step(self, name: str, who: str, what: str, work: Callable[[], str]) -> None:
        """Run one step and print it: actor, action, result, duration."""
        began = time.monotonic()
        try:
            result = work()
        except Exception as error:
            reason = f"{error}" if isinstance(error, AssertionError | Failed) else repr(error)
            print(f"  FAILED  {name}: {reason}", flush=True)
            raise Failed(name) from error
        took = time.monotonic() - began
        print(f"  {name:<12} {who:<10} {what:<52} {result:<28} {took:5.1f} s", flush=True)

    def wait(self, what: str, look: Callable[[], Found]) -> Found:
        """Poll until there is a result."""
        until = time.monotonic() + self.patience
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > until:
                raise Failed(f"waited {self.patience:.0f} s for {what}")
            time.sleep(0.1)

    # Both sides

    def state(self) -> dict[str, Any]:
        """Return the simulator's rows."""
        answer: dict[str, Any] = requests.get(
            f"{self.simulator}/console/state.json", timeout=10
        ).json()
        return answer

    def remote(self, external_id: str) -> dict[str, Any]:
        """Return the simulator's row of an attempt."""
        rows = [row for row in self.state()["attempts"] if row["id"] == external_id]
        assert rows, "the simulator does not know the attempt"
        row: dict[str, Any] = rows[0]
        return row

    def script(self, change: dict[str, Any]) -> None:
        """Change the simulator's script."""
        response = requests.post(f"{self.simulator}/console/script", json=change, timeout=10)
        assert response.ok, response.text

    def mails(self, address: str) -> list[str]:
        """Return the e-mails to an address, oldest first."""
        files = sorted(
            Path(self.place.data / "mails").glob("*.log"), key=lambda file: file.stat().st_mtime
        )
        texts = [file.read_text(encoding="utf-8") for file in files]
        return [text for text in texts if f"To: {address}" in text]


def registration() -> list[dict[str, Any]]:
    """Publish a course as Studio does."""
    flags = {"is_proctored": False, "is_practice_exam": False}
    always = {"course_id": COURSE_ID, "is_active": True, "hide_after_due": False}
    return [{**always, **flags, "backend": "simulator", **exam} for exam in EXAMS]


def staff_list(trip: Walk, username: str) -> list[dict[str, Any]]:
    """Return the newest attempts of the course, as in the instructor's list."""
    answer = Visitor(trip.host, username).get(f"{API}/attempt/grouped/course_id/{COURSE_ID}")
    assert answer.ok, f"{answer.status_code} {answer.text[:200]}"
    found: list[dict[str, Any]] = answer.json()["proctored_exam_attempts"]
    return found


def one(pattern: str, text: str) -> str:
    """Return the only group of a pattern."""
    found = re.search(pattern, text)
    assert found, f"not found: {pattern}"
    return found.group(1)
