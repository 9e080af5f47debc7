"""The means of platforms per person in a sample, with their linearised errors: numbers in, numbers out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import FloatArray, IntArray, Scalar
from microwork_estimate.platforms.coded_warnings import no_variation, single_respondent


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Answers:
    """The answers of n respondents, all that the means need of a sample.

    Parameters
    ----------
    counts : array of shape (n,)
        Platforms of each respondent.
    weights : array of shape (n,)
    strata, units : array of shape (n,)
        Stratum and primary sampling unit of each respondent as whole numbers; units are distinct between strata.
    fractions : array of shape (n,)
        Share of the units of the stratum that was drawn; 0 for a negligible share.
    """

    counts: FloatArray
    weights: FloatArray
    strata: IntArray
    units: IntArray
    fractions: FloatArray


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
    ...     counts=np.array([1.0, 1.0, 2.0, 2.0]), weights=np.ones(4), strata=0 * n, units=n, fractions=np.zeros(4)
    ... )
    >>> round(pooled_mean(answers, harmonic=True).value, 4), pooled_mean(answers, harmonic=False).value
    (1.3333, 1.5)
    """
    values = 1 / answers.counts if harmonic else answers.counts
    means, z = _group_means(values, answers.weights, np.zeros_like(answers.strata), 1)
    mean = float(means[0])
    error = math.sqrt(linearised_variance(z, answers.strata, answers.units, answers.fractions))
    error, coded = _honest_error(error, answers)
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
    means, z = _group_means(1 / answers.counts, answers.weights, row, size)
    persons = float(reached @ means)
    crossed = Answers(
        counts=answers.counts,
        weights=answers.weights,
        strata=answers.strata * size + row,
        units=answers.units * size + row,
        fractions=answers.fractions,
    )
    error = math.sqrt(linearised_variance(accounts[row] * z, crossed.strata, crossed.units, crossed.fractions))
    error, coded = _honest_error(error, crossed)
    if not coded:
        coded = _flat_platforms(crossed, row, names)
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


def drawn_shares(weights: FloatArray, row: IntArray, accounts: FloatArray) -> FloatArray:
    """Share of the accounts of her platform that answered, for each respondent.

    It is 0 on platforms with unequal weights, where simple random sampling within the platform cannot be meant.

    Parameters
    ----------
    weights, row : array of shape (n,)
        Weights, and the platform each respondent was reached through.
    accounts : array of shape (p,)

    Returns
    -------
    array of shape (n,)
    """
    respondents = np.bincount(row, minlength=accounts.size)
    shares = np.zeros(weights.size)
    for p in np.unique(row):
        here = row == p
        if np.ptp(weights[here]) == 0:
            shares[here] = respondents[p] / accounts[p]
    return shares


def linearised_variance(z: FloatArray, strata: IntArray, units: IntArray, fractions: FloatArray) -> float:
    """Variance of the sum of z: between primary units, within strata.

    V = sum over strata of (1 - f) u/(u-1) times the sum of squared deviations of the u unit totals from their mean.

    Parameters
    ----------
    z : array of shape (n,)
        Linearised contributions, weights included.
    strata, units, fractions : array of shape (n,)
        As in :class:`Answers`.

    Returns
    -------
    float
        NaN if a stratum has one unit and is no census.

    References
    ----------
    Wolter 2007, Introduction to Variance Estimation, Springer, chapter 6 (Taylor series).

    Examples
    --------
    >>> import numpy as np
    >>> n = np.arange(4)
    >>> float(linearised_variance(np.array([1.0, -1.0, 1.0, -1.0]), 0 * n, n, np.zeros(4))) * 3 / 4
    4.0
    """
    _, first, unit = np.unique(units, return_index=True, return_inverse=True)
    totals = np.bincount(unit, z)
    stratum, fraction = strata[first], fractions[first]
    size = np.bincount(stratum)
    own = size[stratum]
    centred = totals - np.bincount(stratum, totals)[stratum] / own
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = (1 - fraction) * own / (own - 1) * centred**2
    return float(np.where(fraction >= 1, 0.0, terms).sum())


def _group_means(
    values: FloatArray, weights: FloatArray, groups: IntArray, n_groups: int
) -> tuple[FloatArray, FloatArray]:
    """Return weighted means by group, shape (g,), 0 where empty, and each respondent's contribution, shape (n,)."""
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
    if np.ptp(answers.counts) == 0 and not (answers.fractions >= 1).all():
        return math.nan, (no_variation("of the sample", withdrawn=True),)
    return error, ()


def _flat_platforms(answers: Answers, row: IntArray, names: tuple[str, ...]) -> tuple[CodedWarning, ...]:
    """Name the platforms where all respondents give one answer, although they are not all of its accounts."""
    flat = [
        names[p]
        for p in np.unique(row)
        if np.ptp(answers.counts[row == p]) == 0 and not (answers.fractions[row == p] >= 1).all()
    ]
    return (no_variation("of " + ", ".join(flat), withdrawn=False),) if flat else ()
