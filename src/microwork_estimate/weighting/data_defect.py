"""Data-defect sensitivity: what a small correlation between answering and the answer does to a mean of volunteers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimate, FloatArray, Scalar, SensitivityCurve

CORRELATIONS = (-0.02, -0.01, -0.005, 0.0, 0.005, 0.01, 0.02)
_KEY = "data_defect_unit"


def defect_unit(residuals: ArrayLike, weights: ArrayLike, population: float) -> float:
    """Return what a data-defect correlation of 1 would add to a weighted mean, in the unit of the answers.

    The mean of who answered, minus that of everybody, equals rho times sigma times the root of (1 - f + CV^2) / f: rho
    is the correlation, over the population, between weight (0 for who did not answer) and answer, sigma the standard
    deviation of the answers, f the share of the population that answered, CV the coefficient of variation of the
    weights. It is an identity, not a model.

    Parameters
    ----------
    residuals : array of shape (n,)
        Answers, or what a model leaves of them.
    weights : array of shape (n,)
        With which they are averaged.
    population : float
        Persons.

    Returns
    -------
    float
        The standard deviation is estimated with the same weights.

    References
    ----------
    Meng (2018), *Annals of Applied Statistics* 12, 685-726, the identity of section 2. With weights, R W in place of R:
    the variance of R W over its squared mean is (1 - f + CV^2) / f.

    Examples
    --------
    >>> round(defect_unit([0.0, 1.0] * 500, np.ones(1000), 100_000), 4)
    4.9749
    """
    values, held = np.asarray(residuals, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    share = values.size / population
    mean = held @ values / held.sum()
    sigma = math.sqrt(float(held @ (values - mean) ** 2) / held.sum())
    variation = values.size * float(held @ held) / float(held.sum()) ** 2 - 1
    return sigma * math.sqrt(max(1 - share + variation, 0.0) / share)


def defect_diagnostics(
    value: float, residuals: FloatArray, weights: FloatArray, population: float
) -> dict[str, Scalar]:
    """Return the numbers that stand beside every mean of volunteers: what it would be under six correlations.

    Also how many persons drawn at random would err as little if the correlation were 0.005.

    Examples
    --------
    >>> found = defect_diagnostics(0.5, np.array([0.0, 1.0] * 500), np.ones(1000), 100_000.0)
    >>> round(found["if_data_defect_0.02"], 4), round(found["worth_if_data_defect_0.005"])
    (0.4005, 404)
    """
    unit = defect_unit(residuals, weights, population)
    found: dict[str, Scalar] = {_KEY: unit}
    for rho in CORRELATIONS:
        if rho:
            found[f"if_data_defect_{rho:g}"] = value - rho * unit
    variation = residuals.size * float(weights @ weights) / float(weights.sum()) ** 2 - 1
    share = residuals.size / population
    found["worth_if_data_defect_0.005"] = share / max(1 - share + variation, 1e-300) / 0.005**2
    return found


def data_defect_curve(estimate: Estimate, *, correlations: Sequence[float] = CORRELATIONS) -> SensitivityCurve:
    """Show what a mean of volunteers would be if answering were still correlated with the answer.

    Procedure: whatever weights and models have explained, a correlation rho between being in (with one's weight) and
    what is left of the answer shifts the mean by rho times a unit that grows with the root of the size of the
    population. The curve takes this shift out, for each correlation. In practice correlations of some thousandths are
    found; 0.005 was that of voting intentions for one candidate in 2016.

    Parameters
    ----------
    estimate : Estimate
        From :func:`pseudo_weighted_mean`, :func:`doubly_robust_mean` or :func:`mass_imputation_mean`.
    correlations : sequence of float
        Increasing, between -1 and 1.

    Returns
    -------
    SensitivityCurve
        The value at each correlation, and the interval shifted with it: sampling error around an unknown bias.

    Raises
    ------
    InvalidInput
        If the estimate is not of volunteers, or the correlations are impossible.

    Assumptions
    -----------
    None: an identity. What the correlation is, the data cannot tell.

    References
    ----------
    Meng (2018), *Annals of Applied Statistics* 12, 685-726, section 2, and section 4 for the election.

    Examples
    --------
    >>> from microwork_estimate.estimate import Estimand, FrozenMapping
    >>> diagnostics = FrozenMapping(defect_diagnostics(0.5, np.array([0.0, 1.0] * 500), np.ones(1000), 1e5))
    >>> found = Estimate(name="mean", value=0.5, estimand=Estimand(), method="example", diagnostics=diagnostics)
    >>> data_defect_curve(found, correlations=[-0.01, 0.0, 0.01]).values.round(3).tolist()
    [0.55, 0.5, 0.45]
    """
    grid = np.asarray(correlations, dtype=np.float64)
    unit = estimate.diagnostics.get(_KEY)
    if estimate.value is None or not isinstance(unit, float):
        raise InvalidInput(
            "not a mean of volunteers",
            expected="an estimate with a data-defect unit in its diagnostics",
            got=f"{estimate.name!r}",
            where="estimate",
            fix="make it with pseudo_weighted_mean, doubly_robust_mean or mass_imputation_mean",
        )
    if grid.ndim != 1 or not grid.size or not (np.abs(grid) <= 1).all() or (np.diff(grid) <= 0).any():
        raise InvalidInput(
            "impossible correlations",
            expected="increasing numbers between -1 and 1",
            got=repr(correlations),
            where="correlations",
            fix="look at some thousandths first",
        )
    interval = estimate.interval
    shift = grid * unit
    return SensitivityCurve(
        parameter="data-defect correlation",
        grid=grid,
        values=estimate.value - shift,
        low=(math.nan if interval is None else interval.low) - shift,
        high=(math.nan if interval is None else interval.high) - shift,
        level=0.95 if interval is None else interval.level,
        estimand=estimate.estimand,
        reference=0.0,
    )
