"""Persons with a covariate that says how likely they are to be seen: worlds of certificates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from microwork_estimate import capture_recapture
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CapturedPersons
from microwork_estimate.simulate.checks import check_number, check_share, check_whole

_CLASSES = np.array([-1.0, 0.0, 1.0]) * 1.5**0.5
_NAMES = np.array(["seldom", "middling", "often"])


@dataclass(frozen=True, kw_only=True, slots=True)
class ListsWithCovariate:
    """N persons on k lists, independent once the covariate is known, which is drawn anew in each simulation.

    The covariate is a class of three that are as frequent, or a number with a standard normal law. Both have the mean 0
    and the variance 1 on the scale that matters.

    Parameters
    ----------
    size : int
        N, the truth.
    chances : tuple of float, length k
        Chance of a person whose covariate is in the middle to be on each list.
    slope : float
        Shift of the logit on every list with one standard deviation of the covariate.
    number : bool
        Whether the covariate is a number. Models of classes can be exact, those of a number hardly are: among the
        persons seen, the chance of having been on a list is no logistic function of it.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> persons, truth = ListsWithCovariate(size=2000, chances=(0.3, 0.3), slope=1.0)(np.random.default_rng(1))
    >>> truth, persons.lists
    (2000.0, ('list 1', 'list 2'))
    """

    size: int
    chances: tuple[float, ...]
    slope: float
    number: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "chances", tuple(self.chances))
        check_whole(self.size, where="ListsWithCovariate.size")
        check_whole(len(self.chances), where="ListsWithCovariate.chances", low=2)
        for share in self.chances:
            check_share(share, where="ListsWithCovariate.chances", below_one=True)
        check_number(self.slope, where="ListsWithCovariate.slope", low=-5.0, high=5.0)

    def __call__(self, generator: np.random.Generator) -> tuple[CapturedPersons, float]:
        """Draw the persons seen; the truth is N."""
        place = generator.integers(0, 3, self.size)
        x = generator.standard_normal(self.size) if self.number else _CLASSES[place]
        chances = special.expit(special.logit(np.asarray(self.chances)) + self.slope * x[:, None])
        seen = generator.random(chances.shape) < chances
        kept = seen.any(axis=1)
        told = x if self.number else _NAMES[place]
        names = tuple(f"list {number}" for number in range(1, len(self.chances) + 1))
        columns = {name: seen[kept, at].astype(np.int64) for at, name in enumerate(names)}
        return CapturedPersons.from_columns({"x": told[kept], **columns}, lists=names), float(self.size)


@dataclass(frozen=True, kw_only=True, slots=True)
class SightingsWithCovariate:
    """N persons, each seen a Poisson number of times at a rate that goes with a covariate.

    Parameters
    ----------
    size : int
        N, the truth.
    mean : float
        Rate of a person whose covariate is 0.
    slope : float
        Shift of the logarithm of the rate with one standard deviation of the covariate.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> persons, truth = SightingsWithCovariate(size=2000, mean=1.0, slope=0.5)(np.random.default_rng(1))
    >>> truth, persons.n < 2000
    (2000.0, True)
    """

    size: int
    mean: float
    slope: float

    def __post_init__(self) -> None:
        check_whole(self.size, where="SightingsWithCovariate.size")
        check_number(self.mean, where="SightingsWithCovariate.mean", open_low=True, high=100.0)
        check_number(self.slope, where="SightingsWithCovariate.slope", low=-2.0, high=2.0)

    def __call__(self, generator: np.random.Generator) -> tuple[CapturedPersons, float]:
        """Draw the persons seen; the truth is N."""
        x = generator.standard_normal(self.size)
        times = generator.poisson(self.mean * np.exp(self.slope * x))
        kept = times > 0
        return CapturedPersons.from_columns({"x": x[kept], "times": times[kept]}, times="times"), float(self.size)


def doubly_robust(persons: CapturedPersons, *, formula: str = "x", level: float = 0.95) -> Estimate:
    """Persons by the doubly robust estimate with cross-fitted logistic models.

    Parameters
    ----------
    persons : CapturedPersons
        On two lists.
    formula : str
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> persons, truth = ListsWithCovariate(size=2000, chances=(0.3, 0.3), slope=1.0)(np.random.default_rng(1))
    >>> bool(abs(doubly_robust(persons).value / truth - 1) < 0.3)
    True
    """
    # One seed for all simulations is fair: it only shares out the folds.
    return capture_recapture.doubly_robust(persons, formula, seed=1, level=level)
