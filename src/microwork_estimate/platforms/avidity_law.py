"""How the chance of being reached on site goes with visits, and the weights that undo it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.checks import nonnegative


@dataclass(frozen=True, kw_only=True, slots=True)
class Avidity:
    """How the chance of being reached on site goes with visits.

    Parameters
    ----------
    gamma : float
        With L visits in the field days a person is reached with a chance in proportion to L^gamma (`chance` unknown), or
        1 - (1 - r)^(L^gamma). 1 if every visit is as good a chance; more where the quick fill a quota; less where
        those who have answered or refused are not asked again.
    chance : float or None
        r, chance of answering at one visit, above 0 and below 1; None where it is not known.
    field_days, window_days : int
        Days in the field, and days of the window that the tiers are about.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> Avidity(chance=0.05).gamma
    1.0
    """

    gamma: float = 1.0
    chance: float | None = None
    field_days: int = 28
    window_days: int = 28

    def __post_init__(self) -> None:
        if not (math.isfinite(self.gamma) and self.gamma >= 0):
            refuse_avidity("impossible avidity", "a finite exponent, zero or more", repr(self.gamma), "gamma")
        if self.chance is not None and not 0 < self.chance < 1:
            refuse_avidity("impossible chance of answering", "a share above 0 and below 1", repr(self.chance), "chance")
        if not 1 <= self.field_days <= self.window_days:
            got = f"{self.field_days} of {self.window_days}"
            refuse_avidity("impossible field period", "from 1 day to the whole window", got, "field_days")


def avidity_weights(visits: ArrayLike, avidity: Avidity | None = None) -> FloatArray:
    """One over the chance of being reached on site, or over what it is proportional to.

    With the chance r of answering at a visit known: 1 / (1 - (1 - r)^(L^gamma)), exactly. Otherwise 1 / L^gamma, good
    up to a constant where r L stays below about 0.1.

    Parameters
    ----------
    visits : array of shape (n,)
        L, visits in the field days on the platforms surveyed; at least 1.
    avidity : Avidity or None
        None for gamma 1 and an unknown chance.

    Returns
    -------
    array of shape (n,)

    Raises
    ------
    InvalidInput
        If a number of visits is missing or below 1.

    Assumptions
    -----------
    Visits lead to an answer independently, each with one chance; nobody answers twice.

    References
    ----------
    Shaw 1988, Journal of Econometrics 37(2), 211-223 (on-site samples); Thompson 2012, Sampling, Wiley, chapter 6.

    Examples
    --------
    >>> avidity_weights([1, 4], Avidity(gamma=0.5)).tolist()
    [1.0, 0.5]
    >>> avidity_weights([1, 2], Avidity(chance=0.5)).round(4).tolist()
    [2.0, 1.3333]
    """
    law = avidity or Avidity()
    number = nonnegative(visits, where="avidity_weights.visits")
    if (number < 1).any():
        refuse_avidity(
            "respondent without a visit",
            "at least one visit in the field days: the one of the interview",
            f"{number.min():g}",
            "visits",
        )
    tries = number**law.gamma
    if law.chance is None:
        return np.asarray(1 / tries)
    return np.asarray(-1 / np.expm1(tries * math.log1p(-law.chance)))


def refuse_avidity(problem: str, expected: str, got: str, argument: str) -> NoReturn:
    """Refuse an option or an answer about visits."""
    raise InvalidInput(
        problem,
        expected=expected,
        got=got,
        where=f"avidity: {argument}",
        fix="count visits on the platforms surveyed within the field days",
    )
