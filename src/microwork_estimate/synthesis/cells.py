"""Exclusive tiers from one weight vector, and nested tiers as their running sums: coherent by construction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.bootstrap import percentile, standard_error
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Estimand, Estimate, FrozenMapping, Interval, Replicates
from microwork_estimate.frozen import FloatArray
from microwork_estimate.inputs.checks import distinct_names, nonnegative, same_length
from microwork_estimate.synthesis.tiers import Tier, TierSet, combined

_REFERENCES = ("Korn & Graubard (1998), Survey Methodology 24, 193-201",)


def cell_totals(cell: ArrayLike, weights: ArrayLike, names: Sequence[str]) -> FloatArray:
    """Add the weights of each cell.

    Parameters
    ----------
    cell : array of shape (n,)
        Name of the cell of each respondent.
    weights : array of shape (n,), or (B, n) for replicates
        Persons for whom each respondent stands.
    names : sequence of str
        The J cells.

    Returns
    -------
    array of shape (J,), or (B, J)

    Examples
    --------
    >>> cell_totals(["often", "never", "often"], [10.0, 5.0, 20.0], ["often", "seldom", "never"])
    array([30.,  0.,  5.])
    """
    labels = np.asarray(cell, dtype=str)
    members = (labels[:, None] == np.asarray(names, dtype=str)).astype(np.float64)
    return np.asarray(np.asarray(weights, dtype=np.float64) @ members)


def tier_cells(
    cell: ArrayLike,
    weights: ArrayLike,
    *,
    names: Sequence[Tier],
    estimand: Estimand,
    redraws: Mapping[str, Replicates] | None = None,
    level: float = 0.95,
) -> TierSet:
    """Count the people of each exclusive tier with one weight vector.

    Procedure: the weights of the respondents of each tier are added. Because all tiers use the same weights, they sum to
    the same total, and :func:`cumulated` gives nested tiers that contain each other in every replicate. A tier in which
    nobody was met has the value 0 and a one-sided upper limit: the largest share p with (1 - p)^m = 1 - level, times the
    total, where m = (sum w)^2 / sum w^2 is the size that the weights are worth.

    Parameters
    ----------
    cell : array of shape (n,)
        Id of the tier of each respondent.
    weights : array of shape (n,)
        Persons for whom each respondent stands.
    names : sequence of Tier
        The tiers, from the most active on; people outside all of them (dormant accounts, for instance) need a tier too.
    estimand : Estimand
    redraws : mapping of str to Replicates, optional
        For each tier id, its total under redrawn weights, of one run: :func:`cell_totals` inside a recipe that
        :func:`microwork_estimate.bootstrap.replicate` runs. Without them only empty tiers have an interval.
    level : float

    Returns
    -------
    TierSet
        Exclusive. Empty tiers carry the warning ``share-at-the-edge``.

    Raises
    ------
    InvalidInput
        If a respondent is in none of the tiers, the weights do not fit or are all zero, or redraws miss a tier.

    Assumptions
    -----------
    Those of the weights. The size that the weights are worth takes respondents for independent of each other.

    References
    ----------
    Korn & Graubard (1998), *Survey Methodology* 24, 193-201, for exact limits with an effective size.

    Examples
    --------
    >>> import warnings
    >>> from microwork_estimate.synthesis.tiers import DIPLAB_TIERS
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     cells = tier_cells(
    ...         ["regular"] * 20 + ["occasional"] * 30, np.full(50, 100.0), names=DIPLAB_TIERS, estimand=Estimand()
    ...     )
    >>> [t.estimate.value for t in cells], round(cells["very_active"].interval.high)
    ([0.0, 2000.0, 3000.0], 291)
    """
    check_level(level)
    ids = distinct_names([tier.id for tier in names], where="names")
    w = nonnegative(weights, where="weights")
    labels = np.asarray(cell, dtype=str)
    same_length({"cell": labels.size, "weights": w.size}, where="tier_cells")
    _check_assigned(labels, ids, w, redraws)
    totals = cell_totals(labels, w, ids)
    limit = _empty_limit(w, level)
    estimates = []
    for at, (name, total) in enumerate(zip(ids, totals, strict=True)):
        draws = None if redraws is None else redraws[name]
        found = Estimate(
            name=name,
            value=float(total),
            estimand=estimand,
            method="sum of weights",
            diagnostics=FrozenMapping({"respondents": int(np.count_nonzero(labels == ids[at]))}),
        )
        estimates.append(_empty(found, limit, draws, level) if total == 0 else _filled(found, draws, level))
    announce([w for e in estimates for w in e.warnings])
    return TierSet(tiers=tuple(names), estimates=tuple(estimates), kind="exclusive")


def cumulated(cells: TierSet) -> TierSet:
    """Add exclusive tiers up, from the most active on, so that each contains the one before.

    Replicates are added index by index: the order holds in each of them, and the covariance of the cells is in the
    intervals.

    Parameters
    ----------
    cells : TierSet
        Exclusive tiers.

    Returns
    -------
    TierSet
        Nested tiers with the same names. Where all cells of a sum are empty, it has the limit of an empty cell.

    Raises
    ------
    InvalidInput
        If the tiers are nested already, or have replicates of different runs.

    Examples
    --------
    >>> from microwork_estimate.synthesis.tiers import DIPLAB_TIERS
    >>> sizes = (14_903.0, 37_434.0, 213_789.0)
    >>> parts = tuple(Estimate(name=str(n), value=n, estimand=Estimand(), method="given") for n in sizes)
    >>> nested = cumulated(TierSet(tiers=DIPLAB_TIERS, estimates=parts, kind="exclusive"))
    >>> [t.estimate.value for t in nested]
    [14903.0, 52337.0, 266126.0]
    """
    if cells.kind != "exclusive":
        raise InvalidInput(
            "tiers already nested",
            expected="exclusive tiers",
            got="nested ones",
            where="synthesis.cumulated",
            fix="use them",
        )
    sums = [cells.estimates[0]]
    for upto in range(2, len(cells) + 1):
        parts = cells.estimates[:upto]
        name = cells.tiers[upto - 1].id
        total = combined(parts, [1.0] * upto, name=name, method=f"{parts[-1].method}, with the tiers before")
        sums.append(replace(total, interval=parts[0].interval) if total.value == 0 else total)
    return TierSet(tiers=cells.tiers, estimates=tuple(sums), kind="nested")


def _check_assigned(
    labels: np.ndarray, ids: tuple[str, ...], weights: FloatArray, redraws: Mapping[str, Replicates] | None
) -> None:
    outside = sorted(set(labels.tolist()) - set(ids))
    missing = [] if redraws is None else sorted(set(ids) - set(redraws))
    if outside or missing or not weights.sum() > 0:
        raise InvalidInput(
            "respondents and tiers do not match",
            expected="each respondent in one of " + ", ".join(ids) + ", some weight above 0, and redraws for each tier",
            got=f"in no tier: {outside}; without redraws: {missing}; sum of weights {weights.sum():g}",
            where="tier_cells",
            fix="add a tier for the others, for example one for dormant accounts",
        )


def _empty_limit(weights: FloatArray, level: float) -> float:
    """Return the largest number of people in a tier in which nobody was met."""
    total = float(weights.sum())
    size = total**2 / float((weights**2).sum())
    return float(total * -np.expm1(np.log1p(-level) / size))


def _empty(found: Estimate, limit: float, draws: Replicates | None, level: float) -> Estimate:
    warning = CodedWarning(
        code="share-at-the-edge", message=f"nobody was met in the tier {found.name}: at most {limit:,.0f} people"
    )
    around = Interval(low=0.0, high=limit, level=level, method="exact, one-sided, effective size")
    return replace(found, interval=around, replicates=draws, warnings=(warning,), references=_REFERENCES)


def _filled(found: Estimate, draws: Replicates | None, level: float) -> Estimate:
    if draws is None:
        return found
    return replace(
        found, replicates=draws, standard_error=standard_error(draws), interval=percentile(draws, level=level)
    )
