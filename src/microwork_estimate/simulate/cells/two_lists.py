"""Two lists: the world of a certificate, and what is tried in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from microwork_estimate import bootstrap, capture_recapture
from microwork_estimate.capture_recapture.assumptions import KNOWN_ODDS_RATIO
from microwork_estimate.estimate import Estimate, Interval
from microwork_estimate.inputs import CaptureHistories
from microwork_estimate.simulate.checks import check_number, check_share, check_whole
from microwork_estimate.simulate.lists import both_probability

NAMES = ("list 1", "list 2")


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoLists:
    """N persons, each on each of two lists of the same expected size, with an odds ratio between them.

    The four cells are multinomial: this is what :func:`microwork_estimate.simulate.lists` draws person by person.

    Parameters
    ----------
    size : int
        N, the truth.
    expected_overlap : float
        Persons on both lists if they were independent; it gives the sizes of the lists, sqrt(N overlap) each.
    odds_ratio : float
        1 for independence. The sizes of the lists do not change with it.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> histories, truth = TwoLists(size=2000, expected_overlap=40)(np.random.default_rng(1))
    >>> truth, histories.lists
    (2000.0, ('list 1', 'list 2'))
    """

    size: int
    expected_overlap: float
    odds_ratio: float = 1.0

    def __post_init__(self) -> None:
        check_whole(self.size, where="TwoLists.size")
        check_share(self.expected_overlap / self.size, where="TwoLists.expected_overlap / size", below_one=True)
        check_number(self.odds_ratio, where="TwoLists.odds_ratio", open_low=True)

    def __call__(self, generator: np.random.Generator) -> tuple[CaptureHistories, float]:
        """Draw two lists; the truth is N."""
        share = math.sqrt(self.expected_overlap / self.size)
        both = float(both_probability(share, share, self.odds_ratio))
        cells = [both, share - both, share - both]
        counts = generator.multinomial(self.size, [*cells, 1.0 - sum(cells)])
        return CaptureHistories(lists=NAMES, counts=counts[:3]), float(self.size)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turnover:
    """Two lists of a population of constant size, made some time apart, in which people come and go.

    Parameters
    ----------
    size : int
        N at either time, the truth.
    chance : float
        Chance of those present to be on the list of the time.
    lag, half_life : float
        Time between the lists, and the time after which half of the persons have been replaced, in one unit.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> histories, truth = Turnover(size=5000, chance=0.1, lag=6, half_life=7)(np.random.default_rng(1))
    >>> truth
    5000.0
    """

    size: int
    chance: float
    lag: float
    half_life: float

    def __post_init__(self) -> None:
        check_whole(self.size, where="Turnover.size")
        check_share(self.chance, where="Turnover.chance", below_one=True)
        check_number(self.lag, where="Turnover.lag")
        check_number(self.half_life, where="Turnover.half_life", open_low=True)

    def __call__(self, generator: np.random.Generator) -> tuple[CaptureHistories, float]:
        """Draw two lists; the truth is N."""
        first = int(generator.binomial(self.size, self.chance))
        stayed = int(generator.binomial(first, 0.5 ** (self.lag / self.half_life)))
        again = int(generator.binomial(stayed, self.chance))
        # Newcomers and those whom the first list missed are caught alike.
        new = int(generator.binomial(self.size - stayed, self.chance))
        return CaptureHistories.from_two_lists(first, again + new, again, lists=NAMES), float(self.size)


def given_odds_ratio(histories: CaptureHistories, *, odds_ratio: float, level: float = 0.95) -> Estimate:
    """Read the sensitivity curve at one odds ratio: the answer to the question that the data leave open.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists.
    odds_ratio : float
    level : float

    Returns
    -------
    Estimate
        In persons, from :func:`~microwork_estimate.capture_recapture.odds_ratio_curve`.

    Raises
    ------
    InvalidInput
        As of the curve.

    Examples
    --------
    >>> given_odds_ratio(CaptureHistories.from_two_lists(200, 150, 30), odds_ratio=2.0).value.__round__(1)
    1636.1
    """
    curve = capture_recapture.odds_ratio_curve(histories, [odds_ratio], level=level)
    value = float(curve.values[0])
    return Estimate(
        name="persons at an odds ratio",
        value=None if math.isnan(value) else value,
        interval=Interval(low=float(curve.low[0]), high=float(curve.high[0]), level=level, method="odds-ratio curve"),
        estimand=histories.estimand,
        method=f"two lists with an odds ratio of {odds_ratio:g}",
        n_observed=float(histories.n_observed),
        assumptions=(KNOWN_ODDS_RATIO,),
    )


def given_turnover(histories: CaptureHistories, *, lag: float, half_life: float, level: float = 0.95) -> Estimate:
    """Correct two lists of different times for the persons who left between them.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists, the earlier first.
    lag, half_life : float
        Time between them, and time after which half of the persons have left, known.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> lists = CaptureHistories.from_two_lists(200, 150, 30)
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     found = given_turnover(lists, lag=7.0, half_life=7.0)
    >>> bool(found.value < capture_recapture.chapman(lists).value)
    True
    """
    turnover = capture_recapture.Turnover(lag=lag, half_life=half_life)
    chosen = capture_recapture.RecaptureAdjustments(turnover=turnover)
    return capture_recapture.adjusted_two_lists(histories, adjustments=chosen, level=level)


def waring_replicates(
    histories: CaptureHistories, *, n_replicates: int = 199, seed: int = 1, level: float = 0.95
) -> Estimate:
    """Chapman's estimate with the percentile interval of exact draws of the unseen, as studies use it.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists.
    n_replicates : int
        B.
    seed : int
        Of the draws. One seed for all simulations is fair: the draws are shares of a law that the data move.
    level : float

    Returns
    -------
    Estimate

    Raises
    ------
    InvalidInput
        As of Chapman's estimate and of the bootstrap.

    Examples
    --------
    >>> waring_replicates(CaptureHistories.from_two_lists(200, 150, 30)).interval.method
    'percentile'
    """
    estimate = capture_recapture.chapman(histories, level=level)
    draws = bootstrap.replicate(_as_it_is, histories, bootstrap.WaringHalf(), n_replicates=n_replicates, seed=seed)
    return bootstrap.with_replicates(estimate, draws["value"], level=level)


def _as_it_is(size: Any) -> float:
    return float(size)
