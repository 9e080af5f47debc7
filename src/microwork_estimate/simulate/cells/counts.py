"""Counts of sightings: the world of a certificate.

The estimators tried in it are those of :mod:`microwork_estimate.capture_recapture`, as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from scipy import stats

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs import CaptureCounts
from microwork_estimate.simulate.checks import check_number, check_share, check_whole

Law = Literal["poisson", "geometric", "binomial", "two classes"]
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True)
class Sightings:
    """N persons, each seen a random number of times; those seen zero times are not in the data.

    The counts are multinomial, which is what :func:`microwork_estimate.simulate.sightings` draws person by person.

    Parameters
    ----------
    size : int
        N, the truth.
    law : str
        ``"poisson"`` (one rate), ``"geometric"`` (rates that differ as an exponential law), ``"binomial"`` (one chance
        on each occasion), or ``"two classes"`` (half of the persons seen `contrast` times as often as the others).
    mean : float
        Mean number of sightings of those who did not try once only.
    occasions : int or None
        T, for the binomial law and with it for two classes of chances.
    contrast : float
        For two classes.
    tried_once : float
        Share of persons who are seen exactly once because they came once and left.

    Raises
    ------
    InvalidInput
        If a number is impossible, or occasions are missing or in vain.

    Examples
    --------
    >>> counts, truth = Sightings(size=5000, law="poisson", mean=1.0)(np.random.default_rng(1))
    >>> truth, counts.n_observed < 5000
    (5000.0, True)
    """

    size: int
    law: Law
    mean: float
    occasions: int | None = None
    contrast: float = 1.0
    tried_once: float = 0.0

    def __post_init__(self) -> None:
        check_whole(self.size, where="Sightings.size")
        check_choice(self.law, get_args(Law), where="Sightings.law")
        check_number(self.mean, where="Sightings.mean", open_low=True, high=100.0)
        check_number(self.contrast, where="Sightings.contrast", low=1.0)
        check_share(self.tried_once, where="Sightings.tried_once", below_one=True)
        if (self.law == "binomial") and self.occasions is None:
            raise InvalidInput(
                "no occasions",
                expected="a number of occasions for a binomial law",
                got="None",
                where="Sightings.occasions",
                fix="give occasions, or take the Poisson law",
            )

    def __call__(self, generator: np.random.Generator) -> tuple[CaptureCounts, float]:
        """Draw counts; the truth is N."""
        frequencies = generator.multinomial(self.size, _chances(self))
        return CaptureCounts(frequencies=frequencies[1:], occasions=self.occasions), float(self.size)


@lru_cache(maxsize=64)
def _chances(world: Sightings) -> FloatArray:
    """Return the chance of each number of sightings from 0 on."""
    most = world.occasions or int(stats.geom.isf(_NEGLIGIBLE, 1.0 / (1.0 + world.mean * world.contrast)))
    times = np.arange(most + 1)
    # Two classes of equal size with means in the ratio of the contrast, and the mean of both as asked.
    lower = 2.0 * world.mean / (1.0 + world.contrast)
    means = (lower, lower * world.contrast) if world.law == "two classes" else (world.mean,)
    chances = np.mean([_law(world, mean, times) for mean in means], axis=0)
    chances = (1.0 - world.tried_once) * chances / chances.sum()
    chances[1] += world.tried_once
    return np.asarray(chances)


def _law(world: Sightings, mean: float, times: np.ndarray) -> FloatArray:
    if world.law == "geometric":
        return np.asarray(stats.geom.pmf(times + 1, 1.0 / (1.0 + mean)))
    if world.occasions is not None:
        return np.asarray(stats.binom.pmf(times, world.occasions, mean / world.occasions))
    return np.asarray(stats.poisson.pmf(times, mean))
