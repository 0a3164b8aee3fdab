"""The published micro-frontend library for learners, installed in its own folder.

npm installs it into `.clients/` once, with its `peerDependencies`. It is only run, never read: `driver.mjs` runs it in
Node, and `page.jsx` in Chromium.
"""

import json
import shutil
import subprocess
import zlib
from pathlib import Path

from tests import installs

ROOT = Path(__file__).resolve().parents[2]
CLIENT = "@edx/frontend-lib-special-exams@4.1.0"
BESIDE = [
    "@edx/frontend-platform@8.5.2",
    "@openedx/paragon@23.14.4",
    "@reduxjs/toolkit@1.9.7",
    "axios@1.13.2",
    "esbuild@0.25.10",
    "prop-types@15.8.1",
    "react@18.3.1",
    "react-dom@18.3.1",
    "react-redux@7.2.9",
    "react-router@6.30.1",
    "react-router-dom@6.30.1",
    "redux@4.2.1",
]
VERSIONS = f"{zlib.crc32(' '.join(BESIDE).encode()):08x}"  # a changed list is installed again
FOLDER = ROOT / ".clients" / f"{CLIENT.replace('/', '+')}-{VERSIONS}"
INSTALL_SECONDS = 600


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
