"""Quantiles of the beta distribution, guarded: scipy's inverse is wrong for some parameters near a billion."""

from __future__ import annotations

from scipy.optimize import brentq
from scipy.special import betainc, betaincinv, expit

CLOSE = 1e-7
"""So far may the probability of a quantile be from the one asked for."""

_LOWEST, _HIGHEST = -700.0, 36.0
"""Log odds beyond which a double is 0 or 1."""


def beta_quantile(a: float, b: float, probability: float) -> float:
    """Return a quantile of the beta distribution.

    Procedure: scipy's inverse of the incomplete beta function is put back into the function; where that does not give
    the probability again, the quantile is found by bisection on the logarithm of the odds.

    Parameters
    ----------
    a, b : float
        Parameters, more than 0.
    probability : float
        From 0 to 1.

    Returns
    -------
    float
        From 0 to 1; 0 or 1 where the quantile is closer to it than a double can say.

    References
    ----------
    Clopper and Pearson 1934, Biometrika 26, 404-413, whose interval of a share is made of two of these quantiles.

    Examples
    --------
    >>> round(beta_quantile(1.0, 100.0, 0.975), 4)
    0.0362
    """
    quantile = float(betaincinv(a, b, probability))
    if abs(float(betainc(a, b, quantile)) - probability) < CLOSE:
        return quantile

    def excess(log_odds: float) -> float:
        return float(betainc(a, b, expit(log_odds))) - probability

    if excess(_LOWEST) >= 0.0:
        return 0.0
    if excess(_HIGHEST) <= 0.0:
        return 1.0
    return float(expit(brentq(excess, _LOWEST, _HIGHEST, xtol=1e-14)))
