"""Differences and ratios of the tiers of a study, from replicates that were drawn together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from microwork_estimate.bootstrap import with_replicates
from microwork_estimate.estimate import Estimate, Replicates
from microwork_estimate.frozen import Scalar
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.registry import Study

COLUMNS = (
    "inner",
    "outer",
    "difference",
    "difference_low",
    "difference_high",
    "ratio",
    "ratio_low",
    "ratio_high",
)


def tier_contrasts(study: Study, estimates: Mapping[str, Estimate], *, level: float) -> dict[str, ResultTable]:
    """Set every two tiers of a study against each other: by how many the wider exceeds the other, and what share it is.

    Procedure: a tier is represented by the first of its estimates that has a value and replicates. Replicates are
    subtracted and divided index by index. Two estimates of one survey move together from draw to draw, and those of
    independent sources do not: the intervals know which. Ends added up from two finished intervals would not.

    Parameters
    ----------
    study : Study
    estimates : mapping of str to Estimate
    level : float
        Of the percentile intervals.

    Returns
    -------
    dict of str to ResultTable
        ``tier_contrasts``: for each pair the names of both estimates (the more active tier first), the difference
        (second minus first) and the ratio (first over second) with their intervals; no interval where more than 5 % of
        the draws have no number. Empty where fewer than two tiers were redrawn: nothing is made up for the others.

    Raises
    ------
    InvalidInput
        If the replicates are of different runs, or no draw of a pair has a number.

    Assumptions
    -----------
    Sources on different streams are independent.

    References
    ----------
    Davison & Hinkley (1997), *Bootstrap Methods and their Application*, section 5.3, for percentile intervals.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> bundle = study.run(study.load("diplab-like"), n_replicates=99, seed=1)
    >>> bundle.tables["tier_contrasts"].rows[0][:2]
    ('very_active', 'regular')
    """
    redrawn = [found for key in study.tiers if (found := _redrawn(study, estimates, key)) is not None]
    pairs = [(a, b) for a, b in combinations(redrawn, 2) if _comparable(a, b)]
    if not pairs:
        return {}
    return {"tier_contrasts": ResultTable(columns=COLUMNS, rows=tuple(_row(a, b, level) for a, b in pairs))}


class _Redrawn(NamedTuple):
    """A tier by the estimate that stands for it."""

    estimate: Estimate
    value: float
    replicates: Replicates


def _redrawn(study: Study, estimates: Mapping[str, Estimate], tier: str) -> _Redrawn | None:
    """Return the first estimate of a tier that has a value and replicates."""
    for entry in study.estimates:
        made = estimates.get(entry.name) if entry.tier == tier else None
        if made is not None and made.value is not None and made.replicates is not None:
            return _Redrawn(made, made.value, made.replicates)
    return None


def _comparable(inner: _Redrawn, outer: _Redrawn) -> bool:
    """Whether two estimates count the same things in the same place."""
    return {"unit", "territory"}.isdisjoint(inner.estimate.estimand.differences(outer.estimate.estimand))


def _row(inner: _Redrawn, outer: _Redrawn, level: float) -> tuple[Scalar, ...]:
    difference = _ends(outer, outer.replicates - inner.replicates, level)
    ratio = _ends(inner, inner.replicates / outer.replicates, level)
    return (
        inner.estimate.name,
        outer.estimate.name,
        outer.value - inner.value,
        *difference,
        inner.value / outer.value if outer.value else None,
        *ratio,
    )


def _ends(of: _Redrawn, replicates: Replicates, level: float) -> tuple[float | None, float | None]:
    around = with_replicates(replace(of.estimate, warnings=()), replicates, level=level).interval
    return (None, None) if around is None else (around.low, around.high)
