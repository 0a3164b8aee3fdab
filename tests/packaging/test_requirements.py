"""What ``make demo`` installs is enough for the servers that it can run on."""

from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


def compiled(name):
    """The names that a compiled file installs."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    return {Requirement(line).name.lower() for line in lines if line and line[0] not in " #-"}


def wanted(distribution, extra):
    """What an extra of an installed distribution asks for."""
    found = [Requirement(line) for line in metadata.requires(distribution)]
    return {
        one.name.lower() for one in found if one.marker and one.marker.evaluate({"extra": extra})
    }


def test_the_demo_can_speak_to_redis():
    assert wanted("kombu", "redis") >= {"redis", "packaging"}  # or this test looks at nothing
    assert wanted("kombu", "redis") <= compiled("demo")
