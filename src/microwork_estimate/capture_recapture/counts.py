"""Population size from counts of sightings by the persons seen once and twice only: Chao's bound and Zelterman.

Persons never seen resemble persons rarely seen, so these two look at f_1 and f_2 and leave the rest alone. Chao's
number is a *lower bound* wherever chances are unequal; it is called so everywhere.
"""

from __future__ import annotations

import math

from microwork_estimate.capture_recapture.assumptions import (
    CLOSED_POPULATION,
    INDEPENDENT_SIGHTINGS,
    RARELY_SEEN_ALIKE,
    SIGHTINGS_LINKED,
)
from microwork_estimate.capture_recapture.intervals import lognormal_interval
from microwork_estimate.capture_recapture.ratios import ratio_diagnostics, ratio_plot, ratio_warnings
from microwork_estimate.capture_recapture.running_away import runaway_warning
from microwork_estimate.errors import CodedWarning, announce, check_level
from microwork_estimate.estimate import Estimate, FrozenMapping, Interval
from microwork_estimate.inputs.histories import CaptureCounts

COUNT_ASSUMPTIONS = (CLOSED_POPULATION, SIGHTINGS_LINKED, INDEPENDENT_SIGHTINGS)
"""What every estimate from counts of sightings takes for granted."""


def unseen_interval(value: float, standard_error: float, n_observed: float, level: float) -> Interval:
    """Wrap :func:`lognormal_interval` in an :class:`Interval`, for the estimates from counts of sightings.

    Parameters
    ----------
    value, standard_error, n_observed : float
        Estimated persons, its standard error, and persons seen.
    level : float
        Confidence level as a share.

    Returns
    -------
    Interval

    Examples
    --------
    >>> unseen_interval(87.0714, 11.0385, 71, 0.95).method
    'log-normal'
    """
    low, high = lognormal_interval(value, standard_error, n_observed, level)
    return Interval(low=low, high=high, level=level, method="log-normal")


def nearly_all_seen(value: float, n_observed: float) -> list[CodedWarning]:
    """Warn when less than one person is estimated as unseen: the interval then holds no whole number, or only one.

    Parameters
    ----------
    value, n_observed : float
        Estimated persons, and persons seen.

    Returns
    -------
    list of CodedWarning
        ``nearly-all-seen``, or none.

    Examples
    --------
    >>> [warning.code for warning in nearly_all_seen(71.02, 71)]
    ['nearly-all-seen']
    """
    if value - n_observed >= 1.0:
        return []
    message = (
        f"the estimate leaves {value - n_observed:.2g} person unseen: the log-normal interval begins above the "
        f"{n_observed:,.0f} persons seen, though that number itself is well possible"
    )
    return [CodedWarning(code="nearly-all-seen", message=message)]


