"""Profile likelihood of the population size N in log-linear capture-recapture models, with the factorial correction.

The counts of the persons seen and N - n unseen are multinomial with N trials. For each N the model is fitted to all
cells, the unseen one included, and N!/(N - n)! enters the likelihood with N as a real number. The curve is highest a
little below the Poisson estimate n + exp(intercept).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri, digamma, gammaln

from microwork_estimate.capture_recapture.fitting import Design, drop_negative
from microwork_estimate.errors import check_level
from microwork_estimate.estimate import Interval

_FARTHEST = 1e12  # times the persons seen: a curve that is still high there never comes down
FLAT_FROM = 1e6  # times the persons seen: a curve that only rises has reached its limit there
_STIRLING_FROM = 64.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """The top of a profile likelihood and the sizes at which it has fallen by half a chi-squared quantile.

    Parameters
    ----------
    peak : float
        The size with the highest likelihood; infinite if it only rises.
    interval : Interval
        Its lower end is the number of persons seen if the curve does not fall so far before it.
    """

    peak: float
    interval: Interval


def profile_size(design: Design, counts: np.ndarray, *, value: float, level: float) -> Profile:
    """Find the profile-likelihood interval of N for a log-linear design.

    Procedure: at each N fit the cells and N - n unseen; the top is where the slope of the curve is zero, the ends are
    where it has fallen by half the chi-squared quantile with one degree of freedom. Columns that cannot have a negative
    coefficient are left out anew at each N.

    Parameters
    ----------
    design : Design
    counts : array of shape (c,)
        Persons seen.
    value : float
        The Poisson estimate of N.
    level : float
        Confidence level as a share.

    Returns
    -------
    Profile

    Assumptions
    -----------
    The model; the interval says nothing about another one.

    References
    ----------
    Cormack 1992, Biometrics 48(2), 567-576.

    Examples
    --------
    >>> import numpy as np
    >>> matrix = np.array([[1.0, 1, 1], [1, 1, 0], [1, 0, 1]])
    >>> design = Design(name="Mt", matrix=matrix, column_names=("1", "a", "b"), positive=(False,) * 3)
    >>> found = profile_size(design, np.array([30.0, 170, 120]), value=1000.0, level=0.95)
    >>> round(found.interval.low, 2), round(found.interval.high, 2)
    (760.47, 1374.8)
    """
    height, slope = design_likelihood(design, counts)
    return profile_between(height, slope, seen=float(counts.sum()), value=value, level=level)


def design_likelihood(design: Design, counts: np.ndarray) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Return the profile log-likelihood of N for a log-linear design, and its derivative, as functions of N.

    Parameters
    ----------
    design : Design
    counts : array of shape (c,)
        Persons seen.

    Returns
    -------
    tuple of two callables
        Of a size above the number seen; the first up to a constant.

    Examples
    --------
    >>> import numpy as np
    >>> matrix = np.array([[1.0, 1, 1], [1, 1, 0], [1, 0, 1]])
    >>> design = Design(name="Mt", matrix=matrix, column_names=("1", "a", "b"), positive=(False,) * 3)
    >>> height, slope = design_likelihood(design, np.array([30.0, 170, 120]))
    >>> height(1000.0) > height(700.0), slope(700.0) > 0
    (True, True)
    """
    seen = float(counts.sum())
    row = np.zeros((1, design.matrix.shape[1]))
    row[0, 0] = 1.0
    full = Design(
        name=design.name,
        matrix=np.vstack([design.matrix, row]),
        column_names=design.column_names,
        positive=design.positive,
    )

    def fitted(size: float) -> tuple[float, float]:
        fits, _, _ = drop_negative(full, np.append(counts, size - seen))
        return float(fits.deviance[0]), float(fits.coefficients[0, 0])

    def height(size: float) -> float:
        return -0.5 * fitted(size)[0] + stirling_rest(size) - stirling_rest(size - seen)

    def slope(size: float) -> float:
        return float(digamma(size + 1.0) - digamma(size - seen + 1.0)) + fitted(size)[1] - math.log(size)

    return height, slope


def profile_between(
    height: Callable[[float], float], slope: Callable[[float], float], *, seen: float, value: float, level: float
) -> Profile:
    """Find the top of a curve and the sizes at which it has fallen by half a chi-squared quantile.

    Parameters
    ----------
    height, slope : callable
        The log-likelihood of a size, up to a constant, and its derivative.
    seen : float
        The smallest size possible.
    value : float
        A size near or above the top.
    level : float

    Returns
    -------
    Profile

    Examples
    --------
    >>> found = profile_between(lambda n: -((n - 50) ** 2), lambda n: 100 - 2 * n, seen=20, value=60, level=0.95)
    >>> round(found.peak, 6), round(found.interval.high, 3)
    (50.0, 51.386)
    """
    drop = float(chdtri(1, 1.0 - check_level(level))) / 2.0
    peak = _peak(slope, seen, max(value, seen + 1.0))
    top = height(peak if math.isfinite(peak) else seen * FLAT_FROM)
    inside = peak if math.isfinite(peak) else _until(lambda size: height(size) >= top - drop, seen + 1.0, seen)

    def above(size: float) -> float:
        return height(size) - top + drop

    low = seen if above(seen) >= 0.0 else _root(above, seen, inside)
    high = math.inf
    if math.isfinite(peak):
        beyond = _until(lambda size: above(size) < 0.0, seen + 2.0 * max(value - seen, peak - seen, 0.5), seen)
        high = _root(above, peak, beyond) if math.isfinite(beyond) else math.inf
    return Profile(peak=peak, interval=Interval(low=low, high=high, level=level, method="profile"))


def stirling_rest(x: float) -> float:
    """Return ln G(x + 1) - x ln x + x, the part of a log-factorial that stays small.

    Parameters
    ----------
    x : float
        Zero or more.

    Returns
    -------
    float

    Examples
    --------
    >>> round(stirling_rest(1.0), 6), stirling_rest(0.0)
    (1.0, 0.0)
    """
    if x <= 0.0:
        return 0.0
    if x < _STIRLING_FROM:
        return float(gammaln(x + 1.0)) - x * math.log(x) + x
    inverse = 1.0 / (x * x)
    series = (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse / 1680.0))) / x
    return 0.5 * math.log(2.0 * math.pi * x) + series


def _peak(slope: Callable[[float], float], seen: float, value: float) -> float:
    nearest = seen + 1e-6
    if slope(nearest) <= 0.0:
        return seen
    beyond = _until(lambda size: slope(size) < 0.0, value, seen)
    return _root(slope, nearest, beyond) if math.isfinite(beyond) else math.inf


def _until(stop: Callable[[float], bool], start: float, seen: float) -> float:
    """Double the distance from `seen` until `stop` holds; infinite if it never does."""
    size = start
    while not stop(size):
        size = seen + 2.0 * (size - seen)
        if size > _FARTHEST * max(seen, 1.0):
            return math.inf
    return size


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(function, low, high, xtol=1e-9 * max(1.0, low), rtol=1e-12))
