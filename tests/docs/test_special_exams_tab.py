"""Each shortcoming of the published tab names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tab(extension):
    """Return the Sphinx extension that generates the tables."""
    return extension("special_exams_tab")


def exists(test):
    """Return whether there is this file, and in it the function or a script test with this title."""
    path, _, name = test.partition("::")
    file = ROOT / path
    if not file.is_file():
        return False
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        return not name or re.search(rf"^def {re.escape(name)}\(", text, re.MULTILINE) is not None
    return (
        not name
        or re.search(rf"test[^\n]*['\"`]{re.escape(name)}", text) is not None
        or (re.search(rf"^\s*\]\)\('{re.escape(name)}", text, re.MULTILINE) is not None)
    )


def test_each_row_names_tests_that_exist(tab):
    rows = [row for area in tab.areas() for row in area["rows"]]
    missing = {test for row in rows for test in row["tests"] if not exists(test)}
    assert not missing
    assert all(row["tests"] and row["lacked"] and row["now"] for row in rows)


def test_the_page_shows_every_row(tab):
    page = "\n".join(tab.page())
    for area in tab.areas():
        assert area["title"] in page
        for row in area["rows"]:
            assert row["lacked"] in page
            assert all(f"``{test}``" in page for test in row["tests"])
