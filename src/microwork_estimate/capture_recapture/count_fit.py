"""Fitting a law of sightings with covariates, and recognising when the maximum lies on an edge."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logit

from microwork_estimate.capture_recapture.count_terms import (
    FittedFamily,
    OneInflation,
    PersonTerms,
    extra_parameters,
    person_terms,
)
from microwork_estimate.capture_recapture.horvitz_thompson import Inclusion
from microwork_estimate.capture_recapture.newton import Evaluation, Maximum, maximise
from microwork_estimate.errors import NotConverged
from microwork_estimate.estimate import FloatArray

INFINITE = 1e7
"""A person who stands for more persons than this is taken to stand for infinitely many."""

NO_DISPERSION = 1e-5
NO_INFLATION = 1e-5
ROUNDING_OF_A_SLOPE = 1e-13  # for each person


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CountFit:
    """A fitted law of sightings.

    Parameters
    ----------
    family, one_inflation : str
        What was fitted in the end: a dispersion or a share of one-inflation that fell to zero is left out.
    left_out : tuple of str
        The parameters that fell to zero.
    names : tuple of str, length p
    maximum : Maximum
        Coefficients, likelihood and information.
    inclusion : Inclusion
        For how many persons each person stands, with all that a variance needs.
    """

    family: FittedFamily
    one_inflation: OneInflation
    left_out: tuple[str, ...]
    names: tuple[str, ...]
    maximum: Maximum
    inclusion: Inclusion

    @property
    def runs_away(self) -> np.ndarray:
        """Which persons stand for infinitely many others, shape (n,)."""
        with np.errstate(invalid="ignore"):
            return ~(self.inclusion.stands_for < INFINITE)

    @property
    def aic(self) -> float:
        """Akaike's criterion of the conditional likelihood."""
        return 2.0 * len(self.names) - 2.0 * self.maximum.value


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CountData:
    """What a law of sightings is fitted to.

    Parameters
    ----------
    columns : array of shape (n, p)
        Design matrix of the mean.
    names : tuple of str, length p
    times : array of shape (n,)
        How often each person was seen.
    weight : array of shape (n,)
        How many persons seen each row stands for.
    occasions : float or None
        On how many occasions a person could be seen, for the binomial law.
    """

    columns: FloatArray
    names: tuple[str, ...]
    times: FloatArray
    weight: FloatArray
    occasions: float | None = None


def fit_counts(
    data: CountData, family: FittedFamily, one_inflation: OneInflation, *, start: FloatArray | None = None
) -> CountFit:
    """Fit a law of sightings by maximum conditional (pseudo-)likelihood.

    Procedure: Newton's method from a law with one mean for everybody. If the dispersion of the negative binomial law,
    or the share of one-inflation, falls below 1e-5 and the likelihood still rises towards zero, it is left out and the
    simpler law is fitted.

    Parameters
    ----------
    data : CountData
    family, one_inflation : str
        As in :func:`count_terms.person_terms`.
    start : array or None
        Coefficients to start from.

    Returns
    -------
    CountFit

    Raises
    ------
    NotConverged
        If no maximum is found though no person stands for infinitely many.

    Examples
    --------
    >>> data = CountData(columns=np.ones((3, 1)), names=("Intercept",), times=np.array([1.0, 2, 3]),
    ...                  weight=np.array([60.0, 24, 8]))
    >>> fit = fit_counts(data, "poisson", "none")
    >>> round(float(fit.inclusion.weight @ fit.inclusion.stands_for), 3)
    171.125
    """
    extra = extra_parameters(family, one_inflation)
    first = _start(data, family, one_inflation, extra) if start is None else start
    with np.errstate(all="ignore"):
        shares = replace(data, weight=data.weight / data.weight.sum())
        maximum = maximise(lambda x: _evaluate(shares, family, one_inflation, x), first).times(float(data.weight.sum()))
        simpler = _simpler(data, family, one_inflation, maximum)
    if simpler is not None:
        name, family, one_inflation = simpler
        fit = fit_counts(data, family, one_inflation)
        return replace(fit, left_out=(name, *fit.left_out))
    fit = CountFit(
        family=family,
        one_inflation=one_inflation,
        left_out=(),
        names=(*data.names, *extra),
        maximum=maximum,
        inclusion=_inclusion(data, family, one_inflation, maximum),
    )
    if not maximum.converged and not fit.runs_away.any():
        raise NotConverged(
            "no maximum of the likelihood was found",
            expected=f"a next step too small to matter within {maximum.iterations} steps",
            got=f"a gradient of {float(np.abs(maximum.gradient).max()):.2g}",
            where=f"the {family} law with {one_inflation} one-inflation",
            fix="take a law with fewer parameters, or covariates with fewer categories",
        )
    return fit


