"""Instrument: how often each person was seen, without fixed occasions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand, FrozenMapping
from microwork_estimate.inputs.histories import CaptureCounts
from microwork_estimate.simulate.checks import check_number
from microwork_estimate.simulate.observed import Observed
from microwork_estimate.simulate.population import Population
from microwork_estimate.streams import stream


@dataclass(frozen=True, kw_only=True, slots=True)
class SightingRate:
    """How often persons are seen on average, and how much they differ.

    Parameters
    ----------
    mean : float
        Mean number of sightings per person, above 0.
    cv : float
        Coefficient of variation of the expected number between persons (gamma law). 0 makes counts Poisson, 1
        geometric, any other value negative binomial.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> SightingRate(mean=2.0).cv
    0.0
    """

    mean: float
    cv: float = 0.0

    def __post_init__(self) -> None:
        check_number(self.mean, where="SightingRate.mean", open_low=True, high=1e6)
        check_number(self.cv, where="SightingRate.cv", high=20.0)


def sightings(
    population: Population, *, rate: SightingRate, among: str = "ever_active", seed: int
) -> Observed[CaptureCounts]:
    """Count how often each person of a tier was seen.

    In words: every person has an expected number of sightings, drawn from a gamma law, and a Poisson number given it;
    who tried once and left is seen exactly once. Persons seen zero times are not in the data.

    Parameters
    ----------
    population : Population
    rate : SightingRate
        Mean and spread.
    among : str
        The tier, as in :func:`microwork_estimate.simulate.lists`.
    seed : int

    Returns
    -------
    Observed of CaptureCounts
        The truth has ``size`` (persons of the tier: what is to be estimated) and ``seen``.

    Raises
    ------
    InvalidInput
        If there is no such tier, nobody in it, or nobody was seen.

    Assumptions
    -----------
    Sightings do not depend on propensity or activity.

    References
    ----------
    Greenwood, M. and Yule, G. U. (1920), Journal of the Royal Statistical Society 83, 255-279: a Poisson number with a
    gamma expectation is negative binomial.

    Examples
    --------
    >>> from microwork_estimate.simulate import PlatformMarket, population
    >>> world = population(n_persons=5000, market=PlatformMarket.ranked(3, largest=0.3), seed=1)
    >>> seen = sightings(world, rate=SightingRate(mean=1.0), seed=2)
    >>> seen.data.n_observed == seen.truth["seen"]
    True
    """
    persons = np.flatnonzero(population.among(among))
    expected = np.full(persons.size, rate.mean)
    if rate.cv > 0.0:
        shape = 1.0 / rate.cv**2
        expected *= stream(seed, "sightings/rate").gamma(shape, 1.0 / shape, persons.size)
    times = stream(seed, "sightings/times").poisson(expected)
    times[population.tried_once[persons]] = 1
    if not times.any():
        raise InvalidInput(
            "nobody was seen",
            expected=f"sightings of persons who are {among}",
            got=f"none of {persons.size} persons seen",
            where="sightings",
            fix="raise the mean, choose a wider tier or a larger world",
        )
    data = CaptureCounts(
        frequencies=np.bincount(times)[1:],
        estimand=Estimand(unit="persons", activity="captured", window="28 days", platforms="declaring"),
    )
    seen = int(np.count_nonzero(times))
    truth = FrozenMapping({**population.truth, "size": int(persons.size), "seen": seen})
    return Observed(data=data, truth=truth)
