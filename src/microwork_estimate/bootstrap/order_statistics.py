"""Quantiles of replicates. Draws that could not be estimated count as infinite: they are never dropped."""

from __future__ import annotations

import numpy as np
from scipy import special

from microwork_estimate.errors import check_level
from microwork_estimate.estimate import FloatArray


def ordered(values: FloatArray) -> FloatArray:
    """Sort replicates, shape (B,), those that failed last and infinite.

    Examples
    --------
    >>> ordered(np.array([2.0, np.nan, 1.0])).tolist()
    [1.0, 2.0, inf]
    """
    return np.sort(np.where(np.isnan(values), np.inf, values))


def order_statistic(sorted_values: FloatArray, probability: float) -> float:
    """Return the quantile at rank (B + 1) p of sorted replicates.

    Between two ranks it interpolates on the scale of normal quantiles, as Davison & Hinkley (1997), equation 5.8;
    outside the replicates it gives the extreme one.

    Examples
    --------
    >>> order_statistic(np.arange(1.0, 200.0), 0.975)
    195.0
    """
    n = sorted_values.size
    rank = (n + 1) * probability
    k = int(np.floor(rank + 1e-9))
    if k < 1:
        return float(sorted_values[0])
    if k >= n:
        return float(sorted_values[-1])
    low, high = float(sorted_values[k - 1]), float(sorted_values[k])
    if abs(rank - k) < 1e-9 or low == high or np.isneginf(low):
        return low
    if np.isinf(high):
        return high
    z = special.ndtri(np.array([probability, k / (n + 1), (k + 1) / (n + 1)]))
    return float(low + (z[0] - z[1]) / (z[2] - z[1]) * (high - low))


def tails(level: float) -> tuple[float, float]:
    """Return the probabilities of the two ends of an interval.

    Examples
    --------
    >>> [round(p, 3) for p in tails(0.95)]
    [0.025, 0.975]
    """
    check_level(level)
    return (1 - level) / 2, (1 + level) / 2