def chao_lower_bound(counts: CaptureCounts, *, bias_corrected: bool = True, level: float = 0.95) -> Estimate:
    """Estimate Chao's lower bound of the number of persons, seen or not.

    Procedure: among persons who follow one rate each, the never seen are at least A f_1^2 / (2 f_2), by the
    Cauchy-Schwarz inequality; A = (T-1)/T with T occasions and 1 without a limit. The classic form adds this to the n
    persons seen. The bias-corrected form adds A f_1 (f_1-1) / (2 (f_2+1)), which is finite when nobody was seen twice.
    With r = f_1/f_2, the variance of the classic form is f_2 (A r^2/2 + A^2 r^3 + A^2 r^4/4). With U the unseen part
    and D = A f_1 (f_1+f_2) / (2(f_2+1)^2), that of the bias-corrected form is
    U + A^2 f_1 (2f_1-1)^2 / (4(f_2+1)^2) + A^2 f_1^2 f_2 (f_1-1)^2 / (4(f_2+1)^4) - D^2/N.
    The interval is log-normal on the unseen part. When nobody was seen twice, that formula would take f_2 = 0 for
    certain; the interval is then one-sided, from n + A f_1 / (2q) with q the largest ratio of the expected f_2 to the
    expected f_1 that leaves no second sighting among f_1 persons with the probability 1 - `level`.

    Parameters
    ----------
    counts : CaptureCounts
        f_1, f_2, ..., persons; occasions T or None.
    bias_corrected : bool
        Whether to use the bias-corrected form. The classic form falls back to it when f_2 = 0.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        The bound in `value`. Warnings: ``no-doubletons`` (nobody was seen twice), ``nothing-unseen`` (the bound is n;
        no standard error), ``nearly-all-seen`` (less than one person unseen), ``one-inflation`` (the ratio plot shows
        so many singletons that the bound is none), ``runaway`` (more than 50 times the persons seen).

    Raises
    ------
    InvalidInput
        If `level` is not strictly between 0 and 1.

    Assumptions
    -----------
    Closed population, sightings linked to persons, and for each person sightings that do not change the next one; the
    rates may differ between persons as they like.

    References
    ----------
    Chao 1987, Biometrics 43(4), 783-791, for the bound and its interval. Chao 2005, Species estimation and
    applications, Encyclopedia of Statistical Sciences 12, for the bias-corrected form. Colwell et al. 2012, Journal of
    Plant Ecology 5(1), 3-21, for T occasions. Both variances are the delta method on multinomial counts; some texts
    leave out D^2/N, which vanishes for large f_2.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureCounts
    >>> counts = CaptureCounts(frequencies=[118, 74, 44, 24, 29, 22])
    >>> bound = chao_lower_bound(counts)
    >>> round(bound.value, 2), round(bound.standard_error, 2)
    (403.04, 22.21)
    >>> bound.method
    'lower bound of Chao, bias-corrected'
    """
    check_level(level)
    n, singletons, doubletons = (float(x) for x in (counts.n_observed, counts.seen(1), counts.seen(2)))
    found: list[CodedWarning] = []
    if doubletons == 0.0 and singletons > 0.0:
        found.append(_no_doubletons(counts, "the bound rests on the persons seen once alone, bias-corrected"))
    corrected = bias_corrected or doubletons == 0.0
    shrink = 1.0 if counts.occasions is None else (counts.occasions - 1.0) / counts.occasions
    value, variance = _chao(n, singletons, doubletons, shrink, corrected)
    plot = ratio_plot(counts)
    found += ratio_warnings(plot)
    error, interval = math.sqrt(variance), None
    if value > n:
        interval = unseen_interval(value, error, n, level) if doubletons else _chao_limit(n, singletons, shrink, level)
        found += [*nearly_all_seen(value, n), *runaway_warning(value, n)]
    else:
        found.append(
            CodedWarning(
                code="nothing-unseen",
                message=f"{int(singletons)} person(s) seen once: the lower bound is the {n:,.0f} persons seen",
            )
        )
    announce(found)
    times = "" if counts.occasions is None else f", {counts.occasions} occasions"
    return Estimate(
        name="Chao lower bound",
        value=value,
        standard_error=error if value > n else None,
        interval=interval,
        estimand=counts.estimand,
        method=f"lower bound of Chao, {'bias-corrected' if corrected else 'classic form'}{times}",
        n_observed=n,
        assumptions=COUNT_ASSUMPTIONS,
        warnings=tuple(found),
        references=("Chao 1987, Biometrics 43(4), 783-791",),
        diagnostics=FrozenMapping({"f1": singletons, "f2": doubletons, **ratio_diagnostics(plot)}),
    )


def zelterman(counts: CaptureCounts, *, level: float = 0.95) -> Estimate:
    """Estimate the number of persons by Zelterman's robust form of the zero-truncated Poisson law.

    Procedure: the rate l = 2 f_2 / f_1 of persons seen once or twice is taken as that of the unseen;
    N = n / (1 - e^-l). With G = e^-l / (1 - e^-l)^2 the variance is n G (1 + n G l^2 (1/f_1 + 1/f_2)): a binomial part
    for who was seen and a delta part for the rate. The interval is log-normal on the unseen part. When nobody was seen
    twice N is infinite, and only a lower limit is given: the N at which a split of f_1 + f_2 persons into f_1 and no
    f_2 has the probability 1 - `level`.

    Parameters
    ----------
    counts : CaptureCounts
        f_1, f_2, ..., persons. Occasions are not used: the law is the Poisson law without a limit.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        With `value` None and a one-sided interval and ``no-doubletons`` when f_2 = 0; with `value` n and
        ``nothing-unseen`` when f_1 = 0; with ``nearly-all-seen``, ``one-inflation`` or ``runaway`` as for Chao's bound.

    Raises
    ------
    InvalidInput
        If `level` is not strictly between 0 and 1.

    Assumptions
    -----------
    Closed population, sightings linked to persons and independent, and the unseen have the rate of those seen once or
    twice. Under unequal chances it is usually too high.

    References
    ----------
    Zelterman 1988, Journal of Statistical Planning and Inference 18(2), 225-237. Böhning 2008, Statistical Methodology
    5(5), 410-423, for the variance.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureCounts
    >>> estimate = zelterman(CaptureCounts(frequencies=[118, 74, 44, 24, 29, 22]))
    >>> round(estimate.value, 2)
    435.14
    """
    check_level(level)
    n, singletons, doubletons = (float(x) for x in (counts.n_observed, counts.seen(1), counts.seen(2)))
    plot = ratio_plot(counts)
    found = list(ratio_warnings(plot))
    value: float | None = n
    error: float | None = None
    interval: Interval | None = None
    if singletons == 0.0:
        found.append(
            CodedWarning(
                code="nothing-unseen", message=f"nobody was seen once: the estimate is the {n:,.0f} persons seen"
            )
        )
    elif doubletons == 0.0:
        found.append(_no_doubletons(counts, "the estimate is infinite and only a lower limit is given"))
        value = None
        low = _zelterman_limit(n, singletons, level)
        interval = Interval(low=low, high=math.inf, level=level, method="binomial limit, one-sided")
    else:
        value, variance = _zelterman(n, singletons, doubletons)
        error = math.sqrt(variance)
        interval = unseen_interval(value, error, n, level)
        found += [*nearly_all_seen(value, n), *runaway_warning(value, n)]
    announce(found)
    rate = 2.0 * doubletons / singletons if singletons else math.inf
    return Estimate(
        name="Zelterman estimate",
        value=value,
        standard_error=error,
        interval=interval,
        estimand=counts.estimand,
        method="Zelterman, rate of persons seen once or twice",
        n_observed=n,
        assumptions=(*COUNT_ASSUMPTIONS, RARELY_SEEN_ALIKE),
        warnings=tuple(found),
        references=("Zelterman 1988, Journal of Statistical Planning and Inference 18(2), 225-237",),
        diagnostics=FrozenMapping({"rate": rate, "f1": singletons, "f2": doubletons, **ratio_diagnostics(plot)}),
    )


