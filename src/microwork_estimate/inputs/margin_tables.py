"""Two more ways to margins: a long table of totals, and the columns that a formula makes of a survey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import UNSPECIFIED, FloatArray
from microwork_estimate.inputs.codes import label_text
from microwork_estimate.inputs.margins import Margins
from microwork_estimate.inputs.shown import shown_columns
from microwork_estimate.inputs.tables import column

CROSSING = ":"


def margins_from_table(
    table: Any,
    *,
    source: str,
    as_of: str = UNSPECIFIED,
    universe: str = UNSPECIFIED,
    standard_error: str | None = None,
    columns: tuple[str, str, str] = ("variable", "category", "total"),
) -> Margins:
    """Make :class:`Margins` of a long table: one row for each total.

    Parameters
    ----------
    table : data frame of any kind
        A crossing has its variables and its categories joined by ``:`` (``sex:age``, ``f:15-24``); the total of a
        continuous variable has an empty category.
    source, as_of, universe : str
        As in :class:`Margins`.
    standard_error : str or None
        The column of standard errors; None for exact totals.
    columns : tuple of three str
        The names of the columns of variable, category and total.

    Returns
    -------
    Margins

    Raises
    ------
    InvalidInput
        If a column is missing, a total is missing, or a category stands twice.
    InconsistentMargins
        If two margins give different totals.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"variable": ["sex", "sex"], "category": ["f", "m"], "total": [52, 48]})
    >>> margins_from_table(table, source="made up").population
    100.0
    """
    variables = [str(name) for name in column(table, columns[0], where="margins")]
    totals = column(table, columns[2], where="margins")
    errors = np.zeros(len(totals)) if standard_error is None else column(table, standard_error, where="margins")
    categories = _optional(table, columns[1])
    collected: dict[Any, Any] = {}
    spread: dict[Any, Any] = {}
    for variable, category, total, error in zip(variables, categories, totals, errors, strict=True):
        key = tuple(variable.split(CROSSING))
        if category is None:
            _once(collected, key, variable)
            collected[key], spread[key] = total, error
            continue
        label = tuple(category.split(CROSSING)) if len(key) > 1 else (category,)
        _once(collected.setdefault(key, {}), label, f"{variable} = {category}")
        collected[key][label] = total
        spread.setdefault(key, {})[label] = error
    return Margins.from_totals(
        collected,
        source=source,
        as_of=as_of,
        universe=universe,
        standard_errors=None if standard_error is None else spread,
    )


def _optional(table: Any, name: str) -> list[str | None]:
    """Return one column as text, None where it is empty."""
    frame = nw.from_native(table, eager_only=True)
    if name not in frame.columns:
        column(table, name, where="margins")
    values = frame[name].to_list()
    return [None if v is None or v != v or not label_text(v) else label_text(v) for v in values]


def _once(taken: Any, key: Any, what: str) -> None:
    if not isinstance(taken, dict) or key in taken:
        raise InvalidInput(
            "categories not distinct",
            expected="each variable with each category on one row",
            got=f"{what} twice",
            where="margins",
            fix="add the rows up, or remove one of them",
        )


def formula_matrix(margins: Margins, columns: Mapping[str, NDArray[Any]]) -> FloatArray:
    """Return the columns that the formula of `margins` makes of a survey, shape (n, k), in the order of the margins.

    Parameters
    ----------
    margins : Margins
        Made by :meth:`Margins.from_formula`.
    columns : mapping of str to array of shape (n,)
        The columns of the survey.

    Returns
    -------
    array of shape (n, k)

    Raises
    ------
    InvalidInput
        If a variable is missing or has a missing value, or if the columns that the formula makes are not those that
        have totals (a category absent from the sample, or absent from the totals).
    """
    import pandas as pd
    from formulaic import Formula  # type: ignore[import-untyped]

    formula = Formula(str(margins.formula))
    needed = sorted(str(name) for name in formula.required_variables)
    for name in needed:
        _require_column(name, columns, str(margins.formula))
    frame = pd.DataFrame({name: list(columns[name]) for name in needed})
    made = formula.get_model_matrix(frame, na_action="raise")
    names, wanted = list(made.columns), [m.label for m in margins.margins]
    if set(names) != set(wanted):
        raise InvalidInput(
            "formula and totals do not match",
            expected="totals for " + ", ".join(names),
            got="totals for " + ", ".join(wanted),
            where=f"formula {margins.formula!r}",
            fix="a name on one side only is a category without respondents or without total; merge or add it",
        )
    return np.asarray(made[wanted], dtype=np.float64)


def _require_column(name: str, columns: Mapping[str, NDArray[Any]], formula: str) -> None:
    import pandas as pd

    if name not in columns:
        raise InvalidInput(
            "unknown column",
            expected="one of " + shown_columns(list(columns)),
            got=repr(name),
            where=f"formula {formula!r}",
            fix="check the spelling, or add the column",
        )
    if pd.isna(columns[name]).any():
        raise InvalidInput(
            "missing category" if columns[name].dtype.kind in "OUS" else "missing value",
            expected="a value for every respondent",
            got=f"{int(pd.isna(columns[name]).sum())} missing",
            where=f"column {name!r}",
            fix="impute it, or leave the respondents out and say so",
        )
