"""Kernels: drawing the respondents of a simulated survey."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, Scalar
from microwork_estimate.simulate.days import DayArray, n_days
from microwork_estimate.simulate.options import WINDOW_DAYS
from microwork_estimate.simulate.people import BoolArray
from microwork_estimate.simulate.population import Population
from microwork_estimate.simulate.survey_design import FieldWork, Reach, chance_for, reach_probability
from microwork_estimate.streams import stream

NOWHERE = -1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Drawn:
    """Who was drawn: one row for each respondent.

    Parameters
    ----------
    persons : array of shape (n,)
    platform : array of shape (n,)
        The column of the platform through which each was reached; -1 for none.
    day : array of shape (n,)
        The day of the visit that was drawn; -1 for none.
    weight : array of shape (n,)
        Base weights: what one respondent stands for before non-response.
    frame : array of shape (n,) or None
        Size of the frame (of the platform) drawn from; None where it is not drawn with equal chances.
    truth : dict
        What the design had in it.
    """

    persons: NDArray[np.int64]
    platform: NDArray[np.int64]
    day: NDArray[np.int64]
    weight: FloatArray
    frame: FloatArray | None = None
    truth: dict[str, Scalar] = field(default_factory=dict)


def draw_from_frame(
    population: Population, columns: tuple[int, ...], wanted: int, reach: Reach, willing: BoolArray, seed: int
) -> Drawn:
    """Draw respondents without replacement from registrations, from visits or from persons.

    Parameters
    ----------
    population : Population
    columns : tuple of int
        The platforms of the survey.
    wanted : int
        Number of respondents.
    reach : Reach
    willing : array of shape (N,)
        Who answers when reached.
    seed : int

    Raises
    ------
    InvalidInput
        If fewer would answer.
    """
    generator = stream(seed, f"survey/{reach.via}")
    if reach.via == "registrations":
        return _from_registrations(population, columns, wanted, reach.allocation, willing, generator)
    if reach.via == "visits":
        return _from_visits(population, columns, wanted, willing, generator)
    tier = "everybody" if reach.via == "general_population" else reach.among
    return _from_persons(population.among(tier, where="Reach.among"), wanted, willing, generator)


def _enough(asked: int, there: int, what: str) -> None:
    if asked > there:
        raise InvalidInput(
            "more respondents than would answer",
            expected=f"at most {there} {what}",
            got=str(asked),
            where="n_respondents",
            fix="ask fewer, raise the response rate, or make a larger world",
        )


def _allocated(total: int, sizes: NDArray[np.int64], allocation: str) -> NDArray[np.int64]:
    """Share a number of respondents among platforms: by largest remainders."""
    exact = total * (sizes / sizes.sum() if allocation == "proportional" else np.full(sizes.size, 1.0 / sizes.size))
    numbers: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    numbers[np.argsort(numbers - exact, kind="stable")[: total - int(numbers.sum())]] += 1
    return numbers


def _from_registrations(
    population: Population,
    columns: tuple[int, ...],
    wanted: int,
    allocation: str,
    willing: BoolArray,
    generator: np.random.Generator,
) -> Drawn:
    sizes = np.array([np.count_nonzero(population.membership[:, j]) for j in columns], dtype=np.int64)
    _enough(wanted, int(sizes.sum()), "registrations")
    numbers = _allocated(wanted, sizes, allocation)
    persons = []
    for j, number in zip(columns, numbers, strict=True):
        frame = np.flatnonzero(population.membership[:, j] & willing)
        _enough(int(number), frame.size, f"willing persons on {population.market.names[j]}")
        persons.append(generator.choice(frame, int(number), replace=False))
    chosen = np.concatenate(persons)
    return Drawn(
        persons=chosen,
        platform=np.repeat(np.asarray(columns, dtype=np.int64), numbers),
        day=np.full(chosen.size, NOWHERE),
        weight=np.repeat(sizes / np.maximum(numbers, 1), numbers),
        frame=np.repeat(sizes.astype(np.float64), numbers),
    )


def _from_persons(members: BoolArray, wanted: int, willing: BoolArray, generator: np.random.Generator) -> Drawn:
    frame = np.flatnonzero(members & willing)
    _enough(wanted, frame.size, "willing persons of the tier")
    size = float(np.count_nonzero(members))
    nowhere = np.full(wanted, NOWHERE)
    chosen = generator.choice(frame, wanted, replace=False)
    weight, frame_size = np.full(wanted, size / wanted), np.full(wanted, size)
    return Drawn(persons=chosen, platform=nowhere, day=nowhere, weight=weight, frame=frame_size)


def _from_visits(
    population: Population,
    columns: tuple[int, ...],
    wanted: int,
    willing: BoolArray,
    generator: np.random.Generator,
) -> Drawn:
    persons = [np.flatnonzero((population.visits[:, j] != 0) & willing) for j in columns]
    person, platform = np.concatenate(persons), np.repeat(columns, [rows.size for rows in persons])
    ends = np.cumsum(n_days(population.visits[person, platform]), dtype=np.int64)
    there = int(ends[-1]) if ends.size else 0
    _enough(wanted, there, "visits of willing persons")
    visit = generator.choice(there, wanted, replace=False)
    row = np.searchsorted(ends, visit, side="right")
    days = population.visits[person[row], platform[row]]
    total = sum(int(n_days(population.visits[:, j]).sum(dtype=np.int64)) for j in columns)
    return Drawn(
        persons=person[row],
        platform=platform[row].astype(np.int64),
        day=_set_day(days, ends[row] - visit),
        weight=np.full(wanted, total / wanted),
    )


def _set_day(days: DayArray, rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the day on which each person is active for the `rank`-th time, from 1."""
    passed = np.zeros(days.size, dtype=np.int64)
    found = np.full(days.size, NOWHERE, dtype=np.int64)
    for day in range(WINDOW_DAYS):
        active = (days & np.uint32(1 << day)) != 0
        passed += active
        found[active & (passed == rank)] = day
    return found


