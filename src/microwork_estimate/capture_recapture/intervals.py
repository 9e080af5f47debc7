"""Intervals for the size of a population of which `n_observed` persons were seen. Array functions: numbers in and out.

With m persons on both lists, a on the first only and b on the second only, n = m + a + b were seen and N - n were not.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import chdtri, digamma, gammaln, ndtri

from microwork_estimate.errors import InvalidInput, check_level
from microwork_estimate.estimate import FloatArray

_STIRLING_FROM = 64.0
_MAX_OVERLAP_TERMS = 1000


def normal_quantile(level: float) -> float:
    """Return the normal quantile of a two-sided interval: the z with P(-z < Z < z) = `level`.

    Parameters
    ----------
    level : float
        Confidence level as a share.

    Returns
    -------
    float
        About 1.96 for 0.95.

    Raises
    ------
    InvalidInput
        If `level` is not strictly between 0 and 1.

    Examples
    --------
    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    return float(ndtri((1.0 + check_level(level)) / 2.0))


def lognormal_interval(value: float, standard_error: float, n_observed: float, level: float) -> tuple[float, float]:
    """Log-normal interval around the unseen part: its lower end is never below what was seen.

    Procedure: with f = `value` - `n_observed` unseen, C = exp(z sqrt(ln(1 + standard_error^2 / f^2))); the ends are
    `n_observed` + f / C and `n_observed` + f C. Nothing unseen (f = 0) gives (`value`, `value`).

    Parameters
    ----------
    value, standard_error : float
        Estimated population size and its standard error, in persons.
    n_observed : float
        Persons seen.
    level : float
        Confidence level as a share.

    Returns
    -------
    tuple of float
        Lower and upper end, in persons.

    Raises
    ------
    InvalidInput
        If a number is missing or infinite, or if fewer persons are estimated than were seen.

    Assumptions
    -----------
    The estimate of the unseen part is about log-normal.

    References
    ----------
    Chao 1987, Biometrics 43(4), 783-791. Burnham et al. 1987, American Fisheries Society Monograph 5, p. 212.

    Examples
    --------
    >>> low, high = lognormal_interval(978.064516129032, 141.894284709775, 320, 0.95)
    >>> round(low, 2), round(high, 2)
    (753.32, 1319.37)
    """
    unseen = value - n_observed
    if not (math.isfinite(value) and math.isfinite(standard_error) and unseen >= 0.0 and standard_error >= 0.0):
        raise InvalidInput(
            "no log-normal interval",
            expected="a finite value of at least n_observed and a finite standard error of zero or more",
            got=f"value={value}, standard_error={standard_error}, n_observed={n_observed}",
            where="lognormal_interval",
            fix="an infinite estimate has no interval of this kind",
        )
    if unseen == 0.0:
        return value, value
    # ln(1 + r^2) = 2 ln hypot(1, r), which does not overflow.
    factor = math.exp(normal_quantile(level) * math.sqrt(2.0 * math.log(math.hypot(1.0, standard_error / unseen))))
    return n_observed + unseen / factor, n_observed + unseen * factor


def wald_interval(value: float, standard_error: float, level: float) -> tuple[float, float]:
    """Symmetric normal interval `value` -+ z `standard_error`; it may reach below what was seen.

    Parameters
    ----------
    value, standard_error : float
        Estimated population size and its standard error, in persons.
    level : float
        Confidence level as a share.

    Returns
    -------
    tuple of float
        Lower and upper end, in persons.

    Assumptions
    -----------
    The estimate is about normal, which needs dozens of persons on both lists.

    References
    ----------
    Seber 1982, The Estimation of Animal Abundance, 2nd edition, p. 60.

    Examples
    --------
    >>> low, high = wald_interval(978.064516129032, 141.894284709775, 0.95)
    >>> round(low, 2), round(high, 2)
    (699.96, 1256.17)
    """
    margin = normal_quantile(level) * standard_error
    return value - margin, value + margin


