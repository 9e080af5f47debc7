"""Tiers of activity from one survey: the world of a certificate, and the ratio of two tiers by their replicates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from microwork_estimate import bootstrap, weighting
from microwork_estimate.estimate import Estimand, Estimate
from microwork_estimate.inputs import SurveySample
from microwork_estimate.simulate.checks import check_number, check_whole
from microwork_estimate.streams import stream

SEED = 2019
N_CLUSTERS = 50
_MONTHLY, _WEEKLY = 0.3, 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class TieredClusters:
    """Strata of 50 clusters, a few of which are drawn with replacement; persons are weekly, monthly or not active.

    Everybody who is active every week is active in the month. Clusters differ in how active their persons are.

    Parameters
    ----------
    n_strata : int
    drawn : int
        Clusters drawn in each stratum.
    cluster_size : int
        Persons of a cluster.
    between : float
        Standard deviation between clusters, on the logit of activity.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> world = TieredClusters(n_strata=10, drawn=4, cluster_size=10, between=0.5)
    >>> sample, truth = world(np.random.default_rng(1))
    >>> sample.n, 0 < truth < 1
    (400, True)
    """

    n_strata: int
    drawn: int
    cluster_size: int
    between: float

    def __post_init__(self) -> None:
        for name in ("n_strata", "cluster_size"):
            check_whole(getattr(self, name), where=f"TieredClusters.{name}")
        check_whole(self.drawn, where="TieredClusters.drawn", low=2)
        check_number(self.between, where="TieredClusters.between", high=3.0)

    def __call__(self, generator: np.random.Generator) -> tuple[SurveySample, float]:
        """Draw clusters; the truth is the ratio of weekly to monthly persons in the population."""
        frame = _frame(self)
        chosen = generator.integers(0, N_CLUSTERS, size=(self.n_strata, self.drawn))
        stratum = np.arange(self.n_strata)[:, None]
        monthly, weekly = (part[stratum, chosen].ravel() for part in frame)
        sample = SurveySample(
            columns={"weekly": weekly, "monthly": monthly},
            weight=np.full(monthly.size, N_CLUSTERS / self.drawn),
            strata=np.repeat(np.arange(self.n_strata), self.drawn * self.cluster_size),
            psu=np.repeat(np.arange(self.n_strata * self.drawn), self.cluster_size),
            universe="synthetic",
        )
        return sample, float(frame[1].sum() / frame[0].sum())


@lru_cache(maxsize=8)
def _frame(world: TieredClusters) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    generator = stream(SEED, "certificate/tiers")
    shape = (world.n_strata, N_CLUSTERS, world.cluster_size)
    shift = np.exp(world.between * generator.standard_normal((*shape[:2], 1)))
    luck = generator.random(shape)
    monthly, weekly = (luck < share * shift / (1 - share + share * shift) for share in (_MONTHLY, _WEEKLY))
    return monthly, weekly


def tier_ratio(sample: SurveySample, *, joint: bool = True, n_replicates: int = 199, level: float = 0.95) -> Estimate:
    """Ratio of weekly to monthly persons of one survey, replicate by replicate.

    Parameters
    ----------
    sample : SurveySample
    joint : bool
        Whether both tiers use the same redraws of the survey, as they must; otherwise each is redrawn for itself, as
        if finished estimates of two surveys were combined.
    n_replicates : int
        B.
    level : float

    Returns
    -------
    Estimate
        With an interval that is symmetric on the logarithm, t with as many degrees of freedom as clusters less strata.

    Examples
    --------
    >>> sample, truth = TieredClusters(n_strata=10, drawn=4, cluster_size=10, between=0.5)(np.random.default_rng(1))
    >>> together, apart = (tier_ratio(sample, joint=joint) for joint in (True, False))
    >>> together.value == apart.value, together.standard_error < apart.standard_error
    (True, True)
    """
    weekly = _total(sample, "weekly", "survey", n_replicates)
    monthly = _total(sample, "monthly", "survey" if joint else "the same survey again", n_replicates)
    one, two = weekly.replicates, monthly.replicates
    assert one is not None and two is not None  # noqa: S101, PT018 - totals with redrawn weights have them
    value, draws = float(weekly.value or 0.0) / float(monthly.value or 0.0), one / two
    degrees = _number(sample.psu) - _number(sample.strata)
    estimate = Estimate(
        name="weekly over monthly persons",
        value=value,
        estimand=Estimand(unit="ratio"),
        method="two totals of one survey" if joint else "two totals, redrawn apart",
        assumptions=weekly.assumptions,
    )
    interval = bootstrap.log_t(draws, value, degrees=degrees, level=level)
    return bootstrap.with_replicates(estimate, draws, level=level, interval=interval)


def _total(sample: SurveySample, column: str, source: str, n_replicates: int) -> Estimate:
    # One seed for all simulations is fair: what is redrawn are the clusters of each.
    redrawn = weighting.replicate_weights(
        sample, weighting.RaoWuYue(), n_replicates=n_replicates, seed=1, stream=source
    )
    found = weighting.total(weighting.view(sample, variance=redrawn), column)
    assert isinstance(found, Estimate)  # noqa: S101 - no domains were asked for
    return found


def _number(groups: NDArray[np.generic] | None) -> int:
    return 0 if groups is None else int(np.unique(groups).size)
