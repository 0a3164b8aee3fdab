"""Virtual environments with the published package, created once in `.upgrade/` of the checkout.

It is installed by pip and only run.
"""

import fcntl
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".upgrade"
VERSIONS = ("6.1.4", "5.2.0")
ALSO = ["Django<6", "dj-database-url", "psycopg[binary]"]


def python_of(version: str) -> Path:
    """Return the interpreter of the environment in which this version is installed."""
    return _folder(version) / "bin" / "python"


def _folder(version: str) -> Path:
    major, minor = sys.version_info[:2]
    return FOLDER / f"{version}-py{major}{minor}"


def prepare(versions: Sequence[str] = VERSIONS) -> str:
    """Create missing environments; return why that was not possible, or ''."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for version in versions:
            why = _make(version)
            if why:
                return f"edx-proctoring {version} could not be installed: {why}"
    return ""


def _make(version: str) -> str:
    folder = _folder(version)
    stamp = folder / "complete"
    if stamp.exists():
        return ""
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True, symlinks=True)
    mysql = ["mysqlclient"] if _has_mysql() else []
    if why := install(version, f"edx-proctoring=={version}", *ALSO, *mysql):
        return why
    stamp.touch()
    return ""


def install(version: str, *packages: str) -> str:
    """Install packages into the environment of this version; return why that was not possible, or ''."""
    pip = [
        str(python_of(version)),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--retries",
        "1",
        "--timeout",
        "20",
    ]
    done = subprocess.run([*pip, *packages], capture_output=True, text=True)
    if not done.returncode:
        return ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return (errors or done.stderr.splitlines() or ["pip failed"])[-1]


def _has_mysql() -> bool:
    """Return whether this Python can use MariaDB; then the environments can, too."""
    probe = subprocess.run([sys.executable, "-c", "import MySQLdb"], capture_output=True)
    return probe.returncode == 0


if __name__ == "__main__":
    print(prepare())
