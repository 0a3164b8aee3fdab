"""Every known defect of the published package has a test marked with its id."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MARKERS = re.compile(r"mark\.defect\(([^)]*)\)")
OF_SCRIPTS = re.compile(r"// defect ([\w-]+)")


def counted(kind, **parts):
    return {
        f"{kind}-{part}{number}" for part, most in parts.items() for number in range(1, most + 1)
    }


DEFECTS = (
    counted("REST", A=22, B=36, C=18, D=27, E=8)
    | counted("BACKENDS", A=14, B=20, C=14)
    | {f"PYTHON-{number}" for number in range(1, 126)}
    | {f"ADMIN-{number}" for number in range(1, 13)}
    | {f"COMMANDS-{number}" for number in range(1, 7)}
)


@pytest.fixture(scope="module")
def marked():
    """Return the ids that tests are marked with, in Python and TypeScript."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for arguments in MARKERS.findall(path.read_text(encoding="utf-8")):
            found.update(re.findall(r'"([^"]+)"', arguments))
    for path in (ROOT / "frontend" / "tests").glob("*.test.ts"):
        found.update(OF_SCRIPTS.findall(path.read_text(encoding="utf-8")))
    return found


def test_every_defect_has_a_test(marked):
    assert not DEFECTS - marked


def test_every_marker_has_the_id_of_a_known_defect(marked):
    assert not marked - DEFECTS - {"REST-B", "REST-C"}
