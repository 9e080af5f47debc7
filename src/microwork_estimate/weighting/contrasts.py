"""Differences and other contrasts between domains, with the covariance of the domains."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy.special import stdtr

from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Estimate, FloatArray, FrozenMapping, Interval, Replicates, Scalar
from microwork_estimate.weighting.domains import DomainEstimates
from microwork_estimate.weighting.interval_ends import Facts, interval_ends
from microwork_estimate.weighting.kinds import require
from microwork_estimate.weighting.views import DomainKey


def contrast(estimates: DomainEstimates, coefficients: Mapping[DomainKey, float], *, level: float = 0.95) -> Estimate:
    """Estimate a weighted sum of the estimates of several domains.

    Procedure: coefficients times estimates, and the same of their covariance. Domains of one sample share primary
    units, so that their estimates are not independent. Replicates, where there are, are combined index by index.

    Parameters
    ----------
    estimates : DomainEstimates
        From an estimator with `by`, or from :func:`~microwork_estimate.weighting.shares`.
    coefficients : mapping of domain to float
        Domains that are not named count for nothing.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        In the unit of the estimates, with a t interval. One degree of freedom is taken off for each domain beyond the
        first, as a regression on indicators of the domains would. The diagnostics hold t and the p-value of the
        hypothesis that the contrast is zero.

    Raises
    ------
    InvalidInput
        If a domain is unknown or none is named.

    Assumptions
    -----------
    Those of the estimates.

    References
    ----------
    Korn & Graubard (1999), *Analysis of Health Surveys*, section 3.4. Lumley (2010), *Complex Surveys*, section 2.6.

    Examples
    --------
    >>> from microwork_estimate.inputs import SurveySample
    >>> from microwork_estimate.weighting.estimators import mean
    >>> sample = SurveySample(columns={"sex": ["f", "m"] * 10, "hours": np.arange(20.0)})
    >>> contrast(mean(sample, "hours", by="sex"), {"f": 1, "m": -1}).value
    -1.0
    """
    check_level(level)
    require(estimates, DomainEstimates, where="estimates", fix="ask the estimator for domains, with by=...")
    unknown = [key for key in coefficients if key not in estimates.keys_]
    if unknown or not coefficients:
        raise InvalidInput(
            "unknown domain",
            expected="domains among " + ", ".join(map(repr, estimates.keys_)),
            got=", ".join(map(repr, unknown)) or "none",
            where="coefficients",
            fix="use the keys of the estimates",
        )
    used = [place for place, key in enumerate(estimates.keys_) if coefficients.get(key, 0.0) != 0.0]
    weights = np.array([coefficients[estimates.keys_[place]] for place in used], dtype=np.float64)
    named = [estimates.estimates[place] for place in used]
    result = _combine(named, weights, estimates.covariance[np.ix_(used, used)], estimates.degrees, level)
    announce(result.warnings)
    return result


def difference(estimates: DomainEstimates, first: DomainKey, second: DomainKey, *, level: float = 0.95) -> Estimate:
    """Estimate the difference between two domains, the first minus the second, with their covariance.

    Procedure: :func:`contrast` with coefficients 1 and -1.

    Parameters
    ----------
    estimates : DomainEstimates
        From an estimator with `by`, or from :func:`~microwork_estimate.weighting.shares`.
    first, second : str, or tuple of str
        Two domains.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        In the unit of the estimates.

    Raises
    ------
    InvalidInput
        If a domain is unknown, or if the two are the same.

    Assumptions
    -----------
    Those of the estimates.

    References
    ----------
    Korn & Graubard (1999), *Analysis of Health Surveys*, section 3.4.

    Examples
    --------
    >>> from microwork_estimate.inputs import SurveySample
    >>> from microwork_estimate.weighting.estimators import mean
    >>> sample = SurveySample(columns={"sex": ["f", "m"] * 10, "hours": np.arange(20.0)})
    >>> difference(mean(sample, "hours", by="sex"), "m", "f").value
    1.0
    """
    if first == second:
        raise InvalidInput(
            "a domain compared with itself", expected="two domains", got=repr(first), where="second", fix="name another"
        )
    return contrast(estimates, {first: 1.0, second: -1.0}, level=level)


def _combine(
    named: list[Estimate], weights: FloatArray, covariance: FloatArray, all_degrees: int, level: float
) -> Estimate:
    """Put the contrast together from the estimates that count."""
    values = [estimate.value for estimate in named if estimate.value is not None]
    value = float(weights @ np.array(values)) if len(values) == len(named) else None
    degrees = all_degrees - (len(named) - 1)
    measured = all(estimate.standard_error is not None for estimate in named) and degrees > 0
    warnings = tuple(dict.fromkeys(warning for estimate in named for warning in estimate.warnings))
    if value is not None and not measured:
        message = "A domain has no standard error, or too few primary units are left: the contrast has none either."
        warnings = tuple(dict.fromkeys((*warnings, CodedWarning(code="no-degrees-of-freedom", message=message))))
    diagnostics: dict[str, Scalar] = {"degrees_of_freedom": degrees}
    error, interval = None, None
    if value is not None and measured:
        variance = max(float(weights @ covariance @ weights), 0.0)
        error = math.sqrt(variance)
        facts = Facts(value=value, variance=variance, n=0, degrees=degrees, kish=0.0)
        ends = interval_ends(facts, level, "t")
        interval = None if ends is None else Interval(low=ends[0], high=ends[1], level=level, method="t")
        if error > 0:
            diagnostics |= {"t": value / error, "p_value": float(2 * stdtr(degrees, -abs(value / error)))}
    parts = [f"{weight:+g} ({estimate.name})" for weight, estimate in zip(weights, named, strict=True)]
    return Estimate(
        name="contrast " + " ".join(parts),
        value=value,
        standard_error=error,
        interval=interval,
        replicates=_replicates(named, weights) if value is not None else None,
        estimand=named[0].estimand,
        method=f"contrast of domains; {named[0].method}",
        n_observed=sum(estimate.n_observed or 0 for estimate in named),
        assumptions=named[0].assumptions,
        warnings=warnings,
        references=("Korn & Graubard (1999), Analysis of Health Surveys, section 3.4",),
        diagnostics=FrozenMapping(diagnostics),
    )


def _replicates(named: list[Estimate], weights: FloatArray) -> Replicates | None:
    kept = [estimate.replicates for estimate in named if estimate.replicates is not None]
    if len(kept) < len(named):
        return None
    values = sum(weight * draws.values for weight, draws in zip(weights, kept, strict=True))
    return Replicates(values=np.asarray(values), streams=kept[0].streams, seed=kept[0].seed)