def _predictors(data: CountData, coefficients: FloatArray) -> tuple[FloatArray, ...]:
    p = data.columns.shape[1]
    extra = tuple(np.full(data.times.size, value) for value in coefficients[p:])
    return (data.columns @ coefficients[:p], *extra)


def _spread(data: CountData, first: FloatArray) -> FloatArray:
    """Turn derivatives by predictors, shape (n, q), into derivatives by coefficients, shape (n, p)."""
    return np.hstack([first[:, :1] * data.columns, first[:, 1:]])


def _evaluate(
    data: CountData, family: FittedFamily, one_inflation: OneInflation, coefficients: FloatArray
) -> Evaluation:
    log_likelihood = _terms(data, family, one_inflation, coefficients).log_likelihood
    value = float(data.weight @ log_likelihood.value)
    gradient = data.weight @ _spread(data, log_likelihood.first)
    q = log_likelihood.first.shape[1]
    blocks = [data.columns, *[np.ones((data.times.size, 1))] * (q - 1)]
    bends = data.weight[:, None, None] * log_likelihood.second
    rows = [[a.T @ (bends[:, i, j, None] * b) for j, b in enumerate(blocks)] for i, a in enumerate(blocks)]
    return (value if np.isfinite(value) else -np.inf), gradient, -np.block(rows)


def _terms(data: CountData, family: FittedFamily, one_inflation: OneInflation, coefficients: FloatArray) -> PersonTerms:
    predictors = _predictors(data, coefficients)
    return person_terms(family, one_inflation, data.times, predictors, occasions=data.occasions)


def _inclusion(data: CountData, family: FittedFamily, one_inflation: OneInflation, maximum: Maximum) -> Inclusion:
    with np.errstate(all="ignore"):
        terms = _terms(data, family, one_inflation, maximum.coefficients)
    return Inclusion(
        weight=data.weight,
        stands_for=terms.stands_for.value,
        gradient=_spread(data, terms.stands_for.first),
        missed=terms.missed,
        score=_spread(data, terms.log_likelihood.first),
        information=maximum.information,
    )


def _start(data: CountData, family: FittedFamily, one_inflation: OneInflation, extra: tuple[str, ...]) -> FloatArray:
    """One mean for everybody, a dispersion of 1, and few persons who are too many among the singletons."""
    counted = data.weight * ((data.times > 1.0) if one_inflation != "none" else 1.0)
    total = float(counted.sum())
    mean = float(counted @ data.times) / total - 1.0 if total > 0.0 else 1.0
    level = np.log(max(mean, 0.05)) if family in ("poisson", "geometric", "negative_binomial") else -0.5
    if family == "binomial" and data.occasions is not None:
        level = logit(min(max(mean / data.occasions, 0.05 / data.occasions), 0.9))
    common = np.linalg.lstsq(data.columns, np.full(data.times.size, level), rcond=None)[0]
    return np.concatenate([common, [{"log dispersion": 0.0}.get(name, -1.5) for name in extra]])


def _simpler(
    data: CountData, family: FittedFamily, one_inflation: OneInflation, maximum: Maximum
) -> tuple[str, FittedFamily, OneInflation] | None:
    """Name the parameter that fell to zero with the law that is left without it; None if none did."""
    p = data.columns.shape[1]
    extra = dict(zip(extra_parameters(family, one_inflation), maximum.coefficients[p:], strict=True))
    slopes = dict(zip(extra, maximum.gradient[p:], strict=True))
    # So far from anything that matters, a slope may be rounding of either sign.
    flat = ROUNDING_OF_A_SLOPE * float(data.weight.sum())
    if extra.get("logit one-inflation", 0.0) < np.log(NO_INFLATION) and slopes["logit one-inflation"] <= flat:
        return "one-inflation", family, "none"
    if extra.get("log dispersion", 0.0) < np.log(NO_DISPERSION) and slopes["log dispersion"] <= flat:
        return "dispersion", "poisson", one_inflation
    return None
