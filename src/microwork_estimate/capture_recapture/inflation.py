"""Population size when too many persons were seen exactly once: people who come once and leave.

The persons too many among the singletons can be a group that is always seen once, none of it missed (inflation before
truncation), or people who could have been missed as all others are (inflation after truncation). The counts cannot tell
which; :func:`inflation_curve.one_inflation_curve` goes from one to the other.
"""

from __future__ import annotations

from dataclasses import replace

from microwork_estimate.capture_recapture.count_fit import CountFit
from microwork_estimate.capture_recapture.count_laws import AnyLaw
from microwork_estimate.capture_recapture.count_terms import ALL_LAWS, OneInflation
from microwork_estimate.capture_recapture.families import (
    FAMILY_ASSUMPTIONS,
    INFLATION_ASSUMPTIONS,
    INFLATION_REFERENCE,
    INFLATION_WORDS,
)
from microwork_estimate.capture_recapture.homogeneous import Words, homogeneous_estimate
from microwork_estimate.capture_recapture.inflation_fit import (
    Order,
    check_occasions,
    fit_without_singletons,
    infinite,
    inflated_fit,
    never_missed,
    nobody_missed,
)
from microwork_estimate.capture_recapture.ratios import ratio_plot
from microwork_estimate.errors import CodedWarning, announce, check_choice, check_level
from microwork_estimate.estimate import Estimate, Interval
from microwork_estimate.inputs.histories import CaptureCounts


def one_inflated(
    counts: CaptureCounts, *, family: AnyLaw = "poisson", order: Order = "before_truncation", level: float = 0.95
) -> Estimate:
    """Estimate the number of persons when some of those seen once are too many for the law.

    Procedure: with f(y) the law, p0 = f(0) and w the share of one-inflation, the chance of y given that a person was
    seen is [w 1(y=1) + (1-w) f(y)] / [1 - (1-w) p0] with inflation *before* truncation, and N = n / [1 - (1-w) p0];
    it is w 1(y=1) + (1-w) f(y)/(1-p0) with inflation *after* truncation, and N = n/(1-p0). The law is found from the
    persons seen more than once, the same in both orders (the likelihood without the singletons); w then makes the
    singletons fit. The variance is that of :func:`count_regression`, and the interval log-normal on the unseen part.
    If the singletons are too few, w is zero and the estimate is that of :func:`zero_truncated`.

    singleRcapture calls inflation before truncation OIZT and after truncation ZTOI; Godwin and Böhning's one-inflated
    positive Poisson law is inflation after truncation.

    Parameters
    ----------
    counts : CaptureCounts
        f_1, f_2, ..., persons.
    family : str
        ``"poisson"``, ``"geometric"``, ``"negative_binomial"``, or ``"binomial"`` over the occasions of the counts, at
        least three: equal chances on each of them.
    order : str
        ``"before_truncation"`` or ``"after_truncation"``.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        The share w is `diagnostics["one_inflation"]`. Warnings: ``no-one-inflation`` (w is zero), ``no-dispersion``,
        ``boundary`` (nobody was seen twice, or the law leaves infinitely many unseen: no value and an open interval),
        ``nearly-all-seen`` (also where the binomial law misses nobody: n, with an upper limit), ``runaway``.

    Raises
    ------
    InvalidInput
        If a word is unknown, `level` is not strictly between 0 and 1, or the binomial law has fewer than three occasions.

    Assumptions
    -----------
    Closed population, sightings linked to persons and independent, the law for all but the persons too many, and for
    these that none was missed (before), or that they were as easily missed as the others (after).

    References
    ----------
    Godwin & Böhning 2017, Journal of the Royal Statistical Society C 66(2), 425-448. Böhning & van der Heijden 2019,
    Annals of Applied Statistics 13(2), 1198-1211, for the identity of the likelihoods.

    Examples
    --------
    >>> counts = CaptureCounts(frequencies=[700, 200, 80, 20, 5])
    >>> estimate = one_inflated(counts)
    >>> round(estimate.value, 1), round(estimate.diagnostics["one_inflation"], 3)
    (1335.4, 0.25)
    >>> round(one_inflated(counts, order="after_truncation").value, 1)
    1499.5
    """
    check_level(level)
    check_choice(family, ALL_LAWS, where="family")
    check_choice(order, ("before_truncation", "after_truncation"), where="order")
    check_occasions(counts, family)
    fit: CountFit | None = None
    if counts.total_sightings > counts.n_observed and not never_missed(counts, family):
        fit = inflated_fit(counts, family, order)
    estimate = _estimate(counts, fit, family, order, level)
    announce(estimate.warnings)
    return estimate


