"""The guides' pip commands, with the current packages of the registry, followed by the guide of a Django project."""

import json
import os
import re
import shlex
import subprocess

import pytest

from scripts import environments
from tests.docs.test_guides import ROOT, follow, shell

pytestmark = pytest.mark.packaging

INSTALL = re.compile(r"\bpip install ([^`\n]*edx-proctoring[^`\n]*)")
# What Django deprecates first is an error; of what others deprecate only our own use would count.
WARNINGS = {"PYTHONWARNINGS": "default,error::PendingDeprecationWarning"}


# With PYTHONPATH pip would take the checkout's metadata for an installed package.
CLEAN = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def lines_of(guide):
    return INSTALL.findall((ROOT / "docs" / "guide" / guide).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def install(built, tmp_path_factory):
    """Install as a guide says; packages that are not published yet come from here. Returns the interpreter."""
    folder = tmp_path_factory.mktemp("guide")
    base = environments.first_of(environments.ENVIRONMENTS["newest"][0]) or environments.first_of(
        ("3.11",)
    )
    subprocess.run([base, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"

    def work(guide):
        lines = lines_of(guide)
        assert lines
        for line in lines:
            here = rf"{built['wheel']}\1"
            words = [re.sub(r"^edx-proctoring(\[\w+\])?.*", here, one) for one in shlex.split(line)]
            done = subprocess.run(
                [python, "-m", "pip", "install", "-q", *words],
                capture_output=True,
                text=True,
                cwd=folder,
                env=CLEAN,
            )
            assert done.returncode == 0, done.stdout + done.stderr
        return python

    return work


def test_the_guide_of_a_django_project(install, tmp_path):
    errors = follow(shell(install("django.rst"), tmp_path / "project", WARNINGS))
    ours = [line for line in errors.splitlines() if "edx_proctoring" in line and "Warning" in line]
    assert not ours


@pytest.mark.parametrize("guide", ["openedx.rst", "test-your-host.rst", "write-a-provider.rst"])
def test_the_other_guides_install(install, guide):
    python = install(guide)
    command = [python, "-m", "pip", "check"]
    done = subprocess.run(command, capture_output=True, text=True, env=CLEAN)
    assert done.returncode == 0, done.stdout


# Lines of a release's requirements that pip refuses in a file of constraints, or that forbid this package.
ODD = """
-e .
    # via -r requirements/edx/kernel.in
edx-proctoring==6.1.4
lxml[html-clean]==6.0.2 ; python_version > "3"
"""


def test_the_package_can_be_installed_with_the_platforms_versions(built, tmp_path):
    """The commands of the page on compatibility; pip finds a set of versions from the registry's metadata."""
    base = environments.first_of(("3.12", "3.11"))
    subprocess.run([base, "-m", "venv", tmp_path / "venv"], check=True)
    constraints = ROOT / "requirements" / "openedx-2026-04.txt"
    required = tmp_path / "edx-platform" / "requirements" / "edx" / "base.txt"
    required.parent.mkdir(parents=True)
    required.write_text(constraints.read_text("utf-8") + ODD, "utf-8")
    page = (ROOT / "docs" / "compatibility.rst").read_text("utf-8")
    extract, check = re.findall(r"^   \$ (.+)$", page, re.MULTILINE)
    subprocess.run(["sh", "-c", extract], cwd=tmp_path, check=True)
    assert "lxml==6.0.2" in (tmp_path / "constraints.txt").read_text("utf-8").splitlines()
    options = check.removeprefix("pip install ").rpartition(" ")[0]
    pip = [tmp_path / "venv" / "bin" / "python", "-m", "pip", "install", "-q", *options.split()]
    command = [*pip, "--report", tmp_path / "report.json"]
    done = subprocess.run(
        [*command, f"{built['wheel']}[openedx]"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=CLEAN,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    found = {
        one["metadata"]["name"].lower(): one["metadata"]["version"] for one in report["install"]
    }
    pins = re.findall(r"^([\w-]+)==(\S+)$", constraints.read_text("utf-8"), re.MULTILINE)
    assert len(pins) > 10
    assert {name.lower(): version for name, version in pins}.items() <= found.items()


def test_every_guide_that_installs_something_is_followed():
    guides = {path.name for path in (ROOT / "docs" / "guide").glob("*.rst") if lines_of(path.name)}
    assert guides == {"django.rst", "openedx.rst", "test-your-host.rst", "write-a-provider.rst"}
