"""Weighted shares, with intervals that stay between 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput, announce, check_choice
from microwork_estimate.estimate import Estimate, FloatArray
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.domains import DomainEstimates, collected, one_variable
from microwork_estimate.weighting.dressing import Plan, estimate_domains
from microwork_estimate.weighting.interval_ends import SHARE_INTERVALS
from microwork_estimate.weighting.joint import Ratios
from microwork_estimate.weighting.views import BoolArray, SurveyView, as_view

_REFERENCES = ("Korn & Graubard (1998), Survey Methodology 24, 193-201",)


@one_variable
def proportion(
    sample: SurveySample | SurveyView,
    y: str | ArrayLike,
    *,
    by: str | Sequence[str] | None = None,
    interval: str = "korn-graubard",
    level: float = 0.95,
) -> Estimate | DomainEstimates:
    """Estimate the share of the population that has a property.

    Procedure: the weighted mean of 0 and 1, with the variance of :func:`mean`. The default interval is the exact
    binomial one for a sample of the effective size, which is never taken to be above the number of respondents; when
    nobody or everybody has the property, it uses the size that the weights are worth.

    Parameters
    ----------
    sample : SurveySample or SurveyView
        The survey, n respondents, or a look at a part of it.
    y : str, or array of shape (n,)
        Who has the property: a column of booleans or of 0 and 1, or an array of them, for example
        ``sample.column("status") == "active"``.
    by : str, sequence of str, or None
        Columns whose categories (or crossed categories) are the domains.
    interval : str
        ``"korn-graubard"``, ``"korn-graubard-uncapped"`` (effective size not limited, as R `survey` has it),
        ``"logit"``, ``"wilson"`` or ``"arcsine"``.
    level : float
        Confidence level.

    Returns
    -------
    Estimate, or DomainEstimates with `by`
        A share, from 0 to 1. The warning ``share-at-the-edge`` tells where it is 0 or 1.

    Raises
    ------
    InvalidInput
        If a value is missing for somebody who is looked at or is neither 0 nor 1, a column is unknown, or a stratum has
        a single primary unit and the sample's policy is to fail.

    Assumptions
    -----------
    ``known-chances`` and ``large-sample``.

    References
    ----------
    Korn & Graubard (1998), *Survey Methodology* 24, 193-201. Franco, Little, Louis & Slud (2019), *Journal of Survey
    Statistics and Methodology* 7, 334-364.

    Examples
    --------
    >>> sample = SurveySample(columns={"active": [True, True, False] * 20})
    >>> estimate = proportion(sample, "active")
    >>> round(estimate.value, 3), round(estimate.interval.low, 3), round(estimate.interval.high, 3)
    (0.667, 0.532, 0.784)
    """
    check_choice(interval, SHARE_INTERVALS, where="interval")

    def variables(survey: SurveyView, masks: BoolArray) -> Ratios:
        values = _zero_one(survey.numbers(y))
        return Ratios(numerator=masks * values[:, None], denominator=masks.astype(np.float64))

    name = f"share of {y}" if isinstance(y, str) else "share"
    plan = Plan(name=name, unit="share", references=_REFERENCES, level=level, interval=interval)
    result = estimate_domains(sample, variables, by, plan)
    announce(collected(result))
    return result


def shares(
    sample: SurveySample | SurveyView, column: str, *, interval: str = "korn-graubard", level: float = 0.95
) -> DomainEstimates:
    """Estimate the share of the population in each category of a column, with their covariance.

    Procedure: as :func:`proportion`, for all categories at once; the shares sum to 1 and their covariance says so.

    Parameters
    ----------
    sample : SurveySample or SurveyView
        The survey, n respondents, or a look at a part of it.
    column : str
        A column of categories.
    interval : str
        As in :func:`proportion`.
    level : float
        Confidence level of each interval on its own.

    Returns
    -------
    DomainEstimates
        One share for each of the c categories.

    Raises
    ------
    InvalidInput
        If the column is unknown or has a missing value, or a stratum has a single primary unit and the sample's policy
        is to fail.

    Assumptions
    -----------
    ``known-chances`` and ``large-sample``.

    References
    ----------
    Korn & Graubard (1998), *Survey Methodology* 24, 193-201.

    Examples
    --------
    >>> sample = SurveySample(columns={"tier": ["regular", "occasional", "occasional"] * 10})
    >>> {key: round(estimate.value, 3) for key, estimate in shares(sample, "tier").items()}
    {'occasional': 0.667, 'regular': 0.333}
    """
    check_choice(interval, SHARE_INTERVALS, where="interval")

    def variables(survey: SurveyView, masks: BoolArray) -> Ratios:
        everybody = np.broadcast_to(survey.where[:, None], masks.shape)
        return Ratios(numerator=masks.astype(np.float64), denominator=everybody.astype(np.float64))

    plan = Plan(name="share", unit="share", references=_REFERENCES, level=level, interval=interval)
    result = cast(DomainEstimates, estimate_domains(as_view(sample), variables, column, plan, whole=True))
    announce(collected(result))
    return result


def _zero_one(values: FloatArray) -> FloatArray:
    bad = (values != 0) & (values != 1)
    if bad.any():
        raise InvalidInput(
            "not a property",
            expected="true or false, or 1 and 0",
            got=f"{values[bad][0]:g}",
            where="y",
            fix="compare the column with a value, for example sample.column('status') == 'active'",
        )
    return values
