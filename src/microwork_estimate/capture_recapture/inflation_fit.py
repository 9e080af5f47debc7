"""What the persons seen more than once say about the law, and how many of the singletons are then too many."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from microwork_estimate.capture_recapture.count_fit import CountFit, fit_counts
from microwork_estimate.capture_recapture.count_laws import Law, LawTerms, law_terms
from microwork_estimate.capture_recapture.homogeneous import homogeneous_data, open_interval
from microwork_estimate.capture_recapture.intervals import normal_quantile
from microwork_estimate.capture_recapture.jets import Jet
from microwork_estimate.capture_recapture.size_profile import lower_limit
from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Interval
from microwork_estimate.inputs.histories import CaptureCounts

Order = Literal["before_truncation", "after_truncation"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WithoutSingletons:
    """A law fitted to the persons seen more than once.

    Parameters
    ----------
    fit : CountFit
    chances : LawTerms
        Logarithms of the chances under it, arrays of one element.
    once, often : float
        Persons seen once, and more often.
    """

    fit: CountFit
    chances: LawTerms
    once: float
    often: float

    @property
    def surplus(self) -> float:
        """Persons seen once who are too many for the law."""
        return self.once - self.often * math.exp(self.chances.once.value[0] - self.chances.repeated.value[0])

    @property
    def unseen(self) -> float:
        """Persons never seen who follow the law."""
        return self.often * math.exp(self.chances.unseen.value[0] - self.chances.repeated.value[0])


def fit_without_singletons(counts: CaptureCounts, family: Law) -> WithoutSingletons:
    """Fit a law to the persons seen more than once.

    Parameters
    ----------
    counts : CaptureCounts
        Some persons seen more than once.
    family : str

    Returns
    -------
    WithoutSingletons

    Examples
    --------
    >>> part = fit_without_singletons(CaptureCounts(frequencies=[700, 200, 80, 20, 5]), "poisson")
    >>> round(part.surplus, 1), round(part.unseen, 1)
    (333.4, 330.4)
    """
    fit = fit_counts(homogeneous_data(counts), family, "singletons_left_out")
    at = fit.maximum.coefficients
    jets = [Jet.variable(np.array([value]), place, at.size) for place, value in enumerate(at)]
    law: Law = "negative_binomial" if at.size == 2 else "geometric" if fit.family == "geometric" else "poisson"
    with np.errstate(all="ignore"):
        chances = law_terms(law, np.array([1.0]), *jets)
    once = float(counts.seen(1))
    return WithoutSingletons(fit=fit, chances=chances, once=once, often=float(counts.n_observed) - once)


def inflated_fit(counts: CaptureCounts, family: Law, order: Order) -> CountFit:
    """Fit a law with one-inflation: the law without the singletons, then the share that makes these fit.

    Parameters
    ----------
    counts : CaptureCounts
        Some persons seen more than once.
    family, order : str

    Returns
    -------
    CountFit
        Of the zero-truncated law if the singletons are not too many; one that runs away if there is no finite size.

    References
    ----------
    Böhning & van der Heijden 2019, Annals of Applied Statistics 13(2), 1198-1211.

    Examples
    --------
    >>> inflated_fit(CaptureCounts(frequencies=[200, 200, 80]), "poisson", "before_truncation").left_out
    ('one-inflation',)
    """
    data = homogeneous_data(counts)
    part = fit_without_singletons(counts, family)
    if not part.surplus > 0.0:
        plain = fit_counts(data, family, "none")
        return replace(plain, left_out=("one-inflation", *plain.left_out))
    if part.fit.runs_away.any():
        return part.fit
    size = part.once + part.often + (part.unseen if order == "before_truncation" else 0.0)
    start = np.append(part.fit.maximum.coefficients, math.log(part.surplus / (size - part.surplus)))
    fit = fit_counts(data, part.fit.family, order, start=start)
    return replace(fit, left_out=(*part.fit.left_out, *fit.left_out))


def infinite(counts: CaptureCounts, family: Law, level: float) -> tuple[CodedWarning, Interval]:
    """Say what is known when the persons seen more than once leave room for infinitely many unseen.

    Procedure: the singletons, and the lower limit of the others by the profile likelihood. Where nobody was seen more
    than twice, the likelihood ratio is itself about the chance of such data, and falls to 1 - `level`; elsewhere twice
    its logarithm falls by the square of the two-sided normal quantile.

    Parameters
    ----------
    counts : CaptureCounts
    family : str
    level : float
        Confidence level as a share.

    Returns
    -------
    tuple of CodedWarning and Interval
        ``boundary``, and an interval without an upper end.

    Examples
    --------
    >>> warning, interval = infinite(CaptureCounts(frequencies=[50, 30]), "poisson", 0.95)
    >>> warning.code, round(interval.low)
    ('boundary', 688)
    """
    frequencies, times = counts.as_floats(), counts.times.astype(np.float64)
    once, often = float(frequencies[0]), (times > 1.0) & (frequencies > 0.0)
    number = float(frequencies[often].sum())
    if number == 0.0:
        message = f"all {once:,.0f} persons were seen exactly once: they may all be too many, or none"
        low = 0.0
    else:
        message = f"the {number:,.0f} persons seen more than once leave room for infinitely many unseen"
        drop = -math.log1p(-level) if counts.frequencies.size == 2 else normal_quantile(level) ** 2 / 2.0
        low = lower_limit(family, times[often], frequencies[often], drop, singletons=False)
    warning = CodedWarning(code="boundary", message=f"{message}; only a lower limit is given")
    return warning, open_interval(once + low, level, "profile likelihood without singletons")
