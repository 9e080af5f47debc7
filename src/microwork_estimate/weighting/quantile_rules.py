"""Quantiles of weighted values: definitions, on arrays."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from microwork_estimate.errors import check_choice
from microwork_estimate.estimate import FloatArray

Rule = Literal["inverse", "average", "type4", "type5", "type6", "type7", "type8", "type9"]

_TOLERANCE = 1e-12
"""Shares closer than this are equal: sums of weights are not exact in floating point."""


def weighted_quantile(values: FloatArray, weights: FloatArray, probability: float, rule: Rule) -> FloatArray:
    """Return the quantile of weighted values for each of B sets of weights.

    Procedure: values are sorted, and the share of the weight up to and including each is added up. ``"inverse"`` takes
    the first value at which the share reaches the probability; ``"average"`` takes its mean with the next value where
    it reaches it exactly. ``"type4"`` to ``"type9"`` put a probability to every value (for equal weights those of
    Hyndman & Fan) and interpolate; equal values stay in the order of the data, so that with unequal weights among them
    these six depend on that order.

    Parameters
    ----------
    values : array of shape (n,)
        At least one.
    weights : array of shape (B, n)
        Zero or more; rows whose sum is not above zero give NaN.
    probability : float
        From 0 to 1.
    rule : str
        The definition.

    Returns
    -------
    array of shape (B,)
        In the unit of the values.

    Raises
    ------
    InvalidInput
        If the rule is unknown.

    References
    ----------
    Hyndman & Fan (1996), *American Statistician* 50, 361-365. Lumley, vignette "Estimating quantiles in subpopulations"
    of the R package survey 4.2, for weights.

    Examples
    --------
    >>> weighted_quantile(np.array([1.0, 2.0, 3.0, 4.0]), np.ones((1, 4)), 0.5, "average").tolist()
    [2.5]
    """
    check_choice(rule, get_args(Rule), where="rule")
    order = np.argsort(values, kind="stable")
    ranked, weights = values[order], weights[:, order]
    sums = np.cumsum(weights, axis=1)
    usable = sums[:, -1] > 0
    result = np.full(weights.shape[0], np.nan)
    if rule in ("inverse", "average"):
        result[usable] = _step(ranked, sums[usable], probability, average=rule == "average")
    else:
        for b in np.flatnonzero(usable):
            held = weights[b] > 0
            result[b] = np.interp(probability, _places(weights[b, held], rule), ranked[held])
    return result


def _step(ranked: FloatArray, sums: FloatArray, probability: float, *, average: bool) -> FloatArray:
    """Step functions: the first value whose share reaches the probability, shape (B,)."""
    last = ranked.size - 1
    shares = sums / sums[:, -1:]
    at = np.minimum((shares < probability - _TOLERANCE).sum(axis=1), last)
    if not average:
        return np.asarray(ranked[at])
    beyond = np.minimum((shares < probability + _TOLERANCE).sum(axis=1), last)
    return np.asarray((ranked[at] + ranked[beyond]) / 2)


def _places(weights: FloatArray, rule: Rule) -> FloatArray:
    """Probability of each sorted value, for interpolation."""
    sums = np.cumsum(weights)
    total, last = sums[-1], weights[-1]
    if rule == "type7":
        return np.asarray((sums - weights) / (total - last)) if weights.size > 1 else np.zeros(1)
    back, beyond = {
        "type4": (0.0, 0.0),
        "type5": (1 / 2, 0.0),
        "type6": (0.0, 1.0),
        "type8": (1 / 3, 1 / 3),
        "type9": (3 / 8, 1 / 4),
    }[rule]
    return np.asarray((sums - back * weights) / (total + beyond * last))
