"""Profiles as CSV: the columns, and reading and writing them row by row."""

import csv
import datetime
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from edx_proctoring.api.lookup import batches
from edx_proctoring.contrib.accommodations.models import Profile
from edx_proctoring.contrib.accommodations.values import FIELDS
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.views.v2.spreadsheets import FORMULA

COLUMNS = ("username", "scope", "scope_id", *FIELDS)
DELIMITERS = ",;\t"
MOST_ROWS = 10_000
CELLS = re.compile(r"(?<=[;\t\n])|(?<=\r)(?!\n)")  # within a text, where one may begin
OPERATORS = ("=", "+", "-", "@")


class FileRefused(ProctoredBaseException):
    """The file cannot be read as a table of profiles; nothing was stored."""

    http_status = 400


@dataclass(frozen=True)
class CsvRow:
    """The cells of a row by column. `line` is the line of the file where it begins, and `error` says if it is broken."""

    line: int
    cells: dict[str, str]
    error: str = ""


def check(file: TextIO) -> int:
    """Read the whole file once, so that one that cannot be read to its end changes nothing; return how many rows it has.
    Raises FileRefused.
    """
    number = 0
    for number, _row in enumerate(read(file), 1):
        if number > MOST_ROWS:
            text = _("The file has more than %(most)s rows: split it.") % {"most": MOST_ROWS}
            raise FileRefused(text)
    return number


def read(file: TextIO) -> Iterator[CsvRow]:
    """Return the rows that are not empty. The file was opened with `newline=""`. Raises FileRefused."""
    file.seek(0)
    line = 1
    try:
        first = file.readline()
        delimiter = max(DELIMITERS, key=first.count)
        lines = csv.reader(itertools.chain([first], file), delimiter=delimiter, strict=True)
        names = _checked([name.strip().lower() for name in next(lines, [])])
        line = lines.line_num + 1
        for cells in lines:
            if any(cell.strip() for cell in cells):
                yield _row(line, names, cells)
            line = lines.line_num + 1
    except csv.Error as error:
        text = _("Line %(line)s is not valid CSV: %(error)s") % {"line": line, "error": error}
        raise FileRefused(text) from error
    except UnicodeDecodeError as error:
        raise FileRefused(_("The file is not encoded in UTF-8.")) from error


def _checked(names: list[str]) -> list[str]:
    if not any(names):
        raise FileRefused(_("The first line must name the columns."))
    unknown = sorted(set(names) - set(COLUMNS))
    if unknown:
        text = _("There is no such column: %(names)s") % {"names": ", ".join(unknown)[:500]}
        raise FileRefused(text)
    if len(set(names)) < len(names):
        raise FileRefused(_("A column occurs twice."))
    if "username" not in names:
        raise FileRefused(_("The column “username” is missing."))
    return names


def _row(line: int, names: list[str], cells: list[str]) -> CsvRow:
    error = ""
    if len(cells) != len(names):
        numbers = {"found": len(cells), "expected": len(names)}
        error = _("The row has %(found)s cells instead of %(expected)s.") % numbers
    elif any("\0" in cell for cell in cells):
        error = _("The row contains characters that cannot be stored.")
    found = zip(names, map(unescaped, cells), strict=False)
    return CsvRow(line, dict(found), error)


def export_rows(profiles: "QuerySet[Profile]") -> Iterator[list[str]]:
    """Return the cells of the profiles in the order of COLUMNS, read in batches."""
    for some in batches(list(profiles.values_list("pk", flat=True))):
        found = profiles.order_by().select_related("user").in_bulk(list(some))
        for profile in (found[pk] for pk in some if pk in found):  # without those removed meanwhile
            values = (getattr(profile, name) for name in COLUMNS[1:])
            yield [escaped(_text(value)) for value in (profile.user.get_username(), *values)]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    return str(value)


def escaped(text: str) -> str:
    """Return the text with an apostrophe before what a spreadsheet would execute, and before such an apostrophe.

    A spreadsheet that separates cells by semicolons, as in many countries, or by tabs begins new cells within the text, and
    new rows at its line breaks.
    """
    return "".join(f"'{part}" if signs else part for part, signs in _parts(text, is_bare=True))


def unescaped(cell: str) -> str:
    """Return the text of an escaped cell."""
    return "".join(part[1:] if signs else part for part, signs in _parts(cell))


def _parts(text: str, *, is_bare: bool = False) -> Iterator[tuple[str, bool]]:
    """Return the parts of a text that a spreadsheet may take for cells, and whether they begin with an apostrophe before a
    formula or another apostrophe, or with `is_bare` also with a formula.
    """
    for number, part in enumerate(CELLS.split(text)):
        # Only at the beginning of a file's cell are blanks dropped before a formula.
        formula = OPERATORS if number else FORMULA
        is_formula = is_bare and part.startswith(formula)
        yield part, is_formula or (part[:1] == "'" and part[1:].startswith((*formula, "'")))
