"""Mixtures of normal densities, each cut off at uncertain limits: distribution function and quantiles, without chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from microwork_estimate.frozen import FloatArray

N_DRAWS = 512  # points of the lattice over which uncertain limits are averaged
_FAR = 12.0  # standard deviations; nothing lies further out in double precision
_HALVINGS = 80


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LimitDraws:
    """Q equally likely pairs of limits.

    Parameters
    ----------
    low, high : array of shape (Q,)
        May be infinite; low < high in each pair. Q is 0 when no pair of the limits is in order.
    crossed : float
        Share of the pairs that were left out because the lower limit was above the upper one.
    """

    low: FloatArray
    high: FloatArray
    crossed: float


def limit_draws(lows: FloatArray, highs: FloatArray) -> LimitDraws:
    """Spread uncertain limits over a lattice, and take the tightest of each point.

    Procedure: a lower limit with mean l and standard deviation s takes the values l + s z, with z the normal quantiles of
    a Kronecker lattice whose steps are powers of the generalised golden ratio: even in all dimensions at once, and the
    same every time. Limits without error stay where they are.

    Parameters
    ----------
    lows, highs : arrays of shape (a, 2) and (b, 2)
        Mean and standard deviation of each limit; a and b may be 0.

    Returns
    -------
    LimitDraws

    References
    ----------
    Niederreiter (1992), *Random Number Generation and Quasi-Monte Carlo Methods*, section 3.1 (Kronecker sequences).
    """
    ends = np.vstack([lows, highs])
    uncertain = ends[:, 1] > 0
    n_draws = N_DRAWS if uncertain.any() else 1
    draws = np.repeat(ends[:, [0]], n_draws, axis=1)
    draws[uncertain] += ends[uncertain, 1:] * special.ndtri(_lattice(n_draws, int(uncertain.sum())))
    low = draws[: len(lows)].max(axis=0, initial=-np.inf)
    high = draws[len(lows) :].min(axis=0, initial=np.inf)
    ordered = low < high
    return LimitDraws(low=low[ordered], high=high[ordered], crossed=float(1 - ordered.mean()))


def _lattice(n: int, dimensions: int) -> FloatArray:
    """Return points of shape (dimensions, n) strictly between 0 and 1."""
    ratio = 2.0
    for _ in range(60):  # fixed point of x = (1 + x)^(1 / (d + 1))
        ratio = (1 + ratio) ** (1 / (dimensions + 1))
    steps = ratio ** -np.arange(1.0, dimensions + 1)
    return np.asarray((0.5 + steps[:, None] * np.arange(1, n + 1)) % 1.0)


def share_inside(centre: FloatArray, spread: FloatArray, limits: LimitDraws) -> FloatArray:
    """Return the share of each normal density between the limits, on average over their draws; shape (K,)."""
    a, b = (_standard(end, centre, spread) for end in (limits.low, limits.high))
    return np.asarray(_between(a, b).mean(axis=-1))


def cut_cdf(x: ArrayLike, centre: FloatArray, spread: FloatArray, limits: LimitDraws) -> FloatArray:
    """Return the distribution function of each density once cut off at the limits, on average over their draws.

    Procedure: for each draw of the limits the density between them is scaled to 1, and these are averaged: draws of the
    limits keep their own probability however little of the density they leave. A density with nothing in double
    precision between a pair of limits is put on the end nearest to it.

    Parameters
    ----------
    x : array of shape (g,)
    centre, spread : arrays of shape (K,)
    limits : LimitDraws
        Q pairs.

    Returns
    -------
    array of shape (g, K)

    Examples
    --------
    >>> none = limit_draws(np.empty((0, 2)), np.empty((0, 2)))
    >>> cut_cdf([0.0], np.array([0.0]), np.array([1.0]), none)
    array([[0.5]])
    """
    points = np.asarray(x, dtype=np.float64)[:, None, None]
    a, b = (_standard(end, centre, spread) for end in (limits.low, limits.high))
    at = np.clip((points - centre[:, None]) / spread[:, None], a, b)
    whole = _between(a, b)
    nearest = np.where(a > 0, limits.low, limits.high)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(whole > 0, _between(a, at) / whole, points >= nearest)
    return np.asarray(share.mean(axis=-1))


def mixture_quantiles(
    probabilities: ArrayLike, centre: FloatArray, spread: FloatArray, weights: FloatArray, limits: LimitDraws
) -> FloatArray:
    """Return quantiles of a mixture of normal densities, each cut off at the limits before it is mixed.

    Procedure: bisection of the distribution function, for all probabilities at once.

    Parameters
    ----------
    probabilities : array of shape (g,)
    centre, spread, weights : arrays of shape (K,)
        Weights add up to 1.
    limits : LimitDraws

    Returns
    -------
    array of shape (g,)

    Examples
    --------
    >>> none = limit_draws(np.empty((0, 2)), np.empty((0, 2)))
    >>> one = np.ones(1)
    >>> mixture_quantiles([0.025, 0.975], 0 * one, one, one, none).round(6)
    array([-1.959964,  1.959964])
    """
    wanted = np.asarray(probabilities, dtype=np.float64)
    reach = _FAR * spread.max()
    finite = [end[np.isfinite(end)] for end in (limits.low, limits.high)]
    middle = np.concatenate([centre, *finite])
    low = np.full(wanted.shape, middle.min() - reach)
    high = np.full(wanted.shape, middle.max() + reach)
    for _ in range(_HALVINGS):
        half = (low + high) / 2
        below = cut_cdf(half, centre, spread, limits) @ weights < wanted
        low, high = np.where(below, half, low), np.where(below, high, half)
    return np.asarray((low + high) / 2)


def _standard(end: FloatArray, centre: FloatArray, spread: FloatArray) -> FloatArray:
    """Return limits in standard deviations of each density, shape (K, Q)."""
    return np.asarray((end[None, :] - centre[:, None]) / spread[:, None])


def _between(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the normal probability from a to b; in the upper tail by its mirror image, where no digits are lost."""
    upper = a > 0
    first, second = np.where(upper, -b, a), np.where(upper, -a, b)
    return np.asarray(special.ndtr(second) - special.ndtr(first))
