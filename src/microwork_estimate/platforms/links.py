"""General links between accounts and persons: several accounts of one person, one account of several persons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput, announce, check_level
from microwork_estimate.estimate import Estimand, Estimate, FloatArray, FrozenMapping, IntArray
from microwork_estimate.inputs import SurveySample
from microwork_estimate.inputs.checks import nonnegative, same_length
from microwork_estimate.inputs.codes import encode
from microwork_estimate.platforms.assumptions import EQUAL_CHANCE_WITHIN_PLATFORM, LINKS_KNOWN
from microwork_estimate.platforms.coded_warnings import single_respondent
from microwork_estimate.platforms.design import calibrated_scores, design_of, score_covariance
from microwork_estimate.platforms.scale import log_scale_interval


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AccountLinks:
    """Who uses which sampled account: one row for each pair.

    Parameters
    ----------
    account : array of shape (m,)
        Row of the account in the sample of accounts, from 0.
    person : array of shape (m,)
        Label of the person; one label is one person, whichever account she was found through.
    total : array of shape (m,)
        Links of the person to *all* accounts of the frame, sampled or not: as many as she uses, when every link counts
        1. One number for each person.
    strength : array of shape (m,) or None
        Strength of the link, above 0; None for 1. `total` is then the sum of the strengths of all her links.

    Raises
    ------
    InvalidInput
        If lengths differ, a person has two totals, or her links in the sample are more than her total.

    Examples
    --------
    >>> AccountLinks(account=[0, 0, 1], person=["Ana", "Bo", "Bo"], total=[1, 2, 2]).n_persons
    2
    """

    account: IntArray
    person: IntArray
    total: FloatArray
    strength: FloatArray | None = None

    def __post_init__(self) -> None:
        account = nonnegative(self.account, where="AccountLinks.account")
        total = nonnegative(self.total, where="AccountLinks.total")
        strength = nonnegative(
            np.ones(account.size) if self.strength is None else self.strength, where="AccountLinks.strength"
        )
        person = encode(np.asarray(self.person), where="AccountLinks.person").codes
        lengths = {"account": account.size, "person": person.size, "total": total.size, "strength": strength.size}
        same_length(lengths, where="AccountLinks")
        if (account != np.floor(account)).any() or (strength == 0).any():
            _refuse("impossible link", "rows of accounts as whole numbers from 0, and strengths above 0", "others")
        first = np.empty(int(person.max()) + 1)
        first[person] = total
        if (first[person] != total).any():
            _refuse("person with two totals", "one total for each person", "different ones on her rows")
        if (np.bincount(person, strength) > first * (1 + 1e-12)).any():
            _refuse("more links than the total", "at least as many links in the frame as in the sample", "fewer")
        object.__setattr__(self, "account", account.astype(np.int64))
        object.__setattr__(self, "person", person)
        object.__setattr__(self, "total", total)
        object.__setattr__(self, "strength", strength)

    @property
    def n_persons(self) -> int:
        """Number of different persons found."""
        return int(self.person.max()) + 1

    @property
    def shares(self) -> FloatArray:
        """Share of each person that each link stands for, shape (m,): strength over total."""
        assert self.strength is not None  # noqa: S101 - filled in by __post_init__
        return np.asarray(self.strength / self.total)


def weight_share(weights: ArrayLike, links: AccountLinks) -> FloatArray:
    """Weights of persons from the weights of accounts, whatever the links between them.

    Procedure: w_i = sum over sampled accounts j of d_j L_ji / L_i+, where L_ji is the strength of the link between
    account j and person i, and L_i+ the sum over all accounts of the frame. With one link for each platform this is
    d_j / k_i.

    Parameters
    ----------
    weights : array of shape (a,)
        Weights d_j of the sampled accounts.
    links : AccountLinks
        All links of the sampled accounts.

    Returns
    -------
    array of shape (number of persons found,)
        In the sorted order of their labels.

    Raises
    ------
    InvalidInput
        If a link names an account that is not in the sample.

    Assumptions
    -----------
    Every person of the population has a link to the frame; all links of a sampled account are known, and the totals are
    right.

    References
    ----------
    Lavallée 2007, Indirect Sampling, Springer, section 2.1 (weight share) and 4.3 (weighted links).

    Examples
    --------
    >>> links = AccountLinks(account=[0, 0, 1], person=["Ana", "Bo", "Bo"], total=[1, 2, 2])
    >>> weight_share([10.0, 10.0], links).tolist()
    [10.0, 10.0]
    """
    d = _require_accounts(nonnegative(weights, where="weight_share.weights"), links)
    return np.asarray(np.bincount(links.person, d[links.account] * links.shares), dtype=np.float64)


def persons_from_links(
    accounts: SurveySample, links: AccountLinks, *, values: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Count persons (or a total over them) from a sample of accounts with general links.

    Procedure: every account gets z_j, the sum over its persons of y_i L_ji / L_i+; the estimate is the sum of d_j z_j,
    so that its variance is that of a weighted total over accounts.

    Parameters
    ----------
    accounts : SurveySample
        a sampled accounts with their weights and design.
    links : AccountLinks
        All links of these accounts.
    values : array of shape (m,) or None
        y_i on each row of the links; None counts persons.
    level : float
        Confidence level of the interval, normal on the logarithmic scale.

    Returns
    -------
    Estimate
        Persons registered, or the total of `values`. Warning ``single-respondent`` where a stratum has one account.

    Raises
    ------
    InvalidInput
        If a link names an account that is not in the sample, or a value is missing or negative.

    Assumptions
    -----------
    As :func:`weight_share`; equal chances of accounts up to the weights.

    References
    ----------
    Lavallée 2007, Indirect Sampling, Springer, sections 2.1 and 2.3 (variance through z_j).

    Examples
    --------
    >>> accounts = SurveySample(columns={"platform": ["A", "A"]}, weight=[10.0, 10.0])
    >>> links = AccountLinks(account=[0, 0, 1], person=["Ana", "Bo", "Bo"], total=[1, 2, 2])
    >>> persons = persons_from_links(accounts, links)
    >>> persons.value, round(persons.standard_error, 3)
    (20.0, 10.0)
    """
    check_level(level)
    _require_accounts(accounts.weights, links)
    y = np.ones(links.account.size) if values is None else nonnegative(values, where="persons_from_links.values")
    same_length({"links": links.account.size, "values": y.size}, where="persons_from_links")
    held = np.bincount(links.account, y * links.shares, minlength=accounts.n)
    scores = calibrated_scores(accounts.weights * held, accounts.weights, accounts.auxiliary)
    total = float(accounts.weights @ held)
    error = math.sqrt(float(score_covariance(scores, design_of(accounts))[0, 0]))
    known = math.isfinite(error)
    coded = () if known else (single_respondent(),)
    announce(coded)
    return Estimate(
        name="registered persons" if values is None else "total over registered persons",
        value=total,
        standard_error=error if known else None,
        interval=log_scale_interval(total, error, level) if known else None,
        estimand=Estimand(unit="persons", activity="registered"),
        method="account weights shared along general links",
        n_observed=float(links.n_persons),
        assumptions=(EQUAL_CHANCE_WITHIN_PLATFORM, LINKS_KNOWN),
        warnings=coded,
        references=("Lavallée 2007, Indirect Sampling, Springer, section 2.1",),
        diagnostics=FrozenMapping({"accounts_sampled": accounts.n, "links": links.account.size}),
    )


def _require_accounts(weights: FloatArray, links: AccountLinks) -> FloatArray:
    if int(links.account.max()) >= weights.size:
        _refuse("link to an account that is not in the sample", f"rows from 0 to {weights.size - 1}", "a higher one")
    return weights


def _refuse(problem: str, expected: str, got: str) -> NoReturn:
    raise InvalidInput(
        problem, expected=expected, got=got, where="AccountLinks", fix="check the rows of the table of links"
    )
