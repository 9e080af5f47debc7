"""Excel workbooks (.xlsx): one sheet, read cell by cell, and looked at before it is unpacked."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import narwhals as nw

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs.file_limits import (
    MOST_ROWS,
    MOST_WORKBOOK_CELLS,
    not_a_table,
    regular_file,
    require_at_most,
    require_unpacked,
)
from microwork_estimate.inputs.written_numbers import Decimal, with_numbers

_FIX = "open it in the spreadsheet and save it again as .xlsx, or as CSV (UTF-8)"
_ROWS_READ_AS_BLANK = 10_000  # empty rows in a row, after which a sheet is taken to have ended


def read_workbook(path: Path, *, sheet: str | None = None, decimal: Decimal | None = None) -> nw.DataFrame[Any]:
    """Read one sheet of a workbook: names of the columns in the first row, formulas as the values last computed.

    Parameters
    ----------
    path : Path
    sheet : str or None
        Name of the sheet; None for the first.
    decimal : str or None
        As in :func:`~microwork_estimate.inputs.csv_files.read_csv`, for numbers that were typed as text.

    Returns
    -------
    narwhals data frame
        Empty rows and columns are left out.

    Raises
    ------
    InvalidInput
        If openpyxl is not installed; if the file is missing, no workbook or too large when unpacked; if there is no such
        sheet, if its header names a column twice or not at all, or if a cell holds an error such as #N/A.

    Examples
    --------
    >>> import tempfile
    >>> from openpyxl import Workbook
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     book = Workbook()
    ...     for row in (["sex", "hours"], ["f", 3], ["m", 1.5]):
    ...         book.active.append(row)
    ...     book.save(Path(folder) / "a.xlsx")
    ...     read_workbook(Path(folder) / "a.xlsx")["hours"].to_list()
    [3.0, 1.5]
    """
    file = regular_file(path)
    _require_reader(file)
    import openpyxl  # type: ignore[import-untyped]

    try:
        _check_archive(file)
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            rows = list(_rows(_sheet(book, sheet, file), file))
        finally:
            book.close()
    except InvalidInput:
        raise
    except Exception as error:  # whatever stands in a broken archive, the reader of it may stumble over in any way
        raise not_a_table(file, expected="an Excel workbook (.xlsx)", error=error, fix=_FIX) from error
    return with_numbers(_frame(rows, file), decimal=decimal, where=str(file))


def _require_reader(file: Path) -> None:
    try:
        import openpyxl  # noqa: F401
    except ImportError as error:
        raise reader_missing("openpyxl", "Excel workbooks", file) from error


def reader_missing(package: str, what: str, file: Path) -> InvalidInput:
    """Return the error that says how to install what reads a kind of file.

    Examples
    --------
    >>> print(reader_missing("openpyxl", "Excel workbooks", Path("a.xlsx")).fix)
    pip install "microwork-estimate[tables]", or save the table as CSV (UTF-8)
    """
    return InvalidInput(
        "no reader for this kind of file",
        expected=f"the package {package}, which reads {what}",
        got="it is not installed",
        where=str(file),
        fix='pip install "microwork-estimate[tables]", or save the table as CSV (UTF-8)',
    )


def _check_archive(file: Path) -> None:
    """Refuse an archive that unpacks to too much, or whose parts declare entities that could grow without end."""
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        require_at_most(len(parts), 10_000, "parts", where=str(file))
        unpacked, packed = sum(p.file_size for p in parts), sum(p.compress_size for p in parts)
        require_unpacked(packed, unpacked, where=str(file))
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as opened:
                    head = opened.read(4096)
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    raise InvalidInput(
                        "not a table",
                        expected="a workbook without declarations of its own",
                        got=f"<!DOCTYPE in {part.filename}",
                        where=str(file),
                        fix=_FIX,
                    )


def _sheet(book: Any, name: str | None, file: Path) -> Any:
    if name is not None and name not in book.sheetnames:
        raise InvalidInput(
            "unknown sheet",
            expected="one of " + ", ".join(repr(sheet) for sheet in book.sheetnames[:20]),
            got=repr(name),
            where=str(file),
            fix="check the spelling of the sheet",
        )
    return book[name if name is not None else book.sheetnames[0]]


def _rows(sheet: Any, file: Path) -> Iterator[tuple[Any, ...]]:
    """Give the rows, empty ones within the table included; stop where the table has ended."""
    if not hasattr(sheet, "iter_rows"):
        raise InvalidInput("not a table", expected="a sheet with cells", got="a chart", where=str(file), fix=_FIX)
    sheet.reset_dimensions()  # the size that a file claims for a sheet may be anything
    cells, blank = 0, 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells += len(row)
        require_at_most(number, MOST_ROWS, "rows", where=str(file))
        require_at_most(cells, MOST_WORKBOOK_CELLS, "cells", where=str(file))
        if any(value is not None for value in row):
            yield from ((),) * blank
            blank = 0
            yield row
        elif (blank := blank + 1) > _ROWS_READ_AS_BLANK:
            return


def _frame(rows: list[tuple[Any, ...]], file: Path) -> nw.DataFrame[Any]:
    import pandas as pd

    if not rows:
        raise InvalidInput("not a table", expected="a header and rows", got="an empty sheet", where=str(file), fix=_FIX)
    header, body = rows[0], rows[1:]
    width = max(len(row) for row in rows)
    columns = [[row[at] if at < len(row) else None for row in body] for at in range(width)]
    names = ["" if at >= len(header) or header[at] is None else str(header[at]).strip() for at in range(width)]
    for at, (name, cells) in enumerate(zip(names, columns, strict=True), start=1):
        _check_column(name, at, cells, names, file)
    kept = {name: cells for name, cells in zip(names, columns, strict=True) if name}
    return nw.from_native(pd.DataFrame({name: pd.Series(cells) for name, cells in kept.items()}), eager_only=True)


def _check_column(name: str, at: int, cells: list[Any], names: list[str], file: Path) -> None:
    if not name and any(cell is not None for cell in cells):
        raise InvalidInput(
            "missing header",
            expected="a name for every column, in the first row",
            got=f"none for column {at}",
            where=str(file),
            fix="write the names of the columns in the first row",
        )
    if name and names.count(name) > 1:
        raise InvalidInput(
            "column named twice",
            expected="a name of its own for every column",
            got=name,
            where=str(file),
            fix="rename or remove one of them",
        )
    errors = [row for row, cell in enumerate(cells, start=2) if isinstance(cell, str) and cell in _ERRORS]
    if errors:
        raise InvalidInput(
            "cell with an error",
            expected="values",
            got=f"{cells[errors[0] - 2]} in row {errors[0]}",
            where=f"{file}, column {name!r}",
            fix="mend the formula in the spreadsheet and save again",
        )


_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"}
