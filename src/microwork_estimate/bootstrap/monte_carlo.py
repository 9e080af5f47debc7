"""What the number of replicates leaves open in the ends of an interval, and how many a published digit needs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from scipy import stats

from microwork_estimate.bootstrap.order_statistics import ordered
from microwork_estimate.bootstrap.streams import stream
from microwork_estimate.errors import InvalidInput, MicroworkWarning, check_level
from microwork_estimate.estimate import Interval, Replicates

_ROUNDS = 399
_STREAM = "monte carlo error"
Maker = Callable[..., "Interval | None"]


def monte_carlo_error(replicates: Replicates, *, probability: float) -> tuple[float, float]:
    """Give a 95 % interval for what a quantile of infinitely many replicates would be.

    Distribution-free: the order statistics whose ranks are the binomial 2.5 % and 97.5 % quantiles. Round a published
    end no finer than this. :func:`interval_error` does the same for any interval.

    Parameters
    ----------
    replicates : Replicates
    probability : float
        Which quantile, for example 0.025 for the lower end of a 95 % interval.

    Returns
    -------
    (float, float)

    Examples
    --------
    >>> draws = Replicates(values=np.arange(1, 2000), streams=("x",), seed=1)
    >>> monte_carlo_error(draws, probability=0.025)
    (37.0, 65.0)
    """
    check_level(probability, where="probability")
    values = ordered(replicates.values)
    n = values.size
    low, high = np.asarray(stats.binom.ppf([0.025, 0.975], n, probability)).astype(int)
    return float(values[max(low - 1, 0)]), float(values[min(high, n - 1)])


@dataclass(frozen=True, kw_only=True, slots=True)
class IntervalError:
    """Where the ends of an interval would be with infinitely many replicates, with 95 % confidence.

    Parameters
    ----------
    low, high : tuple of float
        The range of the lower and of the upper end, in the unit of the estimate.
    n_replicates : int
        B, with which they were found. Both ranges shrink with the root of it.
    """

    low: tuple[float, float]
    high: tuple[float, float]
    n_replicates: int

    @property
    def half_width(self) -> float:
        """Half the width of the wider range; NaN where both are infinite."""
        widths = [(top - bottom) / 2 for bottom, top in (self.low, self.high) if math.isfinite(bottom)]
        return max(widths, default=math.nan)


def interval_error(make: Maker, *replicates: Replicates) -> IntervalError:
    """Say how far the ends of an interval would move with other replicates of the same data: its Monte Carlo error.

    Procedure: the replicates are themselves drawn anew with replacement 399 times, those of one run together; the
    interval is made of each, and each range holds 95 % of the ends. So it serves every kind of interval, the bias
    correction of BCa and one's own included. The draws have a stream of their own: the same replicates give the same
    error.

    Parameters
    ----------
    make : callable
        Takes the replicates and gives the interval, such as ``percentile`` or ``partial(bca, value=..,
        acceleration=..)``.
    *replicates : Replicates
        One or more of one run, in the order in which `make` takes them.

    Returns
    -------
    IntervalError

    Raises
    ------
    InvalidInput
        If the replicates are of different runs, or `make` gives no interval.

    Assumptions
    -----------
    Replicates are independent of each other.

    References
    ----------
    Efron (1987), *Journal of the American Statistical Association* 82, 171-185, section 9, on the error that the number
    of replicates leaves. Davison & Hinkley (1997), *Bootstrap Methods and their Application*, section 2.5.2.

    Examples
    --------
    >>> from microwork_estimate.bootstrap.intervals import percentile
    >>> draws = Replicates(values=np.arange(1, 2000), streams=("x",), seed=1)
    >>> found = interval_error(percentile, draws)
    >>> bool(35 < found.low[0] < 50 < found.low[1] < 66)
    True
    """
    if not replicates:
        raise _no_interval(0)
    n = len(replicates[0])
    for other in replicates[1:]:
        _ = replicates[0] - other  # refuses another run
    generator = stream(0, _STREAM)
    ends = np.empty((_ROUNDS, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        for round_ in range(_ROUNDS):
            chosen = generator.integers(0, n, n)
            found = make(*(replace(r, values=r.values[chosen]) for r in replicates))
            if found is None:
                raise _no_interval(n)
            ends[round_] = found.low, found.high
    ends.sort(axis=0)
    first, last = round((_ROUNDS + 1) * 0.025) - 1, round((_ROUNDS + 1) * 0.975) - 1
    low, high = ((float(column[first]), float(column[last])) for column in ends.T)
    return IntervalError(low=low, high=high, n_replicates=n)


def how_many(make: Maker, *replicates: Replicates, digit: float) -> int:
    """Say how many replicates it takes to publish the ends of an interval to a digit.

    Procedure: the Monte Carlo error of :func:`interval_error` shrinks with the root of B; B is such that each end moves
    by less than half a unit of the last digit, with 95 % confidence. It is rounded up so that the ranks of the ends are
    whole numbers (199, 1,999, 9,999 and so on).

    Parameters
    ----------
    make : callable
        As of :func:`interval_error`.
    *replicates : Replicates
        A first run, of some 1,000 replicates or more.
    digit : float
        What the last printed digit is worth, in the unit of the estimate: 1,000 for an end in thousands.

    Returns
    -------
    int
        B.

    Raises
    ------
    InvalidInput
        If the digit is not above zero, or no end of the interval is finite.

    Assumptions
    -----------
    The density of the replicates near the ends is what it is in the first run.

    References
    ----------
    Andrews & Buchinsky (2000), *Econometrica* 68(1), 23-51, on choosing B from a first run.

    Examples
    --------
    >>> from microwork_estimate.bootstrap.intervals import percentile
    >>> draws = Replicates(values=np.arange(1, 2000), streams=("x",), seed=1)
    >>> how_many(percentile, draws, digit=100) < 1999 < how_many(percentile, draws, digit=10)
    True
    """
    if not 0 < digit < math.inf:
        raise InvalidInput(
            "impossible digit",
            expected="a finite number above zero",
            got=repr(digit),
            where="how_many",
            fix="1000 to publish thousands, 0.01 to publish two decimals",
        )
    error = interval_error(make, *replicates)
    found = make(*replicates)
    if found is None or not math.isfinite(error.half_width):
        raise _no_interval(error.n_replicates)
    needed = error.n_replicates * (2 * error.half_width / digit) ** 2
    step = Fraction((1 - found.level) / 2).limit_denominator(10_000).denominator
    return max(1, math.ceil((needed + 1) / step)) * step - 1


def _no_interval(n: int) -> InvalidInput:
    return InvalidInput(
        "no interval to measure",
        expected="replicates from which an interval with a finite end can be made, each time they are redrawn",
        got=f"none from {n} replicates",
        where="Monte Carlo error of an interval",
        fix="use the percentile interval, which needs no finite replicates, or more replicates",
    )
