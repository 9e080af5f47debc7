"""Numbers as people write them: with a decimal comma, with spaces between thousands. Read right, or refused.

A spreadsheet in French writes 12,5 where a program reads a text. What can mean one thing only is read so; what can mean
two (1,234 is a thousand in English and a little more than one in French) is refused until the study file says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import narwhals as nw
import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs.shown import kind_of

Decimal = Literal[".", ","]

_SPACES = "[ \u00a0\u202f]"
_COMMA = re.compile(rf"[+-]?(?:\d+|\d{{1,3}}(?:{_SPACES}\d{{3}})+)(?:,\d+)?")
_POINT = re.compile(r"[+-]?\d+\.\d+")
_ENGLISH = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_GERMAN = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")
_LONGEST = 40


def with_numbers(frame: nw.DataFrame[Any], *, decimal: Decimal | None, where: str) -> nw.DataFrame[Any]:
    """Return a table in which columns of numbers with decimal commas are numbers, and blanks are missing or, below, gone.

    A column of text is taken for numbers if every value that is not empty is a whole number or one with a decimal comma,
    with or without spaces between thousands, and at least one has a comma or a space.

    Parameters
    ----------
    frame : narwhals data frame
    decimal : str or None
        ``","`` if commas are decimal, ``"."`` if they are part of texts; None to find out.
    where : str
        The file, for error messages.

    Returns
    -------
    narwhals data frame

    Raises
    ------
    InvalidInput
        If commas may separate thousands as well as decimals, if both marks or numbers and texts stand in one column.

    Examples
    --------
    >>> import pandas as pd
    >>> table = nw.from_native(pd.DataFrame({"hours": ["12,5", "3"]}), eager_only=True)
    >>> with_numbers(table, decimal=None, where="survey.csv")["hours"].to_list()
    [12.5, 3.0]
    """
    changed = []
    for name in frame.columns:
        series = frame[name]
        if series.dtype not in (nw.String, nw.Object):
            continue
        values = {value for value in series.unique().to_list() if isinstance(value, str)}
        meaning = _meaning(values, decimal, f"{where}, column {name!r}")
        if meaning:
            cells = [meaning.get(v, v) if isinstance(v, str) else v for v in series.to_list()]
            changed.append(nw.new_series(name, cells, backend=nw.get_native_namespace(frame)))
    return without_last_blanks(frame.with_columns(*changed) if changed else frame)


def without_last_blanks(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Return a table without the empty rows that spreadsheets leave below the last full one.

    Parameters
    ----------
    frame : narwhals data frame

    Returns
    -------
    narwhals data frame

    Examples
    --------
    >>> import pandas as pd
    >>> table = nw.from_native(pd.DataFrame({"a": [1.0, None, 3.0, None, None]}), eager_only=True)
    >>> without_last_blanks(table)["a"].to_list()
    [1.0, nan, 3.0]
    """
    last = 0
    for name in frame.columns:
        series = frame[name]
        empty = series.is_null().to_numpy()
        if series.dtype.is_float():
            empty = empty | series.is_nan().fill_null(value=True).to_numpy()
        full = np.flatnonzero(~empty.astype(bool))
        last = max(last, int(full[-1]) + 1 if full.size else 0)
    return frame.head(last) if last < len(frame) else frame


def _meaning(values: Iterable[str], decimal: Decimal | None, where: str) -> Mapping[str, float | None]:
    """Say what texts stand for: None for a blank one, a number for one with a comma; nothing where texts are texts."""
    written = {value: value.strip() for value in values}
    blank: dict[str, float | None] = {value: None for value, text in written.items() if not text}
    texts = {value: text for value, text in written.items() if text}
    if decimal == "." or not texts:
        return blank
    numbers = {value for value, text in texts.items() if _COMMA.fullmatch(text)}
    telling = {texts[value] for value in numbers if not texts[value].lstrip("+-").isdigit()}
    english = {text for text in texts.values() if text.count(",") and _ENGLISH.fullmatch(text)}
    if decimal is None and english and telling <= english:
        raise _unclear(english, where)
    if not telling:
        return blank
    if len(numbers) < len(texts):
        raise _mixed({text for value, text in texts.items() if value not in numbers}, telling, where)
    return {**blank, **{value: _number(texts[value]) for value in numbers}}


def _number(text: str) -> float:
    return float(re.sub(_SPACES, "", text).replace(",", "."))


def require_clear_points(values: Iterable[str], where: str) -> None:
    """Refuse points that may separate thousands as well as decimals, in a table whose columns are separated by semicolons.

    Raises
    ------
    InvalidInput
        If every number with a point looks like 1.234.

    Examples
    --------
    >>> require_clear_points(["1.5", "1.234"], "survey.csv")
    """
    pointed = {value.strip() for value in values if "." in value}
    if pointed and all(_GERMAN.fullmatch(text) for text in pointed):
        raise _unclear(pointed, where)


def _unclear(texts: set[str], where: str) -> InvalidInput:
    return InvalidInput(
        "unclear decimal mark",
        expected="numbers that can be read in one way only, such as 1234 or 1.5",
        got=f"{min(texts)[:_LONGEST]!r}, which may be more than a thousand or a little more than one",
        where=where,
        fix='remove the marks between thousands, or say decimal = "," or decimal = "." in the table of the study file',
    )


def _shown(texts: set[str]) -> str:
    """Show one that is a number with a point; of any other text say the kind only, as it may be somebody's name."""
    pointed = [text for text in texts if _POINT.fullmatch(text)]
    return repr(min(pointed)[:_LONGEST]) if pointed else kind_of(min(texts))


def _mixed(others: set[str], numbers: set[str], where: str) -> InvalidInput:
    pointed = any(_POINT.fullmatch(text) for text in others)
    return InvalidInput(
        "two decimal marks" if pointed else "numbers and text in one column",
        expected="one way of writing numbers in a column",
        got=f"{min(numbers)[:_LONGEST]!r} and {_shown(others)}",
        where=where,
        fix="write all numbers with a point and leave the cell empty where there is none; if the commas are part of a "
        'text, say decimal = "." in the table of the study file',
    )
