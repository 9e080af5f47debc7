"""Weighted totals, means and ratios, for the whole sample or by domain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import announce, check_choice
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.domains import DomainEstimates, collected, one_variable, two_variables
from microwork_estimate.weighting.dressing import Plan, estimate_domains
from microwork_estimate.weighting.interval_ends import NUMBER_INTERVALS
from microwork_estimate.weighting.joint import Ratios
from microwork_estimate.weighting.views import BoolArray, SurveyView

_BOOK = "Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling"


@one_variable
def total(
    sample: SurveySample | SurveyView,
    y: str | ArrayLike,
    *,
    by: str | Sequence[str] | None = None,
    interval: str = "t",
    level: float = 0.95,
) -> Estimate | DomainEstimates:
    """Estimate the total of a variable in the population.

    Procedure: the weighted sum. Its variance is that of the sum of weight times value between primary units, or comes
    from the replicate weights or the quadratic form of the view; calibrated weights use residuals from the calibration
    variables. In a domain, the respondents outside it count as zeros. With `y` equal to 1 for everybody, this
    estimates the number of persons.

    Parameters
    ----------
    sample : SurveySample or SurveyView
        The survey, n respondents, or a look at a part of it.
    y : str, or array of shape (n,)
        A column of numbers, or the numbers themselves.
    by : str, sequence of str, or None
        Columns whose categories (or crossed categories) are the domains.
    interval : str
        ``"t"``, or ``"log-t"`` (symmetric on the logarithmic scale, better for a positive, skewed total).
    level : float
        Confidence level.

    Returns
    -------
    Estimate, or DomainEstimates with `by`
        In the unit of y. Design effects and degrees of freedom (primary units minus strata, in the domain) are in the
        diagnostics.

    Raises
    ------
    InvalidInput
        If a value is missing for somebody who is looked at, a column is unknown, or a stratum has a single primary
        unit and the sample's policy is to fail.

    Assumptions
    -----------
    ``known-chances`` and ``large-sample``.

    References
    ----------
    Särndal, Swensson & Wretman (1992), *Model Assisted Survey Sampling*, results 2.8.1 and 4.3.1, section 10.3. Deville
    & Särndal (1992), *Journal of the American Statistical Association* 87, 376-382, equation 3.4.

    Examples
    --------
    >>> sample = SurveySample(columns={"hours": [2.0, 4.0, 6.0] * 5}, weight=[10.0] * 15)
    >>> estimate = total(sample, "hours")
    >>> estimate.value, round(estimate.standard_error, 3)
    (600.0, 65.465)
    """
    check_choice(interval, NUMBER_INTERVALS, where="interval")

    def variables(survey: SurveyView, masks: BoolArray) -> Ratios:
        return Ratios(numerator=masks * survey.numbers(y)[:, None])

    plan = Plan(
        name=f"total of {_name(y)}", unit="persons", references=(f"{_BOOK}, 4.3",), level=level, interval=interval
    )
    result = estimate_domains(sample, variables, by, plan)
    announce(collected(result))
    return result


@one_variable
def mean(
    sample: SurveySample | SurveyView,
    y: str | ArrayLike,
    *,
    by: str | Sequence[str] | None = None,
    interval: str = "t",
    level: float = 0.95,
) -> Estimate | DomainEstimates:
    """Estimate the mean of a variable in the population.

    Procedure: the weighted sum divided by the sum of the weights. The variance is that of the deviations from the mean,
    divided by the sum of the weights (linearisation), or comes from the replicate weights or the quadratic form of the
    view; calibrated weights use residuals from the calibration variables.

    Parameters
    ----------
    sample : SurveySample or SurveyView
        The survey, n respondents, or a look at a part of it.
    y : str, or array of shape (n,)
        A column of numbers, or the numbers themselves.
    by : str, sequence of str, or None
        Columns whose categories (or crossed categories) are the domains.
    interval : str
        ``"t"``, or ``"log-t"`` (symmetric on the logarithmic scale).
    level : float
        Confidence level.

    Returns
    -------
    Estimate, or DomainEstimates with `by`
        In the unit of y. Design effects and degrees of freedom (primary units minus strata, in the domain) are in the
        diagnostics.

    Raises
    ------
    InvalidInput
        If a value is missing for somebody who is looked at, a column is unknown, or a stratum has a single primary
        unit and the sample's policy is to fail.

    Assumptions
    -----------
    ``known-chances`` and ``large-sample``.

    References
    ----------
    Särndal, Swensson & Wretman (1992), *Model Assisted Survey Sampling*, results 5.7.1 and 10.3.3.

    Examples
    --------
    >>> sample = SurveySample(columns={"hours": [2.0, 4.0, 6.0] * 5}, weight=[10.0] * 15)
    >>> estimate = mean(sample, "hours")
    >>> estimate.value, round(estimate.standard_error, 3)
    (4.0, 0.436)
    """
    check_choice(interval, NUMBER_INTERVALS, where="interval")

    def variables(survey: SurveyView, masks: BoolArray) -> Ratios:
        return Ratios(numerator=masks * survey.numbers(y)[:, None], denominator=masks.astype(np.float64))

    plan = Plan(name=f"mean of {_name(y)}", unit="ratio", references=(f"{_BOOK}, 5.7",), level=level, interval=interval)
    result = estimate_domains(sample, variables, by, plan)
    announce(collected(result))
    return result


@two_variables
def ratio(
    sample: SurveySample | SurveyView,
    numerator: str | ArrayLike,
    denominator: str | ArrayLike,
    *,
    by: str | Sequence[str] | None = None,
    interval: str = "t",
    level: float = 0.95,
) -> Estimate | DomainEstimates:
    """Estimate the ratio of the totals of two variables in the population.

    Procedure: one weighted sum divided by the other. The variance is that of numerator minus ratio times denominator,
    divided by the total of the denominator (linearisation), or comes from the replicate weights or the quadratic form
    of the view; calibrated weights use residuals from the calibration variables.

    Parameters
    ----------
    sample : SurveySample or SurveyView
        The survey, n respondents, or a look at a part of it.
    numerator, denominator : str, or array of shape (n,)
        Columns of numbers, or the numbers themselves.
    by : str, sequence of str, or None
        Columns whose categories (or crossed categories) are the domains.
    interval : str
        ``"t"``, or ``"log-t"`` (symmetric on the logarithmic scale).
    level : float
        Confidence level.

    Returns
    -------
    Estimate, or DomainEstimates with `by`
        Units of the numerator for one unit of the denominator. No value, and the warning ``zero-denominator``, where
        the denominator sums to zero.

    Raises
    ------
    InvalidInput
        If a value is missing for somebody who is looked at, a column is unknown, or a stratum has a single primary
        unit and the sample's policy is to fail.

    Assumptions
    -----------
    ``known-chances`` and ``large-sample``; the ratio is biased by an amount of the order of 1 / n.

    References
    ----------
    Särndal, Swensson & Wretman (1992), *Model Assisted Survey Sampling*, result 5.6.2.

    Examples
    --------
    >>> sample = SurveySample(columns={"euros": [10.0, 24.0, 30.0] * 5, "hours": [2.0, 4.0, 6.0] * 5})
    >>> round(ratio(sample, "euros", "hours").value, 3)
    5.333
    """
    check_choice(interval, NUMBER_INTERVALS, where="interval")

    def variables(survey: SurveyView, masks: BoolArray) -> Ratios:
        above, below = survey.numbers(numerator, name="numerator"), survey.numbers(denominator, name="denominator")
        return Ratios(numerator=masks * above[:, None], denominator=masks * below[:, None])

    plan = Plan(
        name=f"ratio of {_name(numerator)} to {_name(denominator)}",
        unit="ratio",
        references=(f"{_BOOK}, 5.6",),
        level=level,
        interval=interval,
    )
    result = estimate_domains(sample, variables, by, plan)
    announce(collected(result))
    return result


def _name(y: str | ArrayLike) -> str:
    return y if isinstance(y, str) else "y"
