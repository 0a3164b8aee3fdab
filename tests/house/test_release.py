"""Automatic decisions of `make release-check`."""

import re
from pathlib import Path

from scripts.release_check import LOOKED_AT, not_permitted, pairs

ROOT = Path(__file__).parents[2]


def test_each_environment_of_tox_is_checked() -> None:
    envlist = "py{311,312}-django52, py313-django{60,61}, min, lint"
    assert pairs(envlist) == [("3.11", "5.2"), ("3.12", "5.2"), ("3.13", "6.0"), ("3.13", "6.1")]
    tox = re.search(r"^envlist = (.*)$", (ROOT / "tox.ini").read_text("utf-8"), re.MULTILINE)
    assert tox
    found = pairs(tox[1])
    trove = re.findall(r"(Python|Django) :: (\d+\.\d+)\"", (ROOT / "setup.py").read_text("utf-8"))
    assert {python for python, _ in found} == {two for one, two in trove if one == "Python"}
    assert {django for _, django in found} == {two for one, two in trove if one == "Django"}


def test_unreviewed_licences_are_found() -> None:
    known = {"a": ["1", "BSD-3-Clause"], "b": ["1", "Mozilla Public License 2.0 (MPL 2.0)"]}
    assert not_permitted(known) == {}
    wrong = {"c": ["1", "GPL-3.0-only"], "d": ["1", ""], "edx-when": ["1", "AGPLv3"]}
    assert not_permitted({**known, **wrong}) == {"c": "GPL-3.0-only", "d": "unknown"}


def test_the_page_names_the_reviewed_licences() -> None:
    page = (ROOT / "docs" / "release.rst").read_text("utf-8")
    agpl = {name for name, why in LOOKED_AT.items() if why.startswith("AGPL")}
    assert {name for name in agpl if f"``{name}``" not in page} == set()
