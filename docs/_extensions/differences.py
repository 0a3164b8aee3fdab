"""Differences from 6.1.4: the rows of `docs/differences.toml`, and the differences known from the code."""

import re
import tomllib
from pathlib import Path
from typing import Any

ROWS = Path(__file__).resolve().parents[1] / "differences.toml"
FIELDS = ("id", "area", "published", "ours", "why", "switch")
AREAS = {
    "time": "Time",
    "content": "Learners' work",
    "access": "Who may do what",
    "rest": "REST interface",
    "python": "Python interface",
    "providers": "Providers",
    "reviews": "Reviews and personal data",
    "delivery": "Notifications",
    "admin": "Django admin",
    "commands": "Commands",
    "packaging": "Installation",
    "pages": "Learners' pages and mails",
}


def rows() -> list[dict[str, str]]:
    """All differences, in the order of the file."""
    tables = tomllib.loads(ROWS.read_text(encoding="utf-8"))
    return [{"id": name, **table} for name, table in tables.items()]


def default_of(switch: str) -> Any:
    """The value of a key of PROCTORING_SETTINGS where nothing is set; LookupError for an unknown one."""
    from edx_proctoring import conf

    (setting,) = [one for one in conf.PROCTORING if one.name == switch] or [None]
    if setting is None:
        raise LookupError(f"PROCTORING_SETTINGS has no key {switch}.")
    return setting.default


def as_rst(text: str) -> str:
    """With code as reStructuredText marks it."""
    return re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", text)


def table(area: str) -> list[str]:
    """The differences of one area as a list table."""
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 30 30 30 10", ""]
    lines += ["   * - 6.1.4", "     - this version", "     - why", "     - switch"]
    for row in rows():
        if row["area"] != area:
            continue
        switch = row["switch"]
        shown = f"``{switch}`` (``{default_of(switch)!r}``)" if switch else ""
        cells = [row["published"], row["ours"], row["why"], shown]
        lines += [
            f"   {' ' if place else '*'} - {as_rst(cell)}".rstrip()
            for place, cell in enumerate(cells)
        ]
    return lines


def page() -> list[str]:
    """A section for each area that has rows."""
    lines: list[str] = []
    for area, title in AREAS.items():
        if any(row["area"] == area for row in rows()):
            lines += [f".. rubric:: {title}", "", *table(area), ""]
    return lines


def patch_points() -> list[str]:
    """The modules to which replacements of test suites are passed on, and those in which they change nothing."""
    from edx_proctoring.patch_points import GIVEN_UP, HONOURED

    lines = [
        ".. list-table::",
        "   :header-rows: 1",
        "",
        "   * - a test suite replaces",
        "     - then",
    ]
    for module, names in HONOURED.items():
        for name, origin in names.items():
            lines += [f"   * - ``{module}.{name}``", f"     - it counts as if set in ``{origin}``"]
    for module, names in GIVEN_UP.items():
        for name, instead in names.items():
            lines += [
                f"   * - ``{module}.{name}``",
                f"     - it changes nothing, with a warning; {instead}",
            ]
    return lines
