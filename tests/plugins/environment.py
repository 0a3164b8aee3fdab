"""Providers' packages in separate folders, and processes that can import them.

The third party's package is installed into `.plugins/`, without its dependencies, and only run, never read.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests import installs

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "edx-proctoring-proctortrack-v2==2.0.1"
FOLDER = ROOT / ".plugins" / PACKAGE


def prepare() -> str:
    """Install it if necessary; return why that was not possible, or ''."""
    return installs.once(FOLDER, _install)


def _install() -> str:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "20"]
    target = ["--no-deps", "--target", str(FOLDER), PACKAGE]
    done = subprocess.run([*pip, *target], capture_output=True, text=True)
    if not done.returncode:
        return ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    why = (errors or done.stderr.splitlines() or ["pip failed"])[-1]
    return f"{PACKAGE} could not be installed: {why}"


def python(module: str, *arguments: str, folder: Path, project: bool = True, **more: str) -> str:
    """Return the output of a module run with the packages in `folder`, in the project of `settings` or without one."""
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        "DATABASE_URL": "sqlite://:memory:",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]),
        **({"DJANGO_SETTINGS_MODULE": "tests.plugins.settings"} if project else {}),
        **more,
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


if __name__ == "__main__":
    print(prepare())
