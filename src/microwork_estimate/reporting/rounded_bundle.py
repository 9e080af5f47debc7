"""A result as it is read: every number that sentences and tables take from it is rounded by its uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from microwork_estimate.estimate import Estimate
from microwork_estimate.reporting.estimate_words import decimals_of
from microwork_estimate.rounding import display_decimals, round_at, round_outward
from microwork_estimate.study import ResultBundle, ResultTable

# Of some tables: the column of the number, and the columns of its ends, the widest that are shown first.
_ENDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "domains": ("count", ("count_joint", "count")),
    "routes": ("value", ("",)),
}


def rounded_bundle(bundle: ResultBundle) -> ResultBundle:
    """Return a result whose estimates, domains and routes are rounded, for words that are made from it.

    Values go to the nearest, ends of intervals and bounds outward, at the place of the second digit of the uncertainty;
    what has none stays as it is. The identifier of a result is that of the result itself: never cite this one.

    Parameters
    ----------
    bundle : ResultBundle

    Returns
    -------
    ResultBundle

    Examples
    --------
    >>> from microwork_estimate import study
    >>> bundle = rounded_bundle(study.run(study.load("stewart2015"), n_replicates=9, seed=1))
    >>> bundle.estimates["quarter_2"].value, bundle.estimates["quarter_2"].interval.low
    (10940.0, 9860.0)
    """
    tables = {
        name: _rounded_table(content, *_ENDS[name]) if name in _ENDS else content
        for name, content in bundle.tables.items()
    }
    return replace(bundle, estimates={name: _rounded(e) for name, e in bundle.estimates.items()}, tables=tables)


def _rounded(estimate: Estimate) -> Estimate:
    decimals = decimals_of(estimate)
    changed: dict[str, Any] = {}
    if estimate.value is not None:
        changed["value"] = round_at(estimate.value, decimals)
    for name in ("interval", "bounds"):
        around = getattr(estimate, name)
        if around is not None:
            low, high = round_outward(around.low, around.high, decimals)
            changed[name] = replace(around, low=low, high=high)
    return replace(estimate, **changed)


def _rounded_table(content: ResultTable, value: str, stems: tuple[str, ...]) -> ResultTable:
    """Round the numbers of each row by the ends that are shown with them."""
    rows = []
    for cells in content.rows:
        row = dict(zip(content.columns, cells, strict=True))
        for stem in stems:
            names = [f"{stem}_{end}" if stem else end for end in ("low", "high")]
            low, high = (row.get(name) for name in names)
            if low is not None and high is not None:
                place = display_decimals(row.get(value), ends=(low, high), whole=True)
                row |= dict(zip(names, round_outward(low, high, place), strict=True))
                row[value] = None if row.get(value) is None else round_at(row[value], place)
                break
        rows.append(tuple(row[column] for column in content.columns))
    return replace(content, rows=tuple(rows))