def zero_one_truncated(counts: CaptureCounts, *, family: AnyLaw = "poisson", level: float = 0.95) -> Estimate:
    """Estimate the number of persons from those seen more than once; singletons only count as seen.

    Procedure: the law is fitted to the persons seen at least twice, given that they were; with p2 the chance of that,
    n_2 persons seen so often and u = p0/p2, N = n + n_2 u. The variance is n_2 u (1+u) + D' I^-1 D, the interval
    log-normal on the unseen part. It equals one-inflation before truncation wherever singletons are too many, and
    unlike it also lets them be too few.

    Parameters
    ----------
    counts : CaptureCounts
        f_1, f_2, ..., persons.
    family : str
        ``"poisson"``, ``"geometric"``, ``"negative_binomial"``, or ``"binomial"`` over the occasions of the counts, at
        least three: equal chances on each of them.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        Warnings: ``boundary`` (nobody was seen three times, or the law leaves infinitely many unseen: no value, an open
        interval), ``no-dispersion``, ``nearly-all-seen``, ``runaway``.

    Raises
    ------
    InvalidInput
        If a word is unknown, `level` is not strictly between 0 and 1, or the binomial law has fewer than three occasions.

    Assumptions
    -----------
    Closed population, sightings linked to persons and independent, the law for persons not seen exactly once.

    References
    ----------
    Böhning & van der Heijden 2019, Annals of Applied Statistics 13(2), 1198-1211. singleRcapture has a larger variance,
    because it does not count that the persons seen once and more often are parts of one number.

    Examples
    --------
    >>> round(zero_one_truncated(CaptureCounts(frequencies=[700, 200, 80, 20, 5])).value, 1)
    1335.4
    """
    check_level(level)
    check_choice(family, ALL_LAWS, where="family")
    check_occasions(counts, family)
    fit: CountFit | None = None
    if counts.frequencies.size > 2 and not never_missed(counts, family):
        fit = fit_without_singletons(counts, family).fit
    estimate = _estimate(counts, fit, family, "singletons_left_out", level)
    announce(estimate.warnings)
    return estimate


def _estimate(
    counts: CaptureCounts, fit: CountFit | None, family: AnyLaw, form: OneInflation, level: float
) -> Estimate:
    """Make the estimate of a fit, or say what is known without one."""
    found: list[CodedWarning] = []
    outcome: CountFit | Interval
    everybody = never_missed(counts, family)
    if everybody:
        warning, outcome = nobody_missed(counts, level)
        found.append(warning)
    elif fit is None or fit.runs_away.any():
        warning, outcome = infinite(counts, family, level)
        found.append(warning)
    else:
        outcome = fit
    words, plot = _words(family, form), ratio_plot(counts)
    estimate = homogeneous_estimate(counts, outcome, words, plot=plot, found=found, level=level)
    return replace(estimate, value=float(counts.n_observed)) if everybody else estimate


def _words(family: AnyLaw, form: OneInflation) -> Words:
    law = family.replace("_", " ")
    start = "zero-one-truncated" if form == "singletons_left_out" else "one-inflated"
    return Words(
        name=f"{start} {law} estimate",
        method=f"zero-truncated {law}{INFLATION_WORDS[form]}, maximum likelihood",
        assumptions=(FAMILY_ASSUMPTIONS[family], *INFLATION_ASSUMPTIONS[form]),
        references=(INFLATION_REFERENCE,),
    )
