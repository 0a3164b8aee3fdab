"""Write rows as CSV or XLSX without holding them all in memory."""

import csv
import datetime
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.exceptions import APIException

from edx_proctoring.api.exports import Cell, Row

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

CSV, XLSX = "csv", "xlsx"
# A spreadsheet takes these for the beginning of a formula, tab and line breaks because it drops them first.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
LONGEST_CELL = 32_767  # characters in a workbook; a longer text would be left out
BOM = "\ufeff"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class XlsxUnavailable(APIException):
    """XlsxWriter is not installed."""

    status_code = 501
    default_code = "xlsx_unavailable"
    default_detail = "XLSX needs the package XlsxWriter (pip install edx-proctoring[xlsx]). CSV is available."  # fmt: skip


class _Echo:
    """A file that returns what is written to it."""

    @staticmethod
    def write(text: str) -> str:
        return text


def text_of(cell: Cell) -> str:
    """Return the cell as text. Texts that a spreadsheet would execute as a formula begin with an apostrophe."""
    if cell is None:
        return ""
    if isinstance(cell, datetime.datetime):
        return cell.astimezone(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA) else cell
    return str(cell)


def respond(
    kind: str, name: str, columns: Sequence[str], rows: Iterable[Row], *, bom: bool
) -> HttpResponseBase:
    """Return the response with the file `name`, without its extension. Raises XlsxUnavailable."""
    if kind == XLSX:
        return _xlsx(name, columns, rows)
    return StreamingHttpResponse(
        _csv_lines(columns, rows, bom=bom),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _csv_lines(columns: Sequence[str], rows: Iterable[Row], *, bom: bool) -> Iterator[str]:
    writer = csv.writer(_Echo())
    if bom:
        yield BOM
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow(text_of(cell) for cell in row)


def _xlsx(name: str, columns: Sequence[str], rows: Iterable[Row]) -> HttpResponseBase:
    if find_spec("xlsxwriter") is None:
        raise XlsxUnavailable
    from xlsxwriter import Workbook  # noqa: PLC0415  an optional package

    file = tempfile.TemporaryFile()  # noqa: SIM115  FileResponse closes it
    book = Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})  # fmt: skip
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, columns)
    for number, row in enumerate(rows, 1):
        _write_row(sheet, number, row)
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)


def _write_row(sheet: "Worksheet", number: int, row: Row) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, bool) or not isinstance(cell, int | float):
            sheet.write_string(number, column, _plain(cell))
        else:
            sheet.write_number(number, column, cell)


def _plain(cell: Cell) -> str:
    """Return the text for a cell that is written as text, where nothing is executed."""
    text = cell if isinstance(cell, str) else text_of(cell)
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
