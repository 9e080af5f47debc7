"""A population that people join and leave, seen on several occasions: the world of a certificate, and what is tried."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from microwork_estimate import capture_recapture
from microwork_estimate.errors import check_choice
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs.occasions import OccasionHistories
from microwork_estimate.inputs.open_counts import OpenCounts
from microwork_estimate.simulate.checks import check_share, check_whole

ABOUT = ("size", "total", "half_life")
MODELS = ("jolly_seber", "superpopulation", "robust_design")


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenOccasions:
    """N persons at any time, each of whom may leave from one period to the next; newcomers take their places.

    Parameters
    ----------
    size : int
        N.
    periods, days : int
        Periods, and survey days in each; within a period nobody comes or goes.
    survival : float
        Chance to be still there in the next period.
    chance : float
        Chance of those present to be seen on a survey day.
    about : str
        What the truth is: ``"size"`` (N), ``"total"`` (persons ever there) or ``"half_life"`` (in periods).

    Raises
    ------
    InvalidInput
        If a number or word is impossible.

    Examples
    --------
    >>> world = OpenOccasions(size=1000, periods=5, days=1, survival=0.8, chance=0.4, about="total")
    >>> seen, truth = world(np.random.default_rng(1))
    >>> len(seen.occasions), 1600 < truth < 2000
    (5, True)
    """

    size: int
    periods: int
    days: int
    survival: float
    chance: float
    about: str

    def __post_init__(self) -> None:
        for name in ("size", "days"):
            check_whole(getattr(self, name), where=f"OpenOccasions.{name}")
        check_whole(self.periods, where="OpenOccasions.periods", low=3)
        for name in ("survival", "chance"):
            check_share(getattr(self, name), where=f"OpenOccasions.{name}", below_one=True)
        check_choice(self.about, ABOUT, where="OpenOccasions.about")

    def __call__(self, generator: np.random.Generator) -> tuple[OccasionHistories, float]:
        """Draw who is there and who is seen; the truth is as asked."""
        there = np.zeros((self.size * self.periods, self.periods), dtype=bool)
        present, total = np.arange(self.size), self.size
        there[present, 0] = True
        for period in range(1, self.periods):
            stay = present[generator.random(self.size) < self.survival]
            came = self.size - stay.size
            present = np.concatenate([stay, np.arange(total, total + came)])
            there[present, period] = True
            total += came
        seen = np.repeat(there, self.days, axis=1) & (
            generator.random((len(there), self.periods * self.days)) < self.chance
        )
        truths = {"size": self.size, "total": total, "half_life": math.log(0.5) / math.log(self.survival)}
        histories = OccasionHistories(
            seen=seen[seen.any(axis=1)],
            occasions=tuple(f"day {number}" for number in range(1, self.periods * self.days + 1)),
            periods=np.repeat(np.arange(self.periods), self.days),
        )
        return histories, float(truths[self.about])


def open_population(
    seen: OccasionHistories, *, model: str, about: str = "size", at: int = 2, level: float = 0.95
) -> Estimate:
    """One number of an open population by one of the models.

    Parameters
    ----------
    seen : OccasionHistories
    model : str
        ``"jolly_seber"``, ``"superpopulation"`` or ``"robust_design"``.
    about : str
        As in :class:`OpenOccasions`.
    at : int
        The period whose size is asked, from 0.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = OpenOccasions(size=1000, periods=5, days=1, survival=0.8, chance=0.4, about="size")
    >>> seen, truth = world(np.random.default_rng(1))
    >>> bool(abs(open_population(seen, model="jolly_seber").value / truth - 1) < 0.3)
    True
    """
    check_choice(model, MODELS, where="open_population.model")
    check_choice(about, ABOUT, where="open_population.about")
    if model == "robust_design":
        found = capture_recapture.robust_design(seen, level=level)
    elif model == "superpopulation":
        counts = OpenCounts.from_occasions(seen)
        found = capture_recapture.superpopulation(counts, capture="equal", survival="equal", level=level)
    else:
        found = capture_recapture.jolly_seber(OpenCounts.from_occasions(seen), level=level)
    if about == "half_life":
        return capture_recapture.half_life(found, level=level)
    if about == "total":
        assert found.total is not None  # noqa: S101 - these models have one
        return found.total
    return found.sizes[at]
