"""Reads the recorded results: the tables of ``benchmarks/results``."""

import re
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
Table = list[dict[str, str]]
# Django and REST framework need this for any request: 1.0 ms on the machine for which the targets were set.
IDLE = "a request that only authenticates"


def tables(name: str) -> dict[str, Table]:
    """Return the tables of one file by title, with a dictionary for each row; none if it was not recorded."""
    path = RESULTS / f"{name}.rst"
    if not path.exists():
        return {}
    found = re.split(r"^(.+)\n~+\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {title: _rows(text) for title, text in zip(found[1::2], found[2::2], strict=True)}


def when(name: str) -> str:
    """Return the head of a file: date, machine, versions and load."""
    return (RESULTS / f"{name}.rst").read_text(encoding="utf-8").partition("\n")[0]


def number(cell: str) -> float | None:
    """Return the number with which a cell begins."""
    found = re.match(r"[\d,]+(\.\d+)?", cell)
    return float(found[0].replace(",", "")) if found else None


def _rows(text: str) -> Table:
    rows: list[list[str]] = []
    for mark, cell in re.findall(r"^   ([* ]) -(.*)$", text, flags=re.MULTILINE):
        if mark == "*":
            rows.append([])
        rows[-1].append(cell.strip())
    head, *others = rows
    return [dict(zip(head, cells, strict=True)) for cells in others]
