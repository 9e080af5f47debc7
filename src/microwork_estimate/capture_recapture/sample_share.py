"""The share of a survey's respondents who are on a list, with its design variance: what a survey brings to recapture.

The share usually comes from :func:`microwork_estimate.weighting.proportion`, whose result is taken as it is: the
variance (linearised, replicated or by quadratic form), its degrees of freedom and the interval are made in one place
only. :class:`SampleShare` serves where no microdata are at hand but a share and its standard error are printed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from scipy.special import stdtrit

from microwork_estimate.errors import InvalidInput, check_level
from microwork_estimate.estimate import Estimand, Interval
from microwork_estimate.inputs.beta import beta_quantile

EDGE = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleShare:
    """A weighted share of respondents who are on a list, as it is printed.

    Parameters
    ----------
    value : float
        The share, from 0 to 1.
    standard_error : float
        Under the design, zero or more; not used at 0 and 1, where a sample shows no variance.
    n : int
        Respondents.
    degrees_of_freedom : float or None
        Primary units less strata; n - 1 if None.
    kish_size : float or None
        n / (1 + CV^2 of the weights), used at 0 and 1; n if None.
    capped : bool
        Whether the effective size is never above n. R's `survey` does not cap it.
    estimand : Estimand
        Whom the survey is about; its window is compared with that of the list.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    References
    ----------
    Korn and Graubard 1998, Survey Methodology 24(2), 193-201.

    Examples
    --------
    >>> share = SampleShare(value=0.25, standard_error=0.02, n=600)
    >>> interval = share.interval(0.95)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.2114, 0.2918)
    """

    value: float
    standard_error: float
    n: int
    degrees_of_freedom: float | None = None
    kish_size: float | None = None
    capped: bool = True
    estimand: Estimand = field(default=Estimand(unit="share"))

    def __post_init__(self) -> None:
        problems = (
            (not 0 <= self.value <= 1, "value: a share from 0 to 1", self.value),
            (not 0 <= self.standard_error < math.inf, "standard_error: zero or more", self.standard_error),
            (self.n < 1, "n: at least one respondent", self.n),
            (self.degrees_of_freedom is not None and not self.degrees_of_freedom > 0, "degrees above 0", "less"),
            (self.kish_size is not None and not 0 < self.kish_size <= self.n, "kish_size: above 0, at most n", "else"),
            (EDGE < self.value < 1 - EDGE and self.standard_error == 0, "a standard error above 0", "0"),
        )
        for bad, expected, got in problems:
            if bad:
                raise InvalidInput(
                    "impossible share",
                    expected=expected,
                    got=str(got),
                    where="SampleShare",
                    fix="give the share and its standard error as shares, not as percentages",
                )

    def interval(self, level: float) -> Interval:
        """Return the Korn-Graubard interval of the share at a confidence level."""
        low, high = korn_graubard(self, check_level(level))
        method = "korn-graubard" if self.capped else "korn-graubard-uncapped"
        return Interval(low=low, high=high, level=level, method=method)


def effective_size(share: SampleShare, level: float) -> float:
    """Return the size of a simple random sample that is worth as much, after Korn and Graubard.

    Procedure: p(1-p)/V, times the squared ratio of the t quantiles with n - 1 degrees of freedom and with those of the
    design; at shares of 0 and 1 the size that the weights are worth takes the place of p(1-p)/V. It is at most n, unless
    uncapped, and always at shares of 0 and 1.

    Parameters
    ----------
    share : SampleShare
    level : float

    Returns
    -------
    float
        In respondents.

    References
    ----------
    Korn and Graubard 1998, Survey Methodology 24(2), 193-201.

    Examples
    --------
    >>> effective_size(SampleShare(value=0.0, standard_error=0.0, n=600, kish_size=400), 0.95)
    400.0
    """
    edge = not EDGE < share.value < 1 - EDGE
    degrees = share.n - 1 if share.degrees_of_freedom is None else share.degrees_of_freedom
    if edge:
        size = float(share.n) if share.kish_size is None else share.kish_size
    else:
        size = share.value * (1 - share.value) / share.standard_error**2
    probability = (1 + level) / 2
    size *= float(stdtrit(max(share.n - 1, 1), probability) / stdtrit(max(degrees, 1), probability)) ** 2
    return min(size, float(share.n)) if share.capped or edge else size


def korn_graubard(share: SampleShare, level: float) -> tuple[float, float]:
    """Return the ends of the exact binomial interval with the effective size in place of n.

    Parameters
    ----------
    share : SampleShare
    level : float

    Returns
    -------
    tuple of float
        Shares; 0 and 1 stay ends when the share is there.

    References
    ----------
    Korn and Graubard 1998, Survey Methodology 24(2), 193-201. Clopper and Pearson 1934, Biometrika 26, 404-413.

    Examples
    --------
    >>> korn_graubard(SampleShare(value=0.0, standard_error=0.0, n=100), 0.95)[1].__round__(4)
    0.0362
    """
    size, p = effective_size(share, level), share.value
    low, high = 0.0, 1.0
    if p > EDGE:
        low = beta_quantile(p * size, (1 - p) * size + 1.0, (1 - level) / 2)
    if p < 1 - EDGE:
        high = beta_quantile(p * size + 1.0, (1 - p) * size, (1 + level) / 2)
    return low, high
