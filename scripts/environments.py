"""Environments with the oldest and the newest supported versions of Python and Django, and with the platform's versions.

``python -m scripts.environments oldest`` creates the environment in `.environments/`. It prints which Python is missing, or nothing; if an installation fails, it
reports this on stderr and exits with code 1. Pythons are searched on PATH and in pyenv; none is downloaded.
"""

import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".environments"

# The Pythons of each, newest first, and the packages installed in addition to the compiled requirements.
ENVIRONMENTS = {
    "oldest": (
        ("3.11", "3.12", "3.13"),
        ["--upgrade", "--resolution", "lowest-direct", "-r", "requirements/base.in"],
    ),
    "newest": (("3.13", "3.12"), ["--upgrade", "Django>=6.1,<6.2"]),
    "platform": (("3.12", "3.11"), ["-r", "requirements/openedx-2026-04.txt"]),
}
WORKS = "import ctypes, lzma, sqlite3, ssl, sys; print('%d.%d' % sys.version_info[:2])"


def find(version: str) -> Path | None:
    """Return a working Python of this version, or None."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    known = [
        *sorted(pyenv.glob(f"{version}.*/bin/python{version}")),
        shutil.which(f"python{version}"),
    ]
    if sys.version.startswith(f"{version}."):
        known.insert(0, sys.executable)
    for python in filter(None, known):
        done = subprocess.run([python, "-c", WORKS], capture_output=True, text=True)
        if done.stdout.strip() == version:
            return Path(python)
    return None


def first_of(versions: tuple[str, ...]) -> Path | None:
    """Return the first of these Pythons that exists."""
    return next(filter(None, map(find, versions)), None)


def python_of(name: str) -> Path:
    """Return the interpreter of the environment."""
    return FOLDER / name / "bin" / "python"


class NotInstalled(Exception):
    """The Python exists, but the requirements of the environment cannot be installed."""


def prepare(name: str) -> str:
    """Create the environment unless it is up to date; return which Python is missing, or ''. Raises NotInstalled."""
    versions, over = ENVIRONMENTS[name]
    base = first_of(versions)
    if base is None:
        return f"Python {' or '.join(versions)} is not installed"
    stamp, wanted = FOLDER / name / "complete", _state(base, over)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return ""
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    _do([str(base), "-m", "venv", "--without-pip", str(FOLDER / name)])
    uv = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(python_of(name))]
    for more in (
        ["-r", "requirements/test.txt"],
        over,
        ["--no-deps", "-e", ".", "-e", "demo/provider"],
    ):
        _do([*uv, *more])
    stamp.write_text(wanted, encoding="utf-8")
    return ""


def _do(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip() or f"exit code {done.returncode}"
        raise NotInstalled(f"{' '.join(command)} failed: {said[-300:]}")


def _state(base: Path, over: list[str]) -> str:
    """Return the contents of the environment."""
    files = [*sorted((ROOT / "requirements").glob("*.in"))]
    files += [ROOT / "requirements" / name for name in ("test.txt", "openedx-2026-04.txt")]
    marks = [f"{path.name} {zlib.crc32(path.read_bytes())}" for path in files]
    return "\n".join([str(base), *over, *marks])


def main(name: str) -> int:
    """Run the command line; return the exit code."""
    try:
        print(prepare(name))
    except NotInstalled as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
