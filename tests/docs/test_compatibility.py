"""The page on compatibility names the versions that the tests use."""

import re
from pathlib import Path

from scripts.environments import ENVIRONMENTS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "compatibility.rst").read_text("utf-8")


def test_the_versions_are_those_of_the_test_environments():
    pinned = (ROOT / "requirements" / "openedx-2026-04.txt").read_text("utf-8")
    assert re.search(r"^Django==(\S+)$", pinned, re.MULTILINE)[1] in PAGE
    pythons = {version for versions, _ in ENVIRONMENTS.values() for version in versions}
    assert pythons == {"3.11", "3.12", "3.13"}
    django = re.search(r"^envlist = (.*)$", (ROOT / "tox.ini").read_text("utf-8"), re.MULTILINE)[1]
    assert "django52" in django
    assert "django{60,61}" in django
    assert all(version in PAGE for version in (*pythons, "5.2", "6.0", "6.1"))
