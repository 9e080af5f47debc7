"""Registered persons from a survey of accounts, platform by platform: one weight for each respondent, and their sum."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from microwork_estimate.errors import CodedWarning, announce, check_level
from microwork_estimate.estimate import Estimate, FloatArray, FrozenMapping, IntArray, Replicates
from microwork_estimate.platforms import coded_warnings
from microwork_estimate.platforms.account_error import AccountError, accounts_and_covariance
from microwork_estimate.platforms.account_survey import AccountSurvey
from microwork_estimate.platforms.assumptions import (
    COMPLETE_RECALL,
    DECLARING_PLATFORMS_COUNTED,
    EQUAL_CHANCE_WITHIN_PLATFORM,
    ONE_ACCOUNT_ONE_WORKER,
)
from microwork_estimate.platforms.design import SampleDesign, frame_design
from microwork_estimate.platforms.registrations import registered_persons
from microwork_estimate.platforms.sample_means import Answers, flat_platforms, group_means
from microwork_estimate.platforms.scale import log_scale_interval

REFERENCES = (
    "Sirken 1970, Journal of the American Statistical Association 65(329), 257-266",
    "Mecatti 2007, Survey Methodology 33(2), 151-157",
    "Lavallée 2007, Indirect Sampling, Springer",
)


class ReplicateSource(Protocol):
    """Replicate weights of any kind: those of the weighting room are one."""

    def weights(self, base: FloatArray) -> FloatArray:
        """Return the weights of all replicates, shape (B, n), from those of the sample, shape (n,)."""

    def covariance(self, values: FloatArray, centre: FloatArray) -> FloatArray:
        """Return the covariance, shape (p, p), of p estimates with replicates (B, p) and value (p,)."""

    def kept(self, values: FloatArray) -> Replicates | None:
        """Return the replicates of one estimate, shape (B,), if they came from a named random stream."""


def person_weights(survey: AccountSurvey, *, error: AccountError | None = None) -> FloatArray:
    """How many persons each respondent stands for: R_p d_i / (sum of d on p) / k_i.

    The weights sum to the number of registered persons, and the sum of weights times any answer is its total over
    registered persons (women, hours a month). A person reached through two platforms stays twice in the survey.

    Parameters
    ----------
    survey : AccountSurvey
        n respondents, reached through all declaring platforms.
    error : AccountError or None
        Expected accounts in place of the declared ones.

    Returns
    -------
    array of shape (n,)
        Persons.

    Raises
    ------
    InvalidInput
        If the survey reached some of the platforms only.

    Assumptions
    -----------
    As :func:`persons_by_platform`.

    References
    ----------
    Lavallée 2007, Indirect Sampling, Springer, chapter 2 (weight share method); Mecatti 2007, Survey Methodology 33.

    Examples
    --------
    >>> from microwork_estimate.inputs import PlatformRegistrations, SurveySample
    >>> survey = AccountSurvey(
    ...     sample=SurveySample(columns={"k": [1, 2, 2], "via": ["A", "A", "B"]}, reached_via="registration"),
    ...     registrations=PlatformRegistrations(platforms=("A", "B"), accounts=[90, 30], source="example"),
    ...     platform="via",
    ...     count="k",
    ... )
    >>> person_weights(survey).tolist()
    [45.0, 22.5, 15.0]
    """
    survey.require_all_reached("person_weights")
    accounts, _ = accounts_and_covariance(survey.registrations, error)
    return shared_weights(survey.sample.weights, survey.row, accounts) / survey.counts


def shared_weights(weights: FloatArray, row: IntArray, accounts: FloatArray) -> FloatArray:
    """Account weights that sum to the accounts of each platform reached.

    Parameters
    ----------
    weights : array of shape (n,) or (B, n)
        Weights of the sample, or of B replicates of it.
    row : array of shape (n,)
        Which platform each respondent was reached through.
    accounts : array of shape (p,)

    Returns
    -------
    array of the shape of `weights`
        NaN for a platform whose respondents all have weight 0 in a replicate.

    Examples
    --------
    >>> shared_weights(np.array([1.0, 3.0, 1.0]), np.array([0, 0, 1]), np.array([80.0, 10.0])).tolist()
    [20.0, 60.0, 10.0]
    """
    inside = np.zeros((row.size, accounts.size))
    inside[np.arange(row.size), row] = 1.0
    totals = (weights @ inside)[..., row]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(weights * (accounts[row] / totals))


def platform_design(survey: AccountSurvey) -> SampleDesign:
    """Return the design of a survey with its platforms as strata."""
    return frame_design(survey.sample, survey.row, survey.registrations.accounts)


def persons_by_platform(
    survey: AccountSurvey,
    *,
    error: AccountError | None = None,
    replicate_weights: ReplicateSource | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate registered persons from a survey of accounts, platform by platform, with uncertain declared accounts.

    Procedure: N = sum over platforms of R_p h_p, where h_p is the weighted mean of 1/k among those reached through p.
    The variance adds two parts: that of the survey (linearised between primary units within strata, platforms being
    strata; or from replicate weights), and that of the accounts, h' C h with C the covariance of `error`.

    Parameters
    ----------
    survey : AccountSurvey
        n respondents, reached through all declaring platforms.
    error : AccountError or None
        Rounding and date of the accounts; None takes them as exact.
    replicate_weights : object or None
        Replicate weights of the sample, for the first part of the variance; replicates of the estimate are kept where
        they came from a named stream.
    level : float
        Confidence level of the interval, which is normal on the logarithmic scale; with exact accounts it never passes
        their sum.

    Returns
    -------
    Estimate
        Persons, activity "registered". Diagnostics: ``platforms_per_person`` (accounts over persons: the harmonic mean
        of k over accounts), ``platforms_per_person_se``, ``accounts``, ``variance_share_of_accounts``. No standard
        error where a stratum has one unit (``single-respondent``); ``no-variation`` where all on a platform give one
        answer.

    Raises
    ------
    InvalidInput
        If the survey reached some of the platforms only, or the error is of other accounts.

    Assumptions
    -----------
    Equal chances of accounts within a platform up to the weights; k counts the declaring platforms; complete recall;
    each account is one living worker. Exactly unbiased with known accounts and equal weights within platforms; with
    unequal weights the bias is of order 1/n.

    References
    ----------
    Sirken 1970, JASA 65, 257-266; Mecatti 2007, Survey Methodology 33, 151-157; Lavallée 2007, Indirect Sampling,
    chapter 2.

    Examples
    --------
    >>> from microwork_estimate.inputs import PlatformRegistrations, SurveySample
    >>> from microwork_estimate.platforms import account_error
    >>> accounts = PlatformRegistrations(platforms=("A", "B"), accounts=[9000, 3000], source="example")
    >>> survey = AccountSurvey(
    ...     sample=SurveySample(
    ...         columns={"k": [1, 1, 2, 1, 2, 2], "via": ["A", "A", "A", "B", "B", "B"]}, reached_via="registration"
    ...     ),
    ...     registrations=accounts,
    ...     platform="via",
    ...     count="k",
    ... )
    >>> exact = persons_by_platform(survey)
    >>> rounded = persons_by_platform(survey, error=account_error(accounts, cell=1000))
    >>> round(exact.value), round(rounded.value), rounded.standard_error > exact.standard_error
    (9500, 9500, True)
    """
    check_level(level)
    survey.require_all_reached("persons_by_platform")
    accounts, covariance = accounts_and_covariance(survey.registrations, error)
    answers = Answers(
        counts=survey.counts,
        weights=survey.sample.weights,
        design=platform_design(survey),
        auxiliary=survey.sample.auxiliary,
    )
    means, scores = group_means(1 / survey.counts, answers.weights, survey.row, accounts.size)
    persons = float(accounts @ means)
    sampling, replicates = _sampling_error(answers, survey.row, accounts, scores, replicate_weights)
    accounts_part = float(means @ covariance @ means)
    standard_error = math.sqrt(sampling**2 + accounts_part)
    coded = _warnings(answers, survey, standard_error)
    known = math.isfinite(standard_error) and not _all_alike(answers)
    announce(coded)
    kappa = float(accounts.sum()) / persons
    slope = (1 - kappa * means) / persons
    kappa_error = math.sqrt((kappa * sampling / persons) ** 2 + float(slope @ covariance @ slope))
    return Estimate(
        name="registered persons",
        value=persons,
        standard_error=standard_error if known else None,
        interval=log_scale_interval(
            persons, standard_error, level, most=math.inf if error is not None else float(accounts.sum())
        )
        if known
        else None,
        replicates=replicates,
        estimand=registered_persons(survey.registrations),
        method="accounts shared among the platforms of each respondent, platform by platform",
        n_observed=float(survey.sample.n),
        assumptions=(
            EQUAL_CHANCE_WITHIN_PLATFORM,
            DECLARING_PLATFORMS_COUNTED,
            COMPLETE_RECALL,
            ONE_ACCOUNT_ONE_WORKER,
        ),
        warnings=coded,
        references=(*REFERENCES, survey.registrations.source),
        diagnostics=FrozenMapping(
            {
                "accounts": float(accounts.sum()),
                "platforms_per_person": kappa,
                "platforms_per_person_se": kappa_error if known else None,
                "variance_share_of_accounts": accounts_part / standard_error**2 if known and standard_error else 0.0,
                "respondents": survey.sample.n,
            }
        ),
    )


def _sampling_error(
    answers: Answers, row: IntArray, accounts: FloatArray, scores: FloatArray, source: ReplicateSource | None
) -> tuple[float, Replicates | None]:
    """Return the standard error that the survey leaves, and replicates of the number of persons where there are any."""
    if source is None:
        return answers.error(accounts[row] * scores, answers.design), None
    again = shared_weights(source.weights(answers.weights), row, accounts) @ (1 / answers.counts)
    value = np.array([float(shared_weights(answers.weights, row, accounts) @ (1 / answers.counts))])
    return math.sqrt(float(source.covariance(again[:, None], value)[0, 0])), source.kept(again)


def _all_alike(answers: Answers) -> bool:
    return bool(np.ptp(answers.counts) == 0) and not answers.design.complete


def _warnings(answers: Answers, survey: AccountSurvey, standard_error: float) -> tuple[CodedWarning, ...]:
    if math.isnan(standard_error):
        return (coded_warnings.single_respondent(),)
    if _all_alike(answers):
        return (coded_warnings.no_variation("of the sample", withdrawn=True),)
    return flat_platforms(answers, survey.row, survey.registrations.platforms)
