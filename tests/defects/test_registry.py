"""Every defect of the published implementation that we looked at has a test that bears its name."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
SCREENS = TESTS.parent / "frontend" / "tests"
NAMES = re.compile(r"def test_((?:[A-E]\d+_|\d+_)+)")
OF_BACKENDS = re.compile(r"def test_backends_((?:[A-C]\d+_|\d+_)+)|test\('backends ([A-C]\d+):")


# Absent services, results, texts, queries, start-up: tests/defects/test_python_*.py
SURFACE = {*range(26, 36), *range(55, 66), 78, *range(82, 90), *range(91, 98), *range(104, 122)}


def named() -> set[str]:
    """The ids in the names of tests: `test_A4_…`, `test_81_…`, `test_B3_B4_…`."""
    found = set()
    for path in TESTS.rglob("test_*.py"):
        for ids in NAMES.findall(path.read_text(encoding="utf-8")):
            found.update(ids.rstrip("_").split("_"))
    return found


def named_of_backends() -> set[str]:
    """Those of the providers: `test_backends_A4_…`, in Python, or `backends A14: …`, of the page's scripts."""
    found = set()
    for path in [*TESTS.rglob("test_*.py"), *SCREENS.glob("*.test.ts")]:
        for ids, of_script in OF_BACKENDS.findall(path.read_text(encoding="utf-8")):
            found.update(filter(None, [*ids.rstrip("_").split("_"), of_script]))
    return found


def test_the_rest_interface():
    counts = {"A": 22, "B": 36, "C": 18, "D": 27, "E": 8}
    expected = {f"{part}{number}" for part, most in counts.items() for number in range(1, most + 1)}
    assert len(expected) == 111
    assert not expected - named()


def test_the_python_interface():
    core = {*range(1, 26), *range(36, 55), *range(66, 78), 79, 80, 81, 90, *range(98, 104)}
    assert not {str(number) for number in core | SURFACE} - named()


def test_the_providers():
    counts = {"A": 14, "B": 20, "C": 14}
    expected = {f"{part}{number}" for part, most in counts.items() for number in range(1, most + 1)}
    found = named_of_backends()
    assert expected == {one for one in found if not one.isdigit()}
    assert not {"122", "123", "124", "125"} - found - named()
