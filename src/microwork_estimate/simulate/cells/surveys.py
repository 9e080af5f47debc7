"""A survey in strata and clusters: the world of a certificate, and what is tried in it.

The population is drawn once and stays; what varies from one simulation to the next is which clusters are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from microwork_estimate import weighting
from microwork_estimate.errors import check_choice
from microwork_estimate.estimate import Estimate, FloatArray, IntArray
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.simulate.checks import check_number, check_whole
from microwork_estimate.streams import stream

SEED = 2019
GROUPS = ("a", "b", "c")
_GROUP_SHARES = (0.5, 0.3, 0.2)


class Drawn(NamedTuple):
    """A sample of clusters, and the known sizes of the groups in the population."""

    sample: SurveySample
    margins: Margins


class _Frame(NamedTuple):
    """A finite population: hours and group of each person, shape (strata, clusters, persons)."""

    hours: FloatArray
    groups: IntArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Clusters:
    """Strata of 50 clusters, a few of which are drawn with replacement; everybody in them answers.

    Hours are log-normal, with a part that persons of one cluster share, and higher in some groups of persons.

    Parameters
    ----------
    n_strata : int
    drawn : int
        Clusters drawn in each stratum.
    cluster_size : int
        Persons of a cluster.
    spread : float
        Standard deviation of the logarithm of hours between persons of a group: how skewed they are.
    between : float
        Standard deviation of the logarithm between clusters.
    group_effect : float
        Logarithm of how many times higher hours are from one group to the next.
    truth : str
        ``"total"`` or ``"mean"`` of hours.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> world = Clusters(n_strata=16, drawn=2, cluster_size=5, spread=1.0, between=0.3, group_effect=0.0)
    >>> data, truth = world(np.random.default_rng(1))
    >>> data.sample.n, truth > 0
    (160, True)
    """

    n_strata: int
    drawn: int
    cluster_size: int
    spread: float
    between: float
    group_effect: float
    truth: str = "total"

    def __post_init__(self) -> None:
        for name in ("n_strata", "cluster_size"):
            check_whole(getattr(self, name), where=f"Clusters.{name}")
        check_whole(self.drawn, where="Clusters.drawn", low=2)
        for name in ("spread", "between", "group_effect"):
            check_number(getattr(self, name), where=f"Clusters.{name}", high=3.0)
        check_choice(self.truth, ("total", "mean"), where="Clusters.truth")

    def __call__(self, generator: np.random.Generator) -> tuple[Drawn, float]:
        """Draw clusters; the truth is the total or the mean of hours in the population."""
        frame = _frame(self)
        n_clusters = frame.hours.shape[1]
        chosen = generator.integers(0, n_clusters, size=(self.n_strata, self.drawn))
        stratum = np.arange(self.n_strata)[:, None]
        columns: dict[str, NDArray[np.generic]] = {
            "hours": frame.hours[stratum, chosen].ravel(),
            "group": np.asarray(GROUPS)[frame.groups[stratum, chosen]].ravel(),
        }
        size = self.n_strata * self.drawn * self.cluster_size
        sample = SurveySample(
            columns=columns,
            weight=np.full(size, n_clusters / self.drawn),
            strata=np.repeat(np.arange(self.n_strata), self.drawn * self.cluster_size),
            psu=np.repeat(np.arange(self.n_strata * self.drawn), self.cluster_size),
            universe="synthetic",
        )
        counts = np.bincount(frame.groups.ravel(), minlength=len(GROUPS))
        margins = Margins.from_totals(
            {"group": dict(zip(GROUPS, counts.tolist(), strict=True))}, source="synthetic", universe="synthetic"
        )
        total = float(frame.hours.sum())
        return Drawn(sample, margins), total if self.truth == "total" else total / frame.hours.size


@lru_cache(maxsize=8)
def _frame(world: Clusters) -> _Frame:
    shape = (world.n_strata, 50, world.cluster_size)
    generator = stream(SEED, "certificate/clusters")
    groups = generator.choice(len(GROUPS), size=shape, p=_GROUP_SHARES)
    level = 2.0 + world.group_effect * groups + world.between * generator.standard_normal((*shape[:2], 1))
    hours = np.exp(level + world.spread * generator.standard_normal(shape))
    return _Frame(hours=hours, groups=groups.astype(np.int64))


def linearised_total(data: Drawn, *, level: float = 0.95) -> Estimate:
    """Total of hours with the linearised variance and a t interval.

    Parameters
    ----------
    data : Drawn
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = Clusters(n_strata=16, drawn=2, cluster_size=5, spread=0.5, between=0.2, group_effect=0.5)
    >>> data, truth = world(np.random.default_rng(1))
    >>> bool(abs(linearised_total(data).value / truth - 1) < 0.3)
    True
    """
    return weighting.total(data.sample, "hours", level=level)


def bootstrap_total(data: Drawn, *, n_replicates: int = 199, seed: int = 1, level: float = 0.95) -> Estimate:
    """Total of hours with Rao-Wu-Yue replicates and a t interval on the logarithm.

    Parameters
    ----------
    data : Drawn
    n_replicates : int
        B.
    seed : int
        Of the redraws. One seed for all simulations is fair: what is redrawn are the clusters of each.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = Clusters(n_strata=16, drawn=2, cluster_size=5, spread=0.5, between=0.2, group_effect=0.5)
    >>> data, truth = world(np.random.default_rng(1))
    >>> bootstrap_total(data, n_replicates=49).interval.method
    'log-t'
    """
    replicates = weighting.replicate_weights(data.sample, weighting.RaoWuYue(), n_replicates=n_replicates, seed=seed)
    look = weighting.view(data.sample, variance=replicates)
    return weighting.total(look, "hours", interval="log-t", level=level)


def poststratified_mean(
    data: Drawn, *, recalibrated: bool = True, n_replicates: int = 199, seed: int = 1, level: float = 0.95
) -> Estimate:
    """Mean of hours with weights that meet the sizes of the groups, and Rao-Wu-Yue replicates.

    Parameters
    ----------
    data : Drawn
    recalibrated : bool
        Whether the weights of every replicate are calibrated anew.
    n_replicates : int
        B.
    seed : int
        As in :func:`bootstrap_total`.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = Clusters(n_strata=16, drawn=2, cluster_size=5, spread=0.5, between=0.2, group_effect=0.5, truth="mean")
    >>> data, truth = world(np.random.default_rng(1))
    >>> bool(abs(poststratified_mean(data, n_replicates=49).value / truth - 1) < 0.3)
    True
    """
    look = _poststratified(data, recalibrated=recalibrated, n_replicates=n_replicates, seed=seed)
    return weighting.mean(look, "hours", interval="log-t", level=level)


def calibrated_total(
    data: Drawn, *, replicated: bool = False, n_replicates: int = 199, seed: int = 1, level: float = 0.95
) -> Estimate:
    """Total of hours with weights that meet the sizes of the groups.

    Parameters
    ----------
    data : Drawn
    replicated : bool
        Whether the variance is that of Rao-Wu-Yue replicates, calibrated anew, or that of linearised residuals.
    n_replicates : int
        B.
    seed : int
        As in :func:`bootstrap_total`.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = Clusters(n_strata=16, drawn=2, cluster_size=5, spread=0.5, between=0.2, group_effect=0.5)
    >>> data, truth = world(np.random.default_rng(1))
    >>> one, other = calibrated_total(data), calibrated_total(data, replicated=True, n_replicates=49)
    >>> one.value == other.value, bool(abs(one.value / truth - 1) < 0.3)
    (True, True)
    """
    if not replicated:
        return weighting.total(weighting.poststratify(*data).sample, "hours", level=level)
    look = _poststratified(data, recalibrated=True, n_replicates=n_replicates, seed=seed)
    return weighting.total(look, "hours", interval="log-t", level=level)


def _poststratified(data: Drawn, *, recalibrated: bool, n_replicates: int, seed: int) -> weighting.SurveyView:
    """Return the sample with weights that meet the sizes of the groups, and its Rao-Wu-Yue replicates."""
    sample, margins = data
    after = weighting.poststratify(sample, margins).sample
    replicates = weighting.replicate_weights(sample, weighting.RaoWuYue(), n_replicates=n_replicates, seed=seed)
    if recalibrated:
        replicates = replicates.through(
            lambda weights: weighting.calibrate_replicates(sample, margins, weights), before=sample, after=after
        )
    return weighting.view(after, variance=replicates)
