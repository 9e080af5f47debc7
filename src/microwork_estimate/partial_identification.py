"""Confidence intervals for a number that the data only bound.

Where knowledge is missing, two *bounds* are estimated instead of one number. Both come from a sample, so each has a
standard error; the interval of this module covers the true number, wherever it lies between the true bounds.
"""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from microwork_estimate.errors import InvalidInput, check_level


def imbens_manski(low: float, high: float, se_low: float, se_high: float, level: float = 0.95) -> tuple[float, float]:
    """Interval that covers a partially identified number with probability `level`.

    What it estimates: a range that holds the *number*, which is less than holding the whole range between the two
    bounds. Far from each other, the bounds cannot both be missed, so that one-sided quantiles suffice (1.645 at 95 %);
    where they meet, the interval is the usual two-sided one (1.960).

    Procedure: solve Phi(c + D / s) - Phi(-c) = `level` for c, with D = `high` - `low` and s the larger standard error;
    the interval is [`low` - c `se_low`, `high` + c `se_high`].

    Parameters
    ----------
    low, high : float
        Estimated bounds, in any one unit; either may be infinite.
    se_low, se_high : float
        Their standard errors, same unit, zero or more; that of an infinite bound is not used.
    level : float
        Confidence level as a share.

    Returns
    -------
    tuple of float
        Lower and upper end, same unit.

    Raises
    ------
    InvalidInput
        If the bounds are out of order, a number is missing, or a standard error is negative.

    Assumptions
    -----------
    The two estimates are about normal, and `low` <= `high` holds in every sample by the way they are made: this is what
    makes the interval valid also when the true bounds are close (Stoye 2009, Lemma 3).

    References
    ----------
    Imbens and Manski 2004, Econometrica 72(6), 1845-1857, section 4. Stoye 2009, Econometrica 77(4), 1299-1315.

    Examples
    --------
    >>> low, high = imbens_manski(10.0, 20.0, 1.0, 1.0)
    >>> round(low, 3), round(high, 3)
    (8.355, 21.645)
    >>> low, high = imbens_manski(10.0, 10.0, 1.0, 1.0)
    >>> round(low, 3), round(high, 3)
    (8.04, 11.96)
    """
    check_level(level)
    se_low = 0.0 if math.isinf(low) else se_low
    se_high = 0.0 if math.isinf(high) else se_high
    if not (low <= high and 0.0 <= se_low < math.inf and 0.0 <= se_high < math.inf):
        raise InvalidInput(
            "bounds that cannot be used",
            expected="low <= high, and finite standard errors of zero or more",
            got=f"low={low}, high={high}, se_low={se_low}, se_high={se_high}",
            where="imbens_manski",
            fix="check the bounds and their standard errors",
        )
    multiplier = _multiplier(high - low if high > low else 0.0, max(se_low, se_high), level)
    return low - multiplier * se_low, high + multiplier * se_high


def _multiplier(width: float, standard_error: float, level: float) -> float:
    """Return how many standard errors to add: between the one-sided and the two-sided normal quantile."""
    one_sided, two_sided = float(ndtri(level)), float(ndtri((1.0 + level) / 2.0))
    if standard_error == 0.0:
        return one_sided
    ratio = width / standard_error
    # Beyond 40 standard errors the far bound is never missed, in double precision.
    if ratio > 40.0 + abs(one_sided):
        return one_sided

    def excess(c: float) -> float:
        return float(ndtr(c + ratio) - ndtr(-c)) - level

    # Within rounding, the root may coincide with either quantile.
    if excess(one_sided) >= 0.0:
        return one_sided
    if excess(two_sided) <= 0.0:
        return two_sided
    return float(brentq(excess, one_sided, two_sided, xtol=1e-14, rtol=1e-14))
