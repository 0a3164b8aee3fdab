"""The requirements that ``make demo`` installs are sufficient for its servers."""

from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


def compiled(name):
    """Return the names in a compiled file."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    return {Requirement(line).name.lower() for line in lines if line and line[0] not in " #-"}


def wanted(distribution, extra):
    """Return the requirements of an extra of an installed distribution."""
    found = [Requirement(line) for line in metadata.requires(distribution)]
    return {
        one.name.lower() for one in found if one.marker and one.marker.evaluate({"extra": extra})
    }


def test_the_demo_can_use_redis():
    assert wanted("kombu", "redis") >= {"redis", "packaging"}  # or this test looks at nothing
    assert wanted("kombu", "redis") <= compiled("demo")


def asked(*names):
    """Return the requirements in hand-written files."""
    texts = [(ROOT / "requirements" / name).read_text() for name in names]
    lines = [line for text in texts for line in text.splitlines() if line and line[0] not in "#-"]
    return {one.name.lower(): one for one in map(Requirement, lines)}


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (ROOT / "requirements").glob("openedx-*.txt"))
)
def test_versions_pinned_by_open_edx_are_supported(name):
    ours, pinned = asked("base.in", "openedx.in"), asked(name)
    assert "django" in pinned
    for package in ours.keys() & pinned.keys():
        (pin,) = pinned[package].specifier
        assert pin.version in ours[package].specifier, package


TOGETHER = ("demo", "test", "quality", "docs", "mysql")  # in one environment, by `make test`


def pins(name):
    """Return (package, version) of a compiled file for this Python."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    wanted = [Requirement(line) for line in lines if line and line[0] not in " #-"]
    return {
        (one.name.lower(), str(one.specifier))
        for one in wanted
        if one.marker is None or one.marker.evaluate()
    }


def test_files_that_are_installed_together_agree():
    versions = {}
    for name in TOGETHER:
        for package, version in pins(name):
            versions.setdefault(package, set()).add(version)
    assert {package: found for package, found in versions.items() if len(found) > 1} == {}
