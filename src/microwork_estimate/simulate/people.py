"""Kernels: who the persons are, how inclined they are to platform work, and where they are registered.

Each function draws from streams named after what it draws (``population/...``), so that a part that is switched on
leaves the draws of the others as they were. Draws are made for every person of the world, registered or not.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray
from microwork_estimate.simulate.market import PlatformMarket
from microwork_estimate.simulate.options import Covariate, Propensity
from microwork_estimate.streams import stream

BoolArray = NDArray[np.bool_]
SmallFloatArray = NDArray[np.float32]
CodeArray = NDArray[np.uint8]

_GRID = 4096
# A normal score beyond this has a chance of 3e-14; further out the distribution function is 1 in floating point.
_REACH = 7.5


def draw_covariates(covariates: tuple[Covariate, ...], n: int, seed: int) -> tuple[CodeArray, ...]:
    """Draw the categories of n persons, independently for each covariate.

    Parameters
    ----------
    covariates : tuple of Covariate, length c
    n : int
    seed : int

    Returns
    -------
    tuple of c arrays of shape (n,)
        The position of the category of each person.
    """
    codes = []
    for covariate in covariates:
        ends = np.cumsum(covariate.shares)[:-1]
        uniform = stream(seed, f"population/covariate/{covariate.name}").random(n, dtype=np.float32)
        codes.append(np.searchsorted(ends, uniform, side="right").astype(np.uint8))
    return tuple(codes)


def draw_scores(propensity: Propensity, codes: tuple[CodeArray, ...], n: int, seed: int) -> FloatArray:
    """Draw the normal score of the propensity of n persons: effects of covariates plus a normal residual.

    The sum of both is a mixture of normals, one for each sum of effects; its distribution function makes it uniform and
    the normal quantile makes it exactly standard normal again.

    Parameters
    ----------
    propensity : Propensity
        With the effects of its covariates.
    codes : tuple of arrays of shape (n,)
        The categories, as :func:`draw_covariates` gives them.
    n : int
    seed : int

    Returns
    -------
    array of shape (n,)
    """
    score = stream(seed, "population/propensity").standard_normal(n)
    explained = propensity.effect_variance
    if explained == 0.0:
        return score
    residual = float(np.sqrt(1.0 - explained))
    score *= residual
    values, weights = np.zeros(1), np.ones(1)
    for covariate, code in zip(propensity.covariates, codes, strict=True):
        effects = np.asarray(covariate.effects) - covariate.effect_moments[0]
        score += effects[code]
        values, inverse = np.unique(np.round(np.add.outer(values, effects).ravel(), 9), return_inverse=True)
        joint = np.multiply.outer(weights, np.asarray(covariate.shares)).ravel()
        weights = np.bincount(inverse.ravel(), weights=joint).astype(np.float64)
    grid = np.linspace(values.min() - _REACH * residual, values.max() + _REACH * residual, _GRID)
    below = np.zeros(_GRID)
    for value, weight in zip(values, weights, strict=True):
        below += weight * special.ndtr((grid - value) / residual)
    tiny = 1e-16
    return np.asarray(np.interp(score, grid, special.ndtri(np.clip(below, tiny, 1.0 - tiny))))


def from_normal_score(score: FloatArray, quantile: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Turn standard normal scores into a law given by its quantile function, by a fine table of it.

    Parameters
    ----------
    score : array of shape (n,)
    quantile : function of an array of probabilities
        The value below which each share of the law lies.

    Returns
    -------
    array of shape (n,)

    Examples
    --------
    >>> from_normal_score(np.array([0.0]), lambda u: 10.0 * u).round(6).tolist()
    [5.0]
    """
    grid = np.linspace(-_REACH, _REACH, 2 * _GRID)
    return np.asarray(np.interp(score, grid, quantile(special.ndtr(grid))))


def propensity_of(propensity: Propensity, score: FloatArray) -> FloatArray:
    """Return the propensity, positive with mean 1, that goes with a normal score.

    Parameters
    ----------
    propensity : Propensity
    score : array of shape (n,)

    Returns
    -------
    array of shape (n,)
    """
    if propensity.law == "lognormal":
        spread = np.sqrt(np.log1p(propensity.cv**2))
        return np.asarray(np.exp(spread * score - spread**2 / 2))
    if propensity.law == "gamma":
        shape = 1.0 / propensity.cv**2
        return from_normal_score(score, lambda u: np.asarray(special.gammaincinv(shape, u) / shape))
    low, high = _two_classes(propensity)
    return np.where(special.ndtr(score) > 1.0 - propensity.high_share, high, low)


def _two_classes(propensity: Propensity) -> tuple[float, float]:
    low = 1.0 / (1.0 + propensity.high_share * (propensity.high_ratio - 1.0))
    return low, low * propensity.high_ratio


