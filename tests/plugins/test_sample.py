"""The sample of the guide installs, does what the app expects, and takes an exam."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.plugins.environment import ROOT, python

SAMPLE = ROOT / "docs" / "samples" / "acme"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The sample, installed as any distribution."""
    work = tmp_path_factory.mktemp("acme")
    source, target = work / "source", work / "installed"
    shutil.copytree(SAMPLE, source)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target)]
    done = subprocess.run([*pip, str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shutil.copy(SAMPLE / "check_acme.py", target)
    return target


def test_it_does_what_the_app_expects_of_providers(folder):
    table = python("edx_proctoring.testing.check", "check_acme:Acme", folder=folder, project=False)
    assert "0 FAILS" in table
    assert "'onboarding' is not among the capabilities" in table


def test_an_exam_with_it(folder):
    seen = json.loads(python("tests.plugins.walk", folder=folder, PLUGIN="acme"))
    assert (seen["backends"], seen["errors"], seen["backend"]) == (["acme"], {}, "acme")
    assert seen["statuses"][-1] == "verified"
    assert seen["told"] == ["started", "submitted"]
    assert seen["registered"]["organization"] == "edX"
    assert seen["dashboard"]["seen"] == 200
