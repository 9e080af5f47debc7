"""Web audience: a world in which the stated intervals of the factors are right, and what is tried in it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from microwork_estimate import platforms
from microwork_estimate.estimate import Estimate, Interval
from microwork_estimate.inputs import Elicited, PlatformAudience
from microwork_estimate.simulate.checks import check_correlation, check_number, check_whole

_FIXED = Elicited(distribution="fixed", low=1.0, source="synthetic: known")
_STATED = "synthetic: stated"
_UNCERTAIN = {
    "worker_share": Elicited(distribution="share", low=0.3, high=0.8, source=_STATED),
    "devices_per_person": Elicited(distribution="at_least_one", low=1.2, high=2.2, source=_STATED),
    "platforms_per_person": Elicited(distribution="at_least_one", low=1.1, high=1.6, source=_STATED),
}
_Z90 = 1.6448536269514722  # intervals of factors are stated at 90 %


@dataclass(frozen=True, kw_only=True, slots=True)
class ElicitedSites:
    """Sites of one provider whose measured visitors differ from the true ones by errors that go together.

    The figures are the same in every simulation; the truth is drawn from what was stated about the errors.

    Parameters
    ----------
    n_sites : int
    spread : float
        Standard deviation of the logarithm of the measurement error of a site.
    correlation : float
        Between the errors of any two sites, on the logarithm.
    every_factor : bool
        Whether worker share, devices and platforms per person are uncertain too.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> world = ElicitedSites(n_sites=23, spread=0.5, correlation=0.6)
    >>> figures, truth = world(np.random.default_rng(1))
    >>> figures == world, truth > 0
    (True, True)
    """

    n_sites: int
    spread: float
    correlation: float
    every_factor: bool = False

    def __post_init__(self) -> None:
        check_whole(self.n_sites, where="ElicitedSites.n_sites")
        check_number(self.spread, where="ElicitedSites.spread", open_low=True)
        check_correlation(self.correlation, where="ElicitedSites.correlation", low=0.0)

    def __call__(self, generator: np.random.Generator) -> tuple[ElicitedSites, float]:
        """Draw the truth: workers among the visitors."""
        audience, factors = self.figures()
        uniforms = generator.random((1, platforms.n_audience_uniforms(audience)))
        draws = platforms.audience_draws(audience, factors, uniforms, correlation=self.correlation)
        return self, float(draws[0])

    def figures(self) -> tuple[PlatformAudience, platforms.AudienceFactors]:
        """Return what the provider says, and what is stated about it."""
        names = tuple(f"site {number}" for number in range(1, self.n_sites + 1))
        visitors = 50_000.0 / np.arange(1.0, self.n_sites + 1.0)
        audience = PlatformAudience(platforms=names, unique_visitors=visitors, provider="synthetic", source="synthetic")
        half = math.exp(_Z90 * self.spread)
        factors = platforms.AudienceFactors(
            measurement=Elicited(distribution="lognormal", low=1.0 / half, high=half, source=_STATED),
            territory_share=_FIXED,
            worker_share=_FIXED,
            devices_per_person=_FIXED,
            platforms_per_person=_FIXED,
        )
        return audience, replace(factors, **_UNCERTAIN) if self.every_factor else factors


@lru_cache(maxsize=32)
def persons_from_figures(figures: ElicitedSites, *, correlation: float, level: float = 0.95) -> Estimate:
    """Persons from the figures of the provider, with errors that are said to go together by `correlation`.

    Parameters
    ----------
    figures : ElicitedSites
    correlation : float
        As assumed; the truth may differ.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> figures = ElicitedSites(n_sites=2, spread=0.5, correlation=0.6)
    >>> narrow, wide = (persons_from_figures(figures, correlation=rho).interval for rho in (0.0, 0.9))
    >>> narrow.high < wide.high
    True
    """
    audience, factors = figures.figures()
    return platforms.persons_from_audience(audience, factors, correlation=correlation, level=level)


@lru_cache(maxsize=32)
def given_correlation(figures: ElicitedSites, *, correlation: float, level: float = 0.95) -> Estimate:
    """Read the sensitivity curve at one correlation between the errors of sites.

    Parameters
    ----------
    figures : ElicitedSites
    correlation : float
    level : float

    Returns
    -------
    Estimate
        From :func:`~microwork_estimate.platforms.audience_by_correlation`.

    Examples
    --------
    >>> figures = ElicitedSites(n_sites=2, spread=0.5, correlation=0.6)
    >>> given_correlation(figures, correlation=0.3).method
    'web audience with a correlation of 0.3 between sites'
    """
    audience, factors = figures.figures()
    curve = platforms.audience_by_correlation(audience, factors, correlations=[correlation], level=level)
    low, value, high = (float(array[0]) for array in (curve.low, curve.values, curve.high))
    return Estimate(
        name="persons at a correlation",
        value=value,
        interval=Interval(low=low, high=high, level=level, method="correlation curve"),
        estimand=curve.estimand,
        method=f"web audience with a correlation of {correlation:g} between sites",
    )