def sadinle_unseen(
    both: ArrayLike, first: ArrayLike, second: ArrayLike, odds_ratio: ArrayLike = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Centre of the unseen part with half a person added to each cell, and the standard error of its logarithm.

    Procedure: with odds ratio t between the lists, the unseen part is t (a+.5)(b+.5)/(m+.5), and the variance of its
    logarithm is the sum of the inverses of the four cells, the unseen one included.

    Parameters
    ----------
    both, first, second : array_like
        Persons on both lists, on the first only, on the second only.
    odds_ratio : array_like
        Odds ratio between being on one list and on the other; 1 is independence.

    Returns
    -------
    tuple of arrays, of the common shape of the arguments
        The centre, in persons, and the standard error of its logarithm.

    References
    ----------
    Sadinle 2009, Communications in Statistics - Simulation and Computation 38(9), 1909-1924, for odds ratio 1.

    Examples
    --------
    >>> centre, log_error = sadinle_unseen(30, 170, 120)
    >>> round(float(centre), 2), round(float(log_error), 4)
    (673.61, 0.2201)
    """
    m, a, b = (np.asarray(x, dtype=np.float64) + 0.5 for x in (both, first, second))
    centre = np.asarray(np.asarray(odds_ratio, dtype=np.float64) * (a * b / m))
    return centre, np.sqrt(1.0 / m + 1.0 / a + 1.0 / b + 1.0 / centre)


def sadinle_interval(
    both: ArrayLike, first: ArrayLike, second: ArrayLike, level: float, odds_ratio: ArrayLike = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Transformed-logit interval: the sizes at which the log odds ratio of the four cells fits the one assumed.

    Procedure: n - 1/2 + U exp(-+ z s), with the centre U and the error s of :func:`sadinle_unseen`. The lower end may
    be up to half a person below what was seen. When one list lies inside the other the interval is far too wide, the
    more so the longer the lists; with two equal lists its upper end may be infinite.

    Parameters
    ----------
    both, first, second : array_like
        Persons on both lists, on the first only, on the second only.
    level : float
        Confidence level as a share.
    odds_ratio : array_like
        Odds ratio between the lists; 1 is independence and the published interval.

    Returns
    -------
    tuple of arrays, of the common shape of the arguments
        Lower and upper ends, in persons.

    Assumptions
    -----------
    Closed population, perfect linkage, and the odds ratio stated.

    References
    ----------
    Sadinle 2009, Communications in Statistics - Simulation and Computation 38(9), 1909-1924. For an odds ratio other
    than 1: our extension, the same argument with the logarithm of that ratio in the place of 0.

    Examples
    --------
    >>> low, high = sadinle_interval(30, 170, 120, 0.95)
    >>> round(float(low), 2), round(float(high), 2)
    (757.1, 1356.42)
    """
    seen = np.asarray(both, dtype=np.float64) + np.asarray(first) + np.asarray(second)
    centre, log_error = sadinle_unseen(both, first, second, odds_ratio)
    with np.errstate(over="ignore"):
        spread = np.exp(normal_quantile(level) * log_error)
    return seen - 0.5 + centre / spread, seen - 0.5 + centre * spread


def profile_interval(both: int, first: int, second: int, level: float) -> tuple[float, float]:
    """Profile-likelihood interval of two independent lists, with N as a real number.

    Procedure: l(N) = ln G(N+1) - ln G(N-n+1) + sum over the lists of n_j ln(n_j/N) + (N-n_j) ln(1-n_j/N); the interval
    holds the N with 2 (max l - l(N)) at most the chi-squared quantile with one degree of freedom. Where the curve does
    not fall so far before n, the lower end is n. Without overlap l only rises, and the upper end is infinite.

    Parameters
    ----------
    both, first, second : int
        Persons on both lists, on the first only, on the second only.
    level : float
        Confidence level as a share.

    Returns
    -------
    tuple of float
        Lower and upper end, in persons.

    Assumptions
    -----------
    Independent lists, equal chances, closed population, perfect linkage.

    References
    ----------
    Cormack 1992, Biometrics 48(2), 567-576.

    Examples
    --------
    >>> low, high = profile_interval(30, 170, 120, 0.95)
    >>> round(low, 2), round(high, 2)
    (760.47, 1374.8)
    """
    seen = float(both + first + second)
    if both == 0 and min(first, second) == 0:
        return seen, math.inf
    drop = float(chdtri(1, 1.0 - check_level(level))) / 2.0
    peak = _profile_peak(both, first, second)
    top = 0.0 if math.isinf(peak) else _profile_log_likelihood(peak, both, first, second)

    def above(size: float) -> float:
        return _profile_log_likelihood(size, both, first, second) - top + drop

    start = seen + 1.0 if math.isinf(peak) else max(peak, seen)
    if math.isinf(peak):
        start = _doubled_until(lambda size: above(size) > 0.0, start, seen)
    low = seen if above(seen) >= 0.0 else _root(above, seen, start)
    if both == 0:
        return low, math.inf
    return low, _root(above, start, _doubled_until(lambda size: above(size) < 0.0, start + 1.0, seen))


def _profile_log_likelihood(size: float, both: int, first: int, second: int) -> float:
    """Return l(N) of :func:`profile_interval`, without terms that do not depend on N, so that nothing large cancels.

    The constant is chosen so that it tends to 0 for large N when nobody is on both lists.
    """
    n = both + first + second
    upper, lower = size + 1.0, size - n + 1.0
    # ln G(N+1) - ln G(N-n+1) by Stirling's formula; its n ln N goes into the last term, where it meets -(n+m) ln N.
    seen = -(lower - 0.5) * math.log1p(-n / upper) + n * math.log1p(1.0 / size)
    rest = _stirling_rest(upper) - _stirling_rest(lower)
    missed = sum((size - k) * math.log1p(-k / size) for k in (both + first, both + second) if k < size)
    return seen + rest + missed + both - both * math.log(size)


def _stirling_rest(x: float) -> float:
    """Return ln G(x) - [(x - 1/2) ln x - x + ln(2 pi)/2]."""
    if x < _STIRLING_FROM:
        return float(gammaln(x)) - ((x - 0.5) * math.log(x) - x + 0.5 * math.log(2.0 * math.pi))
    inverse = 1.0 / (x * x)
    return (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse / 1680.0))) / x


