"""Chances to be on two lists, learned on one part of the persons and applied to another: cross-fitting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.special import expit

from microwork_estimate.capture_recapture.newton import Evaluation, maximise
from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.streams import stream

Learner = Callable[[FloatArray, FloatArray, FloatArray, FloatArray], FloatArray]
"""Takes features (n, p), outcomes 0/1 (n,), weights (n,) and new features (m, p); gives chances (m,)."""

Correction = Literal["targeted", "one_step", "plug_in"]

FOLDS_STREAM = "cross-fitting folds"


def learn_logistic(features: FloatArray, outcome: FloatArray, weight: FloatArray, new: FloatArray) -> FloatArray:
    """Learn chances by logistic regression and give them for other persons.

    Parameters
    ----------
    features : array of shape (n, p)
        A column of ones among them.
    outcome : array of shape (n,), zeros and ones
    weight : array of shape (n,)
    new : array of shape (m, p)

    Returns
    -------
    array of shape (m,)
        Between 0 and 1; at an end where the features separate the outcomes.

    Examples
    --------
    >>> one = np.ones((4, 1))
    >>> learn_logistic(one, np.array([1.0, 0, 0, 0]), np.ones(4), one[:1]).round(6).tolist()
    [0.25]
    """
    share = weight / weight.sum()

    def evaluate(coefficients: FloatArray) -> Evaluation:
        linear = features @ coefficients
        chance = expit(linear)
        value = float(share @ (outcome * linear - np.logaddexp(0.0, linear)))
        spread = share * chance * (1.0 - chance)
        return value, features.T @ (share * (outcome - chance)), features.T @ (spread[:, None] * features)

    with np.errstate(all="ignore"):
        found = maximise(evaluate, np.zeros(features.shape[1]))
    return np.asarray(expit(new @ found.coefficients), dtype=np.float64)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CrossFitting:
    """How the chances to be on the lists are learned, and what is made of them.

    Parameters
    ----------
    folds : int
        Into how many parts the persons are split; each is predicted from the others. At least 2.
    learner : callable
        See :data:`Learner`; it is called three times in each fold: on one list only, on the other only, on both.
    smallest_overlap : float
        Floor of the chance to be on both lists.
    smallest_sample : int
        With fewer persons the covariates are dropped.
    correction : str
        ``"targeted"`` (the chances are tilted until the bias they leave is zero), ``"one_step"`` (the bias is
        subtracted) or ``"plug_in"`` (no correction; for comparison only).

    Examples
    --------
    >>> CrossFitting(folds=3).smallest_overlap
    0.005
    """

    folds: int = 5
    learner: Learner = learn_logistic
    smallest_overlap: float = 0.005
    smallest_sample: int = 100
    correction: Correction = "targeted"

    def __post_init__(self) -> None:
        check_choice(self.correction, get_args(Correction), where="CrossFitting.correction")
        if self.folds < 2 or not 0.0 < self.smallest_overlap < 1.0 or self.smallest_sample < 0:
            raise InvalidInput(
                "impossible way of cross-fitting",
                expected="at least 2 folds, a smallest overlap between 0 and 1, a smallest sample of 0 or more",
                got=f"{self.folds}, {self.smallest_overlap}, {self.smallest_sample}",
                where="CrossFitting",
                fix="take the defaults",
            )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ListChances:
    """Chances of n persons seen to be on two lists, given that they were seen on any.

    Parameters
    ----------
    first, second, both : array of shape (n,)
        Of being on the first list, on the second, on both.
    fold : array of shape (n,)
        From 0: the part of the persons in which each was predicted.
    floored : array of bool of shape (n,)
        Whose chance to be on both lists was raised to the floor.
    """

    first: FloatArray
    second: FloatArray
    both: FloatArray
    fold: IntArray
    floored: np.ndarray

    @property
    def inverse_coverage(self) -> FloatArray:
        """For how many persons each person seen stands, shape (n,): first times second over both."""
        return np.asarray(self.first * self.second / self.both)


def coherent(first: FloatArray, second: FloatArray, both: FloatArray, fold: IntArray, *, floor: float) -> ListChances:
    """Make three chances that were learned one by one possible together.

    Procedure: both = max(both, floor); first between both and 1; second at least both/first, and at most 1 and
    1 + both - first. Then first times second over both is at least 1.

    References
    ----------
    Das, Kennedy & Jewell 2024, Journal of the American Statistical Association 119(546), 1309-1321, and their R package
    drpop.

    Examples
    --------
    >>> chances = coherent(np.array([0.2]), np.array([0.9]), np.array([0.4]), np.array([0]), floor=0.005)
    >>> chances.first.tolist(), chances.second.tolist(), chances.inverse_coverage.tolist()
    ([0.4], [1.0], [1.0])
    """
    floored = both < floor
    both = np.maximum(both, floor)
    first = np.minimum(np.maximum(both, first), 1.0)
    second = np.maximum(both / first, np.minimum(np.minimum(second, 1.0 + both - first), 1.0))
    return ListChances(first=first, second=second, both=both, fold=fold, floored=floored)


def deal_folds(units: IntArray, folds: int, seed: int) -> IntArray:
    """Deal units (persons, or the clusters they were drawn in) to folds of equal size at random.

    Parameters
    ----------
    units : array of shape (n,)
        The unit of each person, from 0.
    folds : int
    seed : int

    Returns
    -------
    array of shape (n,)
        The fold of each person, from 0.

    Raises
    ------
    InvalidInput
        If there are fewer units than folds.

    Examples
    --------
    >>> np.bincount(deal_folds(np.arange(10), 3, 7)).tolist()
    [4, 3, 3]
    """
    number = int(units.max()) + 1
    if number < folds:
        raise InvalidInput(
            "fewer units than folds",
            expected=f"at least {folds} persons or clusters",
            got=str(number),
            where="CrossFitting.folds",
            fix="take fewer folds",
        )
    places = np.empty(number, dtype=np.int64)
    places[stream(seed, FOLDS_STREAM).permutation(number)] = np.arange(number) % folds
    return np.asarray(places[units], dtype=np.int64)


def cross_fit(
    features: FloatArray, pair: FloatArray, weight: FloatArray, fold: IntArray, fitting: CrossFitting
) -> ListChances:
    """Learn the chances to be on two lists, each person from the other folds.

    Parameters
    ----------
    features : array of shape (n, p)
    pair : array of shape (n, 2), zeros and ones
        Presence on the two lists.
    weight : array of shape (n,)
    fold : array of shape (n,)
    fitting : CrossFitting

    Returns
    -------
    ListChances

    Raises
    ------
    InvalidInput
        If the learner gives anything but chances.

    Examples
    --------
    >>> pair = np.array([[1.0, 1], [1, 0], [0, 1], [1, 1], [1, 0], [0, 1]])
    >>> fold = np.array([0, 0, 0, 1, 1, 1])
    >>> chances = cross_fit(np.ones((6, 1)), pair, np.ones(6), fold, CrossFitting(folds=2))
    >>> chances.first.round(4).tolist()[:1], chances.inverse_coverage.round(4).tolist()[:1]
    ([0.6667], [1.3333])
    """
    events = np.column_stack([pair[:, 0] * (1 - pair[:, 1]), (1 - pair[:, 0]) * pair[:, 1], pair[:, 0] * pair[:, 1]])
    learned = np.zeros_like(events)
    for part in range(int(fold.max()) + 1):
        here = fold == part
        for column in range(3):
            made = fitting.learner(features[~here], events[~here, column], weight[~here], features[here])
            learned[here, column] = _checked(made, int(here.sum()))
    # The floor enters before the sums, so that first and second keep their distance from both.
    both = np.maximum(learned[:, 2], fitting.smallest_overlap)
    chances = coherent(both + learned[:, 0], both + learned[:, 1], both, fold, floor=fitting.smallest_overlap)
    floored = learned[:, 2] < fitting.smallest_overlap
    return ListChances(first=chances.first, second=chances.second, both=chances.both, fold=fold, floored=floored)


def _checked(made: FloatArray, size: int) -> FloatArray:
    result = np.asarray(made, dtype=np.float64)
    if result.shape != (size,) or not ((result >= 0.0) & (result <= 1.0)).all():
        raise InvalidInput(
            "a learner that gives no chances",
            expected=f"{size} numbers between 0 and 1",
            got=f"shape {result.shape}, from {np.min(result, initial=np.inf)} to {np.max(result, initial=-np.inf)}",
            where="CrossFitting.learner",
            fix="return the chance of the outcome 1 for each row of the new features",
        )
    return result
