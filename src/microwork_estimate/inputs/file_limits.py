"""How large a file may be before it is read, so that a hostile or broken one costs neither minutes nor memory.

The limits are far above any survey and far below what stops a machine. A file beyond one of them is refused with what to
do; who has a larger table hands the data frame over from Python instead.
"""

from __future__ import annotations

from pathlib import Path

from microwork_estimate.errors import InvalidInput

MOST_FILE_BYTES = 128 * 2**20  # a table as it lies on disk
MOST_UNPACKED_BYTES = 256 * 2**20  # a compressed table, unpacked
MOST_TIMES_SMALLER = 100  # compression beyond which a large file holds next to nothing but repetition
SUSPICIOUS_BYTES = 8 * 2**20  # unpacked size from which the compression is looked at
MOST_LINE_BYTES = 2**20  # one line of text
MOST_ROWS = 20_000_000
MOST_COLUMNS = 10_000
MOST_CELLS = 50_000_000
MOST_WORKBOOK_CELLS = 4_000_000  # cells of a workbook are read one by one
LONGEST_TEXT = 10_000  # characters of one cell


def regular_file(path: str | Path) -> Path:
    """Return the path of an ordinary file of a size that may be read.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Path

    Raises
    ------
    InvalidInput
        If there is nothing, a folder or a device, or more than ``MOST_FILE_BYTES``.

    Examples
    --------
    >>> regular_file(__file__).name
    'file_limits.py'
    """
    file = Path(path)
    try:
        size = file.stat().st_size if file.is_file() else None
        got = "a folder" if file.is_dir() else "nothing there"
    except (OSError, ValueError) as error:  # a name that no file can have
        size, got = None, getattr(error, "strerror", None) or "a name that no file can have"
    if size is None:
        raise InvalidInput("no such file", expected="a file", got=got, where=str(file), fix="check the path")
    require_at_most(size, MOST_FILE_BYTES, "bytes", where=str(file))
    return file


def require_at_most(number: int, most: int, what: str, *, where: str) -> None:
    """Refuse a table with more of something than is read.

    Parameters
    ----------
    number, most : int
    what : str
        What is counted: ``"bytes"``, ``"rows"``, ``"columns"``, ``"cells"``.
    where : str
        The file, for the error message.

    Raises
    ------
    InvalidInput
        If `number` is above `most`.

    Examples
    --------
    >>> require_at_most(3, 4, "rows", where="survey.csv")
    """
    if number > most:
        raise InvalidInput(
            "table too large",
            expected=f"at most {most:,} {what}",
            got=f"{number:,}",
            where=where,
            fix="leave out what the study does not use, save it as parquet, or hand the data frame over from Python",
        )


def require_shape(rows: int, columns: int, *, where: str, cells: int = MOST_CELLS) -> None:
    """Refuse a table with too many rows, columns or cells, before they are unpacked.

    Parameters
    ----------
    rows, columns : int
    where : str
    cells : int
        Most rows times columns.

    Raises
    ------
    InvalidInput
        If one of them is above its limit.

    Examples
    --------
    >>> require_shape(1_000, 20, where="survey.csv")
    """
    require_at_most(rows, MOST_ROWS, "rows", where=where)
    require_at_most(columns, MOST_COLUMNS, "columns", where=where)
    require_at_most(rows * columns, cells, "cells", where=where)


def require_unpacked(packed: int, unpacked: int, *, where: str) -> None:
    """Refuse a compressed file that would fill the memory when unpacked.

    Parameters
    ----------
    packed, unpacked : int
        Bytes.
    where : str

    Raises
    ------
    InvalidInput
        If it is more than ``MOST_UNPACKED_BYTES``, or large and ``MOST_TIMES_SMALLER`` times its packed size.

    Examples
    --------
    >>> require_unpacked(1_000, 20_000, where="survey.xlsx")
    """
    require_at_most(unpacked, MOST_UNPACKED_BYTES, "bytes when unpacked", where=where)
    if unpacked > SUSPICIOUS_BYTES and unpacked > MOST_TIMES_SMALLER * max(packed, 1):
        raise InvalidInput(
            "table too large",
            expected=f"a file that unpacks to at most {MOST_TIMES_SMALLER} times its size",
            got=f"{unpacked:,} bytes from {packed:,}",
            where=where,
            fix="the file holds next to nothing but repetition: remove the empty rows and columns and save it again",
        )


def not_a_table(file: Path, *, expected: str, error: BaseException, fix: str) -> InvalidInput:
    """Return the error for a file that its reader could not make sense of, with the reader's own words, shortened.

    Examples
    --------
    >>> print(not_a_table(Path("a.sav"), expected="an SPSS file", error=ValueError("bad magic"), fix="save it again"))
    not a table: expected an SPSS file; got ValueError: bad magic; in a.sav; save it again
    """
    said = " ".join(str(error).split())[:120]
    return InvalidInput(
        "not a table", expected=expected, got=f"{type(error).__name__}: {said}", where=str(file), fix=fix
    )
