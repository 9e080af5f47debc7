"""The factors between unique visitors and workers, and draws of the number of persons that follow from them.

N = sum over sites of (unique visitors x measurement error) x share in the territory x share who work / devices per
person / platforms per person. Each factor is an interval that somebody states (:class:`~microwork_estimate.inputs.
Elicited`); the result is the distribution that follows from them, not a confidence interval of a sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, frozen_floats
from microwork_estimate.inputs import Elicited, PlatformAudience
from microwork_estimate.platforms.scale import require_share

FACTOR_NAMES = ("measurement", "territory_share", "worker_share", "devices_per_person", "platforms_per_person")

_POSSIBLE = {
    "measurement": (0.0, np.inf, "numbers above 0"),
    "territory_share": (0.0, 1.0, "a share"),
    "worker_share": (0.0, 1.0, "a share"),
    "devices_per_person": (1.0, np.inf, "numbers of at least 1"),
    "platforms_per_person": (1.0, np.inf, "numbers of at least 1"),
}
_COMMON = 5  # uniforms besides those of the single sites: the shared error of the provider, and four factors


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AudienceFactors:
    """What stands between unique visitors and workers. Each factor carries its source.

    Parameters
    ----------
    measurement : Elicited
        True over measured unique visitors of a site: a factor around 1, log-normal as a rule.
    territory_share : Elicited
        Share of the visitors who are in the territory; fixed at 1 if the figures are of the territory already.
    worker_share : Elicited
        Share of them who do paid tasks, and not only look, recruit, or came by mistake.
    devices_per_person : Elicited
        Devices or browsers counted for each visitor, at least 1.
    platforms_per_person : Elicited
        Platforms that a visitor visits in the window, at least 1.

    Raises
    ------
    InvalidInput
        If a factor can take an impossible value (a log-normal share can exceed 1).

    Examples
    --------
    >>> from microwork_estimate.inputs import Elicited
    >>> factors = AudienceFactors(
    ...     measurement=Elicited(distribution="lognormal", low=0.5, high=2, source="provider, note 3"),
    ...     territory_share=Elicited(distribution="fixed", low=1, source="figures for France"),
    ...     worker_share=Elicited(distribution="share", low=0.25, high=0.75, source="expert"),
    ...     devices_per_person=Elicited(distribution="at_least_one", low=1.2, high=2.2, source="expert"),
    ...     platforms_per_person=Elicited(distribution="fixed", low=1.27, source="survey"),
    ... )
    >>> round(factors.factor("worker_share").median, 3)
    0.5
    """

    measurement: Elicited
    territory_share: Elicited
    worker_share: Elicited
    devices_per_person: Elicited
    platforms_per_person: Elicited

    def __post_init__(self) -> None:
        for name in FACTOR_NAMES:
            factor = self.factor(name)
            least, most, rule = _POSSIBLE[name]
            low, high = factor.quantile([0.0, 1.0])
            point_of_zero = factor.distribution in ("fixed", "empirical") and low == 0
            if low < least or high > most or point_of_zero:
                raise InvalidInput(
                    "factor with impossible values",
                    expected=f"{rule}, with no weight on zero",
                    got=f"{factor.distribution} from {low:g} to {high:g}",
                    where=f"AudienceFactors.{name}",
                    fix="use 'lognormal' for a factor, 'share' for a share, 'at_least_one' for devices and platforms, "
                    "or 'fixed'",
                )

    def factor(self, name: str) -> Elicited:
        """Return one factor by its name, one of :data:`FACTOR_NAMES`."""
        found: Elicited = getattr(self, name)
        return found


def persons_given_factors(
    unique_visitors: ArrayLike,
    measurement: ArrayLike,
    territory_share: ArrayLike,
    worker_share: ArrayLike,
    devices_per_person: ArrayLike,
    platforms_per_person: ArrayLike,
) -> FloatArray:
    """Persons for given values of the factors, B at a time.

    Parameters
    ----------
    unique_visitors : array of shape (p,)
        Measured unique visitors of each site.
    measurement : array of shape (B, p)
        True over measured visitors, for each draw and site.
    territory_share, worker_share, devices_per_person, platforms_per_person : array of shape (B,)
        The other factors, for each draw.

    Returns
    -------
    array of shape (B,)
        Persons.

    Examples
    --------
    >>> persons_given_factors([600.0, 400.0], [[1.0, 1.0], [1.0, 2.0]], [1, 1], [0.5, 0.5], [1, 1], [1.25, 1.25])
    array([400., 560.])
    """
    visitors = np.asarray(measurement, dtype=np.float64) @ np.asarray(unique_visitors, dtype=np.float64)
    shares = np.asarray(territory_share, dtype=np.float64) * np.asarray(worker_share, dtype=np.float64)
    multiple = np.asarray(devices_per_person, dtype=np.float64) * np.asarray(platforms_per_person, dtype=np.float64)
    return np.asarray(visitors * shares / multiple)


def n_audience_uniforms(audience: PlatformAudience) -> int:
    """Return how many uniform numbers :func:`audience_draws` needs for one draw.

    Parameters
    ----------
    audience : PlatformAudience
        p sites.

    Returns
    -------
    int
        p + 5: the error that sites share, four factors, and an error of each site's own.

    Examples
    --------
    >>> from microwork_estimate.inputs import PlatformAudience
    >>> n_audience_uniforms(
    ...     PlatformAudience(platforms=("A", "B"), unique_visitors=[10, 20], provider="x", source="example")
    ... )
    7
    """
    return _COMMON + audience.unique_visitors.size


def audience_draws(
    audience: PlatformAudience, factors: AudienceFactors, uniforms: ArrayLike, *, correlation: float = 0.6
) -> FloatArray:
    """Turn uniform numbers into draws of the number of persons.

    The uniforms may come from anywhere: a low-discrepancy sequence (as in :func:`persons_from_audience`) or a named
    random stream of a bootstrap. Columns: the error shared by all sites, territory share, worker share, devices,
    platforms, then one for each site. The error of a site is the quantile of `measurement` at
    Phi(sqrt(rho) z_0 + sqrt(1 - rho) z_p): for a log-normal factor, correlation rho between the logarithms. A single
    site uses the first column only.

    Parameters
    ----------
    audience : PlatformAudience
        p sites of one provider.
    factors : AudienceFactors
    uniforms : array of shape (B, p + 5)
        Numbers from 0 to 1.
    correlation : float
        rho, from 0 to 1.

    Returns
    -------
    array of shape (B,)
        Persons.

    Raises
    ------
    InvalidInput
        If the shape is wrong, a number is not from 0 to 1, or the correlation is impossible.

    Assumptions
    -----------
    Factors are independent of one another; sites are exchangeable in their errors.

    References
    ----------
    O'Hagan et al. 2006, Uncertain Judgements, Wiley, chapter 6 (elicited intervals as distributions).

    Examples
    --------
    >>> from microwork_estimate.inputs import Elicited, PlatformAudience
    >>> one = Elicited(distribution="fixed", low=1, source="example")
    >>> factors = AudienceFactors(
    ...     measurement=one,
    ...     territory_share=one,
    ...     worker_share=Elicited(distribution="uniform", low=0.2, high=0.4, source="example"),
    ...     devices_per_person=one,
    ...     platforms_per_person=one,
    ... )
    >>> site = PlatformAudience(platforms=("A",), unique_visitors=[1000], provider="x", source="example")
    >>> audience_draws(site, factors, [[0.5, 0.5, 0.25, 0.5, 0.5, 0.5]]).round(6)
    array([250.])
    """
    require_share(correlation, where="correlation")
    u = _require_uniforms(uniforms, n_audience_uniforms(audience))
    z = special.ndtri(u)
    shared, own = z[:, :1], z[:, _COMMON:]
    # One site has one error: a mixture of two scores would have the same distribution, and cost accuracy.
    rho = correlation if audience.unique_visitors.size > 1 else 1.0
    mixed = _inside(special.ndtr(np.sqrt(rho) * shared + np.sqrt(1 - rho) * own))
    return persons_given_factors(
        audience.unique_visitors,
        factors.measurement.quantile(mixed),
        factors.territory_share.quantile(u[:, 1]),
        factors.worker_share.quantile(u[:, 2]),
        factors.devices_per_person.quantile(u[:, 3]),
        factors.platforms_per_person.quantile(u[:, 4]),
    )


def _require_uniforms(uniforms: ArrayLike, columns: int) -> FloatArray:
    u = frozen_floats(uniforms, where="uniforms")
    if u.ndim != 2 or u.shape[1] != columns or not ((u >= 0) & (u <= 1)).all():
        raise InvalidInput(
            "uniforms that cannot be used",
            expected=f"numbers from 0 to 1 of shape (B, {columns})",
            got=f"shape {u.shape}" if u.ndim != 2 or u.shape[1] != columns else "numbers missing or outside 0 to 1",
            where="uniforms",
            fix="draw them with as many columns as n_audience_uniforms says",
        )
    return _inside(u)


def _inside(u: FloatArray) -> FloatArray:
    """Keep uniforms off 0 and 1, where normal scores are infinite."""
    return np.clip(u, 2.0**-54, 1 - 2.0**-53)