def _chao(n: float, f1: float, f2: float, shrink: float, bias_corrected: bool) -> tuple[float, float]:
    """Return the bound and its variance; `shrink` is A, and the classic form needs f2 > 0."""
    if not bias_corrected:
        r = f1 / f2
        return n + shrink * f2 * r**2 / 2.0, f2 * (shrink * r**2 / 2.0 + shrink**2 * (r**3 + r**4 / 4.0))
    unseen = shrink * f1 * (f1 - 1.0) / (2.0 * (f2 + 1.0))
    by_first = f1 * (2.0 * f1 - 1.0) ** 2 / (4.0 * (f2 + 1.0) ** 2)
    by_second = f1**2 * f2 * (f1 - 1.0) ** 2 / (4.0 * (f2 + 1.0) ** 4)
    # The multinomial covariance cancels for the classic form only: a product with f1 - 1 and f2 + 1 leaves this rest.
    rest = shrink * f1 * (f1 + f2) / (2.0 * (f2 + 1.0) ** 2)
    return n + unseen, unseen + shrink**2 * (by_first + by_second) - rest**2 / (n + unseen)


def below_lower_bound(value: float | None, counts: CaptureCounts) -> list[CodedWarning]:
    """Say that a model gives fewer persons than Chao's lower bound from the same counts.

    Parameters
    ----------
    value : float or None
        Persons by the model.
    counts : CaptureCounts

    Returns
    -------
    list of CodedWarning
        Empty, or ``below-lower-bound``.
    """
    shrink = 1.0 if counts.occasions is None else (counts.occasions - 1.0) / counts.occasions
    bound, _ = _chao(counts.n_observed, counts.seen(1), counts.seen(2), shrink, True)
    if value is None or value >= bound:
        return []
    message = (
        f"the estimate, {value:,.0f}, is below Chao's lower bound from the same counts, {bound:,.0f}: the model describes "
        "those seen once and twice badly, and these decide about the unseen"
    )
    return [CodedWarning(code="below-lower-bound", message=message)]


def _zelterman(n: float, f1: float, f2: float) -> tuple[float, float]:
    """Return N and its variance for f1 and f2 above zero."""
    rate = 2.0 * f2 / f1
    seen = -math.expm1(-rate)
    odds = math.exp(-rate) / seen**2
    return n / seen, n * odds * (1.0 + n * odds * rate**2 * (1.0 / f1 + 1.0 / f2))


def _zelterman_limit(n: float, f1: float, level: float) -> float:
    """Return the lower limit of N when f1 persons were seen once and none twice.

    Each of them would have been seen twice with chance (l/2)/(1 + l/2); the largest l that leaves none with the
    probability 1 - level gives the smallest N.
    """
    highest = 2.0 * _largest_ratio(f1, level)
    return n / -math.expm1(-highest)


def _chao_limit(n: float, f1: float, shrink: float, level: float) -> Interval:
    """Return the one-sided interval of the bound when f1 persons were seen once and none twice."""
    low = n + shrink * f1 / (2.0 * _largest_ratio(f1, level))
    return Interval(low=low, high=math.inf, level=level, method="binomial limit, one-sided")


def _largest_ratio(f1: float, level: float) -> float:
    """Return the largest ratio of doubletons to singletons that leaves no doubleton with the probability 1 - level."""
    return math.expm1(-math.log1p(-level) / f1)


def _no_doubletons(counts: CaptureCounts, consequence: str) -> CodedWarning:
    return CodedWarning(
        code="no-doubletons",
        message=f"{counts.seen(1)} person(s) were seen once and nobody twice: {consequence}",
    )
