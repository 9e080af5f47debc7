"""Where the variance of an audience estimate comes from: first-order, total and Shapley shares, dependence included."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy import special

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import Estimand, FloatArray, frozen_floats
from microwork_estimate.inputs import PlatformAudience
from microwork_estimate.platforms.audience import audience_estimand, require_visitors
from microwork_estimate.platforms.audience_draws import measured_visitors, n_audience_uniforms
from microwork_estimate.platforms.audience_factors import FACTOR_NAMES, AudienceFactors
from microwork_estimate.platforms.censored import CensoredSites
from microwork_estimate.platforms.correlation import FactorCorrelation
from microwork_estimate.platforms.elicited_moments import quadrature
from microwork_estimate.platforms.fixed_points import fixed_points

Scale = Literal["log", "persons"]

_LOG2_POINTS = 12
_GRID = np.linspace(-8.0, 8.0, 801)
_NODES = 40
_SIGNS = np.array([1.0, 1.0, 1.0, -1.0, -1.0])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class VarianceShares:
    """How much of the variance of the number of persons comes from which factor.

    Parameters
    ----------
    names : tuple of length f
        The factors; "measurement" is that of all sites together, censored ones included.
    first_order : array of shape (f,)
        What knowing this factor alone would take away.
    total_order : array of shape (f,)
        What would be left if all others were known.
    shapley : array of shape (f,)
        A division that adds up to 1 also where factors depend on one another or act together.
    scale : {"log", "persons"}
        Of the variance: logarithm of the persons, or persons.
    estimand : Estimand
    """

    names: tuple[str, ...]
    first_order: FloatArray
    total_order: FloatArray
    shapley: FloatArray
    scale: Scale
    estimand: Estimand

    def __post_init__(self) -> None:
        for name in ("first_order", "total_order", "shapley"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name), where=f"VarianceShares.{name}"))


def audience_variance_shares(
    audience: PlatformAudience,
    factors: AudienceFactors,
    *,
    correlation: float = 0.6,
    dependence: FactorCorrelation | None = None,
    censored: CensoredSites | None = None,
    scale: Scale = "log",
) -> VarianceShares:
    """Divide the variance of the number of persons among the factors.

    Procedure: for every set of factors, the variance of the expectation given these factors. From these 32 numbers
    follow the first-order and total Sobol shares and the Shapley values. On the logarithmic scale the number is a sum of
    functions of single factors, so that expectations under the Gaussian copula are one-dimensional integrals; the outer
    variance is taken over 2^12 fixed points. On the scale of persons, factors must be independent: the number is a
    product, and its variances are closed forms of the coefficients of variation.

    Parameters
    ----------
    audience : PlatformAudience
    factors : AudienceFactors
    correlation : float
        Between the errors of the provider's sites.
    dependence : FactorCorrelation or None
        Between factors; None for none.
    censored : CensoredSites or None
        Sites below the provider's threshold; their place counts as measurement.
    scale : {"log", "persons"}

    Returns
    -------
    VarianceShares
        In the order of the factors; all 0 where nothing varies. Without dependence and on the logarithmic scale the
        three agree, and are those of :func:`audience_tornado`.

    Raises
    ------
    InvalidInput
        If there are no visitors, or the scale is "persons" with dependent factors.

    Assumptions
    -----------
    Those of :func:`persons_from_audience`.

    References
    ----------
    Sobol 2001, Mathematics and Computers in Simulation 55, 271-280; Owen 2014, SIAM/ASA Journal on Uncertainty
    Quantification 2(1), 245-251, and Song, Nelson and Staum 2016, the same 4(1), 1060-1083 (Shapley values, dependence).

    Examples
    --------
    >>> from microwork_estimate.inputs import Elicited, PlatformAudience
    >>> one = Elicited(distribution="fixed", low=1, source="example")
    >>> factors = AudienceFactors(
    ...     measurement=Elicited(distribution="lognormal", low=0.5, high=2, source="example"),
    ...     territory_share=one,
    ...     worker_share=one,
    ...     devices_per_person=Elicited(distribution="at_least_one", low=1.2, high=2.2, source="example"),
    ...     platforms_per_person=one,
    ... )
    >>> site = PlatformAudience(platforms=("A",), unique_visitors=[1000], provider="x", source="example")
    >>> audience_variance_shares(site, factors).shapley.round(2).tolist()
    [0.83, 0.0, 0.0, 0.17, 0.0]
    """
    check_choice(scale, get_args(Scale), where="audience_variance_shares.scale")
    require_visitors(audience)
    points = fixed_points(n_audience_uniforms(audience, censored), _LOG2_POINTS)
    visitors, common = measured_visitors(
        audience, factors, points, correlation=correlation, dependence=dependence, censored=censored
    )
    if scale == "persons":
        _require_independent(dependence)
        explained = _product_variances(visitors, factors)
    else:
        matrix = np.eye(len(FACTOR_NAMES)) if dependence is None else dependence.matrix
        curves = _curves(factors, visitors, special.ndtri(common[:, 0]))
        explained = _sum_variances(np.log(visitors), special.ndtri(common), curves, matrix)
    first, total, shapley = _shares(explained)
    return VarianceShares(
        names=FACTOR_NAMES,
        first_order=first,
        total_order=total,
        shapley=shapley,
        scale=scale,
        estimand=audience_estimand(audience, censored),
    )


Explained = dict[frozenset[int], float]


def _subsets() -> list[frozenset[int]]:
    d = len(FACTOR_NAMES)
    return [frozenset(u) for size in range(d + 1) for u in itertools.combinations(range(d), size)]


def _product_variances(visitors: FloatArray, factors: AudienceFactors) -> Explained:
    """Variance of the expectation given each set of factors, over the squared mean, for a product."""
    growth = [float(np.mean(visitors**2) / np.mean(visitors) ** 2)]
    for name, sign in zip(FACTOR_NAMES[1:], _SIGNS[1:], strict=True):
        values, weights = quadrature(factors.factor(name))
        powers = values**sign
        growth.append(float(weights @ powers**2) / float(weights @ powers) ** 2)
    return {u: math.prod(growth[k] for k in u) - 1 for u in _subsets()}


def _curves(factors: AudienceFactors, visitors: FloatArray, score: FloatArray) -> FloatArray:
    """Return the part of ln N that goes with the normal score of each factor, on the grid, shape (5, g).

    That of the measurement is the mean of ln visitors given the error that sites share: a smooth curve through the
    draws, as the errors of the sites' own only add scatter around it.
    """
    inside = special.ndtr(_GRID)
    inside = np.clip(inside, 2.0**-54, 1 - 2.0**-53)
    rows = [np.polynomial.Polynomial.fit(score, np.log(visitors), 5)(np.clip(_GRID, score.min(), score.max()))]
    for name, sign in zip(FACTOR_NAMES[1:], _SIGNS[1:], strict=True):
        rows.append(sign * np.log(factors.factor(name).quantile(inside)))
    return np.stack(rows)


def _sum_variances(log_visitors: FloatArray, scores: FloatArray, curves: FloatArray, matrix: FloatArray) -> Explained:
    """Variance of the expectation of ln N given each set of factors, under a Gaussian copula."""
    parts = np.stack([np.interp(scores[:, k], _GRID, curves[k]) for k in range(scores.shape[1])], axis=1)
    parts[:, 0] = log_visitors
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()
    explained: Explained = {}
    for u in _subsets():
        inside, outside = sorted(u), [k for k in range(scores.shape[1]) if k not in u]
        total = parts[:, inside].sum(axis=1)
        for k in outside:
            slopes = np.linalg.lstsq(matrix[np.ix_(inside, inside)], matrix[inside, k], rcond=1e-10)[0]
            if not np.abs(slopes).max(initial=0.0) > 0:
                continue
            spread = math.sqrt(max(1.0 - float(matrix[inside, k] @ slopes), 0.0))
            at = (scores[:, inside] @ slopes)[:, None] + spread * nodes
            total = total + np.interp(at, _GRID, curves[k]) @ weights
        explained[u] = float(total.var())
    return explained


def _shares(explained: Explained) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return first-order, total and Shapley shares from the variance explained by each set."""
    d = len(FACTOR_NAMES)
    everything = frozenset(range(d))
    variance = explained[everything]
    if variance <= 1e-24:
        return np.zeros(d), np.zeros(d), np.zeros(d)
    first = np.array([explained[frozenset((k,))] for k in range(d)]) / variance
    total = 1 - np.array([explained[everything - {k}] for k in range(d)]) / variance
    shapley = np.zeros(d)
    for k in range(d):
        for u in explained:
            if k not in u:
                weight = math.factorial(len(u)) * math.factorial(d - len(u) - 1) / math.factorial(d)
                shapley[k] += weight * (explained[u | {k}] - explained[u]) / variance
    return first, total, shapley


def _require_independent(dependence: FactorCorrelation | None) -> None:
    if dependence is not None and not np.array_equal(dependence.matrix, np.eye(len(FACTOR_NAMES))):
        raise InvalidInput(
            "variance of persons with dependent factors",
            expected="scale='log', or factors without correlation",
            got="scale='persons' with a correlation between factors",
            where="audience_variance_shares.scale",
            fix="use the logarithmic scale: there the number is a sum, and its parts are exact",
        )
