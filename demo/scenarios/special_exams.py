"""The end of the walks: the course team opens the staff page."""

import json
from html import unescape
from typing import Any

from demo.clients import Visitor
from demo.host.seed import COURSE_ID
from demo.walk import Walk, one


def looked_at(trip: Walk) -> None:
    """Run all steps: the link in the menu, the list, and the timeline of an attempt."""
    staff = Visitor(trip.host, "casey")
    found: dict[str, Any] = {}
    trip.step("menu", "casey", "finds the special exams in the menu", lambda: _menu(staff, found))
    trip.step("attempts", "casey", "sees all attempts there", lambda: _attempts(staff, found))
    trip.step("timeline", "casey", "reads what happened to one", lambda: _timeline(staff, found))


def _menu(staff: Visitor, found: dict[str, Any]) -> str:
    outline = staff.get(f"/courses/{COURSE_ID}/").text
    page = staff.get(unescape(one(r'<a href="([^"]+)">Special exams</a>', outline)))
    assert page.ok, page.status_code
    script = one(r'<script id="proctoring-staff-config"[^>]*>(.*?)</script>', page.text)
    found.update(json.loads(script))
    return ", ".join(section["title"] for section in found["sections"])


def _attempts(staff: Visitor, found: dict[str, Any]) -> str:
    answer = staff.get(f"{found['apiBase']}attempts/")
    assert answer.ok, f"{answer.status_code} {answer.text[:200]}"
    rows = answer.json()["results"]
    verified = [row for row in rows if row["status"] == "verified"]
    assert verified, "no verified attempt"
    found["attempt"] = verified[0]["id"]
    return f"{len(rows)} attempts, {len(verified)} verified"


def _timeline(staff: Visitor, found: dict[str, Any]) -> str:
    answer = staff.get(f"{found['apiBase']}attempts/{found['attempt']}/")
    assert answer.ok, f"{answer.status_code} {answer.text[:200]}"
    statuses = [entry["after"] for entry in answer.json()["timeline"] if entry["kind"] == "status"]
    assert statuses[-1] == "verified", statuses
    return f"{len(statuses)} changes of status"