def _profile_peak(both: int, first: int, second: int) -> float:
    """Return the N at which the profile likelihood is largest: infinite without overlap, n if it only falls."""
    if both == 0:
        return math.inf
    n = both + first + second

    def slope(size: float) -> float:
        shares = sum(math.log1p(-k / size) for k in (both + first, both + second))
        return float(digamma(size + 1.0) - digamma(size - n + 1.0)) + shares

    # When one list holds everybody seen, the slope is minus infinity at n and the curve only falls.
    if first == 0 or second == 0 or slope(float(n)) <= 0.0:
        return float(n)
    estimate = n + first * second / both
    return _root(slope, float(n), _doubled_until(lambda size: slope(size) < 0.0, estimate, float(n)))


def _doubled_until(condition: Callable[[float], bool], start: float, base: float) -> float:
    """Return the first of start, base + 2 (start - base), base + 4 (start - base), ... that meets the condition."""
    step = start - base
    while not condition(base + step):
        step *= 2.0
    return base + step


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(function, low, high, xtol=1e-12, rtol=4.0 * np.finfo(float).eps))


def no_overlap_limit(first: int, second: int, level: float, odds_ratio: float = 1.0) -> int:
    """Smallest population in which two lists without a common person are not too surprising.

    Procedure: the smallest N with P(overlap = 0 | N) at least 1 - `level`, both list sizes given. The overlap is
    hypergeometric under independence and Fisher's non-central hypergeometric for another odds ratio. The probability
    is 1 / (1 + t_1 + t_2 + ...), where t_k is that of k common persons relative to none, so that nothing cancels.

    Parameters
    ----------
    first, second : int
        Persons on the first and on the second list; nobody is on both.
    level : float
        Confidence level of the one-sided limit, as a share.
    odds_ratio : float
        Odds ratio between the lists; 1 is independence.

    Returns
    -------
    int
        The limit, in persons; about `odds_ratio` first second / -ln(1 - level) for large lists.

    Assumptions
    -----------
    Closed population, perfect linkage, and the odds ratio stated.

    References
    ----------
    Fisher 1935, Journal of the Royal Statistical Society 98(1), 39-82, for the distribution.

    Examples
    --------
    >>> no_overlap_limit(200, 150, 0.95)
    10190
    """
    surprise = 1.0 - check_level(level)
    # Beyond a thousand common persons a term is negligible, or the sum is already far above 1 / (1 - level).
    k = np.arange(min(first, second, _MAX_OVERLAP_TERMS), dtype=np.float64)
    gains = odds_ratio * (first - k) * (second - k) / (k + 1.0)

    def likely(size: int) -> bool:
        with np.errstate(over="ignore"):
            relative = np.cumprod(gains / (float(size - first - second) + k + 1.0)).sum()
        return bool(1.0 / (1.0 + relative) >= surprise)

    low, step = first + second - 1, 1
    while not likely(low + step):
        low, step = low + step, 2 * step
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if likely(middle) else (middle, high)
    return high
