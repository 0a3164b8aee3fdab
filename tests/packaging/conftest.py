"""The distributions that are uploaded."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs("one-run")

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Return the distributions: {"wheel": …, "sdist": …}; the wheel is built from the source distribution."""
    folder = tmp_path_factory.mktemp("wheel")
    # A copy: setuptools would put what is left in the checkout's build/ into the wheel, too.
    source = folder / "source"
    leave = shutil.ignore_patterns("__pycache__", "*.egg-info", "node_modules")
    for part in ("edx_proctoring", "requirements"):
        shutil.copytree(ROOT / part, source / part, ignore=leave)
    for name in (
        "setup.py",
        "pyproject.toml",
        "MANIFEST.in",
        "README.rst",
        "CHANGELOG.rst",
        "LICENSE",
    ):
        shutil.copy(ROOT / name, source)
    # Without --wheel: the wheel is made from the source distribution, so that one holds everything, too.
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder), str(source)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BuildBackendWarning" not in done.stdout + done.stderr
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}
