"""Where lists of identifiers come from: one column of a CSV or parquet file, of a data frame, or a sequence.

Values are read in batches, so that a file larger than memory passes through. Errors name kinds of values and numbers of
rows, never their content, and are raised outside of the handlers of other errors, which might carry it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import narwhals as nw

from microwork_estimate.errors import InvalidInput

BATCH = 100_000
"""Rows that are in memory as text at one time."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class IdentifierList:
    """One column of identifiers of a file or a data frame.

    Parameters
    ----------
    table : path, or data frame of any kind
        A CSV file (UTF-8, commas, with a header; every cell is read as text) or a parquet file; or a data frame of
        pandas, polars, pyarrow and others.
    column : str
        The column that holds the identifiers.

    Examples
    --------
    >>> IdentifierList(table="accounts.csv", column="email")
    IdentifierList(column='email')
    """

    table: Any = field(repr=False)
    column: str


def value_batches(source: Any, where: str) -> Iterator[Sequence[Any]]:
    """Yield the raw values of a list, a batch at a time.

    Parameters
    ----------
    source : IdentifierList, or sequence, array or series
        Where the values are.
    where : str
        What the list is, for error messages.

    Yields
    ------
    sequence
        Up to :data:`BATCH` values as they are in the source; CSV cells are texts.

    Raises
    ------
    InvalidInput
        If the source is not there, is broken, or has no such column.

    Examples
    --------
    >>> [len(values) for values in value_batches(["ada", "bob"], "list A")]
    [2]
    """
    if not isinstance(source, IdentifierList):
        yield from _series_batches(source, where)
        return
    if not isinstance(source.table, str | Path):
        yield from _frame_batches(source.table, source.column, where)
        return
    file = Path(source.table)
    readers: dict[str, Callable[[Path, str, str], Iterator[Sequence[Any]]]] = {
        ".csv": _csv_batches,
        ".parquet": _parquet_batches,
    }
    if file.suffix not in readers or not file.is_file():
        raise InvalidInput(
            "no list there",
            expected="a file that ends in .csv or .parquet",
            got=f"a path that ends in {file.suffix!r}" if file.suffix not in readers else "nothing there",
            where=where,
            fix="check the path",
        )
    yield from readers[file.suffix](file, source.column, where)


def _series_batches(source: Any, where: str) -> Iterator[Sequence[Any]]:
    values = nw.from_native(source, series_only=True, pass_through=True)
    if isinstance(source, str | bytes | dict | set) or not (
        hasattr(values, "__getitem__") and hasattr(values, "__len__")
    ):
        raise InvalidInput(
            "not a list of identifiers",
            expected="a sequence, an array or a series, or an IdentifierList",
            got=f"a {type(source).__name__}",
            where=where,
            fix="for a file or a data frame give IdentifierList(table=..., column=...)",
        )
    if getattr(values, "ndim", 1) != 1:
        raise _no_column("a table", where)
    for start in range(0, len(values), BATCH):
        part = values[start : start + BATCH]
        yield part.to_list() if isinstance(part, nw.Series) else list(part)


def _frame_batches(table: Any, column: str, where: str) -> Iterator[Sequence[Any]]:
    frame = nw.from_native(table, eager_only=True, pass_through=True)
    if not isinstance(frame, nw.DataFrame):
        raise InvalidInput(
            "not a data frame",
            expected="a path, or a data frame (pandas, polars, pyarrow, ...)",
            got=f"a {type(table).__name__}",
            where=where,
            fix="read the file first, or give its path",
        )
    if column not in frame.columns:
        raise _no_column(f"{len(frame.columns)} columns, none of that name", where)
    yield from _series_batches(frame[column], where)


def _csv_batches(file: Path, column: str, where: str) -> Iterator[list[str]]:
    """Read one column of a CSV file as text; the header is not repeated in errors, as it may be a row of data."""
    problem = None
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.reader(text, strict=True)
            header = [name.strip() for name in next(rows, [])]
            if header.count(column) == 1:
                cells = _cells(rows, len(header), header.index(column), where)
                while batch := list(islice(cells, BATCH)):
                    yield batch
            else:
                problem = _no_column(f"a header of {len(header)} fields, {header.count(column)} of that name", where)
    except UnicodeDecodeError:
        problem = _broken("text in UTF-8", "other bytes", "save the file again with the encoding UTF-8", where)
    except csv.Error:
        problem = _broken("a CSV file with commas and closed quotes", "something else", "check the quotes", where)
    if problem is not None:  # outside of the handlers, so that the error does not carry the other one
        raise problem


def _cells(rows: Iterable[list[str]], width: int, at: int, where: str) -> Iterator[str]:
    """Yield one cell of each row; empty lines between rows of a single column are rows without identifier."""
    empty = done = 0
    for row in rows:
        if not row:
            empty += width == 1
            continue
        for _ in range(empty):
            yield ""
        done += empty + 1
        empty = 0
        if len(row) != width:
            raise _broken(
                f"{width} fields in every row", f"{len(row)} in data row {done}", "check separators and quotes", where
            )
        yield row[at]


def _parquet_batches(file: Path, column: str, where: str) -> Iterator[list[Any]]:
    try:
        import pyarrow.parquet as parquet  # type: ignore[import-untyped]
    except ImportError:
        yield from _parquet_by_duckdb(file, column, where)
        return
    problem = None
    try:
        reader = parquet.ParquetFile(file)
        if column in reader.schema_arrow.names:
            for batch in reader.iter_batches(batch_size=BATCH, columns=[column]):
                yield batch.column(0).to_pylist()
        else:
            problem = _no_column(f"{len(reader.schema_arrow.names)} columns, none of that name", where)
    except (OSError, ValueError):
        problem = _broken("a parquet file", "something else", "write the file again", where)
    if problem is not None:
        raise problem


def _parquet_by_duckdb(file: Path, column: str, where: str) -> Iterator[list[Any]]:
    problem = None
    try:
        import duckdb

        with duckdb.connect() as connection:
            described = connection.execute("SELECT * FROM read_parquet(?) LIMIT 0", [str(file)]).description or []
            names = [str(field[0]) for field in described]
            if column in names:
                quoted = column.replace('"', '""')
                rows = connection.execute(f'SELECT "{quoted}" FROM read_parquet(?)', [str(file)])  # noqa: S608
                while batch := rows.fetchmany(BATCH):
                    yield [value for (value,) in batch]
            else:
                problem = _no_column(f"{len(names)} columns, none of that name", where)
    except ImportError:
        fix = "install pyarrow or duckdb, or save the table as CSV"
        problem = _broken("pyarrow or duckdb to read parquet files", "neither is installed", fix, where)
    except duckdb.Error:
        problem = _broken("a parquet file", "something else", "write the file again", where)
    if problem is not None:
        raise problem


def _no_column(got: str, where: str) -> InvalidInput:
    return InvalidInput(
        "unknown column",
        expected="one column with the name given",
        got=got,
        where=where,
        fix="check that the first row is a header, and the spelling; columns are not listed, as they may be data",
    )


def _broken(expected: str, got: str, fix: str, where: str) -> InvalidInput:
    return InvalidInput("list that cannot be read", expected=expected, got=got, where=where, fix=fix)
