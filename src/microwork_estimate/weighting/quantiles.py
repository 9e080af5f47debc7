"""Weighted quantiles, with intervals after Woodruff or from replicate weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast, get_args, overload

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_choice, check_level
from microwork_estimate.estimate import Estimand, Estimate, FloatArray, FrozenMapping, Interval
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.domains import KNOWN_CHANCES, LARGE_SAMPLE, DomainEstimates, collected
from microwork_estimate.weighting.dressing import domain_label, kish_size, method_label, replicates_of, usable_variance
from microwork_estimate.weighting.interval_ends import SHARE_INTERVALS, Facts, interval_ends, t_quantile
from microwork_estimate.weighting.joint import Joint, Ratios, joint
from microwork_estimate.weighting.quantile_rules import Rule, weighted_quantile
from microwork_estimate.weighting.replication import ReplicateWeights
from microwork_estimate.weighting.views import BoolArray, SurveyView, as_view

_REFERENCES = (
    "Woodruff (1952), Journal of the American Statistical Association 47, 635-646",
    "Francisco & Fuller (1991), Annals of Statistics 19, 454-469",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Woodruff:
    """Interval of a quantile after Woodruff: that of the share below it, read back on the scale of the values.

    Parameters
    ----------
    rule : str
        Definition of the quantile: ``"inverse"`` (the first value at which the share reaches the probability),
        ``"average"``, or ``"type4"`` to ``"type9"``, which interpolate.
    interval : str
        Interval of the share: ``"logit"``, ``"t"``, ``"korn-graubard"``, ``"korn-graubard-uncapped"``, ``"wilson"`` or
        ``"arcsine"``.

    Examples
    --------
    >>> sample = SurveySample(columns={"hours": np.arange(1.0, 101.0)})
    >>> estimate = quantile(sample, "hours", 0.9, method=Woodruff(interval="korn-graubard"))
    >>> estimate.value, estimate.interval.low, estimate.interval.high
    (90.0, 83.0, 96.0)
    """

    rule: Rule = "inverse"
    interval: str = "logit"

    def __post_init__(self) -> None:
        check_choice(self.rule, get_args(Rule), where="Woodruff.rule")
        check_choice(self.interval, ("t", *SHARE_INTERVALS), where="Woodruff.interval")


@dataclass(frozen=True, kw_only=True, slots=True)
class FromReplicates:
    """Interval of a quantile from its own replicates, with the t quantile.

    Parameters
    ----------
    rule : str
        Definition of the quantile, as in :class:`Woodruff`.

    Examples
    --------
    >>> from microwork_estimate.weighting.bootstrap_schemes import RaoWuYue
    >>> from microwork_estimate.weighting.replication import replicate_weights
    >>> from microwork_estimate.weighting.views import view
    >>> sample = SurveySample(columns={"hours": np.arange(1.0, 101.0)})
    >>> redrawn = view(sample, variance=replicate_weights(sample, RaoWuYue(), n_replicates=200, seed=1))
    >>> estimate = quantile(redrawn, "hours", method=FromReplicates())
    >>> estimate.value, 3 < estimate.standard_error < 7
    (50.0, True)
    """

    rule: Rule = "inverse"

    def __post_init__(self) -> None:
        check_choice(self.rule, get_args(Rule), where="FromReplicates.rule")


class _Quantile(Protocol):
    @overload
    def __call__(
        self,
        sample: SurveySample | SurveyView,
        y: str | ArrayLike,
        probability: float = ...,
        *,
        method: Woodruff | FromReplicates = ...,
        by: None = None,
        level: float = ...,
    ) -> Estimate: ...
    @overload
    def __call__(
        self,
        sample: SurveySample | SurveyView,
        y: str | ArrayLike,
        probability: float = ...,
        *,
        method: Woodruff | FromReplicates = ...,
        by: str | Sequence[str],
        level: float = ...,
    ) -> DomainEstimates: ...


def _typed(function: Callable[..., Estimate | DomainEstimates]) -> _Quantile:
    return cast(_Quantile, function)


@_typed
def quantile(
    sample: SurveySample | SurveyView,
    y: str | ArrayLike,
    probability: float = 0.5,
    *,
    method: Woodruff | FromReplicates = Woodruff(),
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
) -> Estimate | DomainEstimates:
    """Estimate a quantile of a variable in the population; the median by default.

    Procedure (Woodruff): the share of the population at or below the estimated quantile has a confidence interval; the
    quantiles at its two ends are the interval wanted, and its length divided by twice the t quantile the standard
    error. Where the share's interval reaches 0 or 1, that side is open. Domains vary together as their shares do.

    Parameters
    ----------
    sample : SurveySample or SurveyView
        The survey, n respondents, or a look at a part of it.
    y : str, or array of shape (n,)
        A column of numbers, or the numbers themselves.
    probability : float
        Between 0 and 1.
    method : Woodruff or FromReplicates
        Definition of the quantile and of its interval.
    by : str, sequence of str, or None
        Columns whose categories (or crossed categories) are the domains.
    level : float
        Confidence level.

    Returns
    -------
    Estimate, or DomainEstimates with `by`
        In the unit of y.

    Raises
    ------
    InvalidInput
        If the probability is not between 0 and 1, a value is missing for somebody who is looked at, a column is
        unknown, a stratum has a single primary unit and the sample's policy is to fail, or
        :class:`FromReplicates` meets a sample without replicate weights.

    Assumptions
    -----------
    ``known-chances`` and ``large-sample``; the variable has a density near the quantile.

    References
    ----------
    Woodruff (1952), *Journal of the American Statistical Association* 47, 635-646. Francisco & Fuller (1991), *Annals
    of Statistics* 19, 454-469.

    Examples
    --------
    >>> sample = SurveySample(columns={"hours": np.arange(1.0, 101.0)})
    >>> estimate = quantile(sample, "hours")
    >>> estimate.value, estimate.interval.low, estimate.interval.high
    (50.0, 41.0, 60.0)
    """
    check_level(level)
    survey = as_view(sample)
    if np.ndim(probability) or not 0 < probability < 1:
        raise InvalidInput(
            "impossible probability",
            expected="one number between 0 and 1, for example 0.5 for the median",
            got=repr(probability),
            where="probability",
            fix="give it as a share, not as a percentage; ask for several quantiles one by one",
        )
    keys, masks = survey.domains(by)
    question = _Question(
        survey=survey, values=survey.numbers(y), masks=masks, probability=probability, level=level, rule=method.rule
    )
    points = question.quantiles(survey.sample.weights[None, :], np.full(masks.shape[1], probability))[0]
    if isinstance(method, Woodruff):
        answer = _woodruff(question, points, method.interval)
    else:
        answer = _from_replicates(question, points)
    name = f"quantile {probability:g} of {y if isinstance(y, str) else 'y'}"
    estimates = tuple(_dress(question, answer, d, name + domain_label(by, key)) for d, key in enumerate(keys))
    result: Estimate | DomainEstimates = estimates[0]
    if by is not None:
        result = DomainEstimates(
            keys_=keys, estimates=estimates, covariance=answer.covariance, degrees=answer.together.all_degrees
        )
    announce(collected(result))
    return result


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Question:
    """What was asked, as arrays: values (n,), masks (n, D)."""

    survey: SurveyView
    values: FloatArray
    masks: BoolArray
    probability: float
    level: float
    rule: Rule

    def quantiles(self, weights: FloatArray, probabilities: FloatArray) -> FloatArray:
        """Return the quantile of each domain for B sets of weights, shape (B, D); NaN for empty domains."""
        result = np.full((weights.shape[0], self.masks.shape[1]), np.nan)
        for d, (mask, probability) in enumerate(zip(self.masks.T, probabilities, strict=True)):
            if mask.any():
                result[:, d] = weighted_quantile(self.values[mask], weights[:, mask], probability, self.rule)
        return result

    def shares(self, points: FloatArray) -> Joint:
        """Estimate the share at or below each domain's point, all together."""
        below = self.masks & (self.values[:, None] <= points[None, :])
        ratios = Ratios(numerator=below.astype(np.float64), denominator=self.masks.astype(np.float64))
        return joint(self.survey, ratios, self.masks)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Answer:
    """Quantiles with their uncertainty: arrays of shape (D,), covariance (D, D), replicates (B, D) or None."""

    points: FloatArray
    low: FloatArray
    high: FloatArray
    errors: FloatArray
    covariance: FloatArray
    together: Joint
    interval: str
    replicates: FloatArray | None = None
    warnings: tuple[CodedWarning, ...] = ()


