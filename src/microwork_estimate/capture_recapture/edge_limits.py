"""What counts of sightings still say when the likelihood has its maximum at the edge: one-sided limits."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.optimize import brentq

from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Interval
from microwork_estimate.inputs.histories import CaptureCounts

_EPSILON = 2.0**-52


def at_boundary(counts: CaptureCounts, family: str, occasions: float, level: float) -> tuple[CodedWarning, Interval]:
    """Say what is known when the likelihood has its maximum at the edge: everybody seen once, or on every occasion.

    Parameters
    ----------
    counts : CaptureCounts
        Counts that are all 1, or all T.
    family : str
        ``"poisson"``, ``"geometric"``, ``"binomial"`` or ``"negative_binomial"``. Singletons alone are likeliest under
        the last when its dispersion is zero, so that it has the limit of the first.
    occasions : float
        T, or infinity.
    level : float
        Confidence level as a share.

    Returns
    -------
    tuple of CodedWarning and Interval
        ``boundary`` or ``nearly-all-seen``, and a one-sided interval.

    Examples
    --------
    >>> warning, interval = at_boundary(CaptureCounts(frequencies=[40]), "poisson", math.inf, 0.95)
    >>> warning.code, round(interval.low)
    ('boundary', 274)
    """
    n, drop = float(counts.n_observed), math.log1p(-level)
    if counts.total_sightings > n:
        high = root(lambda size: _all_always(size, n, occasions) - drop, n)
        message = f"all {n:,.0f} persons were seen on every occasion: the estimate is their number, with an upper limit"
        code, ends = "nearly-all-seen", (n, high)
    else:
        low = n
        if _all_once(n, n, family, occasions) < drop:
            low = root(lambda size: _all_once(size, n, family, occasions) - drop, n)
        message = (
            f"all {n:,.0f} persons were seen exactly once: the estimate is infinite and only a lower limit is given"
        )
        code, ends = "boundary", (low, math.inf)
    return (
        CodedWarning(code=code, message=message),
        Interval(low=ends[0], high=ends[1], level=level, method="likelihood ratio, one-sided"),
    )


def _all_once(size: float, n: float, family: str, occasions: float) -> float:
    """Log likelihood of N = `size` over its supremum at infinity, when each of n persons was seen once.

    The parameter is at its maximum for this N, where the expected number of sightings is n. The supremum is
    n ln n - n.
    """
    share = n / size
    if family in ("poisson", "negative_binomial"):
        law = -n
    elif family == "geometric":
        law = -(size + n) * math.log1p(share)
    else:
        law = (size * occasions - n) * math.log1p(-share / occasions)
    return law + log_ways(size, n) + n


def _all_always(size: float, n: float, occasions: float) -> float:
    """Log likelihood of N = `size` over its maximum at N = n, when each of n persons was seen on all occasions."""
    if size == n:
        return 0.0
    missed = (size - n) * math.log1p(-n / size)
    ways = math.lgamma(size + 1.0) - math.lgamma(n + 1.0) - math.lgamma(size - n + 1.0)
    return ways + occasions * (n * math.log(n / size) + missed)


def log_ways(size: float, n: float) -> float:
    """Return ln G(N+1) - ln G(N-n+1) - n ln N, by Stirling's series where the logarithms of G would cancel.

    Parameters
    ----------
    size, n : float
        N and the n persons seen, n <= N.

    Returns
    -------
    float
        The logarithm of the share of the N^n sequences of n persons in which no person stands twice.

    Examples
    --------
    >>> round(log_ways(3.0, 2.0), 4), round(math.log(6 / 9), 4)
    (-0.4055, -0.4055)
    """
    rest = size - n
    if rest < 64.0:
        return math.lgamma(size + 1.0) - math.lgamma(rest + 1.0) - n * math.log(size)
    return -n - (rest + 0.5) * math.log1p(-n / size) + _stirling(size) - _stirling(rest)


def _stirling(x: float) -> float:
    return (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * x * x)) / (x * x)) / x


def root(function: Callable[[float], float], start: float) -> float:
    """Return the root above `start` of a function that changes its sign once.

    Examples
    --------
    >>> round(root(lambda x: x * x - 2.0, 0.0), 6)
    1.414214
    """
    step, sign = 1.0, function(start) > 0.0
    while (function(start + step) > 0.0) == sign:
        step *= 2.0
    return float(brentq(function, start, start + step, xtol=1e-10, rtol=4.0 * _EPSILON))
