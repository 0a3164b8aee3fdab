"""Tutor in an environment of its own in `.tutor/`: its requirements are not those of the package."""

import subprocess
import sys
from pathlib import Path

from tests import installs

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("tutor==22.0.3", "tutor-mfe==22.1.0")
FOLDER = ROOT / ".tutor" / "-".join(PACKAGES)
TUTOR = FOLDER / "bin" / "tutor"


def prepare() -> str:
    """Install it if that was not done yet; returns why that was not possible, or ''."""
    return installs.once(FOLDER, _install)


def _install() -> str:
    uv = [sys.executable, "-m", "uv", "pip", "install", "-q"]
    for command in (
        [sys.executable, "-m", "venv", "--without-pip", str(FOLDER)],
        [*uv, "--python", str(FOLDER / "bin" / "python"), *PACKAGES],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["failed"])[-1]
            return f"{' and '.join(PACKAGES)} could not be installed: {why}"
    return ""


if __name__ == "__main__":
    print(prepare())
