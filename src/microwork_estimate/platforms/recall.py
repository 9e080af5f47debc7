"""What forgotten platforms do to the number of persons: the same answers for several rates of recall."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from microwork_estimate.errors import InvalidInput, check_level
from microwork_estimate.estimate import FloatArray, SensitivityCurve, frozen_floats
from microwork_estimate.inputs.checks import nonnegative
from microwork_estimate.platforms.account_survey import AccountSurvey
from microwork_estimate.platforms.design import calibrated_scores, score_covariance
from microwork_estimate.platforms.person_weights import platform_design, shared_weights
from microwork_estimate.platforms.registrations import registered_persons
from microwork_estimate.platforms.sample_means import group_means
from microwork_estimate.platforms.scale import log_scale_interval

_MAX_STEPS = 50_000
_TOLERANCE = 1e-8
_ACTIVE = 1e-7


def recall_curve(
    survey: AccountSurvey, *, recall: Iterable[float] = (0.7, 0.8, 0.9, 1.0), level: float = 0.95
) -> SensitivityCurve:
    """Give registered persons if respondents name each of their other platforms with a given probability only.

    A respondent on k platforms names the one through which she was reached and each other one with probability r, so
    that 1 + Binomial(k - 1, r) are counted. What is forgotten makes people seem single and their number too high.

    Procedure: the distribution of the counts over all accounts is put together from the platforms in proportion to
    their accounts, the distribution of k that explains it best is found by the EM algorithm (k from 1 to the number of
    declaring platforms), and N = M E[1/k]. Standard errors are linearised at that maximum, among the k that it holds
    possible.

    Parameters
    ----------
    survey : AccountSurvey
        n respondents, reached through all declaring platforms.
    recall : iterable of float
        Increasing probabilities r above 0 and at most 1.
    level : float
        Confidence level at each of them.

    Returns
    -------
    SensitivityCurve
        Persons and ends of the interval by r; the reference is 1, complete recall. Ends are NaN where no standard error
        can be given.

    Raises
    ------
    InvalidInput
        If the rates do not increase from above 0 to at most 1, or the survey reached some of the platforms only.

    Assumptions
    -----------
    One rate for all respondents and platforms, platforms forgotten independently, none named that is not held.

    References
    ----------
    Dempster, Laird and Rubin 1977, Journal of the Royal Statistical Society B 39(1), 1-38 (EM); Lindsay 1995, Mixture
    Models, Institute of Mathematical Statistics, chapter 5 (the maximum and its conditions).

    Examples
    --------
    >>> from microwork_estimate.inputs import PlatformRegistrations, SurveySample
    >>> survey = AccountSurvey(
    ...     sample=SurveySample(columns={"k": [1, 1, 2, 1, 2, 1], "via": list("AAABBB")}, reached_via="registration"),
    ...     registrations=PlatformRegistrations(platforms=("A", "B"), accounts=[9000, 3000], source="example"),
    ...     platform="via",
    ...     count="k",
    ... )
    >>> curve = recall_curve(survey, recall=(0.8, 1.0))
    >>> curve.values.round().tolist()  # a third named two, so 5 of 12 hold two: 12,000 (7/12 + 5/24)
    [9500.0, 10000.0]
    """
    check_level(level)
    grid = frozen_floats(list(recall), where="recall")
    if grid.size == 0 or not ((grid > 0) & (grid <= 1)).all() or (np.diff(grid) <= 0).any():
        raise InvalidInput(
            "impossible recall",
            expected="increasing probabilities above 0 and at most 1",
            got=str(grid.tolist()),
            where="recall_curve.recall",
            fix="give, for example, (0.7, 0.8, 0.9, 1)",
        )
    survey.require_all_reached("recall_curve")
    accounts = survey.registrations.accounts
    shares = shared_weights(survey.sample.weights, survey.row, accounts) / accounts.sum()
    most = accounts.size
    named = survey.counts.astype(np.int64) - 1
    observed = np.asarray(np.bincount(named, shares, minlength=most), dtype=np.float64)
    rows = [_point(survey, observed, float(r), level) for r in grid]
    return SensitivityCurve(
        parameter="probability of naming another platform",
        grid=grid,
        values=np.array([row[0] for row in rows]),
        low=np.array([row[1] for row in rows]),
        high=np.array([row[2] for row in rows]),
        level=level,
        estimand=registered_persons(survey.registrations),
        reference=1.0,
    )


def deconvolve_counts(observed: ArrayLike, recall: float) -> FloatArray:
    """Distribution of the true number of platforms behind a distribution of those named.

    Procedure: maximum likelihood over all distributions on 1..K by the EM algorithm: each named number is shared among
    the true numbers that could have led to it, in proportion to how likely they are, again and again.

    Parameters
    ----------
    observed : array of shape (K,)
        Share (or number) of respondents who name 1, ..., K platforms.
    recall : float
        Probability r of naming each platform besides the certain one, above 0 and at most 1.

    Returns
    -------
    array of shape (K,)
        Shares of those who are on 1, ..., K.

    Raises
    ------
    InvalidInput
        If the shares are impossible or sum to 0, or the recall is no such probability.

    Assumptions
    -----------
    The named number is 1 + Binomial(k - 1, r).

    References
    ----------
    Dempster, Laird and Rubin 1977, JRSS B 39, 1-38, section 4.3 (finite mixtures).

    Examples
    --------
    >>> deconvolve_counts([0.6, 0.4], 0.8).round(6).tolist()
    [0.5, 0.5]
    """
    shares = nonnegative(observed, where="deconvolve_counts.observed")
    if shares.sum() == 0 or not 0 < recall <= 1:
        raise InvalidInput(
            "nothing to deconvolve",
            expected="shares that do not sum to 0, and a recall above 0 and at most 1",
            got=f"a sum of {shares.sum():g} and a recall of {recall!r}",
            where="deconvolve_counts",
            fix="give the shares of respondents who name 1, 2, ... platforms",
        )
    target = shares / shares.sum()
    if recall == 1:
        return np.asarray(target)
    chances = naming_chances(target.size, recall)
    found = np.full(target.size, 1.0 / target.size)
    seen = target > 0
    for _ in range(_MAX_STEPS):
        gradient = (target[seen] / (chances[seen] @ found)) @ chances[seen]
        found = found * gradient
        # At the maximum no gradient is above 1, and those of the numbers that occur are 1.
        if gradient.max() - 1 < _TOLERANCE:
            break
    return np.asarray(found / found.sum())


def naming_chances(most: int, recall: float) -> FloatArray:
    """Probability of naming j platforms (rows) when on k (columns), both from 1 to K; shape (K, K).

    Examples
    --------
    >>> naming_chances(2, 0.8).round(6).tolist()
    [[1.0, 0.2], [0.0, 0.8]]
    """
    others = np.arange(most)
    return np.asarray(stats.binom.pmf(others[:, None], others[None, :], recall))


def _point(survey: AccountSurvey, observed: FloatArray, recall: float, level: float) -> tuple[float, float, float]:
    """Return persons and the ends of their interval for one rate of recall."""
    accounts = survey.registrations.accounts
    found = deconvolve_counts(observed, recall)
    inverse = 1.0 / np.arange(1, observed.size + 1)
    persons = float(accounts.sum() * (found @ inverse))
    influence = _influence(observed, found, inverse, recall)[survey.counts.astype(np.int64) - 1]
    weights = survey.sample.weights
    _, scores = group_means(influence, weights, survey.row, accounts.size)
    scores = calibrated_scores(accounts[survey.row] * scores, weights, survey.sample.auxiliary)
    error = math.sqrt(float(score_covariance(scores, platform_design(survey))[0, 0]))
    if math.isnan(error) or np.ptp(survey.counts) == 0:
        return persons, math.nan, math.nan
    interval = log_scale_interval(persons, error, level, most=float(accounts.sum()))
    return persons, interval.low, interval.high


def _influence(observed: FloatArray, found: FloatArray, values: FloatArray, recall: float) -> FloatArray:
    """How the mean of `values` under the maximum moves with the share of each named number, shape (K,).

    The conditions of the maximum among the numbers that have weight, differentiated: one linear system.
    """
    active = found > _ACTIVE
    chances = naming_chances(observed.size, recall)[:, active]
    fitted = chances @ found[active]
    size = int(active.sum())
    ratio = np.divide(observed, fitted**2, out=np.zeros_like(fitted), where=fitted > 0)
    system = np.zeros((size + 1, size + 1))
    system[:size, :size] = chances.T @ (ratio[:, None] * chances)
    system[:size, size] = system[size, :size] = 1.0
    right = np.zeros((size + 1, observed.size))
    right[:size] = (chances / np.maximum(fitted, 1e-300)[:, None]).T
    moved = np.linalg.lstsq(system, right, rcond=1e-12)[0][:size]
    return np.where(fitted > 0, values[active] @ moved, 0.0)
