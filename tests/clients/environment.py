"""The published micro-frontend library for learners, installed in its own folder.

npm installs it into `.clients/` once. It is only run, never read. Of its `peerDependencies` only the store is
installed; `driver.mjs` replaces the others.
"""

import json
import shutil
import subprocess
from pathlib import Path

from tests import installs

ROOT = Path(__file__).resolve().parents[2]
CLIENT = "@edx/frontend-lib-special-exams@4.1.0"
FOLDER = ROOT / ".clients" / CLIENT.replace("/", "+")
BESIDE = ["@reduxjs/toolkit@1.9.7", "axios@1.13.2", "esbuild@0.25.10", "redux@4.2.1"]
INSTALL_SECONDS = 300


def prepare() -> str:
    """Install it if necessary; return why that was not possible, or ''."""
    if not shutil.which("npm") or not shutil.which("node"):
        return "Node is not installed"
    return installs.once(FOLDER, _install)


def _install() -> str:
    FOLDER.mkdir()
    (FOLDER / "package.json").write_text(json.dumps({"private": True}))
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000"]
    how = ["--legacy-peer-deps", "--omit=dev", *patience, *quiet]
    command = ["npm", "install", *how, CLIENT, *BESIDE]
    try:
        done = subprocess.run(
            command, cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"{CLIENT} could not be installed within {INSTALL_SECONDS} seconds"
    errors = [line for line in done.stderr.splitlines() if line.strip()] or ["npm failed"]
    return f"{CLIENT} could not be installed: {errors[0]}" if done.returncode else ""


if __name__ == "__main__":
    print(prepare())
