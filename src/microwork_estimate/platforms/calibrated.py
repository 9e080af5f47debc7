"""Calibrated multiplicity: person weights that meet the declared accounts of every platform at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NoReturn, get_args

import numpy as np

from microwork_estimate.errors import CodedWarning, InvalidInput, NotConverged, announce, check_choice, check_level
from microwork_estimate.estimate import Estimate, FloatArray, FrozenMapping
from microwork_estimate.platforms import coded_warnings
from microwork_estimate.platforms.account_error import AccountError, accounts_and_covariance
from microwork_estimate.platforms.account_survey import AccountSurvey
from microwork_estimate.platforms.assumptions import (
    COMPLETE_RECALL,
    DECLARING_PLATFORMS_COUNTED,
    EQUAL_CHANCE_WITHIN_PLATFORM,
    ONE_ACCOUNT_ONE_WORKER,
)
from microwork_estimate.platforms.design import score_covariance
from microwork_estimate.platforms.person_weights import REFERENCES, platform_design, shared_weights
from microwork_estimate.platforms.registrations import registered_persons
from microwork_estimate.platforms.sample_means import group_means
from microwork_estimate.platforms.scale import log_scale_interval

Distance = Literal["raking", "linear"]

_TOLERANCE = 1e-9
_MAX_STEPS = 100


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CalibratedWeights:
    """Person weights that meet the accounts, and what they rest on.

    Parameters
    ----------
    weights : array of shape (n,)
        Persons that each respondent stands for.
    base : array of shape (n,)
        The same before calibration.
    slopes : array of shape (p,)
        How much the number of persons moves with one account more on each platform.
    """

    weights: FloatArray
    base: FloatArray
    slopes: FloatArray


def calibrated_persons(
    survey: AccountSurvey, *, distance: Distance = "raking", error: AccountError | None = None, level: float = 0.95
) -> Estimate:
    """Estimate registered persons with weights that meet the declared accounts of every platform.

    Respondents reached through platform A say who is on B; so they estimate the accounts of B too, and are usually off.
    Calibration moves the weights as little as possible so that they meet all declared accounts, which makes the number
    of persons more precise. There is no condition on the number of persons itself.

    Procedure: start from the person weights R_p d_i / (sum of d on p) / k_i; find weights w near them with
    sum of w_i l_ip = R_p for every platform p, l_ip saying whether i is on p; N = sum of w. The variance is that of the
    residuals of 1 on the l_ip, weighted regression without intercept.

    Parameters
    ----------
    survey : AccountSurvey
        n respondents, reached through all declaring platforms, with their membership.
    distance : {"raking", "linear"}
        ``"raking"`` multiplies weights by an exponential, so that they stay positive; ``"linear"`` always finds weights,
        which may be negative (warning ``negative-weights``).
    error : AccountError or None
        Rounding and date of the accounts.
    level : float
        Confidence level of the interval, normal on the logarithmic scale.

    Returns
    -------
    Estimate
        Persons, activity "registered". Diagnostics: ``before_calibration``, ``largest_factor`` and ``smallest_factor``
        by which weights were multiplied.

    Raises
    ------
    InvalidInput
        If the accounts alone would fix the number of persons, whatever the answers: 1 is then a linear combination of
        the memberships (everybody on one same platform, or everybody on the same number of platforms). If a platform
        has accounts and nobody of the sample is on it.
    NotConverged
        If no positive weights meet the accounts (raking).

    Assumptions
    -----------
    As :func:`persons_by_platform`; declared accounts and answers speak of the same accounts at the same date: dormant
    or duplicate accounts that respondents do not name would be forced onto other people.

    References
    ----------
    Deville and Särndal 1992, JASA 87, 376-382 (calibration and residual variance); Lavallée 2007, Indirect Sampling,
    chapter 7 (calibration of shared weights).

    Examples
    --------
    >>> from microwork_estimate.inputs import PlatformRegistrations, SurveySample
    >>> survey = AccountSurvey(
    ...     sample=SurveySample(
    ...         columns={"via": list("AAAABBBB"), "A": [1, 1, 1, 1, 0, 1, 1, 0], "B": [0, 1, 0, 0, 1, 1, 1, 1]},
    ...         reached_via="registration",
    ...     ),
    ...     registrations=PlatformRegistrations(platforms=("A", "B"), accounts=[900, 400], source="example"),
    ...     platform="via",
    ...     membership={"A": "A", "B": "B"},
    ... )
    >>> persons = calibrated_persons(survey)
    >>> round(persons.value, 1), round(persons.diagnostics["before_calibration"], 1)
    (1091.5, 1087.5)
    """
    check_level(level)
    check_choice(distance, get_args(Distance), where="calibrated_persons.distance")
    survey.require_all_reached("calibrated_persons")
    accounts, covariance = accounts_and_covariance(survey.registrations, error)
    members = _require_free_total(survey)
    base = shared_weights(survey.sample.weights, survey.row, accounts) / survey.counts
    found = _calibrated(survey, members, base, accounts, distance)
    design = platform_design(survey)
    scores = _residual_scores(survey, members, found, accounts)
    sampling = math.sqrt(float(score_covariance(scores, design)[0, 0]))
    standard_error = math.sqrt(sampling**2 + float(found.slopes @ covariance @ found.slopes))
    coded = _warnings(found, standard_error)
    announce(coded)
    known = math.isfinite(standard_error)
    persons = float(found.weights.sum())
    factors = found.weights / found.base
    return Estimate(
        name="registered persons",
        value=persons,
        standard_error=standard_error if known else None,
        interval=log_scale_interval(persons, standard_error, level) if known else None,
        estimand=registered_persons(survey.registrations),
        method=f"person weights calibrated on the accounts of every platform, {distance}",
        n_observed=float(survey.sample.n),
        assumptions=(
            EQUAL_CHANCE_WITHIN_PLATFORM,
            DECLARING_PLATFORMS_COUNTED,
            COMPLETE_RECALL,
            ONE_ACCOUNT_ONE_WORKER,
        ),
        warnings=coded,
        references=(
            "Deville and Särndal 1992, Journal of the American Statistical Association 87, 376-382",
            *REFERENCES,
            survey.registrations.source,
        ),
        diagnostics=FrozenMapping(
            {
                "accounts": float(accounts.sum()),
                "platforms_per_person": float(accounts.sum()) / persons,
                "before_calibration": float(found.base.sum()),
                "largest_factor": float(factors.max()),
                "smallest_factor": float(factors.min()),
            }
        ),
    )


def meet_accounts(base: FloatArray, members: FloatArray, accounts: FloatArray, *, distance: Distance) -> FloatArray:
    """Weights near `base` whose sums over the members of each platform are its accounts.

    Parameters
    ----------
    base : array of shape (n,)
    members : array of shape (n, p)
    accounts : array of shape (p,)
    distance : {"raking", "linear"}

    Returns
    -------
    array of shape (n,)

    Raises
    ------
    NotConverged
        If no positive weights are found (raking).

    References
    ----------
    Deville and Särndal 1992, JASA 87, 376-382, section 1 (cases 1 and 2).

    Examples
    --------
    >>> members = np.array([[1.0, 0.0], [1.0, 1.0]])
    >>> meet_accounts(np.ones(2), members, np.array([5.0, 2.0]), distance="raking").round(6).tolist()
    [3.0, 2.0]
    """
    weights, total = base, np.zeros(members.shape[1])
    for _ in range(1 if distance == "linear" else _MAX_STEPS):
        gap = accounts - members.T @ weights
        step = np.linalg.lstsq((members * weights[:, None]).T @ members, gap, rcond=1e-12)[0]
        if distance == "linear":
            return np.asarray(base * (1 + members @ step))
        # A long step would overflow the exponential; the direction is right all the same.
        step *= min(1.0, 2.0 / max(float(np.abs(members @ step).max()), 1e-300))
        total = total + step
        weights = base * np.exp(members @ total)
        if (np.abs(accounts - members.T @ weights) <= _TOLERANCE * np.maximum(accounts, 1.0)).all():
            return np.asarray(weights)
    raise NotConverged(
        "no positive weights meet the accounts",
        expected="respondents whose platforms can be weighted to the declared accounts",
        got="gaps " + ", ".join(f"{gap:,.0f}" for gap in accounts - members.T @ weights),
        where="calibrated_persons",
        fix="compare declared accounts with what respondents say (platforms.persons_by_platform), or use "
        "distance='linear'",
    )


def _calibrated(
    survey: AccountSurvey, members: FloatArray, base: FloatArray, accounts: FloatArray, distance: Distance
) -> CalibratedWeights:
    weights = meet_accounts(base, members, accounts, distance=distance)
    metric = base if distance == "linear" else weights
    normal = (members * metric[:, None]).T
    slopes = np.linalg.lstsq(normal @ members, normal.sum(axis=1), rcond=1e-12)[0]
    # One account more on p also raises the base weights of those reached through p.
    residuals = weights * (1 - members @ slopes)
    own = np.bincount(survey.row, residuals, minlength=accounts.size)
    slopes_total = slopes + np.divide(own, accounts, out=np.zeros_like(own), where=accounts > 0)
    return CalibratedWeights(weights=weights, base=base, slopes=slopes_total)


def _residual_scores(
    survey: AccountSurvey, members: FloatArray, found: CalibratedWeights, accounts: FloatArray
) -> FloatArray:
    """Linearised contributions: residuals of 1 on the memberships, shared, less their mean on the platform."""
    normal = (members * found.weights[:, None]).T
    slopes = np.linalg.lstsq(normal @ members, normal.sum(axis=1), rcond=1e-12)[0]
    residuals = found.weights / found.base * (1 - members @ slopes) / survey.counts
    _, scores = group_means(residuals, survey.sample.weights, survey.row, accounts.size)
    return accounts[survey.row] * scores


def _require_free_total(survey: AccountSurvey) -> FloatArray:
    """Return the memberships, unless the accounts alone would fix the number of persons."""
    members = survey.require_members()
    for name, here, accounts in zip(
        survey.registrations.platforms, members.sum(axis=0), survey.registrations.accounts, strict=True
    ):
        if here == 0 and accounts > 0:
            _refuse("platform without members", f"respondents who are on {name!r}", "none")
    one = np.ones(members.shape[0])
    fitted = members @ np.linalg.lstsq(members, one, rcond=1e-12)[0]
    if np.abs(one - fitted).max() < 1e-8:
        _refuse(
            "accounts that fix the number of persons by themselves",
            "respondents on different numbers of platforms, and no platform that all are on",
            "memberships of which a fixed sum is 1 for everybody",
        )
    return members


def _refuse(problem: str, expected: str, got: str) -> NoReturn:
    raise InvalidInput(
        problem,
        expected=expected,
        got=got,
        where="calibrated_persons",
        fix="use persons_by_platform, or subset_bounds where respondents come from some of the platforms",
    )


def _warnings(found: CalibratedWeights, standard_error: float) -> tuple[CodedWarning, ...]:
    coded: tuple[CodedWarning, ...] = ()
    negative = int(np.count_nonzero(found.weights < 0))
    if negative:
        coded = (coded_warnings.negative_weights(negative),)
    return coded if math.isfinite(standard_error) else (*coded, coded_warnings.single_respondent())
