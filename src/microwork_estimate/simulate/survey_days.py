"""Instrument: surveys repeated on many days, while persons come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import Estimand, FloatArray, FrozenMapping, Scalar
from microwork_estimate.inputs.occasions import OccasionHistories
from microwork_estimate.simulate.checks import check_number, check_share, check_whole
from microwork_estimate.simulate.observed import Observed
from microwork_estimate.simulate.options import WINDOW_DAYS, Attrition
from microwork_estimate.simulate.people import BoolArray
from microwork_estimate.simulate.population import Population
from microwork_estimate.streams import stream

Catchability = Literal["equal", "beta", "activity"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SurveyPlan:
    """When persons are surveyed, and how likely each is to take part.

    Parameters
    ----------
    n_periods : int
        Number of windows of 28 days.
    days_per_period : int
        Survey days in each, 1 to 28; within a window nobody comes or goes.
    catchability : str
        ``"equal"`` for everybody; ``"beta"``: it differs between persons, who keep it; ``"activity"``: the person must
        be active on the day, and then takes part with the mean chance.
    participation : float
        Mean chance of taking part on a survey day, above 0 and below 1.
    cv : float
        Coefficient of variation of catchability (``"beta"`` only), above 0.

    Raises
    ------
    InvalidInput
        If a number is impossible, or a beta law of this mean cannot have this coefficient of variation.

    Examples
    --------
    >>> SurveyPlan(n_periods=2).occasions
    ('period 1 day 1', 'period 2 day 1')
    """

    n_periods: int
    days_per_period: int = 1
    catchability: Catchability = "equal"
    participation: float = 0.1
    cv: float = 1.0

    def __post_init__(self) -> None:
        check_whole(self.n_periods, where="SurveyPlan.n_periods")
        days = check_whole(self.days_per_period, where="SurveyPlan.days_per_period")
        check_number(days, where="SurveyPlan.days_per_period", high=float(WINDOW_DAYS))
        check_choice(self.catchability, get_args(Catchability), where="SurveyPlan.catchability")
        check_share(self.participation, where="SurveyPlan.participation", below_one=True)
        check_number(self.participation, where="SurveyPlan.participation", open_low=True)
        check_number(self.cv, where="SurveyPlan.cv", open_low=True)
        largest = np.sqrt((1.0 - self.participation) / self.participation)
        if self.catchability == "beta" and self.cv >= largest:
            raise InvalidInput(
                "a spread that cannot be attained",
                expected=f"a cv below {largest:.4g} for a beta law with mean {self.participation:g}",
                got=repr(self.cv),
                where="SurveyPlan.cv",
                fix="lower cv",
            )

    @property
    def occasions(self) -> tuple[str, ...]:
        """Labels of the survey days."""
        return tuple(
            f"period {period + 1} day {day + 1}"
            for period in range(self.n_periods)
            for day in range(self.days_per_period)
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Present:
    """Who is present in one period.

    Parameters
    ----------
    number : array of shape (n,)
        Running number of each person, who keeps it for life.
    kind : array of shape (n,)
        The person of the first window whose traits each has.
    first_new : int
        The lowest number of those who have just arrived.
    next_number : int
        The number that the next newcomer will get.
    """

    number: NDArray[np.int64]
    kind: NDArray[np.int64]
    first_new: int
    next_number: int


def survey_days(
    population: Population, *, plan: SurveyPlan, among: str = "ever_active", seed: int
) -> Observed[OccasionHistories]:
    """Survey the persons of a tier on many days, over windows between which some leave and others arrive.

    In words: the persons of the tier are present in the first window. Between windows each leaves with the chance
    1 - survival, for good; newcomers have the traits of random persons of the first window, so that the composition
    stays the same. Everybody present may take part on each survey day. Who tried once and left can be seen only on one
    day of the window of arrival.

    Parameters
    ----------
    population : Population
        With its survival and arrivals.
    plan : SurveyPlan
        Periods, days, catchability.
    among : str
        The tier, as in :func:`microwork_estimate.simulate.lists`.
    seed : int

    Returns
    -------
    Observed of OccasionHistories
        ``data.counts()``, ``data.pair(i, j)`` and ``data.histories()`` give the data of capture-recapture. The truth
        has ``present in period <t>`` (persons, what is to be estimated), ``arrivals in period <t>``, ``size`` (present
        in the first period), ``superpopulation`` (ever present), ``survival``, ``half_life`` (in windows; None without
        turnover) and ``seen``.

    Raises
    ------
    InvalidInput
        If there is no such tier, nobody in it, or nobody took part.

    Assumptions
    -----------
    Survival does not depend on anything; catchability of a person does not change over time; leaving is for good.

    References
    ----------
    Turnover and repeated samples of crowd-workers: Stewart, N. et al. (2015), Judgment and Decision Making 10(5),
    479-491.

    Examples
    --------
    >>> from microwork_estimate.simulate import Attrition, PlatformMarket, population
    >>> market = PlatformMarket.ranked(3, largest=0.3)
    >>> world = population(n_persons=5000, market=market, attrition=Attrition(survival=0.9), seed=1)
    >>> months = survey_days(world, plan=SurveyPlan(n_periods=6), seed=2)
    >>> months.truth["present in period 1"] == months.truth["present in period 6"]
    True
    """
    frame = np.flatnonzero(population.among(among))
    if frame.size == 0:
        raise InvalidInput(
            "nobody to survey",
            expected=f"persons who are {among}",
            got="none in this world",
            where="among",
            fix="choose a wider tier or a larger world",
        )
    chance = _chances(plan, population.day_rate[frame].astype(np.float64), seed)
    once = population.tried_once[frame]
    present = Present(number=np.arange(frame.size), kind=np.arange(frame.size), first_new=0, next_number=frame.size)
    truth: dict[str, Scalar] = {**population.truth, "size": int(frame.size)}
    sightings = []
    for period in range(plan.n_periods):
        if period:
            turnover = stream(seed, f"survey days/turnover/{period}")
            present = _turned_over(population.attrition, present, frame.size, turnover)
        truth[f"present in period {period + 1}"] = int(present.number.size)
        truth[f"arrivals in period {period + 1}"] = int(np.count_nonzero(present.number >= present.first_new))
        generator = stream(seed, f"survey days/sightings/{period}")
        sightings += _sighted(present, chance[present.kind], once[present.kind], plan.days_per_period, generator)
    seen = _table(sightings)
    survival, half_life = population.attrition.survival, population.attrition.half_life
    truth |= {"superpopulation": present.next_number, "survival": survival, "seen": int(seen.shape[0])}
    truth["half_life"] = half_life if np.isfinite(half_life) else None
    data = OccasionHistories(
        seen=seen,
        occasions=plan.occasions,
        periods=np.repeat(np.arange(plan.n_periods), plan.days_per_period),
        estimand=Estimand(unit="persons", activity="captured", window="28 days", platforms="declaring"),
    )
    return Observed(data=data, truth=FrozenMapping(truth))


def _chances(plan: SurveyPlan, day_rate: FloatArray, seed: int) -> FloatArray:
    """Return the chance of taking part on a survey day, one for each person of the first window."""
    if plan.catchability == "activity":
        return day_rate * plan.participation
    if plan.catchability == "equal":
        return np.full(day_rate.size, plan.participation)
    mean = plan.participation
    total = mean * (1.0 - mean) / (plan.cv * mean) ** 2 - 1.0
    return stream(seed, "survey days/catchability").beta(mean * total, (1.0 - mean) * total, day_rate.size)


def _turned_over(attrition: Attrition, present: Present, n_kinds: int, generator: np.random.Generator) -> Present:
    """Let some leave and others arrive."""
    stays = generator.random(present.number.size) < attrition.survival
    if attrition.arrivals is None:
        arrivals = int(np.count_nonzero(~stays))
    else:
        arrivals = int(generator.poisson(attrition.arrivals * present.number.size))
    return Present(
        number=np.concatenate([present.number[stays], np.arange(present.next_number, present.next_number + arrivals)]),
        kind=np.concatenate([present.kind[stays], generator.integers(0, n_kinds, arrivals)]),
        first_new=present.next_number,
        next_number=present.next_number + arrivals,
    )


def _sighted(
    present: Present, chance: FloatArray, once: BoolArray, n_days: int, generator: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Draw who takes part on each survey day of a period; return their numbers day by day."""
    only = generator.integers(0, n_days, present.number.size)
    new = present.number >= present.first_new
    taken = []
    for day in range(n_days):
        able = ~once | (new & (only == day))
        taken.append(present.number[able & (generator.random(present.number.size) < chance)])
    return taken


def _table(sightings: list[NDArray[np.int64]]) -> NDArray[np.bool_]:
    """Return one row for each person ever seen and one column for each occasion."""
    everybody = np.unique(np.concatenate(sightings))
    if everybody.size == 0:
        raise InvalidInput(
            "nobody was seen",
            expected="at least one sighting",
            got="none",
            where="survey_days",
            fix="raise the participation, the number of survey days or the size of the world",
        )
    seen = np.zeros((everybody.size, len(sightings)), dtype=np.bool_)
    for occasion, numbers in enumerate(sightings):
        seen[np.searchsorted(everybody, numbers), occasion] = True
    return seen
