"""How a simulated survey reaches persons, and who answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray
from microwork_estimate.simulate.checks import check_number, check_share, check_whole, positions
from microwork_estimate.simulate.options import WINDOW_DAYS
from microwork_estimate.simulate.population import TIERS, Population

Via = Literal["registrations", "on_site", "visits", "workers", "general_population"]
Allocation = Literal["proportional", "equal"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """How respondents are reached.

    Parameters
    ----------
    via : str
        ``"registrations"``: drawn from the accounts of each platform, so that a person on two of them may be drawn
        twice. ``"on_site"``: the questionnaire stands on the platforms for some days, and every visit is a chance to
        answer it. ``"visits"``: drawn from the visits (person, platform, day) of the window. ``"workers"``: drawn from
        the persons of a tier. ``"general_population"``: drawn from all persons of the world, registered or not.
    platforms : tuple of str or None
        The platforms through which persons are reached, for the first three; None for the declaring ones.
    allocation : str
        ``"proportional"`` to registrations, or ``"equal"`` numbers from each platform (``"registrations"`` only).
    among : str
        The tier drawn from (``"workers"`` only), as in :func:`microwork_estimate.simulate.lists`.

    Raises
    ------
    InvalidInput
        If a choice is unknown, or platforms are named where persons are not reached through platforms.

    Examples
    --------
    >>> Reach(via="registrations", platforms=("platform 01",)).allocation
    'proportional'
    """

    via: Via
    platforms: tuple[str, ...] | None = None
    allocation: Allocation = "proportional"
    among: str = "registered"

    def __post_init__(self) -> None:
        check_choice(self.via, get_args(Via), where="Reach.via")
        check_choice(self.allocation, get_args(Allocation), where="Reach.allocation")
        positions((self.among,), TIERS, where="Reach.among")
        if self.platforms is not None and self.via in ("workers", "general_population"):
            raise InvalidInput(
                "platforms where none are used",
                expected=f"no platforms with via={self.via!r}",
                got=", ".join(self.platforms),
                where="Reach.platforms",
                fix="leave platforms out, or reach persons through 'registrations', 'on_site' or 'visits'",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """A shift of the logit of answering, for the persons of one category.

    Parameters
    ----------
    covariate, category : str
        For example ``"sex"`` and ``"women"``.
    logit : float
        The shift.

    Raises
    ------
    InvalidInput
        If the shift is not finite.

    Examples
    --------
    >>> Effect(covariate="sex", category="women", logit=0.4).logit
    0.4
    """

    covariate: str
    category: str
    logit: float

    def __post_init__(self) -> None:
        check_number(self.logit, where=f"Effect on {self.covariate!r}", low=-math.inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldWork:
    """How long the survey is in the field, and who answers when reached.

    Parameters
    ----------
    days : int
        Field days T, from the first day of the window, 1 to 28 (``"on_site"`` only).
    chance : float or None
        Chance r of answering at a visit, above 0 and below 1 (``"on_site"`` only): with L visits in the field days a
        person is reached with probability 1 - (1 - r)^(L^avidity). None: the chance at which the asked number of
        respondents is expected.
    avidity : float
        Exponent of the visits: 1 if every visit is as good a chance, more if the frequent visitors are first to take
        the questionnaire.
    response : float
        Mean probability, over the registered, that a person who is reached answers.
    effects : tuple of Effect
        How the logit of answering differs between persons; the mean stays `response`.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> FieldWork(days=14, avidity=1.2, response=0.3).chance is None
    True
    """

    days: int = WINDOW_DAYS
    chance: float | None = None
    avidity: float = 1.0
    response: float = 1.0
    effects: tuple[Effect, ...] = ()

    def __post_init__(self) -> None:
        check_number(check_whole(self.days, where="FieldWork.days"), where="FieldWork.days", high=float(WINDOW_DAYS))
        if self.chance is not None:
            check_share(self.chance, where="FieldWork.chance", below_one=True)
            check_number(self.chance, where="FieldWork.chance", open_low=True)
        check_number(self.avidity, where="FieldWork.avidity", high=10.0)
        check_share(self.response, where="FieldWork.response")
        check_number(self.response, where="FieldWork.response", open_low=True)

    @property
    def day_bits(self) -> np.uint32:
        """The field days as bits."""
        return np.uint32((1 << self.days) - 1)


def answer_probability(population: Population, field: FieldWork) -> FloatArray:
    """Return the probability that each person answers when reached, shape (N,).

    The intercept of the logit is set so that the mean over the registered is the asked one.

    Parameters
    ----------
    population : Population
    field : FieldWork

    Raises
    ------
    InvalidInput
        If a covariate or category is unknown.
    """
    shift = np.zeros(population.n_persons)
    for effect in field.effects:
        categories = population.covariate(effect.covariate)
        known = next(c.categories for c in population.covariates if c.name == effect.covariate)
        positions((effect.category,), known, where=f"Effect on {effect.covariate!r}")
        shift[categories == effect.category] += effect.logit
    if field.response == 1.0 or not field.effects:
        return np.full(population.n_persons, field.response)
    values, counts = np.unique(shift[population.among("registered")], return_counts=True)
    reach = 40.0 + float(np.abs(values).max(initial=0.0))

    def excess(level: float) -> float:
        return float(counts @ special.expit(level + values) / counts.sum() - field.response)

    return np.asarray(special.expit(optimize.brentq(excess, -reach, reach) + shift))


def reach_probability(visits: NDArray[np.int64], chance: float, avidity: float) -> FloatArray:
    """Return the probability of being reached on site with so many visits: 1 - (1 - r)^(L^avidity), 0 without visits.

    Parameters
    ----------
    visits : array of shape (n,)
        L, visits in the field days.
    chance : float
        r.
    avidity : float

    Examples
    --------
    >>> reach_probability(np.array([0, 1, 2]), 0.5, 1.0).tolist()
    [0.0, 0.5, 0.75]
    """
    number = visits.astype(np.float64)
    tries = np.where(number > 0, number**avidity, 0.0)
    return np.asarray(-np.expm1(tries * np.log1p(-chance)))


def chance_for(expected: float, visits: NDArray[np.int64], answers: FloatArray, avidity: float) -> float:
    """Return the chance of answering at a visit at which so many respondents are expected.

    Parameters
    ----------
    expected : float
        Number of respondents.
    visits : array of shape (n,)
        Visits of each person in the field days.
    answers : array of shape (n,)
        Probability that each answers when reached.
    avidity : float

    Raises
    ------
    InvalidInput
        If there are not so many visitors who would answer.
    """
    most = float(answers[visits > 0].sum())
    if expected >= most:
        raise InvalidInput(
            "more respondents than visitors who would answer",
            expected=f"below {most:.0f} respondents",
            got=f"{expected:g}",
            where="n_respondents",
            fix="ask fewer, stay longer in the field, or reach persons through more platforms",
        )

    def excess(log_odds: float) -> float:
        return float(answers @ reach_probability(visits, float(special.expit(log_odds)), avidity) - expected)

    return float(special.expit(optimize.brentq(excess, -40.0, 36.0)))
