"""From arrays to results: names, intervals, warnings and diagnostics of weighted estimates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from microwork_estimate.errors import CodedWarning, check_level
from microwork_estimate.estimate import (
    Estimand,
    Estimate,
    FloatArray,
    FrozenMapping,
    Interval,
    Replicates,
    Scalar,
    Unit,
)
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.domains import KNOWN_CHANCES, LARGE_SAMPLE, DomainEstimates
from microwork_estimate.weighting.interval_ends import SHARE_INTERVALS, Facts, interval_ends
from microwork_estimate.weighting.joint import Joint, Ratios, joint
from microwork_estimate.weighting.replication import ReplicateWeights
from microwork_estimate.weighting.unequal_probability import QuadraticForm
from microwork_estimate.weighting.views import BoolArray, DomainKey, SurveyView, as_view

FEW_DEGREES = 8
"""Below this many degrees of freedom a standard error is itself little known (Parker et al. 2017, NCHS)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How the estimates of one call are named, and how their intervals are made.

    Parameters
    ----------
    name : str
        Of the estimate, for example ``"total of hours"``.
    unit : str
        Of the estimand, where the view names none.
    references : tuple of str
        Where the method is printed.
    level : float
        Confidence level.
    interval : str
        A word of :func:`~microwork_estimate.weighting.interval_ends.interval_ends`.
    """

    name: str
    unit: Unit
    references: tuple[str, ...]
    level: float
    interval: str


def estimate_domains(
    sample: SurveySample | SurveyView,
    variables: Callable[[SurveyView, BoolArray], Ratios],
    by: str | Sequence[str] | None,
    plan: Plan,
    *,
    whole: bool = False,
) -> Estimate | DomainEstimates:
    """Estimate totals or ratios by domain and dress them as results.

    Parameters
    ----------
    sample : SurveySample or SurveyView
        The survey.
    variables : callable
        Gives numerators and denominators from the view and the masks, shape (n, D), of the domains.
    by : str, sequence of str, or None
        Columns whose categories are the domains.
    plan : Plan
        Names and intervals.
    whole : bool
        Whether each estimate is made of everybody who is looked at, the domains being categories of an answer.

    Returns
    -------
    Estimate, or DomainEstimates with `by`
    """
    check_level(plan.level)
    survey = as_view(sample)
    keys, masks = survey.domains(by)
    ratios = variables(survey, masks)
    masks = np.broadcast_to(survey.where[:, None], masks.shape) if whole else masks
    together = joint(survey, ratios, masks)
    labels = [domain_label(by, key) for key in keys]
    estimates = tuple(_dress(survey, together, d, masks[:, d], plan, label) for d, label in enumerate(labels))
    if by is None:
        return estimates[0]
    return DomainEstimates(
        keys_=keys, estimates=estimates, covariance=together.covariance, degrees=together.all_degrees
    )


def domain_label(by: str | Sequence[str] | None, key: DomainKey) -> str:
    """Name a domain by its columns and categories; nothing without columns."""
    if by is None:
        return ""
    if isinstance(by, str):
        return f", {by}={key}"
    return ", " + ", ".join(f"{name}={label}" for name, label in zip(by, key, strict=True))


def _dress(survey: SurveyView, together: Joint, d: int, mask: BoolArray, plan: Plan, label: str) -> Estimate:
    value = float(together.values[d]) if mask.any() else math.nan
    n, degrees = int(mask.sum()), int(together.degrees[d])
    variance, found = usable_variance(together, survey, d)
    if math.isnan(value):
        found = (_nothing(n),)
    elif plan.interval in SHARE_INTERVALS and not 1e-12 < value < 1 - 1e-12:
        found = (*found, CodedWarning(code="share-at-the-edge", message=_EDGE.format(n=n, value=round(value))))
    known = not math.isnan(value)
    facts = Facts(value=value, variance=variance or 0.0, n=n, degrees=degrees, kish=kish_size(survey, mask))
    ends = interval_ends(facts, plan.level, plan.interval) if known and variance is not None else None
    if ends is None and known and variance is not None:
        found = (*found, CodedWarning(code="no-log-interval", message=_NOT_POSITIVE))
    return Estimate(
        name=plan.name + label,
        value=value if known else None,
        standard_error=math.sqrt(variance) if known and variance is not None else None,
        interval=None if ends is None else Interval(low=ends[0], high=ends[1], level=plan.level, method=plan.interval),
        replicates=replicates_of(survey, together.replicates, d) if known else None,
        estimand=survey.estimand or Estimand(unit=plan.unit),
        method=method_label(survey),
        n_observed=n,
        assumptions=(KNOWN_CHANCES, LARGE_SAMPLE),
        warnings=(*together.warnings, *found),
        references=plan.references,
        diagnostics=FrozenMapping({"degrees_of_freedom": degrees, **_effects(survey, together, d, mask, variance)}),
    )


_NOT_POSITIVE = "The estimate is not above zero: there is no interval on the logarithmic scale."
_EDGE = "All {n} respondents give a share of {value}: the standard error says nothing, the interval is exact binomial."


def _nothing(n: int) -> CodedWarning:
    if n == 0:
        return CodedWarning(code="empty-domain", message="No respondent is in this domain: nothing can be estimated.")
    return CodedWarning(code="zero-denominator", message="The total to divide by is zero: there is no ratio.")


def usable_variance(together: Joint, survey: SurveyView, d: int) -> tuple[float | None, tuple[CodedWarning, ...]]:
    """Return the variance of one estimate, if its estimator gave one, and what must be said of it."""
    variance, degrees = float(together.covariance[d, d]), int(together.degrees[d])
    if degrees < 1 or math.isnan(variance):
        message = "Too few primary units (one in each stratum, or one in all): no standard error can be given."
        return None, (CodedWarning(code="no-degrees-of-freedom", message=message),)
    scores = survey.sample.weights * together.linearised[:, d]
    if variance < -1e-9 * float(scores @ scores):
        message = f"The estimator of variance gives {variance:.3g}, which no variance can be."
        return None, (CodedWarning(code="negative-variance", message=message),)
    if degrees < FEW_DEGREES:
        message = f"There are {degrees} degrees of freedom: the standard error is itself little known."
        return max(variance, 0.0), (CodedWarning(code="few-degrees-of-freedom", message=message),)
    return max(variance, 0.0), ()


def kish_size(survey: SurveyView, mask: BoolArray) -> float:
    """Return the size of a sample of equal weights that is worth as much as the respondents in a domain."""
    weights = survey.sample.weights[mask]
    return float(weights.sum() ** 2 / (weights**2).sum()) if weights.size else 0.0


def replicates_of(survey: SurveyView, values: FloatArray | None, d: int) -> Replicates | None:
    """Return the replicates of one estimate, if they came from a named random stream."""
    if values is None or not isinstance(survey.variance, ReplicateWeights):
        return None
    return survey.variance.kept(values[:, d])


def method_label(survey: SurveyView) -> str:
    """Say in a few words how weights and variance came about."""
    source, auxiliary = survey.variance, survey.sample.auxiliary
    weights = "weighted" if auxiliary is None else f"calibrated weights ({auxiliary.method})"
    if isinstance(source, ReplicateWeights):
        return f"{weights}, variance by {source.scheme}"
    if isinstance(source, QuadraticForm):
        return f"{weights}, variance by quadratic form ({source.name})"
    return f"{weights}, linearised variance"


def _effects(survey: SurveyView, together: Joint, d: int, mask: BoolArray, variance: float | None) -> dict[str, Scalar]:
    """Compare the variance with that of simple random samples of the same size."""
    weights, values = survey.sample.weights[mask], together.linearised[mask, d]
    n, total = weights.size, float(weights.sum())
    if variance is None or n < 2 or not np.isfinite(values).all():
        return {}
    spread = float(weights @ (values - weights @ values / total) ** 2) / total * n / (n - 1)
    simple = total**2 * spread / n
    if simple <= 1e-24 * float((weights * values) @ (weights * values)):
        return {}
    effects: dict[str, Scalar] = {"design_effect_with_replacement": variance / simple}
    if total > n:
        effects["design_effect"] = variance / (simple * (1 - n / total))
    return effects
