"""Draws of the number of persons that follow from unique visitors and elicited factors.

N = sum over sites of (unique visitors x measurement error) x share in the territory x share who work / devices per
person / platforms per person. Each factor is an interval that somebody states (:class:`~microwork_estimate.inputs.
Elicited`); the result is the distribution that follows from them, not a confidence interval of a sample.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, frozen_floats
from microwork_estimate.inputs import PlatformAudience
from microwork_estimate.platforms.audience_factors import AudienceFactors
from microwork_estimate.platforms.censored import CensoredSites
from microwork_estimate.platforms.correlation import FactorCorrelation
from microwork_estimate.platforms.scale import require_share

_COMMON = 5  # uniforms besides those of the single sites: the shared error of the provider, and four factors


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


def n_audience_uniforms(audience: PlatformAudience, censored: CensoredSites | None = None) -> int:
    """Return how many uniform numbers :func:`audience_draws` needs for one draw.

    Parameters
    ----------
    audience : PlatformAudience
        p sites.
    censored : CensoredSites or None
        q sites below the provider's threshold.

    Returns
    -------
    int
        p + 5: the error that sites share, four factors, and an error of each site's own; 2 q more for an error and a
        place below the threshold of each censored site.

    Examples
    --------
    >>> from microwork_estimate.inputs import PlatformAudience
    >>> n_audience_uniforms(
    ...     PlatformAudience(platforms=("A", "B"), unique_visitors=[10, 20], provider="x", source="example")
    ... )
    7
    """
    return _COMMON + audience.unique_visitors.size + 2 * (0 if censored is None else len(censored.platforms))


def audience_draws(
    audience: PlatformAudience,
    factors: AudienceFactors,
    uniforms: ArrayLike,
    *,
    correlation: float = 0.6,
    dependence: FactorCorrelation | None = None,
    censored: CensoredSites | None = None,
) -> FloatArray:
    """Turn uniform numbers into draws of the number of persons.

    The uniforms may come from anywhere: a low-discrepancy sequence (as in :func:`persons_from_audience`) or a named
    random stream of a bootstrap. Columns: the error shared by all sites, territory share, worker share, devices,
    platforms, then one for each site. The error of a site is the quantile of `measurement` at
    Phi(sqrt(rho) z_0 + sqrt(1 - rho) z_p): for a log-normal factor, correlation rho between the logarithms. A single
    site uses the first column only. Columns of censored sites follow: their errors, then their places below the threshold.

    Parameters
    ----------
    audience : PlatformAudience
    p sites of one provider.
    factors : AudienceFactors
    uniforms : array of shape (B, p + 5)
    Numbers from 0 to 1.
    correlation : float
    rho, from 0 to 1.
    dependence : FactorCorrelation or None
    Correlations between the factors (that of the sites is the part they share); None for none.
    censored : CensoredSites or None
    Sites below the provider's threshold.

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
    Factors depend on one another as stated only; sites are exchangeable in their errors.

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
    visitors, u = measured_visitors(
        audience, factors, uniforms, correlation=correlation, dependence=dependence, censored=censored
    )
    return persons_given_factors(
        np.ones(1),
        visitors[:, None],
        factors.territory_share.quantile(u[:, 1]),
        factors.worker_share.quantile(u[:, 2]),
        factors.devices_per_person.quantile(u[:, 3]),
        factors.platforms_per_person.quantile(u[:, 4]),
    )


def measured_visitors(
    audience: PlatformAudience,
    factors: AudienceFactors,
    uniforms: ArrayLike,
    *,
    correlation: float,
    dependence: FactorCorrelation | None = None,
    censored: CensoredSites | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return draws of the sum of visitors times error, and the uniforms of the factors made dependent.

    Parameters
    ----------
    audience, factors, uniforms, correlation, dependence, censored
        As :func:`audience_draws`.

    Returns
    -------
    tuple of arrays
        Visitors, shape (B,), and uniforms, shape (B, 5).

    Raises
    ------
    InvalidInput
        As :func:`audience_draws`.
    """
    require_share(correlation, where="correlation")
    u = _require_uniforms(uniforms, n_audience_uniforms(audience, censored))
    common = u[:, :_COMMON]
    if dependence is not None:
        common = _inside(special.ndtr(special.ndtri(common) @ dependence.root.T))
    hidden = 0 if censored is None else len(censored.platforms)
    sites = audience.unique_visitors.size + hidden
    z, own = special.ndtri(common[:, :1]), special.ndtri(u[:, _COMMON : _COMMON + sites])
    # One site has one error: a mixture of two scores would have the same distribution, and cost accuracy.
    rho = correlation if sites > 1 else 1.0
    errors = factors.measurement.quantile(_inside(special.ndtr(np.sqrt(rho) * z + np.sqrt(1 - rho) * own)))
    measured = errors[:, : sites - hidden] @ audience.unique_visitors
    if censored is not None:
        places = u[:, _COMMON + sites :]
        measured = measured + (errors[:, sites - hidden :] * censored.quantile(places, audience)).sum(axis=1)
    return measured, common


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
