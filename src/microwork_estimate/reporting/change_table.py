"""What changed between two results, as lines and a table."""

from __future__ import annotations

import math
from collections.abc import Iterable

from microwork_estimate.reporting.labels import Language, number
from microwork_estimate.reporting.result_words import result_words as words
from microwork_estimate.reporting.text_table import TextTable
from microwork_estimate.study.compare import Change, Comparison, Part


def change_lines(found: Comparison, lang: Language) -> tuple[str, ...]:
    """Say which results are compared, in what they differ, and what could not be told apart.

    Parameters
    ----------
    found : Comparison
    lang : {"en", "fr"}

    Returns
    -------
    tuple of str
    """
    names = ", ".join(words(component, lang) for component in found.components)
    lines = [words("compared", lang, old=found.old, new=found.new)]
    if not found.components:
        lines.append(words("same", lang))
    elif not found.orders:
        lines.append(words("not_walked", lang))
    elif len(found.components) == 1:
        lines.append(words("one", lang, names=names))
    elif found.averaged:
        lines.append(words("averaged", lang, n=found.orders, names=names))
    else:
        lines.append(words("order", lang, names=names))
    if found.not_separated:
        lines.append(words("not_separated", lang, names=_names(found.not_separated, lang)))
    for key, only in (("only_old", found.only_old), ("only_new", found.only_new)):
        if only:
            lines.append(words(key, lang, names=", ".join(only)))
    return tuple(lines)


def change_table(found: Comparison, lang: Language) -> TextTable:
    """List the change of each number, with its parts; numbers that did not change are left out.

    Parameters
    ----------
    found : Comparison
    lang : {"en", "fr"}

    Returns
    -------
    TextTable
    """
    shown = [row for row in found.rows if row.change != 0]
    columns = tuple(words(key, lang) for key in ("estimate", "quantity", "old", "new", "change", "parts"))
    notes = (words("beyond", lang),) if any(row.beyond_monte_carlo for row in shown) else ()
    return TextTable(
        title=words("changes_title", lang),
        columns=columns,
        rows=tuple(_row(row, lang) for row in shown),
        notes=notes,
        numeric=(2, 3, 4),
    )


def _row(row: Change, lang: Language) -> tuple[str, ...]:
    numbers = [row.old, row.new, row.change]
    largest = max((abs(x) for x in numbers if x is not None), default=0.0)
    digits = 0 if largest >= 100 else 4
    separator = "\u00a0; " if lang == "fr" else "; "
    parts = separator.join(_part(part, row, digits, lang) for part in row.parts if part.amount)
    cells = [
        number(row.old, lang, digits=digits),
        number(row.new, lang, digits=digits),
        _signed(row.change, lang, digits),
    ]
    return (row.estimate, words(row.quantity, lang), *cells, parts or words("none", lang))


def _part(part: Part, row: Change, digits: int, lang: Language) -> str:
    mark = "*" if row.beyond_monte_carlo and part.components == ("monte_carlo",) else ""
    return f"{_names(part.components, lang)} {_signed(part.amount, lang, digits)}{mark}"


def _signed(amount: float | None, lang: Language, digits: int) -> str:
    """Write a change with its sign; one that the digits do not show is zero, and not minus zero."""
    if amount is None or not math.isfinite(amount):
        return number(amount, lang, digits=digits)
    if round(amount, digits) == 0:
        return number(0.0, lang, digits=digits)
    return f"{'+' if amount > 0 else ''}{number(amount, lang, digits=digits)}"


def _names(components: Iterable[str], lang: Language) -> str:
    return " + ".join(words(component, lang) for component in components)
