"""Ends of confidence intervals from an estimate, its variance and its degrees of freedom. Numbers only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, stdtrit

from microwork_estimate.inputs.beta import beta_quantile

_NOTHING = 1e-24
"""A share whose variance is below this has none: what is left is rounding."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What an interval needs to know of an estimate.

    Parameters
    ----------
    value : float
        The estimate; for the intervals of shares, from 0 to 1.
    variance : float
        Under the design, zero or more.
    n : int
        Respondents in the domain.
    degrees : float
        Degrees of freedom, above 0.
    kish : float
        Size of a sample of equal weights that is worth as much, n / (1 + CV^2 of the weights); used for shares of 0
        and 1, where no variance is seen.
    """

    value: float
    variance: float
    n: int
    degrees: float
    kish: float

    @property
    def edge(self) -> bool:
        """Whether a share is 0 or 1."""
        return not 1e-12 < self.value < 1 - 1e-12

    def effective_size(self, level: float) -> float:
        """Return the size of a simple random sample with the same variance of a share, after Korn & Graubard.

        It is lowered for the few degrees of freedom by the squared ratio of t quantiles.
        """
        size = self.kish if self.edge else self.value * (1 - self.value) / self.variance
        return size * (t_quantile(level, max(self.n - 1, 1)) / t_quantile(level, self.degrees)) ** 2


def t_quantile(level: float, degrees: float) -> float:
    """Return the two-sided quantile of Student's t: 1.96 for a level of 0.95 and many degrees of freedom."""
    return float(stdtrit(degrees, (1 + level) / 2))


def interval_ends(facts: Facts, level: float, method: str) -> tuple[float, float] | None:
    """Return the ends of a confidence interval.

    Procedure, for any estimate: ``"t"`` goes up and down by the t quantile times the standard error; ``"log-t"`` does
    so on the logarithmic scale. For shares: ``"korn-graubard"`` takes the exact binomial interval (Clopper & Pearson)
    with the effective size in place of n, at most n unless ``"korn-graubard-uncapped"``; ``"logit"`` and ``"arcsine"``
    are symmetric on those scales; ``"wilson"`` solves the score test with the effective size. Shares of 0 or 1 get the
    capped Korn-Graubard interval whatever the method, with the size that the weights are worth. A share that the
    margins fix, without variance, is its own interval.

    Parameters
    ----------
    facts : Facts
        What is known of the estimate.
    level : float
        Confidence level.
    method : str
        One of the words above.

    Returns
    -------
    tuple of float, or None
        Lower and upper end; None for ``"log-t"`` of a number that is not above zero.

    Assumptions
    -----------
    The estimated variance is about chi-squared with the given degrees of freedom.

    References
    ----------
    Korn & Graubard (1998), *Survey Methodology* 24, 193-201. Franco, Little, Louis & Slud (2019), *Journal of Survey
    Statistics and Methodology* 7, 334-364.

    Examples
    --------
    >>> facts = Facts(value=0.5, variance=0.0025, n=100, degrees=99, kish=100.0)
    >>> [round(end, 4) for end in interval_ends(facts, 0.95, "wilson")]
    [0.4027, 0.5973]
    """
    if method == "log-t" and facts.value <= 0:
        return None
    if method in SHARE_INTERVALS:
        if facts.edge:
            return _clopper_pearson(round(facts.value), min(facts.effective_size(level), facts.n), level)
        if facts.variance <= _NOTHING:
            return facts.value, facts.value
    low, high = _ENDS[method](facts, level)
    return float(low), float(high)


def _t(facts: Facts, level: float) -> tuple[float, float]:
    reach = t_quantile(level, facts.degrees) * math.sqrt(facts.variance)
    return facts.value - reach, facts.value + reach


def _log_t(facts: Facts, level: float) -> tuple[float, float]:
    reach = t_quantile(level, facts.degrees) * math.sqrt(facts.variance) / facts.value
    return facts.value * math.exp(-reach), facts.value * math.exp(reach)


def _logit(facts: Facts, level: float) -> tuple[float, float]:
    p = facts.value
    reach = t_quantile(level, facts.degrees) * math.sqrt(facts.variance) / (p * (1 - p))
    return expit(logit(p) - reach), expit(logit(p) + reach)


def _arcsine(facts: Facts, level: float) -> tuple[float, float]:
    p = facts.value
    reach = t_quantile(level, facts.degrees) * math.sqrt(facts.variance) / (2 * math.sqrt(p * (1 - p)))
    angles = np.clip(math.asin(math.sqrt(p)) + np.array([-reach, reach]), 0, math.pi / 2)
    low, high = np.sin(angles) ** 2
    return low, high


def _wilson(facts: Facts, level: float) -> tuple[float, float]:
    p, t = facts.value, t_quantile(level, facts.degrees)
    size = p * (1 - p) / facts.variance
    middle, reach = p + t**2 / (2 * size), t * math.sqrt(p * (1 - p) / size + t**2 / (4 * size**2))
    return (middle - reach) / (1 + t**2 / size), (middle + reach) / (1 + t**2 / size)


def _korn_graubard(facts: Facts, level: float) -> tuple[float, float]:
    return _clopper_pearson(facts.value, min(facts.effective_size(level), facts.n), level)


def _korn_graubard_uncapped(facts: Facts, level: float) -> tuple[float, float]:
    return _clopper_pearson(facts.value, facts.effective_size(level), level)


def _clopper_pearson(share: float, size: float, level: float) -> tuple[float, float]:
    above, below = share * size, (1 - share) * size
    low = 0.0 if share <= 0 else beta_quantile(above, below + 1, (1 - level) / 2)
    high = 1.0 if share >= 1 else beta_quantile(above + 1, below, (1 + level) / 2)
    return low, high


_ENDS: dict[str, Callable[[Facts, float], tuple[float, float]]] = {
    "t": _t,
    "log-t": _log_t,
    "korn-graubard": _korn_graubard,
    "korn-graubard-uncapped": _korn_graubard_uncapped,
    "logit": _logit,
    "wilson": _wilson,
    "arcsine": _arcsine,
}
NUMBER_INTERVALS = ("t", "log-t")
SHARE_INTERVALS = ("korn-graubard", "korn-graubard-uncapped", "logit", "wilson", "arcsine")
