"""A figure with its address: the noun that study files are made of, and its place in a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.schema import FigureUnit, Qualifier, Status

TableName = Literal["inputs", "published", "context"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One figure: what it is, how sure we are, and where it was read.

    Parameters
    ----------
    key : str
        Its name in the study file.
    table : {"inputs", "published", "context"}
        Inputs may be read by an estimator; published results and context never are.
    value : float or None
        The number, in `unit`.
    low, high : float or None
        What the source leaves open (rounding, for instance).
    text, text_fr : str or None
        What the source says, where it is not a number.
    unit : str
        What is counted.
    qualifier : str
        The source's own word: ``"exactly"``, ``"about"``, ``"nearly"``, ``"more than"``, ``"at least"``.
    status : str
        ``"published"``, ``"second_hand"``, ``"implied"``, ``"assumed"`` or ``"unavailable"``.
    what, what_fr : str
        What the figure is, in English and in French (in English where the file has no French).
    source : str
        The document, in one line; for an implied figure the arithmetic, for an assumed one ``"assumed: <reason>"``.
    source_key, locator : str
        The key of the document in the study file, and the place in it; empty where there is none.
    derived_from : tuple of str
        Keys of the figures that imply this one.
    formula : str
        The arithmetic, in these keys.
    reason, reason_fr : str
        Why it was assumed, or why it is not available.
    circular : bool
        True for an input that was worked out from a published result: what is made of it agrees with that result by
        construction and confirms nothing.
    """

    key: str
    table: TableName
    unit: FigureUnit
    status: Status
    what: str
    what_fr: str
    source: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    text: str | None = None
    text_fr: str | None = None
    qualifier: Qualifier = "exactly"
    source_key: str = ""
    locator: str = ""
    derived_from: tuple[str, ...] = ()
    formula: str = ""
    reason: str = ""
    reason_fr: str = ""
    circular: bool = False

    @property
    def available(self) -> bool:
        """Whether the figure is known at all."""
        return self.status != "unavailable"

    @property
    def number(self) -> float:
        """The value as a number.

        Raises
        ------
        InvalidInput
            If the figure is unavailable (the message gives the reason), or is a text or a range without a value.
        """
        if not self.available:
            raise InvalidInput(
                "figure not available",
                expected=f"a number for {self.what}",
                got=f"unavailable: {self.reason}",
                where=f"{self.table}.{self.key}",
                fix="give it in a study file of your own if you know it; it is never guessed",
            )
        if self.value is None:
            raise InvalidInput(
                "not a single number",
                expected=f"one value for {self.what}",
                got=repr(self.text) if self.text else f"a range, {self.low} to {self.high}",
                where=f"{self.table}.{self.key}",
                fix="use low and high, or the text",
            )
        return self.value

    def __str__(self) -> str:
        """One line: key, value, unit, status, source and place."""
        where = f"{self.source}, {self.locator}" if self.locator else self.source
        return f"{self.key}: {self.shown} [{self.status}] {where}"

    @property
    def shown(self) -> str:
        """The value as a reader would write it, with its unit."""
        if not self.available:
            return "unavailable"
        if self.text:
            return self.text
        ends = f"{_grouped(self.low)} to {_grouped(self.high)}" if self.low is not None else ""
        number = _grouped(self.value) + (f" ({ends})" if ends else "") if self.value is not None else ends
        word = "" if self.qualifier == "exactly" else f"{self.qualifier} "
        return f"{word}{number} {self.unit}"


def _grouped(number: float | None) -> str:
    return "" if number is None else f"{number:,.0f}" if number == int(number) else f"{number:,}"


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


# Columns of data/<study>/figures.csv, in order; "circular" follows from derived_from and is left out.
COLUMNS = (
    *("key", "table", "value", "low", "high", "qualifier", "unit", "text", "text_fr", "status", "what", "what_fr"),
    *("source", "source_key", "locator", "derived_from", "formula", "reason", "reason_fr"),
)


def figures_csv(figures: Iterable[Figure]) -> str:
    """Write figures as a CSV table, one row each, the same bytes for the same figures.

    Parameters
    ----------
    figures : iterable of Figure

    Returns
    -------
    str
        A header and one line for each figure. Numbers are written in full; spaces separate the keys of derived_from.

    Examples
    --------
    >>> about = {"what": "w", "what_fr": "q", "source": "s"}
    >>> one = Figure(key="k", table="inputs", unit="platforms", status="assumed", value=7, **about)
    >>> figures_csv([one]).splitlines()[1]
    'k,inputs,7,,,exactly,platforms,,,assumed,w,q,s,,,,,,'
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for figure in figures:
        writer.writerow([_cell(getattr(figure, name)) for name in COLUMNS])
    return stream.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return " ".join(value)
    return _plain(value) if isinstance(value, int | float) else str(value)
