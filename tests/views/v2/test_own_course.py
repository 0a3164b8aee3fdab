"""Each route of the second version, asked for the rows of another course."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from edx_proctoring.models import BulkAction
from tests.views.conftest import state
from tests.views.roles_of_v2 import V2_ROUTES
from tests.views.test_roles import rows, send, world  # noqa: F401  a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.needs("one-run")]

# The rows that the routes name, and those of the other course.
FOREIGN = {
    "exam": "foreign_exam",
    "attempt": "foreign_attempt",
    "running": "foreign_attempt",
    "resumable": "foreign_broken",
    "allowance": "foreign_allowance",
    "review": "foreign_review",
    "change": "foreign_change",
    **{f"{resource}_action": f"foreign_{resource}_action" for resource in BulkAction.RESOURCES},
}
CALLS = [row[:3] for row in rows(f"\n{V2_ROUTES}")]  # a table's first line names its columns


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_rows_of_another_course_cannot_be_reached(
    method: str,
    path: str,
    body: str,
    world: dict[str, Any],  # noqa: F811  the fixture
    clients: dict[str, APIClient],
) -> None:
    staff, boss = clients["course_staff"], clients["global_staff"]
    before = state()
    there = path.replace("{course}", "{other}")
    assert send(staff, method, there, body, world).status_code == 403
    named = [name for name in FOREIGN if f"{{{name}}}" in path]
    assert bool(named) == ("{" in path.replace("{course}", "")), "FOREIGN lacks this kind of row"
    for name in named:
        crossing, foreign = (
            one.replace(f"{{{name}}}", f"{{{FOREIGN[name]}}}") for one in (path, there)
        )
        assert send(staff, method, foreign, body, world).status_code == 403
        found = send(boss, method, crossing, body, world)
        if path.endswith("/ledger/"):  # which outlives its attempt: without entries of this course
            assert found.json()["results"] == []
        else:
            assert found.status_code == 404
    assert state() == before
