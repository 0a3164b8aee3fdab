"""Shortcomings of the tab "Special Exams" of 6.1.4: the rows of `docs/special_exams_tab.toml`."""

import tomllib
from pathlib import Path
from typing import Any

ROWS = Path(__file__).resolve().parents[1] / "special_exams_tab.toml"


def areas() -> list[dict[str, Any]]:
    """Return the areas with their rows, in the order of the file."""
    found: list[dict[str, Any]] = tomllib.loads(ROWS.read_text(encoding="utf-8"))["area"]
    return found


def _table(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        ".. list-table::",
        "   :header-rows: 1",
        "   :widths: 25 30 45",
        "   :class: long-code",
        "",
    ]
    lines += ["   * - 6.1.4", "     - this version", "     - shown by"]
    for row in rows:
        lines += [f"   * - {row['lacked']}", f"     - {row['now']}"]
        lines += [
            f"     {' ' if place else '-'} | ``{test}``" for place, test in enumerate(row["tests"])
        ]
    return lines


def page() -> list[str]:
    """Return a table for each area."""
    lines: list[str] = []
    for area in areas():
        lines += [f".. rubric:: {area['title']}", "", *_table(area["rows"]), ""]
    return lines
