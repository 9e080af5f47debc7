"""What a table of a study file may not be: a path out of the folder, an address, a folder, two places at once."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from microwork_estimate.errors import InvalidInput

if TYPE_CHECKING:
    from microwork_estimate.study.schema import AboutEntry, FileEntry

FIRST_YEAR, LAST_YEAR = 1950, 2100  # outside, a date is of another calendar or a slip of the finger
_PACKAGE_ONLY = ("sheet", "separator", "decimal")


def check_one_place(file: FileEntry) -> None:
    """Require a path or a resource, not both."""
    if (file.path is None) == (file.resource is None):
        raise InvalidInput(
            "table without one place",
            expected="path (a file of the study folder) or resource (a table of a data package)",
            got="both" if file.path else "neither",
            where="the table",
            fix="give the path of the table, such as tables/survey.csv",
        )


def check_path(file: FileEntry) -> None:
    """Refuse a path that is an address, that is absolute, or that leads up and out."""
    if file.path is not None:
        require_relative(file.path, where="path")


def check_folder(about: AboutEntry) -> None:
    """Refuse a data folder outside the folder of the study file."""
    if about.data is not None:
        require_relative(about.data, where="data")


def require_relative(text: str, *, where: str) -> None:
    """Refuse a path, as it is written, that could lead out of the folder it starts from, on any system.

    Raises
    ------
    InvalidInput
        If it is an address, absolute, holds ``..`` or a backslash, or a sign that no path holds.

    Examples
    --------
    >>> require_relative("tables/survey.csv", where="path")
    """
    windows = PureWindowsPath(text)
    if "://" in text or text.lower().startswith(("file:", "data:", "\\\\", "//")):
        got, problem = "an address", "address in place of a path"
    elif PurePosixPath(text).is_absolute() or windows.is_absolute() or windows.drive or text.startswith("~"):
        got, problem = "a path from the top of the machine", "path out of the study folder"
    elif ".." in windows.parts:
        got, problem = "a path with '..'", "path out of the study folder"
    elif "\\" in text or any(ord(letter) < 32 for letter in text):
        got, problem = "a sign that paths do not hold", "path out of the study folder"
    else:
        return
    raise InvalidInput(
        problem,
        expected="a path inside the folder of the study file, with /, such as tables/survey.csv",
        got=f"{got}: {text[:80]!r}",
        where=where,
        fix="copy the file into the folder: a study reads nothing outside it, and nothing from the network",
    )


def path_inside(text: str, folder: Path) -> Path:
    """Return the path of a file of a folder after following its links, which may not lead out.

    Parameters
    ----------
    text : str
        Relative path.
    folder : Path

    Returns
    -------
    Path
        Not resolved: as the user knows it.

    Raises
    ------
    InvalidInput
        If the path or a link on it leads out of the folder.

    Examples
    --------
    >>> path_inside("table_rules.py", Path(__file__).parent).name
    'table_rules.py'
    """
    require_relative(text, where=str(folder))
    path = folder / text
    if not _is_inside(path, folder):
        raise InvalidInput(
            "path out of the study folder",
            expected="a file inside the folder of the study file",
            got=f"a link out of it: {text[:80]!r}",
            where=str(path),
            fix="copy the file into the folder in place of the link",
        )
    return path


def _is_inside(path: Path, folder: Path) -> bool:
    """Say whether a path leads into a folder, links followed; links that go round in a circle lead nowhere."""
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return False
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True  # inside, and missing: that is for others to say
    except (OSError, RuntimeError, ValueError):  # how a circle shows depends on the version of Python
        return False
    return True


def check_format(file: FileEntry) -> None:
    """Refuse a sheet, a separator or a decimal mark where the kind of file has none."""
    kind = Path(file.path).suffix.lower() if file.path else ""
    given = {name: getattr(file, name) for name in _PACKAGE_ONLY if getattr(file, name) is not None}
    fits = {".xlsx": {"sheet", "decimal"}, ".csv": {"separator", "decimal"}, ".parquet": {"decimal"}}.get(kind, set())
    wrong = sorted(set(given) - fits)
    if wrong:
        raise InvalidInput(
            "key that does not fit the kind of file",
            expected="sheet with .xlsx, separator with .csv, decimal with both",
            got=f"{', '.join(wrong)} with {kind or 'a resource'}",
            where="the table",
            fix="remove the key",
        )


def check_day(file: FileEntry) -> None:
    """Refuse a date of another calendar."""
    if file.as_of is not None and not FIRST_YEAR <= file.as_of.year <= LAST_YEAR:
        raise InvalidInput(
            "date of another calendar",
            expected=f"a date of the Gregorian calendar, {FIRST_YEAR} to {LAST_YEAR}",
            got=str(file.as_of),
            where="as_of",
            fix="write year, month and day of the Gregorian calendar: 2026-01-31",
        )
