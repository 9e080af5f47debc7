"""Intervals from replicates. Draws that could not be estimated count as infinite: they are never dropped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import special, stats

from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Estimate, FloatArray, Interval, Replicates

FAILED_SHARE = 0.01  # above it the warning says that the upper end may be infinite


def order_statistic(sorted_values: FloatArray, probability: float) -> float:
    """Return the quantile at rank (B + 1) p of sorted replicates.

    Between two ranks it interpolates on the scale of normal quantiles, as Davison & Hinkley (1997), equation 5.8;
    outside the replicates it gives the extreme one.
    """
    n = sorted_values.size
    rank = (n + 1) * probability
    k = int(np.floor(rank + 1e-9))
    if k < 1:
        return float(sorted_values[0])
    if k >= n:
        return float(sorted_values[-1])
    low, high = float(sorted_values[k - 1]), float(sorted_values[k])
    if abs(rank - k) < 1e-9 or low == high:
        return low
    if np.isinf(high):
        return high
    z = special.ndtri(np.array([probability, k / (n + 1), (k + 1) / (n + 1)]))
    return float(low + (z[0] - z[1]) / (z[2] - z[1]) * (high - low))


def _sorted_with_failures_last(values: FloatArray) -> FloatArray:
    return np.sort(np.where(np.isnan(values), np.inf, values))


def _tails(level: float) -> tuple[float, float]:
    check_level(level)
    return (1 - level) / 2, (1 + level) / 2


def percentile(replicates: Replicates, *, level: float = 0.95) -> Interval:
    """Interval between two order statistics of the replicates.

    The ends are the replicates at ranks (B + 1)(1 - level)/2 and (B + 1)(1 + level)/2; with B = 199, 1,999 or 9,999
    these are whole numbers at the usual levels. A failed draw counts as infinite.

    Parameters
    ----------
    replicates : Replicates
    level : float

    Returns
    -------
    Interval

    References
    ----------
    Davison & Hinkley (1997), *Bootstrap Methods and their Application*, section 5.3.

    Examples
    --------
    >>> import numpy as np
    >>> from microwork_estimate.estimate import Replicates
    >>> percentile(Replicates(values=np.arange(1, 200), streams=("x",), seed=1), level=0.95).high
    195.0
    """
    ordered = _sorted_with_failures_last(replicates.values)
    low, high = (order_statistic(ordered, p) for p in _tails(level))
    return Interval(low=low, high=high, level=level, method="percentile")


def monte_carlo_error(replicates: Replicates, *, probability: float) -> tuple[float, float]:
    """Give a 95 % interval for what a quantile of infinitely many replicates would be.

    Distribution-free: the order statistics whose ranks are the binomial 2.5 % and 97.5 % quantiles. Round a published
    end no finer than this.

    Parameters
    ----------
    replicates : Replicates
    probability : float
        Which quantile, for example 0.025 for the lower end of a 95 % interval.

    Returns
    -------
    (float, float)
    """
    check_level(probability, where="probability")
    ordered = _sorted_with_failures_last(replicates.values)
    n = ordered.size
    low, high = np.asarray(stats.binom.ppf([0.025, 0.975], n, probability)).astype(int)
    return float(ordered[max(low - 1, 0)]), float(ordered[min(high, n - 1)])


def standard_error(replicates: Replicates) -> float | None:
    """Return the standard deviation of the replicates (divisor B - 1); None when a draw failed or there is only one."""
    if len(replicates) < 2 or replicates.n_failed:
        return None
    return float(np.std(replicates.values, ddof=1))


def with_replicates(estimate: Estimate, replicates: Replicates, *, level: float = 0.95) -> Estimate:
    """Give an estimate its replicates, with the percentile interval and the standard error that they imply.

    Raises
    ------
    InvalidInput
        If every draw failed.
    """
    share = replicates.n_failed / len(replicates)
    if share == 1:
        raise InvalidInput(
            "no draw could be estimated",
            expected="at least one finite replicate",
            got=f"{len(replicates)} failures",
            where=f"replicates of {estimate.name!r}",
            fix="look at the ledger of failures of the replicate set",
        )
    warnings = estimate.warnings
    if share > FAILED_SHARE:
        failed = CodedWarning(
            code="failed-replicates",
            message=f"{replicates.n_failed} of {len(replicates)} draws could not be estimated and count as infinite",
        )
        announce([failed])
        warnings = (*warnings, failed)
    return replace(
        estimate,
        replicates=replicates,
        interval=percentile(replicates, level=level),
        standard_error=standard_error(replicates),
        warnings=warnings,
    )
