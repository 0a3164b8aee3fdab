"""The guide's sample can be installed, passes the contract, and works in an exam."""

import json
import os
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.plugins.environment import ROOT, python

GUIDE = ROOT / "docs" / "guide" / "write-a-provider.rst"
SAMPLE = ROOT / "docs" / "samples" / "acme"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The sample, installed like any distribution."""
    work = tmp_path_factory.mktemp("acme")
    source, target = work / "source", work / "installed"
    shutil.copytree(SAMPLE, source)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target)]
    done = subprocess.run([*pip, str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in ("check_acme.py", "conftest.py", "options.json"):
        shutil.copy(SAMPLE / name, target)
    return target


def test_it_passes_the_contract(folder):
    table = python(
        "edx_proctoring.testing.check", "check_acme:TestAcme", folder=folder, project=False
    )
    assert "0 FAILS" in table
    assert "'onboarding' is not among the capabilities" in table


def test_the_checks_run_in_a_separate_suite(folder):
    arguments = [
        "check_acme.py",
        "-q",
        "-p",
        "no:django",
        "-p",
        "no:randomly",
        f"--rootdir={folder}",
    ]
    pytest_ini = folder / "pytest.ini"
    pytest_ini.write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", str(pytest_ini), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "25 passed, 5 skipped" in done.stdout


def commands():
    """Return the guide's command lines that check the sample."""
    lines = GUIDE.read_text(encoding="utf-8").splitlines()
    found = [line.strip() for line in lines if line.strip().startswith("python -m ")]
    return [line for line in found if not line.startswith("python -m venv ")]


def test_the_guide_has_three_commands():
    assert len(commands()) == 3


@pytest.mark.parametrize("command", commands())
def test_the_commands_of_the_guide(folder, command, tmp_path):
    """Run in a folder with the sample's files; none prints anything but the result."""
    for name in ("check_acme.py", "conftest.py", "options.json"):
        shutil.copy(SAMPLE / name, tmp_path)
    words = shlex.split(command)
    quiet = ["-p", "no:django", "-p", "no:randomly"] if "pytest" in words else []
    environment = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
    done = subprocess.run(
        [sys.executable, *words[1:], *quiet],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "0 FAILS" in done.stdout or "25 passed" in done.stdout


def test_an_exam_with_it(folder):
    seen = json.loads(python("tests.plugins.walk", folder=folder, PLUGIN="acme"))
    assert (seen["backends"], seen["errors"], seen["backend"]) == (["acme"], {}, "acme")
    assert seen["statuses"][-1] == "verified"
    assert seen["told"] == ["started", "submitted"]
    assert seen["registered"]["organization"] == "edX"
    assert seen["dashboard"]["seen"] == 200
