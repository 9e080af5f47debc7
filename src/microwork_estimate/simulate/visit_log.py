"""Instrument: the log of platforms, persons by platform and day."""

from __future__ import annotations

import numpy as np

from microwork_estimate.inputs.platform_days import PlatformDays
from microwork_estimate.simulate.observed import Observed
from microwork_estimate.simulate.options import WINDOW_DAYS
from microwork_estimate.simulate.population import Population


def visit_log(population: Population, *, platforms: tuple[str, ...] | None = None) -> Observed[PlatformDays]:
    """Count the persons who visited each platform on each day of the window, without error.

    Nothing is drawn, so there is no seed.

    Parameters
    ----------
    population : Population
    platforms : tuple of str or None
        The platforms whose log is open; None for the declaring ones.

    Returns
    -------
    Observed of PlatformDays
        The truth is about these platforms.

    Raises
    ------
    InvalidInput
        If a platform is unknown.

    Examples
    --------
    >>> from microwork_estimate.simulate import PlatformMarket, population
    >>> world = population(n_persons=5000, market=PlatformMarket.ranked(3, largest=0.3), seed=1)
    >>> log = visit_log(world)
    >>> log.data.total == log.truth["platform_days"]
    True
    """
    columns = population.columns(platforms)
    names = tuple(population.market.names[j] for j in columns)
    visitors = np.empty((len(columns), WINDOW_DAYS))
    for row, j in enumerate(columns):
        active = population.visits[population.membership[:, j], j]
        for day in range(WINDOW_DAYS):
            visitors[row, day] = np.count_nonzero(active & np.uint32(1 << day))
    data = PlatformDays(
        platforms=names,
        days=tuple(str(day + 1) for day in range(WINDOW_DAYS)),
        visitors=visitors,
        source="synthetic: simulate.visit_log",
        window="28 days",
    )
    return Observed(data=data, truth=population.truth if platforms is None else population.truth_on(names))
