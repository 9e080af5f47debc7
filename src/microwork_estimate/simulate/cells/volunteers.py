"""Volunteers and a reference sample of the same population: the world of a certificate, and what is tried in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from microwork_estimate import weighting
from microwork_estimate.errors import check_choice
from microwork_estimate.estimate import Estimand, Estimate, FloatArray, Interval
from microwork_estimate.inputs import SurveySample
from microwork_estimate.simulate.checks import check_number, check_whole
from microwork_estimate.streams import stream

SEED = 2019
REGIONS = ("a", "b", "c")
ROUTES = {
    "pseudo-weights": weighting.pseudo_weighted_mean,
    "imputation": weighting.mass_imputation_mean,
    "both": weighting.doubly_robust_mean,
}
_MODELS = weighting.WorkingModels(variables=("age", "region"))


class Volunteered(NamedTuple):
    """Volunteers with their hours, a reference sample without, and what the simulation knows of the volunteering.

    ``defect`` is the correlation in the population between being in, with the weight of each, and hours: the number that
    no data can tell.
    """

    volunteers: SurveySample
    reference: SurveySample
    defect: float


class _Frame(NamedTuple):
    age: FloatArray
    region: NDArray[np.int64]
    hours: FloatArray
    chance: FloatArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Volunteers:
    """Persons who volunteer with a chance that depends on age and region, and perhaps on their hours too.

    The population is drawn once and stays; each person volunteers or not independently of others; the reference is a
    simple random sample with replacement.

    Parameters
    ----------
    size : int
        Persons of the population.
    n_volunteers, n_reference : int
        Volunteers expected, and persons of the reference sample.
    by_hours : float
        Shift of the logit of volunteering with one standard deviation of the hours that age and region do not explain.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> data, truth = Volunteers(size=20_000, n_volunteers=600, n_reference=500)(np.random.default_rng(1))
    >>> data.reference.n, truth > 0
    (500, True)
    """

    size: int
    n_volunteers: int
    n_reference: int
    by_hours: float = 0.0

    def __post_init__(self) -> None:
        for name in ("size", "n_volunteers", "n_reference"):
            check_whole(getattr(self, name), where=f"Volunteers.{name}")
        check_number(self.by_hours, where="Volunteers.by_hours", low=-3.0, high=3.0)

    def __call__(self, generator: np.random.Generator) -> tuple[Volunteered, float]:
        """Draw volunteers and the reference; the truth is the mean of hours in the population."""
        frame = _frame(self)
        inside = np.flatnonzero(generator.random(self.size) < frame.chance)
        drawn = generator.integers(0, self.size, self.n_reference)
        volunteers = SurveySample(
            columns={**_common(frame, inside), "hours": frame.hours[inside]}, universe="synthetic"
        )
        reference = SurveySample(
            columns=_common(frame, drawn),
            weight=np.full(drawn.size, self.size / drawn.size),
            universe="synthetic",
        )
        return Volunteered(volunteers, reference, _defect(self)), float(frame.hours.mean())


@lru_cache(maxsize=8)
def _frame(world: Volunteers) -> _Frame:
    generator = stream(SEED, "certificate/volunteers")
    age = generator.uniform(-1.0, 1.0, world.size)
    region = generator.choice(len(REGIONS), size=world.size, p=(0.5, 0.3, 0.2))
    noise = generator.standard_normal(world.size)
    hours = 10.0 + 3.0 * age + 2.0 * region + 3.0 * noise
    logit = 0.8 * age - 0.5 * region + world.by_hours * noise
    low, high = -20.0, 20.0
    for _ in range(80):  # the intercept at which so many are expected
        middle = 0.5 * (low + high)
        many = special.expit(middle + logit).sum() > world.n_volunteers
        low, high = (low, middle) if many else (middle, high)
    return _Frame(age=age, region=region, hours=hours, chance=special.expit(middle + logit))


def _common(frame: _Frame, persons: NDArray[np.int64]) -> dict[str, NDArray[np.generic]]:
    return {"age": frame.age[persons], "region": np.asarray(REGIONS)[frame.region[persons]]}


@lru_cache(maxsize=8)
def _defect(world: Volunteers) -> float:
    """Return the correlation, over the population, of weighted membership and of hours.

    A member counts with one over the chance that a logistic model of age and region gives when it is fitted to
    everybody. What is random is membership; the moments are those that are expected.
    """
    frame = _frame(world)
    design = np.column_stack([np.ones(world.size), frame.age, frame.region == 1, frame.region == 2]).astype(np.float64)
    slope = np.zeros(design.shape[1])
    for _ in range(25):  # Newton's steps
        chance = special.expit(design @ slope)
        information = (design * (chance * (1 - chance))[:, None]).T @ design
        slope += np.linalg.solve(information, design.T @ (frame.chance - chance))
    modelled = special.expit(design @ slope)
    weight = frame.chance / modelled
    covariance = float(np.mean((weight - weight.mean()) * (frame.hours - frame.hours.mean())))
    variance = float(np.mean(weight / modelled)) - float(weight.mean()) ** 2
    return covariance / float(np.sqrt(variance) * frame.hours.std())


def volunteer_mean(data: Volunteered, *, route: str = "pseudo-weights", level: float = 0.95) -> Estimate:
    """Mean of hours in the population from the volunteers.

    Parameters
    ----------
    data : Volunteered
    route : str
        ``"pseudo-weights"``, ``"imputation"`` or ``"both"`` (doubly robust).
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> data, truth = Volunteers(size=20_000, n_volunteers=600, n_reference=500)(np.random.default_rng(1))
    >>> bool(abs(volunteer_mean(data).value / truth - 1) < 0.1)
    True
    """
    check_choice(route, ROUTES, where="volunteer_mean.route")
    return ROUTES[route](data.volunteers, data.reference, "hours", models=_MODELS, level=level)


def mean_given_defect(data: Volunteered, *, level: float = 0.95) -> Estimate:
    """Read the curve of data-defect correlations at the true one.

    Parameters
    ----------
    data : Volunteered
    level : float

    Returns
    -------
    Estimate
        From :func:`~microwork_estimate.weighting.data_defect_curve`.

    Examples
    --------
    >>> world = Volunteers(size=20_000, n_volunteers=600, n_reference=500, by_hours=0.5)
    >>> data, truth = world(np.random.default_rng(1))
    >>> bool(abs(mean_given_defect(data).value - truth) < abs(volunteer_mean(data).value - truth))
    True
    """
    curve = weighting.data_defect_curve(volunteer_mean(data, level=level), correlations=[data.defect])
    value, low, high = (float(array[0]) for array in (curve.values, curve.low, curve.high))
    return Estimate(
        name="mean of hours at a correlation",
        value=value,
        interval=Interval(low=low, high=high, level=level, method="data-defect curve"),
        estimand=Estimand(),
        method="pseudo-weights with a known data-defect correlation",
    )
