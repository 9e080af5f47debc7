"""Instrument: unique visitors of platform sites, as an audience provider would estimate them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FrozenMapping, Scalar
from microwork_estimate.inputs.platforms import PlatformAudience
from microwork_estimate.simulate.checks import check_correlation, check_number, check_share
from microwork_estimate.simulate.observed import Observed
from microwork_estimate.simulate.options import WINDOW_DAYS
from microwork_estimate.simulate.population import Population
from microwork_estimate.simulate.truth import ratio
from microwork_estimate.streams import stream


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """How an audience provider errs.

    Parameters
    ----------
    sigma : float
        Standard deviation of the error of a figure, on the log scale.
    correlation : float
        Correlation, from 0 to 1, of the errors of two sites: the provider's panel is the same for all.
    threshold : float
        Sites below this figure are not reported.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> Provider(sigma=0.5).correlation
    0.6
    """

    sigma: float = 0.0
    correlation: float = 0.6
    threshold: float = 0.0

    def __post_init__(self) -> None:
        check_number(self.sigma, where="Provider.sigma")
        reason = "an error that sites share cannot make them differ"
        check_correlation(self.correlation, where="Provider.correlation", low=0.0, reason=reason)
        check_number(self.threshold, where="Provider.threshold")


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitors:
    """Who visits the sites besides workers, and with how many devices.

    Parameters
    ----------
    worker_share : float
        Share of the visitors from the territory who are workers, above 0.
    territory_share : float
        Share of all visitors who are from the territory, above 0.
    devices : float
        Mean number of devices (or cookies) with which a visitor is counted, 1 or more.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> Visitors(worker_share=0.5, devices=1.4).territory_share
    1.0
    """

    worker_share: float = 1.0
    territory_share: float = 1.0
    devices: float = 1.0

    def __post_init__(self) -> None:
        for name in ("worker_share", "territory_share"):
            share = check_share(getattr(self, name), where=f"Visitors.{name}")
            check_number(share, where=f"Visitors.{name}", open_low=True)
        check_number(self.devices, where="Visitors.devices", low=1.0)


def traffic(
    population: Population,
    *,
    platforms: tuple[str, ...] | None = None,
    provider: Provider | None = None,
    visitors: Visitors | None = None,
    seed: int,
) -> Observed[PlatformAudience]:
    """Let an audience provider estimate the unique visitors of platform sites in the window of 28 days.

    In words: the workers active on a platform are joined by other visitors, of the territory and from abroad, in
    Poisson numbers; each visitor is counted once and a Poisson number of times more for further devices; the figure is
    multiplied by a log-normal error, part of which all sites of the provider share.

    Parameters
    ----------
    population : Population
    platforms : tuple of str or None
        The sites; None for those of the declaring platforms.
    provider : Provider or None
        The errors of the provider. None for none.
    visitors : Visitors or None
        Other visitors and devices. None for workers with one device each.
    seed : int

    Returns
    -------
    Observed of PlatformAudience
        The truth is about the platforms asked for, with ``measured on <platform>`` before the threshold,
        ``realised_worker_share`` (workers among all visitors from the territory), ``realised_territory_share`` and
        ``realised_devices``.

    Raises
    ------
    InvalidInput
        If a platform is unknown, or every site is below the threshold.

    Assumptions
    -----------
    Other visitors are no workers, and each site has its own; their number goes with that of the workers.

    Examples
    --------
    >>> from microwork_estimate.simulate import PlatformMarket, population
    >>> world = population(n_persons=5000, market=PlatformMarket.ranked(3, largest=0.3), seed=1)
    >>> seen = traffic(world, seed=2)
    >>> seen.data.total == seen.truth["visitors"]
    True
    """
    error, people = provider or Provider(), visitors or Visitors()
    columns = population.columns(platforms)
    names = tuple(population.market.names[j] for j in columns)
    shared = stream(seed, "traffic/provider").standard_normal()
    rows = np.empty((len(columns), 4))
    for row, j in enumerate(columns):
        workers = int(np.count_nonzero(population.visits[:, j]))
        rows[row, :3] = _counted(workers, people, stream(seed, f"traffic/visitors/{names[row]}"))
        own = stream(seed, f"traffic/error/{names[row]}").standard_normal()
        log = error.sigma * (np.sqrt(error.correlation) * shared + np.sqrt(1.0 - error.correlation) * own)
        rows[row, 3] = rows[row, 2] * np.exp(log)
    truth: dict[str, Scalar] = dict(population.truth if platforms is None else population.truth_on(names))
    local, everybody, devices = (float(number) for number in rows[:, :3].sum(axis=0))
    truth["realised_worker_share"] = ratio(float(truth["visitors"] or 0), local)
    truth["realised_territory_share"] = ratio(local, everybody)
    truth["realised_devices"] = ratio(devices, everybody)
    truth |= {f"measured on {name}": float(number) for name, number in zip(names, rows[:, 3], strict=True)}
    return Observed(data=_reported(names, rows[:, 3], error.threshold), truth=FrozenMapping(truth))


def _counted(workers: int, people: Visitors, generator: np.random.Generator) -> tuple[int, int, int]:
    """Return visitors from the territory, all visitors, and all devices, for one site."""
    local = workers + generator.poisson(workers * (1.0 / people.worker_share - 1.0))
    everybody = local + generator.poisson(local * (1.0 / people.territory_share - 1.0))
    return local, everybody, everybody + generator.poisson(everybody * (people.devices - 1.0))


def _reported(names: tuple[str, ...], measured: np.ndarray, threshold: float) -> PlatformAudience:
    above = np.flatnonzero(measured >= threshold)
    if above.size == 0:
        raise InvalidInput(
            "no site is reported",
            expected=f"a threshold of at most {measured.max():g}, the largest figure",
            got=f"{threshold:g}",
            where="Provider.threshold",
            fix="lower the threshold",
        )
    return PlatformAudience(
        platforms=tuple(names[at] for at in above),
        unique_visitors=measured[above],
        provider="synthetic provider",
        source="synthetic: simulate.traffic",
        window=f"{WINDOW_DAYS} days",
    )