def _woodruff(question: _Question, points: FloatArray, interval: str) -> _Answer:
    together = question.shares(points)
    limits = np.full((2, points.size), np.nan)
    for d, mask in enumerate(question.masks.T):
        ends = _share_ends(question, together, d, mask, interval)
        if ends is not None:
            limits[:, d] = ends
    low, high = (question.quantiles(question.survey.sample.weights[None, :], np.nan_to_num(row))[0] for row in limits)
    low = np.where(limits[0] > 0, low, np.where(np.isnan(limits[0]), np.nan, -np.inf))
    high = np.where(limits[1] < 1, high, np.where(np.isnan(limits[1]), np.nan, np.inf))
    errors = np.array(
        [
            (top - bottom) / (2 * t_quantile(question.level, df)) if df > 0 else np.nan
            for bottom, top, df in zip(low, high, together.degrees, strict=True)
        ]
    )
    share_errors = np.sqrt(np.maximum(np.diag(together.covariance), 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = errors / share_errors
        covariance = together.covariance * np.outer(slope, slope)
    return _Answer(
        points=points,
        low=low,
        high=high,
        errors=errors,
        covariance=covariance,
        together=together,
        interval=f"woodruff, {interval}",
    )


def _share_ends(
    question: _Question, together: Joint, d: int, mask: BoolArray, interval: str
) -> tuple[float, float] | None:
    """Interval of the share at or below the quantile of one domain."""
    if not mask.any():
        return None
    variance, _ = usable_variance(together, question.survey, d)
    if variance is None:
        return None
    facts = Facts(
        value=float(together.values[d]),
        variance=variance,
        n=int(mask.sum()),
        degrees=int(together.degrees[d]),
        kish=kish_size(question.survey, mask),
    )
    return interval_ends(facts, question.level, "korn-graubard" if facts.edge else interval)


def _from_replicates(question: _Question, points: FloatArray) -> _Answer:
    source = question.survey.variance
    if not isinstance(source, ReplicateWeights):
        raise InvalidInput(
            "no replicate weights",
            expected="a view with replicate weights",
            got="none",
            where="method=FromReplicates()",
            fix="use weighting.view(sample, variance=weighting.replicate_weights(...)), or method=Woodruff()",
        )
    together = question.shares(points)
    values = question.quantiles(
        source.weights(question.survey.sample.weights), np.full(points.size, question.probability)
    )
    known = np.isfinite(points)
    covariance = np.full((points.size, points.size), np.nan)
    covariance[np.ix_(known, known)] = source.covariance(values[:, known], points[known])
    errors = np.sqrt(np.maximum(np.diag(covariance), 0))
    reach = np.array([t_quantile(question.level, df) if df > 0 else np.nan for df in together.degrees]) * errors
    message = "Jackknife replicates do not give the variance of a quantile, however large the sample."
    return _Answer(
        points=points,
        low=points - reach,
        high=points + reach,
        errors=errors,
        covariance=covariance,
        together=together,
        interval="t, from replicates",
        replicates=values,
        warnings=(CodedWarning(code="jackknife-quantile", message=message),) if source.kind == "jackknife" else (),
    )


def _dress(question: _Question, answer: _Answer, d: int, name: str) -> Estimate:
    survey, together, mask = question.survey, answer.together, question.masks[:, d]
    known = bool(mask.any())
    _, found = usable_variance(together, survey, d)
    low, high, error = float(answer.low[d]), float(answer.high[d]), float(answer.errors[d])
    if not known:
        found = (
            CodedWarning(code="empty-domain", message="No respondent is in this domain: nothing can be estimated."),
        )
    elif math.isinf(low) or math.isinf(high):
        message = "The interval of the share reaches 0 or 1: the quantile is not bounded on that side."
        found = (*found, CodedWarning(code="quantile-unbounded", message=message))
    usable = known and together.degrees[d] > 0 and not math.isnan(low)
    return Estimate(
        name=name,
        value=float(answer.points[d]) if known else None,
        standard_error=error if usable and math.isfinite(error) else None,
        interval=Interval(low=low, high=high, level=question.level, method=answer.interval) if usable else None,
        replicates=replicates_of(survey, answer.replicates, d) if known else None,
        estimand=survey.estimand or Estimand(unit="ratio"),
        method=method_label(survey),
        n_observed=int(mask.sum()),
        assumptions=(KNOWN_CHANCES, LARGE_SAMPLE),
        warnings=(*together.warnings, *answer.warnings, *found),
        references=_REFERENCES,
        diagnostics=FrozenMapping({"degrees_of_freedom": int(together.degrees[d])}),
    )
