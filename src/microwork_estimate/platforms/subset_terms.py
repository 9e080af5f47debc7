"""What a survey of some platforms estimates, as one vector with its covariance: the raw material of all bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs import Elicited
from microwork_estimate.platforms.account_error import AccountError, accounts_and_covariance
from microwork_estimate.platforms.account_survey import AccountSurvey
from microwork_estimate.platforms.design import calibrated_scores, score_covariance
from microwork_estimate.platforms.person_weights import platform_design
from microwork_estimate.platforms.sample_means import group_means

Ends = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SubsetTerms:
    """Estimates from the platforms reached, S, about the other platforms, T.

    The vector has q = 2 + t + o + t entries: persons on S; those of them on any platform of T; those on each of the t
    platforms of T; those on each of o pairs of T; and the accounts of each platform of T, which the survey does not
    estimate but which may be uncertain too.

    Parameters
    ----------
    names : tuple of str, length t
        Platforms of T; those that do not declare come last.
    pairs : tuple of pairs of positions in `names`, length o
    values : array of shape (q,)
    covariance : array of shape (q, q)
        NaN where a stratum has a single unit.
    high_accounts : array of shape (t,)
        Accounts at the upper end; those in `values` are the lower ends.
    """

    names: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    values: FloatArray
    covariance: FloatArray
    high_accounts: FloatArray

    @property
    def on_reached(self) -> float:
        """Persons on at least one platform reached."""
        return float(self.values[0])

    @property
    def multi_homers(self) -> float:
        """Persons on a platform reached who are on any other too."""
        return float(self.values[1])

    @property
    def overlaps(self) -> FloatArray:
        """Persons on a platform reached who are on each other platform, shape (t,)."""
        return self.values[2 : 2 + len(self.names)]

    @property
    def pair_overlaps(self) -> FloatArray:
        """Persons on a platform reached who are on both platforms of each pair, shape (o,)."""
        start = 2 + len(self.names)
        return self.values[start : start + len(self.pairs)]

    @property
    def accounts(self) -> FloatArray:
        """Accounts of each other platform, lower ends, shape (t,)."""
        return self.values[self.values.size - len(self.names) :]

    def unit(self, at: int) -> FloatArray:
        """Return the gradient of one entry, shape (q,)."""
        gradient = np.zeros(self.values.size)
        gradient[at] = 1.0
        return gradient

    def remainder_gradients(self) -> FloatArray:
        """Return the gradients of accounts less overlap of each platform of T, shape (t, q)."""
        t, q = len(self.names), self.values.size
        rows = np.zeros((t, q))
        rows[np.arange(t), 2 + np.arange(t)] = -1.0
        rows[np.arange(t), q - t + np.arange(t)] = 1.0
        return rows

    def pair_gradients(self) -> FloatArray:
        """Return the gradients of minus the overlap of each pair, shape (o, q)."""
        rows = np.zeros((len(self.pairs), self.values.size))
        rows[np.arange(len(self.pairs)), 2 + len(self.names) + np.arange(len(self.pairs))] = -1.0
        return rows

    def error(self, gradient: FloatArray) -> float:
        """Return the standard error of a function of the vector with a gradient of shape (q,)."""
        return math.sqrt(float(gradient @ self.covariance @ gradient))


def subset_terms(
    survey: AccountSurvey,
    undeclared: Mapping[str, Ends],
    pairs: tuple[tuple[str, str], ...],
    error: AccountError | None,
) -> SubsetTerms:
    """Estimate the vector and its covariance.

    Person weights are R_p d_i / (sum of d on p) / k_i, k_i counting the platforms *reached* only: whoever is on two of
    them had two chances.

    Parameters
    ----------
    survey : AccountSurvey
    undeclared : mapping of str to (low, high)
        Accounts of the platforms that do not declare.
    pairs : tuple of pairs of names
        Pairs of platforms of T.
    error : AccountError or None

    Returns
    -------
    SubsetTerms

    Raises
    ------
    InvalidInput
        If a pair names a platform that is unknown or was reached.
    """
    reached, members = survey.reached, survey.require_members()
    accounts, spread = accounts_and_covariance(survey.registrations, error)
    declared = tuple(n for n, here in zip(survey.registrations.platforms, reached, strict=True) if not here)
    names = (*declared, *undeclared)
    others = np.hstack([members[:, ~reached], survey.on(tuple(undeclared))])
    at = tuple(_positions(names, pair) for pair in pairs)
    both = [others[:, i] * others[:, j] for i, j in at]
    one = np.ones(others.shape[0])
    columns = np.stack([one, (others.sum(axis=1) > 0).astype(np.float64), *others.T, *both], axis=1)
    shared = columns / members[:, reached].sum(axis=1, keepdims=True)
    means, scores = _by_platform(shared, survey.sample.weights, survey.row, accounts.size)
    scores = calibrated_scores(accounts[survey.row][:, None] * scores, survey.sample.weights, survey.sample.auxiliary)
    sampling = score_covariance(scores, platform_design(survey))
    low = np.array([ends[0] for ends in undeclared.values()])
    high = np.array([ends[1] for ends in undeclared.values()])
    slopes = _slopes(means, reached, len(names))
    covariance = slopes @ spread @ slopes.T
    covariance[: columns.shape[1], : columns.shape[1]] += sampling
    return SubsetTerms(
        names=names,
        pairs=at,
        values=np.concatenate([means.T @ accounts, accounts[~reached], low]),
        covariance=covariance,
        high_accounts=np.concatenate([accounts[~reached], high]),
    )


def account_ends(undeclared: Mapping[str, Elicited | Ends] | None, declared: tuple[str, ...]) -> dict[str, Ends]:
    """Return the interval of accounts of each platform that does not declare.

    Raises
    ------
    InvalidInput
        If a platform declares, or an interval is upside down, negative or infinite.
    """
    ends: dict[str, Ends] = {}
    for name, stated in (undeclared or {}).items():
        low, high = _ends(stated) if isinstance(stated, Elicited) else (float(stated[0]), float(stated[1]))
        if name in declared or not 0 <= low <= high < math.inf:
            raise InvalidInput(
                "impossible accounts of a platform that does not declare",
                expected="0 <= low <= high, both finite, for a platform without a row in the registrations",
                got=f"{name!r} from {low:g} to {high:g}" + (", which declares" if name in declared else ""),
                where="undeclared",
                fix="state an interval for each platform that does not declare, and for no other",
            )
        ends[name] = (low, high)
    return ends


def _ends(stated: Elicited) -> Ends:
    if stated.distribution in ("fixed", "empirical"):
        low, high = stated.quantile([0.0, 1.0])
        return float(low), float(high)
    return stated.low, stated.high


def _positions(names: tuple[str, ...], pair: tuple[str, str]) -> tuple[int, int]:
    unknown = [name for name in pair if name not in names]
    if unknown or pair[0] == pair[1]:
        raise InvalidInput(
            "overlap of other platforms than those not reached",
            expected="two different platforms among " + ", ".join(names),
            got=" and ".join(pair),
            where="SubsetKnowledge.overlaps",
            fix="the survey itself says who is on a platform that it reached",
        )
    return names.index(pair[0]), names.index(pair[1])


def _by_platform(values: FloatArray, weights: FloatArray, row: IntArray, p: int) -> tuple[FloatArray, FloatArray]:
    """Return means by platform, shape (p, c), and contributions, shape (n, c), of c columns."""
    fits = [group_means(column, weights, row, p) for column in values.T]
    return np.stack([fit[0] for fit in fits], axis=1), np.stack([fit[1] for fit in fits], axis=1)


def _slopes(means: FloatArray, reached: np.ndarray, t: int) -> FloatArray:
    """Return how the vector moves with the accounts of each declaring platform, shape (q, p)."""
    p, c = means.shape
    slopes = np.zeros((c + t, p))
    slopes[:c] = means.T
    outside = np.flatnonzero(~reached)
    slopes[c + np.arange(outside.size), outside] = 1.0
    return slopes
