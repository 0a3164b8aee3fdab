"""The compiled requirements of the test environment can be installed together, on every Python."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOGETHER = ("demo", "mysql", "test", "quality", "docs", "release")
PIN = re.compile(r"([\w.\-]+)(?:\[[^\]]*\])?==(\S+)(?: ; (.*))?")


def pins(name: str) -> dict[str, set[tuple[str, str]]]:
    """Return package → its versions, each with its environment marker."""
    found: dict[str, set[tuple[str, str]]] = {}
    for line in (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").splitlines():
        if pin := PIN.fullmatch(line):
            found.setdefault(pin[1].lower(), set()).add((pin[2], pin[3] or ""))
    return found


def test_files_installed_together_pin_the_same_versions() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert all(f"-r requirements/{name}.txt" in makefile for name in TOGETHER)
    known: dict[str, set[tuple[str, str]]] = {}
    differences = []
    for name in TOGETHER:
        for package, versions in pins(name).items():
            before = known.setdefault(package, versions)
            if {version for version, _ in before} != {version for version, _ in versions}:
                differences.append((package, sorted(before), sorted(versions)))
    assert known["sphinx"]
    assert not differences
