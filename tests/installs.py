"""Third-party packages that tests run: installed once, in separate folders of this checkout."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path


def once(folder: Path, install: Callable[[], str]) -> str:
    """Fill the folder unless that was done before; return why that was not possible, or ''."""
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / "complete"
        if stamp.exists():
            return ""
        shutil.rmtree(folder, ignore_errors=True)
        if why := install():
            return why
        stamp.touch()
    return ""
