"""The means of platforms per person in a sample, with their linearised errors: numbers in, numbers out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import FloatArray, IntArray, Scalar
from microwork_estimate.inputs.survey import Auxiliary
from microwork_estimate.platforms.coded_warnings import no_variation, single_respondent
from microwork_estimate.platforms.design import SampleDesign, calibrated_scores, score_covariance

ARITHMETIC_METHOD = "arithmetic mean over persons"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Answers:
    """The answers of n respondents, all that the means need of a sample.

    Parameters
    ----------
    counts : array of shape (n,)
        Platforms of each respondent.
    weights : array of shape (n,)
    design : SampleDesign
    auxiliary : Auxiliary or None
        What the weights were calibrated on.
    """

    counts: FloatArray
    weights: FloatArray
    design: SampleDesign
    auxiliary: Auxiliary | None = None

    def error(self, scores: FloatArray, design: SampleDesign) -> float:
        """Return the standard error of a sum of scores, shape (n,), under a design; NaN where there is none."""
        residuals = calibrated_scores(scores, self.weights, self.auxiliary)
        return math.sqrt(float(score_covariance(residuals, design)[0, 0]))


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanFit:
    """A mean number of platforms per person, before it becomes an Estimate.

    Parameters
    ----------
    value, standard_error : float
        Platforms per person; a standard error that cannot be given is NaN.
    warnings : tuple of CodedWarning
    diagnostics : mapping of str to a plain value
    """

    value: float
    standard_error: float
    warnings: tuple[CodedWarning, ...]
    diagnostics: Mapping[str, Scalar] = field(default_factory=dict)


def pooled_mean(answers: Answers, *, harmonic: bool) -> MeanFit:
    """Weighted mean of all respondents together.

    Parameters
    ----------
    answers : Answers
    harmonic : bool
        True for respondents drawn from accounts: 1 / mean(1/k). False for persons: mean(k).

    Returns
    -------
    MeanFit

    Examples
    --------
    >>> import numpy as np
    >>> n = np.arange(4)
    >>> answers = Answers(
    ...     counts=np.array([1.0, 1.0, 2.0, 2.0]),
    ...     weights=np.ones(4),
    ...     design=SampleDesign(strata=0 * n, units=n, fractions=np.zeros(4)),
    ... )
    >>> round(pooled_mean(answers, harmonic=True).value, 4), pooled_mean(answers, harmonic=False).value
    (1.3333, 1.5)
    """
    values = 1 / answers.counts if harmonic else answers.counts
    means, z = group_means(values, answers.weights, np.zeros(answers.weights.size, dtype=np.int64), 1)
    mean = float(means[0])
    error, coded = _honest_error(answers.error(z, answers.design), answers)
    return MeanFit(
        value=1 / mean if harmonic else mean,
        standard_error=error / mean**2 if harmonic else error,
        warnings=coded,
        diagnostics=_other_means(answers),
    )


def stratified_mean(answers: Answers, row: IntArray, accounts: FloatArray, names: tuple[str, ...]) -> MeanFit:
    """Harmonic mean over accounts, platform by platform: N = sum of R_p h_p, kappa = sum of R_p / N.

    Sums go over the platforms that have respondents.

    Parameters
    ----------
    answers : Answers
        Its strata are crossed with the platforms here.
    row : array of shape (n,)
        Which platform each respondent was reached through.
    accounts : array of shape (p,)
        R_p.
    names : tuple of length p
        Names of the platforms, for warnings.

    Returns
    -------
    MeanFit
    """
    size = accounts.size
    respondents = np.bincount(row, minlength=size)
    reached = np.where(respondents > 0, accounts, 0.0)
    means, z = group_means(1 / answers.counts, answers.weights, row, size)
    persons = float(reached @ means)
    error = answers.error(accounts[row] * z, answers.design.crossed_with(row))
    error, coded = _honest_error(error, answers)
    if not coded:
        coded = flat_platforms(answers, row, names)
    kappa = float(reached.sum()) / persons
    return MeanFit(
        value=kappa,
        standard_error=kappa * error / persons,
        warnings=coded,
        diagnostics={
            **_other_means(answers),
            "persons": persons,
            "accounts": float(reached.sum()),
            "platforms_reached": int(np.count_nonzero(respondents)),
        },
    )


def group_means(
    values: FloatArray, weights: FloatArray, groups: IntArray, n_groups: int
) -> tuple[FloatArray, FloatArray]:
    """Weighted means by group, and how each respondent moves the mean of her group.

    Parameters
    ----------
    values, weights : array of shape (n,)
    groups : array of shape (n,)
        Whole numbers below `n_groups`.
    n_groups : int

    Returns
    -------
    tuple of arrays
        Means, shape (g,), 0 where empty, and linearised contributions, shape (n,), which sum to 0 in each group.

    Examples
    --------
    >>> means, scores = group_means(np.array([1.0, 3.0]), np.ones(2), np.zeros(2, dtype=np.int64), 1)
    >>> means.tolist(), scores.tolist()
    ([2.0], [-0.5, 0.5])
    """
    total = np.bincount(groups, weights, minlength=n_groups)
    sums = np.bincount(groups, weights * values, minlength=n_groups)
    means = np.divide(sums, total, out=np.zeros(n_groups), where=total > 0)
    return means, weights / total[groups] * (values - means[groups])


def _other_means(answers: Answers) -> dict[str, Scalar]:
    return {
        "arithmetic_mean": float(np.average(answers.counts, weights=answers.weights)),
        "harmonic_mean": 1 / float(np.average(1 / answers.counts, weights=answers.weights)),
    }


def _honest_error(error: float, answers: Answers) -> tuple[float, tuple[CodedWarning, ...]]:
    """Withdraw a standard error that the sample cannot give, and say why."""
    if math.isnan(error):
        return math.nan, (single_respondent(),)
    if np.ptp(answers.counts) == 0 and not answers.design.complete:
        return math.nan, (no_variation("of the sample", withdrawn=True),)
    return error, ()


def flat_platforms(answers: Answers, row: IntArray, names: tuple[str, ...]) -> tuple[CodedWarning, ...]:
    """Name the platforms where all respondents give one answer, although they are not all of its accounts.

    Parameters
    ----------
    answers : Answers
    row : array of shape (n,)
        Which platform each respondent was reached through.
    names : tuple of str

    Returns
    -------
    tuple of CodedWarning
        One, ``no-variation``, or none.
    """
    flat = [
        names[p]
        for p in np.unique(row)
        if np.ptp(answers.counts[row == p]) == 0 and not (answers.design.fractions[row == p] >= 1).all()
    ]
    return (no_variation("of " + ", ".join(flat), withdrawn=False),) if flat else ()
