"""What an error may say of the content of a table: never what one person wrote.

A message is read by others than those who hold the data: it ends up in a log, in a mail to a colleague, on a screen that
is shared. A word that many respondents wrote is a category; one that few wrote may be a name or an address, and is
described by its kind, with the row where it stands.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from microwork_estimate.inputs.codes import label_text

FEW = 5
"""What fewer rows than this hold is not shown."""

_LONGEST_NUMBER = 25
_FIGURES = re.compile(r"[\d.,/:+\- ]*")
_MOST_FIGURES, _MOST_IN_A_ROW = 8, 6  # a date has eight; a longer number may be somebody's telephone or account
_LONGEST = 40  # letters of a word that is shown
_MOST_NAMES = 30
_LONGEST_NAME = 60  # a header of more letters is an answer


def kind_of(value: Any) -> str:
    """Describe a cell without saying what is in it.

    Parameters
    ----------
    value : Any

    Returns
    -------
    str

    Examples
    --------
    >>> kind_of("ada@example.org"), kind_of(None), kind_of(3.5)
    ('a text of 15 characters', 'an empty cell', 'a number')
    """
    if value is None or value != value:
        return "an empty cell"
    if isinstance(value, str):
        return f"a text of {len(value)} character{'' if len(value) == 1 else 's'}" if value else "an empty text"
    if isinstance(value, bool):
        return "true or false"
    return "a number" if hasattr(value, "__float__") else f"a {type(value).__name__}"


def shown_value(value: Any) -> str:
    """Show a short number or a date; describe anything else.

    Parameters
    ----------
    value : Any

    Returns
    -------
    str

    Examples
    --------
    >>> shown_value(-3), shown_value("31/12/2025"), shown_value("Ada"), shown_value(48213377)
    ("'-3'", "'31/12/2025'", 'a text of 3 characters', 'a number of 8 figures')
    """
    text = "" if value is None or value != value else label_text(value)
    runs = [len(run) for run in re.findall(r"\d+", text)]
    if runs and len(text) <= _LONGEST_NUMBER and _FIGURES.fullmatch(text):
        short = sum(runs) <= _MOST_FIGURES and max(runs) <= _MOST_IN_A_ROW
        return repr(text) if short else f"a number of {sum(runs)} figures"
    return kind_of(value)


def shown_answer(value: Any, times: int, known: Iterable[str] = ()) -> str:
    """Show an answer that many gave; describe one that few gave, with the known category that it looks like.

    Parameters
    ----------
    value : Any
    times : int
        How many rows hold it.
    known : iterable of str
        The categories that there are.

    Returns
    -------
    str

    Examples
    --------
    >>> shown_answer("femme", 12), shown_answer("womn", 1, ["women", "men"])
    ("'femme', 12 times", "a text of 4 characters much like 'women', once")
    """
    text = label_text(value)
    often = "once" if times == 1 else f"{times:,} times"
    if times >= FEW:
        return f"{text[:_LONGEST]!r}, {often}"
    near = difflib.get_close_matches(text, list(known), n=1, cutoff=0.6)
    return f"{kind_of(value)}{f' much like {near[0]!r}' if near else ''}, {often}"


def shown_categories(counts: Mapping[str, int]) -> str:
    """List the categories of a column that many gave.

    Parameters
    ----------
    counts : mapping of str to int
        How many rows hold each.

    Returns
    -------
    str

    Examples
    --------
    >>> shown_categories({"women": 220, "men": 179, "Ada Byron": 1})
    'one of men, women'
    >>> shown_categories({"Ada Byron": 1})
    'a category that 5 rows or more hold'
    """
    many = sorted(category for category, times in counts.items() if times >= FEW)
    return "one of " + ", ".join(many[:_MOST_NAMES]) if many else f"a category that {FEW} rows or more hold"


def shown_columns(names: Sequence[Any]) -> str:
    """List the columns of a table, unless its first line looks like a row of answers.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    str

    Examples
    --------
    >>> shown_columns(["sex", "age"])
    'sex, age'
    >>> shown_columns(["Ada Byron", "ada@example.org", "36"])
    '3 columns, whose names look like answers: is the first line a header?'
    """
    texts = [str(name) for name in names]
    if any(_like_an_answer(text) for text in texts):
        return f"{len(texts)} columns, whose names look like answers: is the first line a header?"
    more = f" and {len(texts) - _MOST_NAMES} others" if len(texts) > _MOST_NAMES else ""
    return (", ".join(texts[:_MOST_NAMES]) + more) or "no column"


def _like_an_answer(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return "@" in text or len(text) > _LONGEST_NAME
    return True
