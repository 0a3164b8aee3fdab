"""CPU time of other processes, and how busy the machine is, as Linux reports them."""

import os
import time
from pathlib import Path

NAMES = {"PostgreSQL": {"postgres"}, "MariaDB": {"mariadbd", "mysqld"}}
PROC = Path("/proc")


def cpu_seconds(process: int) -> float:
    """Return the CPU seconds of a process and of those that it started and that have ended."""
    return _seconds(PROC / str(process))


def server_cpu_seconds(server: str) -> float:
    """Return those of all processes of this kind of database server on this machine."""
    names = NAMES[server]
    return sum(_seconds(one) for one in PROC.glob("[0-9]*") if _name(one) in names)


def busy_cores(seconds: float = 5) -> float:
    """Return how many cores work, on average of the next seconds."""
    idle = _idle_seconds()
    began = time.monotonic()
    time.sleep(seconds)
    spent = time.monotonic() - began
    return max(0.0, (os.cpu_count() or 1) - (_idle_seconds() - idle) / spent)


def _idle_seconds() -> float:
    """Return the seconds that all cores together had nothing to do, or waited for a disk."""
    idle, waiting = (PROC / "stat").read_text().split("\n", 1)[0].split()[4:6]
    return (int(idle) + int(waiting)) / os.sysconf("SC_CLK_TCK")


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:  # it has just ended
        return ""


def _seconds(process: Path) -> float:
    try:
        # The name, in parentheses, may contain spaces.
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
