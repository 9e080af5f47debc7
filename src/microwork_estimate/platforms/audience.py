"""From visitors of platform sites to persons who work there: a product of uncertain factors, none of them hidden.

The factors stand in :mod:`~microwork_estimate.platforms.audience_factors`, the formula in
:mod:`~microwork_estimate.platforms.audience_draws`. Here the distribution that
follows from them is integrated, not sampled at random: the same input gives the same number, without a seed.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import (
    Estimand,
    Estimate,
    FloatArray,
    FrozenMapping,
    Interval,
    Scalar,
    SensitivityCurve,
    frozen_floats,
)
from microwork_estimate.inputs import PlatformAudience
from microwork_estimate.platforms.assumptions import (
    ELICITED_FACTORS,
    INDEPENDENT_FACTORS,
    SHARED_PROVIDER_ERROR,
    STATED_DEPENDENCE,
    VISITOR_MULTIPLICITY,
)
from microwork_estimate.platforms.audience_draws import audience_draws, n_audience_uniforms
from microwork_estimate.platforms.audience_factors import FACTOR_NAMES, AudienceFactors
from microwork_estimate.platforms.censored import CensoredSites
from microwork_estimate.platforms.coded_warnings import assumed_factors, censored_sites, pooled_sites
from microwork_estimate.platforms.correlation import FactorCorrelation
from microwork_estimate.platforms.fixed_points import fixed_points


def persons_from_audience(
    audience: PlatformAudience,
    factors: AudienceFactors,
    *,
    correlation: float = 0.6,
    dependence: FactorCorrelation | None = None,
    censored: CensoredSites | None = None,
    level: float = 0.95,
) -> Estimate:
    """Workers among the visitors of platform sites, with the uncertainty of every step in between.

    Procedure: N = sum over sites of U_p e_p, times territory share, times worker share, divided by devices per person
    and by platforms per person. The distribution of N is integrated over 2^14 points of a scrambled Sobol sequence that
    is always the same; the ends are good to some 0.1 % for one site and 0.5 % for many. The value is the median; the
    interval holds the central `level` of the distribution. Sites below the provider's threshold have unknown visitors
    from 0 to it.

    Parameters
    ----------
    audience : PlatformAudience
        Unique visitors of p sites, all measured by one provider.
    factors : AudienceFactors
        An interval with its source for each factor.
    correlation : float
        Correlation between the errors of the provider's sites, on the normal scale, from 0 to 1. It matters much and
        cannot be seen in the figures: report :func:`audience_by_correlation` too.
    dependence : FactorCorrelation or None
        Correlations between factors, from :func:`factor_correlation`; None for none.
    censored : CensoredSites or None
        Sites below the provider's threshold.
    level : float
        Probability of the interval.

    Returns
    -------
    Estimate
        Persons, with the activity that `audience` names. The interval has the method "elicited": it says what
        the stated intervals imply, and is no sampling interval; so there is no standard error. Warnings:
        ``assumed-factors`` where a source says that a factor is assumed, ``pooled-sites`` where a row stands for
        several sites, ``censored-sites`` with sites below the threshold (the diagnostics then give the medians with
        all of them at 0 and at the threshold), ``correlation-repaired`` from `dependence`.

    Raises
    ------
    InvalidInput
        If there are no visitors, or an option is out of range.

    Assumptions
    -----------
    The stated intervals hold the truth as often as they say; factors depend on one another as stated only; one
    correlation between all sites; devices and platforms per person are those of visitors.

    References
    ----------
    O'Hagan et al. 2006, Uncertain Judgements, Wiley, chapter 6; Owen 1998, Journal of Complexity 14(4), 466-489
    (scrambled Sobol points).

    Examples
    --------
    >>> from microwork_estimate.inputs import Elicited, PlatformAudience
    >>> factors = AudienceFactors(
    ...     measurement=Elicited(distribution="lognormal", low=0.5, high=2, source="provider, note 3"),
    ...     territory_share=Elicited(distribution="fixed", low=1, source="figures for France"),
    ...     worker_share=Elicited(distribution="share", low=0.25, high=0.75, source="expert"),
    ...     devices_per_person=Elicited(distribution="at_least_one", low=1.2, high=2.2, source="expert"),
    ...     platforms_per_person=Elicited(distribution="fixed", low=1.27, source="survey"),
    ... )
    >>> site = PlatformAudience(platforms=("A",), unique_visitors=[66_468], provider="x", source="example")
    >>> persons = persons_from_audience(site, factors)
    >>> round(persons.value, -3), persons.interval.method
    (16000.0, 'elicited')
    """
    check_level(level)
    draws = deterministic_draws(audience, factors, correlation, dependence, censored)
    low, median, high = np.quantile(draws, [(1 - level) / 2, 0.5, (1 + level) / 2])
    coded = _warnings(audience, factors, censored)
    if dependence is not None:
        coded = (*coded, *dependence.warnings)
    announce(coded)
    medians = {name: factors.factor(name).median for name in FACTOR_NAMES}
    return Estimate(
        name="persons from web audience",
        value=float(median),
        interval=Interval(low=float(low), high=float(high), level=level, method="elicited"),
        estimand=audience_estimand(audience, censored),
        method="unique visitors times elicited factors, median",
        assumptions=(
            ELICITED_FACTORS,
            INDEPENDENT_FACTORS if dependence is None else STATED_DEPENDENCE,
            SHARED_PROVIDER_ERROR,
            VISITOR_MULTIPLICITY,
        ),
        warnings=coded,
        references=(audience.source, *(f"{name}: {factors.factor(name).source}" for name in FACTOR_NAMES)),
        diagnostics=FrozenMapping(
            {
                "unique_visitors": audience.total,
                "correlation": correlation,
                "mean": float(draws.mean()),
                **{f"median_{name}": value for name, value in medians.items()},
                **_censored_ends(audience, factors, correlation, censored),
            }
        ),
    )


def audience_by_correlation(
    audience: PlatformAudience,
    factors: AudienceFactors,
    *,
    correlations: Iterable[float] = (0.0, 0.3, 0.6, 0.9),
    dependence: FactorCorrelation | None = None,
    censored: CensoredSites | None = None,
    level: float = 0.95,
) -> SensitivityCurve:
    """Persons and their interval for several correlations between the errors of the provider's sites.

    If errors were independent they would cancel over sites; they share a panel and a model, so they do not. The figures
    cannot show the correlation, so it is varied.

    Parameters
    ----------
    audience : PlatformAudience
    factors : AudienceFactors
    correlations : iterable of float
        Increasing numbers from 0 to 1.
    dependence, censored
        As in :func:`persons_from_audience`.
    level : float
        Probability of the interval.

    Returns
    -------
    SensitivityCurve
        Medians and interval ends; the reference is 0.6, the default of :func:`persons_from_audience`.

    Raises
    ------
    InvalidInput
        If the correlations are not increasing numbers from 0 to 1, or if there are no visitors.

    Assumptions
    -----------
    As :func:`persons_from_audience`.

    References
    ----------
    O'Hagan et al. 2006, Uncertain Judgements, Wiley, chapter 6.

    Examples
    --------
    >>> from microwork_estimate.inputs import Elicited, PlatformAudience
    >>> one = Elicited(distribution="fixed", low=1, source="example")
    >>> factors = AudienceFactors(
    ...     measurement=Elicited(distribution="lognormal", low=0.5, high=2, source="example"),
    ...     territory_share=one,
    ...     worker_share=one,
    ...     devices_per_person=one,
    ...     platforms_per_person=one,
    ... )
    >>> sites = PlatformAudience(
    ...     platforms=("A", "B"), unique_visitors=[1000, 1000], provider="x", source="example"
    ... )
    >>> curve = audience_by_correlation(sites, factors, correlations=(0, 1))
    >>> bool(curve.high[1] > curve.high[0])
    True
    """
    check_level(level)
    grid = frozen_floats(list(correlations), where="correlations")
    if grid.size == 0 or (np.diff(grid) <= 0).any():
        raise InvalidInput(
            "correlations out of order",
            expected="increasing numbers from 0 to 1",
            got=str(grid.tolist()),
            where="audience_by_correlation.correlations",
            fix="sort them, and leave out repetitions",
        )
    probabilities = [(1 - level) / 2, 0.5, (1 + level) / 2]
    draws = (deterministic_draws(audience, factors, rho, dependence, censored) for rho in grid)
    quantiles = np.array([np.quantile(drawn, probabilities) for drawn in draws])
    return SensitivityCurve(
        parameter="correlation between the errors of one provider's sites",
        grid=grid,
        values=quantiles[:, 1],
        low=quantiles[:, 0],
        high=quantiles[:, 2],
        level=level,
        estimand=audience_estimand(audience, censored),
        reference=0.6,
    )


def deterministic_draws(
    audience: PlatformAudience,
    factors: AudienceFactors,
    correlation: float,
    dependence: FactorCorrelation | None = None,
    censored: CensoredSites | None = None,
) -> FloatArray:
    """Return draws of the number of persons at fixed points, shape (2^14,): the same at every call.

    Raises
    ------
    InvalidInput
        If there are no visitors, or the correlation is not from 0 to 1.
    """
    require_visitors(audience)
    points = fixed_points(n_audience_uniforms(audience, censored))
    return audience_draws(audience, factors, points, correlation=correlation, dependence=dependence, censored=censored)


def audience_estimand(audience: PlatformAudience, censored: CensoredSites | None = None) -> Estimand:
    """Return the estimand of persons estimated from an audience: its activity, window, territory and sites."""
    hidden = "" if censored is None else f" and {len(censored.platforms)} below the threshold"
    return Estimand(
        unit="persons",
        activity=audience.activity,
        window=audience.window,
        territory=audience.territory,
        platforms=f"{audience.n_platforms} sites measured{hidden}",
    )


def _censored_ends(
    audience: PlatformAudience, factors: AudienceFactors, correlation: float, censored: CensoredSites | None
) -> dict[str, Scalar]:
    """Return the median number of persons with every censored site empty, and with every one at the threshold."""
    if censored is None:
        return {}
    full = PlatformAudience(
        platforms=(*audience.platforms, *censored.platforms),
        unique_visitors=np.append(audience.unique_visitors, np.full(len(censored.platforms), censored.threshold)),
        provider=audience.provider,
        source=audience.source,
    )
    return {
        "persons_if_censored_empty": float(np.median(deterministic_draws(audience, factors, correlation))),
        "persons_if_censored_full": float(np.median(deterministic_draws(full, factors, correlation))),
    }


def _warnings(
    audience: PlatformAudience, factors: AudienceFactors, censored: CensoredSites | None
) -> tuple[CodedWarning, ...]:
    assumed = tuple(n for n in FACTOR_NAMES if factors.factor(n).source.strip().lower().startswith("assumed"))
    coded = (assumed_factors(assumed),) if assumed else ()
    pooled = (audience.n_platforms or 0) > len(audience.platforms)
    coded = (*coded, pooled_sites()) if pooled else coded
    return coded if censored is None else (*coded, censored_sites(censored.platforms, censored.threshold))


def require_visitors(audience: PlatformAudience) -> None:
    """Require at least one visitor.

    Raises
    ------
    InvalidInput
        If there is none on any site.
    """
    if audience.total <= 0:
        raise InvalidInput(
            "no visitors",
            expected="unique visitors above zero on at least one site",
            got="0 on all",
            where="PlatformAudience.unique_visitors",
            fix="leave out sites that were not measured: below the provider's threshold does not mean no visitors",
        )
