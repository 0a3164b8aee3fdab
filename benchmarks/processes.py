"""CPU time of other processes, and how busy the machine is, as Linux reports them."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

NAMES = {"PostgreSQL": {"postgres"}, "MariaDB": {"mariadbd", "mysqld"}}
PROC = Path("/proc")


def used(webs: Sequence[int], server: str) -> list[float]:
    """Return the CPU seconds so far of the web processes, of the database server on this machine, and of this process.

    Those of a process include its children.
    """
    return [sum(map(_with_children, webs)), _server_seconds(server), time.process_time()]


def _with_children(parent: int) -> float:
    """Return the seconds of this process, of its children that run, and of those that have ended."""
    family = (one for one in _all() if parent in (int(one.name), _parent(one)))
    return sum(map(_seconds, family))


def _server_seconds(server: str) -> float:
    """Return those of all processes of this kind of database server."""
    return sum(_seconds(one) for one in _all() if _name(one) in NAMES[server])


def _all() -> Iterator[Path]:
    return PROC.glob("[0-9]*")


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


def _fields(process: Path) -> list[str]:
    """Return what follows the name, which is in parentheses and may contain spaces; nothing if the process has ended."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _parent(process: Path) -> int:
    return int((_fields(process) or ["", "0"])[1])


def _seconds(process: Path) -> float:
    return sum(map(int, _fields(process)[11:15])) / os.sysconf("SC_CLK_TCK")
