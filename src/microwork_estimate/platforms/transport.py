"""The point that a survey of some platforms gives if accounts elsewhere are like those reached: an assumption."""

from __future__ import annotations

import math

import numpy as np

from microwork_estimate.estimate import Estimate, FrozenMapping
from microwork_estimate.platforms.account_error import AccountError, accounts_and_covariance
from microwork_estimate.platforms.account_survey import AccountSurvey
from microwork_estimate.platforms.assumptions import (
    ACCOUNTS_ELSEWHERE_ALIKE,
    COMPLETE_RECALL,
    DECLARING_PLATFORMS_COUNTED,
    EQUAL_CHANCE_WITHIN_PLATFORM,
    ONE_ACCOUNT_ONE_WORKER,
)
from microwork_estimate.platforms.coded_warnings import single_respondent, transport
from microwork_estimate.platforms.design import calibrated_scores, score_covariance
from microwork_estimate.platforms.person_weights import REFERENCES, platform_design
from microwork_estimate.platforms.registrations import registered_persons
from microwork_estimate.platforms.sample_means import group_means
from microwork_estimate.platforms.scale import log_scale_interval


def transported(survey: AccountSurvey, error: AccountError | None, level: float) -> Estimate:
    """Persons on all declaring platforms if the accounts elsewhere belong to persons with as many platforms.

    Procedure: N = M h_S, with h_S the mean of 1/k over the accounts of the platforms reached, k counting all declaring
    platforms.

    Parameters
    ----------
    survey : AccountSurvey
    error : AccountError or None
    level : float

    Returns
    -------
    Estimate
        With the warning ``transport``, which is not announced here.

    Assumptions
    -----------
    Accounts elsewhere are like those reached. Where inclination to platform work differs between persons, the figure
    from one large platform is too high.

    References
    ----------
    Mecatti 2007, Survey Methodology 33, 151-157.
    """
    accounts, covariance = accounts_and_covariance(survey.registrations, error)
    weights, reached = survey.sample.weights, survey.reached
    means, scores = group_means(1 / survey.counts, weights, survey.row, accounts.size)
    total, here = float(accounts.sum()), float(accounts[reached].sum())
    inverse = float(accounts @ means) / here
    slopes = inverse + reached * (means - inverse) * (total / here)
    scores = calibrated_scores(accounts[survey.row] * scores * (total / here), weights, survey.sample.auxiliary)
    variance = float(score_covariance(scores, platform_design(survey))[0, 0] + slopes @ covariance @ slopes)
    known = math.isfinite(variance) and np.ptp(survey.counts) > 0
    persons = total * inverse
    spread = math.sqrt(variance) if known else math.nan
    return Estimate(
        name="registered persons",
        value=persons,
        standard_error=spread if known else None,
        interval=log_scale_interval(persons, spread, level) if known else None,
        estimand=registered_persons(survey.registrations),
        method="harmonic mean over the accounts reached, carried over to all declaring platforms",
        n_observed=float(survey.sample.n),
        assumptions=(
            EQUAL_CHANCE_WITHIN_PLATFORM,
            ACCOUNTS_ELSEWHERE_ALIKE,
            DECLARING_PLATFORMS_COUNTED,
            COMPLETE_RECALL,
            ONE_ACCOUNT_ONE_WORKER,
        ),
        warnings=(transport(),) if known or np.ptp(survey.counts) == 0 else (transport(), single_respondent()),
        references=(*REFERENCES, survey.registrations.source),
        diagnostics=FrozenMapping({"accounts": total, "platforms_per_person": 1 / inverse}),
    )
