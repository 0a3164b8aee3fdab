"""Courses used by a single test, and the data about people that their staff can see."""

from typing import Any

from tests.attack.people import API, V1, unique


def course(word: str = "case") -> str:
    """Return the id of a new course."""
    return f"course-v1:Attack+{unique(word)}+2026"


def everything_shown(staff: Any, course_id: str) -> str:
    """Return all pages of a course that show people."""
    pages = [
        f"{API}/{course_id}/allowance",
        f"{API}/{course_id}/grouped/allowance",
        f"{API}/attempt/grouped/course_id/{course_id}",
        f"{V1}/user_onboarding/status/course_id/{course_id}",
    ]
    return "\n".join(staff.get(page).text for page in pages)
