"""Generated pages of the documentation, which include all extensions."""

import importlib
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "_extensions"


@pytest.fixture
def page(monkeypatch):
    """Return a function that imports a module that generates a page."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def test_the_table_of_roles_has_the_routes_of_all_extensions(page):
    calls = [call for calls in page("roles").by_role().values() for call in calls]
    assert "POST v2/courses/{course_id}/outages" in calls
    assert "POST v2/courses/{course_id}/accommodations/import" in calls
