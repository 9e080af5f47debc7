"""What is wrong with a study, problem by problem: in which file, line and column, and what to do."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from microwork_estimate.errors import InvalidInput, MicroworkError
from microwork_estimate.frozen import Scalar
from microwork_estimate.study.positions import Place, place_of

Severity = Literal["problem", "note"]
TO_FILL = "to be filled in"


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that keeps a study from running, or (a note) that its author should know.

    Parameters
    ----------
    file : str
        Path of the study file or table.
    line, column : int or None
        Counted from 1. In a table, the row as a spreadsheet numbers it (the header is row 1) and the number of the column.
    key : str
        Dotted key of the study file, or name of the column of the table.
    problem, expected, got, fix : str
        As in :class:`~microwork_estimate.errors.MicroworkError`.
    severity : str
        ``"problem"`` or ``"note"``.
    """

    file: str
    problem: str
    expected: str
    got: str
    fix: str
    key: str = ""
    line: int | None = None
    column: int | None = None
    severity: Severity = "problem"

    @property
    def code(self) -> str:
        """Lower-case words joined by hyphens, the same in every language."""
        return re.sub(r"[^a-z0-9]+", "-", self.problem.lower()).strip("-")

    @property
    def place(self) -> str:
        """File, line and column as editors and compilers write them: ``study.toml:12:1``."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)

    def __str__(self) -> str:
        key = f" {self.key}" if self.key else ""
        return f"{self.place}{key}: {self.problem}: expected {self.expected}; got {self.got}; {self.fix}"

    def as_json(self) -> dict[str, Scalar]:
        """Return the problem as plain values."""
        return {"code": self.code, **asdict(self)}


def of_key(error: InvalidInput, file: Path, places: dict[str, Place]) -> Problem:
    """Return what is wrong with a key of a study file, where the key stands in it.

    Parameters
    ----------
    error : InvalidInput
        With the dotted key as its place.
    file : Path
    places : dict of str to Place
        From :func:`~microwork_estimate.study.positions.positions`.

    Examples
    --------
    >>> error = InvalidInput("missing key", expected="e", got="g", where="study", fix="f")
    >>> of_key(error, Path("mine.toml"), {"study": Place(line=3, column=1)}).place
    'mine.toml:3:1'
    """
    place = _of_unknown_key(error, places) or place_of(error.where, places)
    return Problem(
        file=str(file),
        line=place.line if place else None,
        column=place.column if place else None,
        key=error.where,
        problem=error.problem,
        expected=error.expected,
        got=error.got,
        fix=error.fix,
    )


def _of_unknown_key(error: InvalidInput, places: dict[str, Place]) -> Place | None:
    """Return where a key stands that the table around it does not know."""
    named = re.match(r"'([^']*)'", error.got)
    if error.problem != "unknown key" or named is None:
        return None
    return places.get(f"{error.where}.{named.group(1)}") or places.get(named.group(1))


def of_file(error: MicroworkError, file: Path) -> Problem:
    """Return what is wrong with a file that could not be read, with the line if the reader said it.

    Examples
    --------
    >>> error = InvalidInput("not a TOML file", expected="e", got="no (at line 3, column 7)", where="w", fix="f")
    >>> of_file(error, Path("mine.toml")).place
    'mine.toml:3:7'
    """
    line = re.search(r"\bline (\d+)", f"{error.got} {error.where}")
    column = re.search(r"\bcolumn (\d+)", error.got)
    return Problem(
        file=str(file),
        line=int(line.group(1)) if line else None,
        column=int(column.group(1)) if line and column else None,
        key=_column_named(error.where),
        problem=error.problem,
        expected=error.expected,
        got=error.got,
        fix=error.fix,
    )


def _column_named(where: str) -> str:
    named = re.search(r"column '([^']*)'", where)
    return named.group(1) if named else ""
