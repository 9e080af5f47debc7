"""What respondents of a simulated survey say, rightly or wrongly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray
from microwork_estimate.simulate.checks import check_number, check_share, check_whole
from microwork_estimate.simulate.days import every_week, joined, n_days
from microwork_estimate.simulate.options import WINDOW_DAYS
from microwork_estimate.simulate.people import BoolArray
from microwork_estimate.simulate.population import Population
from microwork_estimate.streams import stream

USUAL_BANDS = (1, 2, 4, 8, 15)
"""Lower ends of the bands 1, 2-3, 4-7, 8-14, 15 and more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """How well respondents answer.

    Parameters
    ----------
    recall : float
        Chance that a person who is on k platforms names any given one of the k - 1 besides the one that is certain (the
        one through which the person was reached, otherwise one of the person's own). So 1 + Binomial(k - 1, recall)
        are named.
    bands : tuple of int or None
        Lower ends of the bands in which numbers of days are answered, increasing from 1, for example
        :data:`USUAL_BANDS`; the answer is then the geometric mean of the ends of its band. None for exact numbers.
    top : int
        Upper end of the last band.

    Raises
    ------
    InvalidInput
        If the recall is no share, or the bands do not increase from 1 up to at most `top`.

    Examples
    --------
    >>> Answers(recall=0.8, bands=USUAL_BANDS).top
    28
    """

    recall: float = 1.0
    bands: tuple[int, ...] | None = None
    top: int = WINDOW_DAYS

    def __post_init__(self) -> None:
        check_share(self.recall, where="Answers.recall")
        check_whole(self.top, where="Answers.top")
        if self.bands is None:
            return
        for low in self.bands:
            check_number(check_whole(low, where="Answers.bands"), where="Answers.bands", high=float(self.top))
        if not self.bands or self.bands[0] != 1 or list(self.bands) != sorted(set(self.bands)):
            raise InvalidInput(
                "bands out of order",
                expected="lower ends that increase from 1, for example (1, 2, 4, 8, 15)",
                got=repr(self.bands),
                where="Answers.bands",
                fix="correct the bands",
            )


def banded(numbers: ArrayLike, bands: tuple[int, ...], top: int) -> FloatArray:
    """Replace numbers by the geometric mean of the ends of their band; zero stays zero.

    Parameters
    ----------
    numbers : array of shape (n,), zero or more
    bands : tuple of int
        Lower ends, increasing from 1.
    top : int
        Upper end of the last band.

    Examples
    --------
    >>> banded([0, 1, 5, 9], (1, 4, 8), 18).tolist()
    [0.0, 1.7320508075688772, 5.291502622129181, 12.0]
    """
    low = np.asarray(bands, dtype=np.float64)
    high = np.append(low[1:] - 1.0, float(top))
    values = np.asarray(numbers, dtype=np.float64)
    at = np.searchsorted(low, values, side="right") - 1
    return np.where(at >= 0, np.sqrt(low * high)[at], 0.0)


def answered(
    population: Population,
    drawn: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    columns: tuple[int, ...],
    field_days: np.uint32,
    answers: Answers,
    seed: int,
) -> dict[str, NDArray[Any]]:
    """Return the columns of the survey.

    Parameters
    ----------
    population : Population
    drawn : tuple of three arrays of shape (n,)
        Persons; the platform through which each was reached and the day of the visit, -1 for none.
    columns : tuple of int
        The platforms of the survey.
    field_days : uint32
        The field days, as bits.
    answers : Answers
    seed : int
    """
    persons, platform, day = drawn
    declaring, names = population.market.declaring_columns, population.market.names
    visits = population.visits[persons]
    named = _named(population, persons, platform, answers.recall, seed)
    days = joined(visits, declaring)
    counts: dict[str, NDArray[Any]] = {
        "visits_in_field": n_days(visits[:, columns] & field_days).sum(axis=1, dtype=np.int64),
        "platform_days": n_days(visits[:, columns]).sum(axis=1, dtype=np.int64),
        "days_active": n_days(days).astype(np.int64),
    }
    if answers.bands is not None:
        counts = {name: banded(number, answers.bands, answers.top) for name, number in counts.items()}
    return {
        "platform": np.append(np.asarray(names), "")[platform],
        "day": np.append(np.arange(1, WINDOW_DAYS + 1).astype(str), "")[day],
        "n_platforms": named[:, declaring].sum(axis=1),
        "n_platforms_everywhere": named.sum(axis=1),
        **{f"on {name}": named[:, j] for j, name in enumerate(names)},
        **counts,
        "monthly": days != 0,
        "weekly_days4": n_days(days) >= 4,
        "weekly_every_week": every_week(days),
        **{covariate.name: population.covariate(covariate.name)[persons] for covariate in population.covariates},
    }


def _named(
    population: Population, persons: NDArray[np.int64], platform: NDArray[np.int64], recall: float, seed: int
) -> BoolArray:
    """Return the platforms that respondents name, shape (n, J)."""
    own = population.membership[persons]
    if recall == 1.0:
        return own
    generator = stream(seed, "survey/recall")
    luck = generator.random(own.shape)
    kept = luck < recall
    # Who was not reached through a platform is sure of the luckiest own one, a declaring one where there is one.
    order = np.where(own, luck, -1.0)
    order[:, population.market.declaring_columns] += own[:, population.market.declaring_columns]
    certain = np.where(platform >= 0, platform, order.argmax(axis=1))
    kept[np.arange(persons.size), certain] = True
    return own & kept
