"""Whether several Markov chains have found the same law, and how many independent draws they are worth."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from microwork_estimate.estimate import FloatArray


def rank_normal(draws: FloatArray) -> FloatArray:
    """Replace draws by normal scores of their ranks among all draws, ties sharing the mean rank.

    Parameters
    ----------
    draws : array of shape (d, c)

    Returns
    -------
    array of shape (d, c)

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter and Buerkner 2021, Bayesian Analysis 16(2), 667-718, equation 14.

    Examples
    --------
    >>> rank_normal(np.array([[1.0], [50.0], [9.0]])).round(2).ravel().tolist()
    [-0.87, 0.87, 0.0]
    """
    _, place, ties = np.unique(draws, return_inverse=True, return_counts=True)
    last = np.cumsum(ties)
    mean_rank = last - (ties - 1) / 2.0
    return np.asarray(ndtri((mean_rank[place.reshape(draws.shape)] - 0.375) / (draws.size + 0.25)), dtype=np.float64)


def split_rhat(draws: FloatArray) -> float:
    """Return the rank-normalised split R-hat of c chains: 1 when they agree, more when they do not.

    Procedure: each chain is cut into halves; R-hat is the root of the ratio of the variance of all draws to that within
    halves, once for the normal scores of the draws and once for those of their distances from the median; the larger
    one counts.

    Parameters
    ----------
    draws : array of shape (d, c)
        d successive draws of c chains.

    Returns
    -------
    float
        Infinite if some halves do not move while others differ.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter and Buerkner 2021, Bayesian Analysis 16(2), 667-718, section 4.

    Examples
    --------
    >>> still = np.random.default_rng(1).standard_normal((1000, 4))
    >>> bool(split_rhat(still) < 1.01), bool(split_rhat(still + [0.0, 0.0, 0.0, 2.0]) > 1.1)
    (True, True)
    """
    halves = _halves(draws)
    folded = np.abs(halves - np.median(halves))
    return max(_rhat(rank_normal(halves)), _rhat(rank_normal(folded)))


def effective_draws(draws: FloatArray) -> float:
    """Return how many independent draws the chains are worth for the bulk of the law.

    Procedure: autocorrelations of the normal scores of split chains, pooled so that chains that disagree count as
    correlated; pairs of them are summed up while positive, and kept from rising (Geyer).

    Parameters
    ----------
    draws : array of shape (d, c)
        d at least 8.

    Returns
    -------
    float

    References
    ----------
    Geyer 1992, Statistical Science 7(4), 473-483, section 3.3; Vehtari et al. 2021, Bayesian Analysis 16(2), 667-718,
    equation 10.

    Examples
    --------
    >>> still = np.random.default_rng(1).standard_normal((1000, 4))
    >>> bool(3000 < effective_draws(still) < 5000)
    True
    """
    scores = rank_normal(_halves(draws))
    d, c = scores.shape
    within, total = _variances(scores)
    if not total > 0.0:
        return float(d * c)
    spectrum = np.abs(np.fft.rfft(scores - scores.mean(axis=0), 2 * d, axis=0)) ** 2
    covariance = np.fft.irfft(spectrum, axis=0)[:d].mean(axis=1) / d
    correlation = 1.0 - (within - covariance) / total
    correlation[0] = 1.0
    pairs = correlation[: d - d % 2].reshape(-1, 2)
    negative = np.flatnonzero(pairs.sum(axis=1) <= 0.0)
    end = min(int(negative[0]) if negative.size else d, (d - 3) // 2)
    # The first half of the pair that ends the sum counts if it is positive.
    last = max(float(pairs[end, 0]), 0.0)
    time = 2.0 * float(np.minimum.accumulate(pairs[:end].sum(axis=1)).sum()) - 1.0 + last
    return float(d * c / max(time, 1.0 / math.log10(d * c)))


def _halves(draws: FloatArray) -> FloatArray:
    """Cut each chain into halves, shape (d // 2, 2 c); with odd d the middle draw is left out."""
    half = len(draws) // 2
    return np.hstack([draws[:half], draws[-half:]])


def _variances(scores: FloatArray) -> tuple[float, float]:
    """Return the mean variance within chains, and the pooled one."""
    d = len(scores)
    within = float(scores.var(axis=0, ddof=1).mean())
    between = float(scores.mean(axis=0).var(ddof=1))
    return within, within * (d - 1.0) / d + between


def _rhat(scores: FloatArray) -> float:
    within, total = _variances(scores)
    if within > 0.0:
        return float(np.sqrt(total / within))
    return float("inf") if total > 0.0 else 1.0
