"""Small numbers and checks that several files of this room share."""

from __future__ import annotations

import math

from scipy.special import expit, logit, ndtri

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Interval


def log_scale_interval(
    value: float, standard_error: float, level: float, *, least: float = 0.0, most: float = math.inf
) -> Interval:
    """Give the normal interval on the logarithmic scale for a positive number, cut at what is possible.

    Parameters
    ----------
    value, standard_error : float
        On the natural scale.
    level : float
        Confidence level.
    least, most : float
        Smallest and largest possible value of the number.

    Returns
    -------
    Interval
        Method "log-normal".

    Examples
    --------
    >>> interval = log_scale_interval(100.0, 10.0, 0.95)
    >>> round(interval.low, 1), round(interval.high, 1)
    (82.2, 121.7)
    """
    spread = float(ndtri((1 + level) / 2)) * standard_error / value if value > 0 else 0.0
    low, high = value * math.exp(-spread), value * math.exp(spread)
    return Interval(low=min(max(low, least), most), high=max(min(high, most), least), level=level, method="log-normal")


def logit_interval(value: float, standard_error: float, level: float) -> Interval:
    """Give the normal interval on the logit scale for a share strictly between 0 and 1.

    Parameters
    ----------
    value, standard_error : float
        On the natural scale.
    level : float
        Confidence level.

    Returns
    -------
    Interval
        Method "logit".

    Examples
    --------
    >>> interval = logit_interval(0.5, 0.05, 0.95)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.403, 0.597)
    """
    spread = float(ndtri((1 + level) / 2)) * standard_error / (value * (1 - value))
    low, high = (float(expit(logit(value) + sign * spread)) for sign in (-1, 1))
    return Interval(low=low, high=high, level=level, method="logit")


def require_mean(mean: float, *, where: str) -> None:
    """Require a mean number of platforms per person: finite and at least 1.

    Raises
    ------
    InvalidInput
        If it is not.
    """
    if not (math.isfinite(mean) and mean >= 1):
        raise InvalidInput(
            "impossible multiplicity",
            expected="platforms per person, a finite number of at least 1",
            got=repr(mean),
            where=where,
            fix="a person with an account is on at least one platform; check that the mean is over such persons",
        )


def require_width(width: float, *, where: str) -> None:
    """Require a half-width or a standard error: finite, zero or more.

    Raises
    ------
    InvalidInput
        If it is not.
    """
    if not (math.isfinite(width) and width >= 0):
        raise InvalidInput(
            "impossible width",
            expected="a finite number, zero or more",
            got=repr(width),
            where=where,
            fix="give half the width of the rounding cell, or the standard error",
        )


def require_share(share: float, *, where: str) -> None:
    """Require a number from 0 to 1.

    Raises
    ------
    InvalidInput
        If it is not.
    """
    if not 0 <= share <= 1:
        raise InvalidInput(
            "impossible share",
            expected="a number from 0 to 1",
            got=repr(share),
            where=where,
            fix="give a share, not a percentage",
        )