def draw_on_site(
    population: Population, columns: tuple[int, ...], wanted: int, work: FieldWork, would: FloatArray, seed: int
) -> Drawn:
    """Let visitors of the platforms answer during the field days, each at most once.

    Parameters
    ----------
    population : Population
    columns : tuple of int
        The platforms of the survey.
    wanted : int
        Expected number of respondents, where the chance of answering at a visit is not given.
    work : FieldWork
    would : array of shape (N,)
        Probability that each person answers when reached.
    seed : int

    Raises
    ------
    InvalidInput
        If so many cannot be expected, or nobody answered.
    """
    visits = np.zeros(population.n_persons, dtype=np.int64)
    for j in columns:
        visits += n_days(population.visits[:, j] & work.day_bits)
    chance = work.chance if work.chance is not None else chance_for(wanted, visits, would, work.avidity)
    reached = stream(seed, "survey/on site").random(visits.size) < reach_probability(visits, chance, work.avidity)
    willing = stream(seed, "survey/response").random(visits.size) < would
    chosen = np.flatnonzero(reached & willing)
    _enough(1, chosen.size, "respondents: nobody answered")
    by_platform = n_days(population.visits[chosen][:, columns] & work.day_bits).cumsum(axis=1, dtype=np.int64)
    spot = stream(seed, "survey/on site/platform").random(chosen.size) * visits[chosen]
    platform = np.asarray(columns, dtype=np.int64)[(by_platform <= spot[:, None]).sum(axis=1)]
    nowhere = np.full(chosen.size, NOWHERE)
    truth: dict[str, Scalar] = {"chance": chance}
    return Drawn(persons=chosen, platform=platform, day=nowhere, weight=np.ones(chosen.size), truth=truth)
