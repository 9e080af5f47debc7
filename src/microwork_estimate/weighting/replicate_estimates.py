"""Standard error of any statistic from replicate weights."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from microwork_estimate.errors import CodedWarning, announce, check_level
from microwork_estimate.estimate import Estimand, Estimate, FloatArray, FrozenMapping, Interval
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.domains import KNOWN_CHANCES
from microwork_estimate.weighting.interval_ends import Facts, interval_ends
from microwork_estimate.weighting.replication import ReplicateWeights, failed_replicates
from microwork_estimate.weighting.views import view


def replicate_estimate(
    sample: SurveySample,
    statistic: Callable[[FloatArray], float],
    replicates: ReplicateWeights,
    *,
    name: str = "statistic",
    estimand: Estimand | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate anything that can be computed from weights, with the variance of its replicates.

    Procedure: the statistic is computed with the weights of the sample, and again with those of every replicate; the
    squared distances from the centre are summed with the scales of the scheme. A replicate in which it is not finite is
    left out and counted.

    Parameters
    ----------
    sample : SurveySample
        The survey, n respondents.
    statistic : callable
        Takes weights of shape (n,) and gives a number; it closes over the columns that it needs.
    replicates : ReplicateWeights
        Of the same sample.
    name : str
        Name of the estimate.
    estimand : Estimand or None
        What it is about; an unspecified ratio when None.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        In the unit of the statistic, with a t interval.

    Raises
    ------
    InvalidInput
        If the replicates are of another sample.

    Assumptions
    -----------
    ``known-chances``; the statistic is smooth (a jackknife is wrong for quantiles).

    References
    ----------
    Wolter (2007), *Introduction to Variance Estimation*, chapters 3 to 5.

    Examples
    --------
    >>> from microwork_estimate.weighting.replicate_schemes import JackknifeOne
    >>> from microwork_estimate.weighting.replication import replicate_weights
    >>> sample = SurveySample(columns={"hours": np.arange(16.0)})
    >>> jackknife = replicate_weights(sample, JackknifeOne())
    >>> average = lambda weights: float(weights @ sample.column("hours") / weights.sum())
    >>> estimate = replicate_estimate(sample, average, jackknife)
    >>> estimate.value, round(estimate.standard_error, 4)
    (7.5, 1.1902)
    """
    check_level(level)
    survey = view(sample, variance=replicates)
    value = float(statistic(sample.weights))
    draws = np.array([statistic(weights) for weights in replicates.weights(sample.weights)], dtype=np.float64)
    degrees = replicates.degrees_inside(sample, survey.where)
    variance = float(replicates.covariance(draws[:, None], np.array([value]))[0, 0])
    warnings = [*survey.warnings(), *failed_replicates(draws)]
    known, measured = math.isfinite(value), degrees > 0 and math.isfinite(variance)
    if not known:
        warnings.append(CodedWarning(code="not-estimable", message="The statistic is not finite with these weights."))
    elif not measured:
        message = "Too few replicates or primary units: no standard error can be given."
        warnings.append(CodedWarning(code="no-degrees-of-freedom", message=message))
    ends = None
    if known and measured:
        ends = interval_ends(Facts(value=value, variance=variance, n=sample.n, degrees=degrees, kish=0.0), level, "t")
    result = Estimate(
        name=name,
        value=value if known else None,
        standard_error=math.sqrt(variance) if known and measured else None,
        interval=None if ends is None else Interval(low=ends[0], high=ends[1], level=level, method="t"),
        replicates=replicates.kept(draws) if known else None,
        estimand=estimand or Estimand(unit="ratio"),
        method=f"variance by {replicates.scheme}",
        n_observed=sample.n,
        assumptions=(KNOWN_CHANCES,),
        warnings=tuple(warnings),
        references=("Wolter (2007), Introduction to Variance Estimation",),
        diagnostics=FrozenMapping({"degrees_of_freedom": degrees}),
    )
    announce(result.warnings)
    return result
