"""A table as the check looks at it: cells by the role of their column, and problems with their row and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from microwork_estimate.inputs.codes import Coded, Columns, label_text
from microwork_estimate.inputs.shown import shown_columns, shown_value
from microwork_estimate.study.problems import TO_FILL, Problem, Severity

MOST_LISTED = 20  # cells of one column that are listed one by one


@dataclass(frozen=True, kw_only=True, slots=True)
class LookedAt:
    """A table of a study that could be read.

    Parameters
    ----------
    file : str
        Its path.
    frame : narwhals data frame
        As it stands in the file.
    roles : dict of str to str
        Role in the recipe = name of the column, where the study file names them.
    """

    file: str
    frame: Any
    roles: dict[str, str]
    _kept: dict[str, Coded] = field(default_factory=dict, compare=False, repr=False)

    @property
    def rows(self) -> int:
        """Number of rows below the header."""
        return len(self.frame)

    @property
    def names(self) -> tuple[str, ...]:
        """The roles that there are: those of the study file, or else the names of the columns."""
        return tuple(self.roles) if self.roles else tuple(self.frame.columns)

    def header(self, role: str) -> str:
        """Return the name of the column of a role."""
        return self.roles.get(role, role)

    def has(self, role: str) -> bool:
        """Say whether there is a column for a role."""
        return role in self.names and self.header(role) in self.frame.columns

    def cells(self, role: str) -> list[Any]:
        """Return the cells of a column, None where they are empty."""
        return [None if v is None or v != v else v for v in self.frame[self.header(role)].to_list()]

    def coded(self, role: str) -> Coded:
        """Return a column as codes of its different values, -1 where a cell is empty; made once."""
        name = self.header(role)
        if name not in self._kept:
            series = self.frame[name]
            values = series.to_list() if series.dtype.is_temporal() else series.to_native()
            self._kept[name] = Columns({name: values}).coded(name)
        return self._kept[name]

    def texts(self, role: str) -> list[str | None]:
        """Return the cells of a column as categories, None where they are empty."""
        coded = self.coded(role)
        words = [*(label_text(value) for value in coded.levels), None]
        return [words[code] for code in coded.codes.tolist()]

    def problem(
        self, problem: str, role: str, *, row: int | None = None, severity: Severity = "problem", **words: str
    ) -> Problem:
        """Return a problem of a column or, with its number from 0, of one row of it; words are expected, got, fix."""
        header = self.header(role) if role else ""
        columns = list(self.frame.columns)
        return Problem(
            file=self.file,
            line=1 if row is None else row + 2,
            column=columns.index(header) + 1 if header in columns else None,
            key=header,
            problem=problem,
            severity=severity,
            **words,
        )

    def require(self, roles: Iterable[str]) -> Iterator[Problem]:
        """Find roles without a column."""
        for role in roles:
            if not self.has(role):
                yield self.problem(
                    "unknown column",
                    role,
                    expected=f"a column {self.header(role)!r}",
                    got=shown_columns(self.frame.columns),
                    fix="add the column, or say in columns = { ... } of the study file what it is called",
                )

    def empty(self, role: str, *, fix: str) -> Iterator[Problem]:
        """Find empty cells: each by itself if they are few, else the first with how many there are."""
        found = np.flatnonzero(self.coded(role).codes < 0).tolist()
        for row in found[:MOST_LISTED] if len(found) <= MOST_LISTED else found[:1]:
            more = f" (and {len(found) - 1:,} more in this column)" if len(found) > MOST_LISTED else ""
            yield self.problem(
                TO_FILL, role, row=row, expected="a value in every row", got=f"an empty cell{more}", fix=fix
            )

    def numbers(self, role: str, right: Callable[[float], bool], *, expected: str, fix: str) -> Iterator[Problem]:
        """Find cells that are no numbers, or not as they must be; the first of each column with how many there are."""
        coded = self.coded(role)
        bad = [code for code, value in enumerate(coded.levels) if not _fits(value, right)]
        # One word makes a whole column of numbers text: then the word is what is wrong, not the numbers.
        words = [code for code in bad if not _like_a_number(coded.levels[code])]
        wrong = np.flatnonzero(np.isin(coded.codes, words or bad)).tolist() if bad else []
        if wrong:
            more = f" (and {len(wrong) - 1:,} more in this column)" if len(wrong) > 1 else ""
            yield self.problem(
                "impossible value",
                role,
                row=wrong[0],
                expected=expected,
                got=f"{shown_value(coded.levels[coded.codes[wrong[0]]])}{more}",
                fix=fix,
            )

    def twice(self, roles: tuple[str, ...], *, fix: str, shown: bool = True) -> Iterator[Problem]:
        """Find rows that say the same in some columns as a row before them; what they say is shown unless it is private."""
        if len(roles) == 1 and np.bincount(self.coded(roles[0]).codes + 1)[1:].max(initial=0) < 2:
            return
        seen: dict[tuple[str | None, ...], int] = {}
        listed = 0
        for row, key in enumerate(zip(*(self.texts(role) for role in roles), strict=True)):
            if all(part is None for part in key):
                continue
            if key in seen:
                listed += 1
                if listed > MOST_LISTED:
                    return
                yield self.problem(
                    "row twice",
                    roles[-1],
                    row=row,
                    expected="each once",
                    got=f"{repr(':'.join(map(str, key))[:60]) if shown else 'the same'} as in row {seen[key] + 2}",
                    fix=fix,
                )
            else:
                seen[key] = row


def _like_a_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _fits(value: Any, right: Callable[[float], bool]) -> bool:
    if isinstance(value, str | bool):
        return False
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return abs(number) != float("inf") and right(number)
