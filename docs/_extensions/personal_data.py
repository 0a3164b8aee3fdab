"""The page of personal data: the tables of `docs/personal_data.toml`."""

import tomllib
from pathlib import Path
from typing import Any

from differences import as_rst

ROWS = Path(__file__).resolve().parents[1] / "personal_data.toml"
SECTIONS = {
    "core": "The core",
    "accommodations": "The extension accommodations",
    "live": "The extension live",
}
FIELDS = {
    "kept": "Kept",
    "seen_by": "Seen by",
    "exported": "Export",
    "retirement": "Retirement",
}


def tables() -> dict[str, dict[str, Any]]:
    """Return all tables by their name in the database."""
    return tomllib.loads(ROWS.read_text(encoding="utf-8"))


def page() -> list[str]:
    """A section for each app: its tables with personal data, then the names of the others."""
    lines: list[str] = []
    for app, title in SECTIONS.items():
        own = {name: table for name, table in tables().items() if table["app"] == app}
        lines += [f".. rubric:: {title}", ""]
        for name, table in own.items():
            if "personal" in table:
                lines += _table(name, table)
        without = [f"``{name}``" for name, table in own.items() if "personal" not in table]
        if without:
            lines += [f"Without personal data: {', '.join(without)}.", ""]
    return lines


def _table(name: str, table: dict[str, Any]) -> list[str]:
    lines = [f"``{name}``", f"   {as_rst(table['holds'])}", ""]
    lines += ["   .. list-table::", "      :widths: 30 70", ""]
    for column, text in table["personal"].items():
        lines += [f"      * - ``{column}``", f"        - {as_rst(text)}"]
    lines.append("")
    lines += [f"   * *{title}*: {as_rst(table[field])}" for field, title in FIELDS.items()]
    return [*lines, ""]
