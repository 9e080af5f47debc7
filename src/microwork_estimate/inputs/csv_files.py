"""CSV files, as programs and as spreadsheets of several languages write them."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any, Literal

import narwhals as nw
import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs.file_limits import MOST_LINE_BYTES, require_shape
from microwork_estimate.inputs.shown import shown_columns
from microwork_estimate.inputs.text_files import read_utf8
from microwork_estimate.inputs.written_numbers import Decimal, require_clear_points, with_numbers

Separator = Literal[",", ";", "\t"]
SEPARATORS: tuple[Separator, ...] = (",", ";", "\t")
_BREAKS = (10, 13)  # line feed, carriage return


def read_csv(path: Path, *, separator: Separator | None = None, decimal: Decimal | None = None) -> nw.DataFrame[Any]:
    r"""Read a CSV file: UTF-8, with or without byte order mark, lines ended in any way.

    The separator is the one of comma, semicolon and tabulator that stands in the header. Numbers with a decimal comma are
    read as numbers where they can mean nothing else (:mod:`~microwork_estimate.inputs.written_numbers`).

    Parameters
    ----------
    path : Path
    separator : str or None
        ``","``, ``";"`` or a tabulator; None to take it from the header.
    decimal : str or None
        ``"."`` or ``","``; None to find out.

    Returns
    -------
    narwhals data frame

    Raises
    ------
    InvalidInput
        If the file is missing, too large, not UTF-8, empty or no table; if its header names a column twice or not at all;
        or if its numbers can be read in two ways.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.csv"
    ...     _ = file.write_bytes(b"sexe;heures\r\nfemme;12,5\r\n")
    ...     read_csv(file)["heures"].to_list()
    [12.5]
    """
    content = read_utf8(path)
    lines = _checked_lines(content, path)
    mark = separator or _separator(content, path)
    frame = _parsed(content, mark, lines, path)
    if mark != "," and decimal is None:
        _check_points(content, mark, frame, path)
    return with_numbers(frame, decimal=decimal, where=str(path))


def _checked_lines(content: bytes, path: Path) -> int:
    """Return the number of lines, after refusing NUL bytes and lines that no table has."""
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(0)) + 1
        raise InvalidInput(
            "not a text file",
            expected="text without NUL bytes",
            got=f"a NUL byte in line {line}",
            where=str(path),
            fix="save the table again as CSV (UTF-8)",
        )
    letters = np.frombuffer(content, dtype=np.uint8)
    breaks = np.flatnonzero(np.isin(letters, _BREAKS))
    lengths = np.diff(breaks, prepend=-1, append=letters.size)
    if lengths.max() > MOST_LINE_BYTES:
        raise InvalidInput(
            "line too long",
            expected=f"lines of at most {MOST_LINE_BYTES:,} bytes",
            got=f"{int(lengths.max()):,} bytes in line {int(np.argmax(lengths)) + 1}",
            where=str(path),
            fix="check that the lines of the table end with a line break",
        )
    return int(breaks.size) + 1


def _separator(content: bytes, path: Path) -> Separator:
    """Find the one separator that stands in the header outside of quotes."""
    header = next((line for line in content[: 2 * MOST_LINE_BYTES].splitlines() if line.strip()), b"").decode("utf-8")
    outside = "".join(header.split('"')[::2])
    found = [mark for mark in SEPARATORS if mark in outside]
    if len(found) > 1:
        raise InvalidInput(
            "unclear separator",
            expected="a header with commas or semicolons or tabulators between its columns, not several of them",
            got=" and ".join(repr(mark) for mark in found),
            where=f"{path}, line 1",
            fix='say which in the study file (separator = ";"), or rename the columns',
        )
    return found[0] if found else ","


def _parsed(content: bytes, mark: Separator, lines: int, path: Path) -> nw.DataFrame[Any]:
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # pandas only warns when rows have more fields than the header, and drops what is too much.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            header = pd.read_csv(io.BytesIO(content), sep=mark, index_col=False, header=None, nrows=1, dtype=str)
            names = header.iloc[0].tolist()
            _require_distinct_headers([name for name in names if isinstance(name, str)], path)
            require_shape(lines, len(names), where=str(path))
            frame = pd.read_csv(io.BytesIO(content), sep=mark, index_col=False, low_memory=False)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise InvalidInput(
            "not a table",
            expected="a header and rows of as many fields",
            got=" ".join(str(error).split()),
            where=str(path),
            fix="check the separators, the quotes and the last line",
        ) from error
    return _without_empty_columns(frame, [isinstance(name, str) and bool(name.strip()) for name in names], path)


def _without_empty_columns(frame: Any, named: list[bool], path: Path) -> nw.DataFrame[Any]:
    """Leave out the empty columns that spreadsheets append; a column with values but no name is refused."""
    unnamed = [at for at, has_name in enumerate(named) if not has_name]
    full = [at + 1 for at in unnamed if frame.iloc[:, at].notna().any()]
    if full:
        raise InvalidInput(
            "missing header",
            expected="a name for every column, in the first line",
            got=f"none for column {full[0]}",
            where=str(path),
            fix="write the names of the columns in the first line",
        )
    kept = [at for at in range(frame.shape[1]) if at not in unnamed]
    return nw.from_native(frame.iloc[:, kept] if unnamed else frame, eager_only=True)


def _require_distinct_headers(names: list[str], path: Path) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidInput(
            "column named twice",
            expected="a name of its own for every column",
            got=f"{len(repeated)} names that stand twice among {shown_columns(names)}",
            where=str(path),
            fix="rename or remove one of them; if the first line holds values, write the names of the columns above it",
        )


def _check_points(content: bytes, mark: Separator, frame: nw.DataFrame[Any], path: Path) -> None:
    """Look at the columns of numbers as they were written: with semicolons, a point may separate thousands."""
    import pandas as pd

    decimals = [name for name in frame.columns if frame[name].dtype.is_float()]
    if decimals:
        written = pd.read_csv(io.BytesIO(content), sep=mark, usecols=decimals, dtype=str, index_col=False)
        for name in decimals:
            require_clear_points(written[name].dropna().unique(), f"{path}, column {name!r}")
