"""What the persons seen more than once say about the law, and how many of the singletons are then too many."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from microwork_estimate.capture_recapture.count_fit import CountFit, fit_counts
from microwork_estimate.capture_recapture.count_laws import AnyLaw, LawTerms, law_terms
from microwork_estimate.capture_recapture.homogeneous import homogeneous_data, open_interval
from microwork_estimate.capture_recapture.intervals import normal_quantile
from microwork_estimate.capture_recapture.jets import Jet
from microwork_estimate.capture_recapture.size_profile import lower_limit, upper_limit
from microwork_estimate.errors import CodedWarning, InvalidInput
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


def check_occasions(counts: CaptureCounts, family: AnyLaw) -> None:
    """Require three occasions for the binomial law: with two, the persons seen more than once say nothing of it.

    Raises
    ------
    InvalidInput
        If the law is the binomial one and there are fewer occasions, or none is said.

    Examples
    --------
    >>> check_occasions(CaptureCounts(frequencies=[50, 30]), "poisson")
    """
    if family != "binomial" or (counts.occasions is not None and counts.occasions > 2):
        return
    raise InvalidInput(
        "too few occasions for one-inflation",
        expected="three occasions or more on which a person could be seen",
        got=repr(counts.occasions),
        where="CaptureCounts.occasions",
        fix='give occasions=T, or use family="poisson", which has no limit',
    )


def never_missed(counts: CaptureCounts, family: AnyLaw) -> bool:
    """Return whether all persons seen more than once were seen on every occasion, so that the law misses nobody.

    Examples
    --------
    >>> never_missed(CaptureCounts(frequencies=[50, 0, 30], occasions=3), "binomial")
    True
    """
    often = counts.frequencies[1:]
    return family == "binomial" and often.size == (counts.occasions or 0) - 1 and not often[:-1].any()


def nobody_missed(counts: CaptureCounts, level: float) -> tuple[CodedWarning, Interval]:
    """Say what is known when the binomial law misses nobody: as many as were seen, with an upper limit.

    Procedure: the upper limit of the persons who follow the law is the size at which their likelihood, without the
    singletons and maximised over the chance, is 1 - `level` times that of nobody missed.

    Parameters
    ----------
    counts : CaptureCounts
        As :func:`never_missed` says.
    level : float
        Confidence level as a share.

    Returns
    -------
    tuple of CodedWarning and Interval
        ``nearly-all-seen``, and a one-sided interval that begins at the persons seen.

    Examples
    --------
    >>> warning, interval = nobody_missed(CaptureCounts(frequencies=[50, 0, 40], occasions=3), 0.95)
    >>> warning.code, interval.low, round(interval.high, 2)
    ('nearly-all-seen', 90.0, 90.2)
    """
    n, once, times = float(counts.n_observed), float(counts.seen(1)), float(counts.frequencies.size)
    drop, often = -math.log1p(-level), np.array([n - once])
    high = once + upper_limit("binomial", np.array([times]), often, drop, occasions=times)
    message = (
        f"all {n - once:,.0f} persons seen more than once were seen on every occasion: the law misses nobody, and the "
        "estimate is the number of persons seen, with an upper limit"
    )
    interval = Interval(low=n, high=high, level=level, method="profile likelihood without singletons, one-sided")
    return CodedWarning(code="nearly-all-seen", message=message), interval


def fit_without_singletons(counts: CaptureCounts, family: AnyLaw) -> WithoutSingletons:
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
    # A dispersion that fell to zero leaves the Poisson law.
    law: AnyLaw = "poisson" if family == "negative_binomial" and at.size == 1 else family
    with np.errstate(all="ignore"):
        chances = law_terms(law, np.array([1.0]), *jets, occasions=counts.occasions)
    once = float(counts.seen(1))
    return WithoutSingletons(fit=fit, chances=chances, once=once, often=float(counts.n_observed) - once)


def inflated_fit(counts: CaptureCounts, family: AnyLaw, order: Order) -> CountFit:
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


def infinite(counts: CaptureCounts, family: AnyLaw, level: float) -> tuple[CodedWarning, Interval]:
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
        occasions = None if counts.occasions is None else float(counts.occasions)
        low = lower_limit(family, times[often], frequencies[often], drop, singletons=False, occasions=occasions)
    warning = CodedWarning(code="boundary", message=f"{message}; only a lower limit is given")
    return warning, open_interval(once + low, level, "profile likelihood without singletons")
