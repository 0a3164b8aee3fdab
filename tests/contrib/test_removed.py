"""The package works without its extensions: their folders are deleted, and none is in INSTALLED_APPS."""

import os
import shutil
import subprocess
import sys

import pytest

import edx_proctoring
from tests.house.test_house import ROOT

CODE = """
import django
django.setup()
import edx_proctoring
from django.core.management import call_command
from django.urls import reverse
from edx_proctoring import extensions
assert edx_proctoring.__file__.startswith({where!r}), edx_proctoring.__file__
assert not [hook for hook in vars(extensions.Extension) if hook[0] != "_" and hook != "name" and extensions.with_hook(hook)]
call_command("check")
call_command("makemigrations", "--check", "--dry-run", verbosity=0)
call_command("migrate", verbosity=0)
print(reverse("edx_proctoring:v2.attempts", args=["course-v1:a+b+c"]))
"""
# A learner's exam from the start to its end, polls and hooks.
SAMPLE = [
    "tests/api/test_timer.py",
    "tests/extensions/test_hooks.py",
    "tests/views/v2/test_time_changes.py",
]


@pytest.mark.databases("sqlite")  # it chooses its database itself
def test_the_package_works_without_extensions(tmp_path):
    package = tmp_path / "edx_proctoring"
    shutil.copytree(os.path.dirname(edx_proctoring.__file__), package)
    shutil.rmtree(package / "contrib")
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("contrib"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "docs" / "reference", tmp_path / "docs" / "reference")
    env = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": "sqlite://:memory:",
    }
    suite = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-x", *SAMPLE]
    for command in ([sys.executable, "-c", CODE.format(where=str(tmp_path))], suite):
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
