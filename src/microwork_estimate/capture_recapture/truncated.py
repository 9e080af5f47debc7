"""Population size from all counts of sightings under one law for everybody.

Three laws (Poisson, geometric, binomial) are power series: a person is seen x times with a probability proportional to
a_x t^x. So one derivation serves them: the mean number of sightings of those seen is matched, and the persons never
seen follow. The negative binomial law, with its two parameters, has a file of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln

from microwork_estimate.capture_recapture.assumptions import (
    EQUAL_CATCHABILITY,
    GEOMETRIC_SIGHTINGS,
    POISSON_SIGHTINGS,
)
from microwork_estimate.capture_recapture.assumptions_covariates import NEGATIVE_BINOMIAL_SIGHTINGS
from microwork_estimate.capture_recapture.counts import COUNT_ASSUMPTIONS, nearly_all_seen, unseen_interval
from microwork_estimate.capture_recapture.edge_limits import at_boundary
from microwork_estimate.capture_recapture.edge_limits import log_ways as log_ways
from microwork_estimate.capture_recapture.negative_binomial import gamma_truncated
from microwork_estimate.capture_recapture.ratios import ALARM, ratio_diagnostics, ratio_plot, ratio_warnings
from microwork_estimate.capture_recapture.running_away import runaway_warning
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_choice, check_level
from microwork_estimate.estimate import Estimate, FloatArray, FrozenMapping, Interval
from microwork_estimate.inputs.histories import CaptureCounts

Family = Literal["poisson", "geometric", "binomial", "negative_binomial"]

_ASSUMPTION = {
    "poisson": POISSON_SIGHTINGS,
    "geometric": GEOMETRIC_SIGHTINGS,
    "binomial": EQUAL_CATCHABILITY,
    "negative_binomial": NEGATIVE_BINOMIAL_SIGHTINGS,
}
_REFERENCE = {
    "poisson": "van der Heijden et al. 2003, Statistical Modelling 3(4), 305-322",
    "geometric": "Niwitpong et al. 2013, Metrika 76, 495-519",
    "binomial": "Otis et al. 1978, Wildlife Monographs 62, model M0",
}
_ORDERS: FloatArray = np.arange(1.0, 5.0)
_FACTORIALS: FloatArray = np.array([1.0, 2.0, 6.0, 24.0])
_SMALLEST = float(np.finfo(np.float64).tiny)
_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fit:
    """A fitted law: its parameter, the odds p0/(1-p0) of not being seen, and the moments of those seen.

    `factorial` holds E[X], E[X(X-1)], E[X(X-1)(X-2)] and E[X(X-1)(X-2)(X-3)] of the law without truncation.
    """

    parameter: float
    unseen_odds: float
    mean: float
    variance: float
    factorial: FloatArray
    log_likelihood: float


def zero_truncated(counts: CaptureCounts, *, family: Family = "poisson", level: float = 0.95) -> Estimate:
    """Estimate the number of persons from counts of sightings under one law for everybody.

    Procedure: the parameter of the law, given that a person was seen, is found by maximum likelihood, which matches
    the mean m of the counts: Poisson l/(1 - e^-l) = m; geometric 1/(1-r) = m; binomial over T occasions
    T p/(1 - (1-p)^T) = m. With p0 the chance not to be seen, N = n/(1-p0). With u = p0/(1-p0) and s^2 the variance of
    the law among those seen, the variance is n u (1+u) + n u^2 m^2/s^2: the binomial part for who was seen, and the
    delta part for the parameter. For the Poisson law this is N/(e^l - l - 1). The interval is log-normal on the unseen
    part.

    When everybody was seen exactly once, the likelihood rises as the parameter falls to 0 and N has no upper limit;
    `value` is None and the interval holds a lower limit: the N at which the likelihood of N, maximised over the
    parameter, is 1 - `level` times its supremum. No smaller number of sightings was possible, so the likelihood ratio
    is itself about the chance of such data, and the limit is conservative. When everybody was seen on every occasion,
    N = n and the same ratio gives an upper limit.

    Parameters
    ----------
    counts : CaptureCounts
        f_1, f_2, ..., persons; occasions T are used by, and needed for, the binomial law only.
    family : str
        ``"poisson"``, ``"geometric"``, ``"binomial"`` (equal catchability) or ``"negative_binomial"`` (rates that
        follow a gamma distribution: :func:`negative_binomial.gamma_truncated` says how, and what happens at the edges).
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        Warnings: ``boundary`` (everybody was seen once), ``heterogeneity`` (the variance of the counts is above that
        of the fitted law by more than three standard errors, so that N is usually too low), ``one-inflation`` (the
        ratio plot shows too many singletons), ``nearly-all-seen`` (less than one person is estimated as unseen, or
        everybody was seen on every occasion), ``no-dispersion`` (negative binomial only), ``runaway`` (more
        than 50 times the persons seen).

    Raises
    ------
    InvalidInput
        If `family` is none of the four, if the binomial law is asked for without occasions, or if `level` is not
        strictly between 0 and 1.

    Assumptions
    -----------
    Closed population, sightings linked to persons and independent, and the law itself: equal rates (Poisson), rates
    that follow an exponential distribution (geometric) or a gamma distribution (negative binomial), equal chances on
    each occasion (binomial). When chances are more unequal than the law says, the estimate is too low.

    References
    ----------
    Van der Heijden et al. 2003, Statistical Modelling 3(4), 305-322, for the two parts of the variance. Sanathanan
    1977, Journal of the American Statistical Association 72(359), 669-672, for the conditional likelihood. Otis,
    Burnham, White & Anderson 1978, Wildlife Monographs 62, model M0, for the binomial law. The one-sided limits and
    the dispersion residual are ours.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureCounts
    >>> estimate = zero_truncated(CaptureCounts(frequencies=[60, 24, 8, 3]))
    >>> round(estimate.value, 1), round(estimate.standard_error, 1)
    (160.2, 16.9)
    """
    check_level(level)
    check_choice(family, _ASSUMPTION, where="family")
    if family == "negative_binomial":
        estimate = gamma_truncated(counts, level)
        announce(estimate.warnings)
        return estimate
    occasions = _occasions(counts, family)
    plot = ratio_plot(counts)
    found = list(ratio_warnings(plot))
    n = float(counts.n_observed)
    fit: _Fit | None = None
    dispersion: float | None = None
    interval: Interval | None = None
    if counts.total_sightings == counts.n_observed or counts.total_sightings == n * occasions:
        warning, interval = at_boundary(counts, family, occasions, level)
        found.append(warning)
    else:
        fit = _fit(counts.as_floats(), family, occasions)
        dispersion = _dispersion(counts.as_floats(), fit)
        found += _dispersion_warning(dispersion, family)
    value, error = _size(fit, n, counts)
    if value is not None and error is not None:
        interval = unseen_interval(value, error, n, level)
        found += [*nearly_all_seen(value, n), *runaway_warning(value, n)]
    announce(found)
    return Estimate(
        name=f"zero-truncated {family} estimate",
        value=value,
        standard_error=error,
        interval=interval,
        estimand=counts.estimand,
        method=f"zero-truncated {family}, maximum likelihood"
        + (f", {counts.occasions} occasions" if family == "binomial" else ""),
        n_observed=n,
        assumptions=(*COUNT_ASSUMPTIONS, _ASSUMPTION[family]),
        warnings=tuple(found),
        references=(_REFERENCE[family],),
        diagnostics=FrozenMapping({**_fit_diagnostics(fit, dispersion), **ratio_diagnostics(plot)}),
    )


def _occasions(counts: CaptureCounts, family: Family) -> float:
    """Return T for the binomial law and infinity for the others."""
    if family != "binomial":
        return math.inf
    if counts.occasions is None:
        raise InvalidInput(
            "no number of occasions",
            expected="the number T of occasions on which a person could be seen",
            got="None",
            where="CaptureCounts.occasions",
            fix='give occasions=T, or use family="poisson", which has no limit',
        )
    return float(counts.occasions)


def _size(fit: _Fit | None, n: float, counts: CaptureCounts) -> tuple[float | None, float | None]:
    """Return N and its standard error: none when nobody was seen twice, n when nobody was missed once."""
    if fit is None:
        return (None, None) if counts.total_sightings == n else (n, None)
    u = fit.unseen_odds
    return n * (1.0 + u), math.sqrt(n * u * (1.0 + u + u * fit.mean**2 / fit.variance))


def _fit_diagnostics(fit: _Fit | None, dispersion: float | None) -> dict[str, float | None]:
    if fit is None:
        return {}
    return {
        "parameter": fit.parameter,
        "log_likelihood": fit.log_likelihood,
        "aic": 2.0 - 2.0 * fit.log_likelihood,
        "dispersion_residual": dispersion,
    }


def _dispersion(frequencies: FloatArray, fit: _Fit) -> float | None:
    """Variance of the counts minus that of the fitted law, in standard errors; None where the law leaves it no room.

    By the delta method the variance of the difference is (mu4 - s^4 - mu3^2/s^2)/n: the last term is what matching
    the mean takes away.
    """
    times, n = np.arange(1, frequencies.size + 1, dtype=np.float64), float(frequencies.sum())
    f1, f2, f3, f4 = fit.factorial * (1.0 + fit.unseen_odds)
    m, spread = fit.mean, fit.variance
    second, third, fourth = f2 + f1, f3 + 3.0 * f2 + f1, f4 + 6.0 * f3 + 7.0 * f2 + f1
    mu3 = third - 3.0 * m * second + 2.0 * m**3
    mu4 = fourth - 4.0 * m * third + 6.0 * m**2 * second - 3.0 * m**4
    room = mu4 - spread**2 - mu3**2 / spread if spread > 0.0 else 0.0
    if room <= 1e-9 * mu4:
        return None
    return float((frequencies @ (times - m) ** 2 / n - spread) / math.sqrt(room / n))


def _dispersion_warning(dispersion: float | None, family: Family) -> list[CodedWarning]:
    if dispersion is None or dispersion <= ALARM:
        return []
    message = (
        f"the counts vary more than a {family} law allows ({dispersion:.1f} standard errors): unequal chances, the "
        "usual reason, make the estimate too low"
    )
    return [CodedWarning(code="heterogeneity", message=message)]


def _fit(frequencies: FloatArray, family: Family, occasions: float) -> _Fit:
    """Fit one law to counts that are neither all 1 nor all T."""
    times = np.arange(1, frequencies.size + 1, dtype=np.float64)
    n, total = float(frequencies.sum()), float(times @ frequencies)
    if family == "geometric":
        return _geometric(n, total)
    if family == "poisson":
        return _poisson(n, total, float(frequencies @ gammaln(times + 1.0)))
    log_choose = gammaln(occasions + 1.0) - gammaln(times + 1.0) - gammaln(occasions - times + 1.0)
    return _binomial(n, total, occasions, float(frequencies @ log_choose))


def _poisson(n: float, total: float, log_factorials: float) -> _Fit:
    mean = total / n
    rate = _solve(lambda x: x / -math.expm1(-x) - mean, (total - n) / n, mean)
    seen = -math.expm1(-rate)
    return _Fit(
        parameter=rate,
        unseen_odds=math.exp(-rate) / seen,
        mean=mean,
        variance=mean * (1.0 + rate - mean),
        factorial=rate**_ORDERS,
        log_likelihood=total * math.log(rate) - n * (rate + math.log(seen)) - log_factorials,
    )


def _geometric(n: float, total: float) -> _Fit:
    mean = total / n
    return _Fit(
        parameter=(total - n) / total,
        unseen_odds=n / (total - n),
        mean=mean,
        variance=mean * (mean - 1.0),
        factorial=_FACTORIALS * (mean - 1.0) ** _ORDERS,
        log_likelihood=(total - n) * math.log((total - n) / total) - n * math.log(mean),
    )


def _binomial(n: float, total: float, occasions: float, log_choose: float) -> _Fit:
    mean = total / n

    def seen(p: float) -> float:
        return -math.expm1(occasions * math.log1p(-p))

    lower = (total - n) / (n * (occasions - 1.0))
    p = _solve(lambda x: occasions * x / seen(x) - mean, lower, mean / occasions)
    log_missed = math.log1p(-p)
    return _Fit(
        parameter=p,
        unseen_odds=math.exp(occasions * log_missed) / seen(p),
        mean=mean,
        variance=mean * (1.0 - p + occasions * p - mean),
        factorial=np.asarray(np.cumprod((occasions - _ORDERS + 1.0) * p), dtype=np.float64),
        log_likelihood=log_choose
        + total * (math.log(p) - log_missed)
        + n * (occasions * log_missed - math.log(seen(p))),
    )


def _solve(excess: Callable[[float], float], lower: float, upper: float) -> float:
    """Return the parameter at which the mean is met; the mean grows with it, and the ends enclose it."""
    return float(brentq(excess, lower, upper, xtol=_SMALLEST, rtol=4.0 * _EPSILON, maxiter=500))
