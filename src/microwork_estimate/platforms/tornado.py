"""Which of the factors between visitors and workers carries the uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from microwork_estimate.errors import InvalidInput, check_level
from microwork_estimate.estimate import Estimand, FloatArray, frozen_floats
from microwork_estimate.inputs import Elicited, PlatformAudience
from microwork_estimate.platforms.audience import audience_estimand, deterministic_draws, require_visitors
from microwork_estimate.platforms.audience_factors import FACTOR_NAMES, AudienceFactors
from microwork_estimate.platforms.censored import CensoredSites
from microwork_estimate.platforms.correlation import FactorCorrelation
from microwork_estimate.platforms.scale import require_share
from microwork_estimate.platforms.variance_shares import audience_variance_shares
from microwork_estimate.small_tables import grid_table


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tornado:
    """How much of the uncertainty comes from which factor, widest first.

    Parameters
    ----------
    names : tuple of length f
        Names of the factors.
    low, high : array of shape (f,)
        Persons when this factor alone is at the lower or upper end of its interval and the others at their medians.
    variance_share : array of shape (f,)
        Share of the variance of ln(persons) that comes from the factor; the shares sum to 1 (all 0 if nothing varies).
    median : float
        Persons with all factors at their medians.
    swing : float
        Probability of the central interval whose ends were used.
    estimand : Estimand
    """

    names: tuple[str, ...]
    low: FloatArray
    high: FloatArray
    variance_share: FloatArray
    median: float
    swing: float
    estimand: Estimand

    def __post_init__(self) -> None:
        for name in ("low", "high", "variance_share"):
            array = frozen_floats(getattr(self, name), where=f"Tornado.{name}")
            if array.shape != (len(self.names),):
                raise InvalidInput(
                    "wrong shape",
                    expected=f"one number for each of the {len(self.names)} factors",
                    got=f"shape {array.shape}",
                    where=f"Tornado.{name}",
                    fix="give one number for each name",
                )
            object.__setattr__(self, name, array)

    def _repr_html_(self) -> str:
        head = ("factor", "persons at its lower end", "at its upper end", "share of the variance")
        columns = zip(self.names, self.low, self.high, self.variance_share, strict=True)
        rows = [[name, f"{low:,.0f}", f"{high:,.0f}", f"{100 * share:.0f} %"] for name, low, high, share in columns]
        title = f"What each factor alone does to {self.median:,.0f} persons; ends of {100 * self.swing:g} %"
        return grid_table(title, head, rows)


def audience_tornado(
    audience: PlatformAudience,
    factors: AudienceFactors,
    *,
    correlation: float = 0.6,
    dependence: FactorCorrelation | None = None,
    censored: CensoredSites | None = None,
    swing: float = 0.9,
) -> Tornado:
    """Which factor carries the uncertainty of the number of persons.

    Procedure: one factor at a time goes to the ends of its central interval while the others stay at their medians. The
    factor "measurement" is the sum over sites of visitors times error, whose distribution depends on the correlation
    between sites. N is then a product of five independent factors, so that the variance of ln N is the sum of theirs,
    and the shares are exact: quadrature for a single site, the points of :func:`persons_from_audience` for several.
    Censored sites, with their unknown visitors, belong to the measurement. With dependence between factors the variances
    no longer add up, and the shares are the Shapley values of :func:`audience_variance_shares`; the swings still move
    one factor at a time, as if the others could stay.

    Parameters
    ----------
    audience : PlatformAudience
    factors : AudienceFactors
    correlation : float
        Correlation between the errors of the provider's sites.
    dependence, censored
        As in :func:`persons_from_audience`.
    swing : float
        Probability of the central interval: 0.9 takes each factor to its 5 % and 95 % quantiles.

    Returns
    -------
    Tornado
        Widest factor first.

    Raises
    ------
    InvalidInput
        If there are no visitors, or an option is out of range.

    Assumptions
    -----------
    Factors depend on one another as stated only: not at all by default.

    References
    ----------
    Saltelli et al. 2008, Global Sensitivity Analysis: The Primer, Wiley, chapter 1 (variance shares).

    Examples
    --------
    >>> from microwork_estimate.inputs import Elicited, PlatformAudience
    >>> from microwork_estimate.platforms import AudienceFactors
    >>> one = Elicited(distribution="fixed", low=1, source="example")
    >>> factors = AudienceFactors(
    ...     measurement=Elicited(distribution="lognormal", low=0.5, high=2, source="example"),
    ...     territory_share=one,
    ...     worker_share=Elicited(distribution="share", low=0.4, high=0.6, source="example"),
    ...     devices_per_person=one,
    ...     platforms_per_person=one,
    ... )
    >>> site = PlatformAudience(platforms=("A",), unique_visitors=[1000], provider="x", source="example")
    >>> tornado = audience_tornado(site, factors)
    >>> tornado.names[:2], tornado.low[:2].round(), tornado.high[:2].round()
    (('measurement', 'worker_share'), array([250., 400.]), array([1000.,  600.]))
    """
    check_level(swing, where="swing")
    visitors = _measured_visitors(audience, factors, correlation, censored)
    ends = np.array([0.5, (1 - swing) / 2, (1 + swing) / 2])
    quantiles = {name: factors.factor(name).quantile(ends) for name in FACTOR_NAMES}
    quantiles["measurement"] = (
        np.quantile(visitors, ends) if visitors.size else audience.total * quantiles["measurement"]
    )
    median, swings = _swings(quantiles)
    order = np.argsort(swings[:, 0] - swings[:, 1], kind="stable")
    if dependence is None:
        shares = _independent_shares(factors, visitors)
    else:
        shares = audience_variance_shares(
            audience, factors, correlation=correlation, dependence=dependence, censored=censored
        ).shapley
    return Tornado(
        names=tuple(FACTOR_NAMES[i] for i in order),
        low=swings[order, 0],
        high=swings[order, 1],
        variance_share=shares[order],
        median=median,
        swing=swing,
        estimand=audience_estimand(audience, censored),
    )


def _independent_shares(factors: AudienceFactors, visitors: FloatArray) -> FloatArray:
    """Return the shares of the variance of ln N in the order of the factors; all 0 if nothing varies."""
    variances = np.array([log_variance(factors.factor(name)) for name in FACTOR_NAMES])
    if visitors.size:
        variances[0] = np.log(visitors).var()
    total = variances.sum()
    return np.asarray(variances / total if total > 0 else np.zeros(len(FACTOR_NAMES)))


def log_variance(factor: Elicited) -> float:
    """Variance of the logarithm of an elicited factor.

    Exact for log-normal, fixed and empirical factors; otherwise Gauss-Hermite quadrature over the normal score.

    Parameters
    ----------
    factor : Elicited
        A factor that is positive.

    Returns
    -------
    float

    References
    ----------
    Davis and Rabinowitz 1984, Methods of Numerical Integration, section 3.6.

    Examples
    --------
    >>> factor = Elicited(distribution="lognormal", low=0.5, high=2.0, level=0.9, source="example")
    >>> round(log_variance(factor), 6)  # (ln 2 / 1.644854) squared
    0.177581
    """
    if factor.distribution == "fixed":
        return 0.0
    if factor.distribution == "empirical":
        assert factor.values is not None  # noqa: S101 - checked when made
        return float(np.log(factor.values).var())
    nodes, weights = np.polynomial.hermite_e.hermegauss(100)
    # Beyond 8 the weights are below 1e-14 and the probabilities round to 1.
    logs = np.log(factor.quantile(special.ndtr(np.clip(nodes, -8.0, 8.0))))
    mean = np.average(logs, weights=weights)
    return float(np.average((logs - mean) ** 2, weights=weights))


def _measured_visitors(
    audience: PlatformAudience, factors: AudienceFactors, correlation: float, censored: CensoredSites | None
) -> FloatArray:
    """Return draws of the sum of visitors times error; none where this is the total times one single error."""
    require_share(correlation, where="correlation")
    require_visitors(audience)
    if censored is None and (np.count_nonzero(audience.unique_visitors) == 1 or correlation == 1):
        return np.empty(0)
    one = Elicited(distribution="fixed", low=1.0, source="by definition")
    measurement_alone = AudienceFactors(
        measurement=factors.measurement,
        territory_share=one,
        worker_share=one,
        devices_per_person=one,
        platforms_per_person=one,
    )
    return deterministic_draws(audience, measurement_alone, correlation, None, censored)


def _swings(quantiles: dict[str, FloatArray]) -> tuple[float, FloatArray]:
    """Return persons at the medians, and with one factor at a time at its ends, shape (f, 2), low end first."""
    exponent = np.array([1.0, 1.0, 1.0, -1.0, -1.0])
    table = np.array([quantiles[name] for name in FACTOR_NAMES])
    median = float(np.prod(table[:, 0] ** exponent))
    swings = median * (table[:, 1:] / table[:, :1]) ** exponent[:, None]
    return median, np.sort(swings, axis=1)