def standardised_log(propensity: Propensity, score: FloatArray) -> FloatArray:
    """Return the logarithm of the propensity, scaled to mean 0 and variance 1 over the law.

    A log-normal law gives the score itself. A gamma law has a long lower tail on the log scale; two classes have two
    values.

    Parameters
    ----------
    propensity : Propensity
    score : array of shape (n,)

    Returns
    -------
    array of shape (n,)
    """
    if propensity.law == "lognormal":
        return score
    if propensity.law == "gamma":
        shape = 1.0 / propensity.cv**2
        mean, spread = float(special.digamma(shape)), float(np.sqrt(special.polygamma(1, shape)))
        return from_normal_score(score, lambda u: np.asarray((stats.loggamma.ppf(u, shape) - mean) / spread))
    share = propensity.high_share
    high = special.ndtr(score) > 1.0 - share
    values = (math.sqrt((1.0 - share) / share), -math.sqrt(share / (1.0 - share)))
    return np.where(high, *values)


def thresholds(market: PlatformMarket, propensity: Propensity) -> FloatArray:
    """Return the latent inclination, one for each platform, above which a person registers, shape (J,).

    The inclination to platform j is sqrt(c) s + sqrt(1 - c) e with s the standardised log propensity, c the correlation
    of the market and e standard normal; the threshold is where the asked share of persons lies above.

    Parameters
    ----------
    market : PlatformMarket
    propensity : Propensity

    Returns
    -------
    array of shape (J,)

    Examples
    --------
    >>> market = PlatformMarket(names=("A", "B"), popularity=(0.5, 0.025), multi_homing=0.4)
    >>> (thresholds(market, Propensity(law="lognormal")).round(3) + 0.0).tolist()
    [0.0, 1.96]
    """
    shared, own = float(np.sqrt(market.multi_homing)), float(np.sqrt(1.0 - market.multi_homing))
    middle = special.ndtri((np.arange(_GRID) + 0.5) / _GRID)
    law = shared * standardised_log(propensity, middle)

    def excess(threshold: float, share: float) -> float:
        return float(np.mean(special.ndtr((law - threshold) / own)) - share)

    bracket = 12.0 + float(np.abs(law).max())
    return np.array([optimize.brentq(excess, -bracket, bracket, args=(float(share),)) for share in market.shares])


def draw_membership(market: PlatformMarket, standard: FloatArray, limit: FloatArray, seed: int) -> BoolArray:
    """Draw who is registered where.

    Parameters
    ----------
    market : PlatformMarket
    standard : array of shape (N,)
        Standardised log propensity.
    limit : array of shape (J,)
        Thresholds.
    seed : int

    Returns
    -------
    array of shape (N, J), bool, columns contiguous
    """
    membership = np.empty((standard.size, market.n_platforms), dtype=np.bool_, order="F")
    for j in range(market.n_platforms):
        membership[:, j] = _margin(market, standard, limit, j, seed) > 0
    return membership


def draw_membership_exactly(
    market: PlatformMarket, standard: FloatArray, limit: FloatArray, registered: int, seed: int
) -> BoolArray:
    """Draw who is registered where so that exactly `registered` persons are on a declaring platform.

    All thresholds move by one amount: the distance of the last person to be let in.

    Parameters
    ----------
    market : PlatformMarket
    standard : array of shape (N,)
        Standardised log propensity.
    limit : array of shape (J,)
        Thresholds before they move.
    registered : int
    seed : int

    Returns
    -------
    array of shape (N, J), bool, columns contiguous

    Raises
    ------
    InvalidInput
        If more are asked than there are persons.
    """
    n = standard.size
    if not 1 <= registered <= n:
        raise InvalidInput(
            "impossible number of registered persons",
            expected=f"1 to {n}, the persons of the world",
            got=str(registered),
            where="Targets.registered",
            fix="raise n_persons",
        )
    margins = np.empty((n, market.n_platforms), dtype=np.float32, order="F")
    for j in range(market.n_platforms):
        margins[:, j] = _margin(market, standard, limit, j, seed)
    declaring = market.declaring_columns
    best = margins[:, declaring[0]].copy()
    for j in declaring[1:]:
        np.maximum(best, margins[:, j], out=best)
    chosen = np.argpartition(-best, registered - 1)[:registered]
    selected = np.zeros(n, dtype=np.bool_)
    selected[chosen] = True
    membership = np.asfortranarray(margins >= best[chosen].min())
    # Two persons may stand at the very same distance: only the chosen one is let in.
    for j in declaring:
        membership[:, j] &= selected
    return membership


def _margin(market: PlatformMarket, standard: FloatArray, limit: FloatArray, j: int, seed: int) -> SmallFloatArray:
    """How far above the threshold of platform j each person's inclination lies."""
    own = stream(seed, f"population/membership/{market.names[j]}").standard_normal(standard.size, dtype=np.float32)
    own *= np.float32(np.sqrt(1.0 - market.multi_homing))
    if market.multi_homing > 0:
        own += (np.sqrt(market.multi_homing) * standard).astype(np.float32)
    own -= np.float32(limit[j])
    return own
