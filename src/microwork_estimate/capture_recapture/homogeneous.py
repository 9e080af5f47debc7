"""Estimates under one law for everybody: from a fit to counts of sightings to value, interval and warnings."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from microwork_estimate.capture_recapture.count_fit import CountData, CountFit
from microwork_estimate.capture_recapture.counts import COUNT_ASSUMPTIONS, nearly_all_seen, unseen_interval
from microwork_estimate.capture_recapture.ratios import RatioPlot, ratio_diagnostics
from microwork_estimate.capture_recapture.running_away import runaway_warning
from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Assumption, Estimate, FrozenMapping, Interval, Scalar
from microwork_estimate.inputs.histories import CaptureCounts


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Words:
    """What an estimate says of itself.

    Parameters
    ----------
    name, method : str
    assumptions : tuple of Assumption
        Beside those of all estimates from counts.
    references : tuple of str
    """

    name: str
    method: str
    assumptions: tuple[Assumption, ...]
    references: tuple[str, ...]


def homogeneous_data(counts: CaptureCounts) -> CountData:
    """Return counts of sightings as data with an intercept alone, one row for each number of times that occurs.

    Examples
    --------
    >>> data = homogeneous_data(CaptureCounts(frequencies=[60, 0, 8]))
    >>> data.times.tolist(), data.weight.tolist()
    ([1.0, 3.0], [60.0, 8.0])
    """
    frequencies = counts.as_floats()
    present = frequencies > 0.0
    times = counts.times[present].astype(np.float64)
    return CountData(
        columns=np.ones((times.size, 1)),
        names=("log mean",),
        times=times,
        weight=frequencies[present],
        occasions=None if counts.occasions is None else float(counts.occasions),
    )


def homogeneous_estimate(
    counts: CaptureCounts,
    fit: CountFit | Interval,
    words: Words,
    *,
    plot: RatioPlot,
    found: list[CodedWarning],
    level: float,
) -> Estimate:
    """Make an estimate of a fit, or of the open interval that stands where there is none.

    Parameters
    ----------
    counts : CaptureCounts
    fit : CountFit or Interval
        A fit with a finite size, or what is known without one.
    words : Words
    plot : RatioPlot
    found : list of CodedWarning
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        With the warnings found, and ``nearly-all-seen``, ``runaway``, ``no-dispersion``, ``no-one-inflation``.
    """
    n = float(counts.n_observed)
    value: float | None = None
    error: float | None = None
    diagnostics: dict[str, Scalar] = {}
    if isinstance(fit, Interval):
        interval, warnings = fit, found
    else:
        value, error = fit.inclusion.size(), math.sqrt(fit.inclusion.model_variance())
        interval = unseen_interval(value, error, n, level)
        warnings = [*found, *left_out_warnings(fit), *nearly_all_seen(value, n), *runaway_warning(value, n)]
        diagnostics = fit_diagnostics(fit)
    return Estimate(
        name=words.name,
        value=value,
        standard_error=error,
        interval=interval,
        estimand=counts.estimand,
        method=words.method,
        n_observed=n,
        assumptions=(*COUNT_ASSUMPTIONS, *words.assumptions),
        warnings=tuple(warnings),
        references=words.references,
        diagnostics=FrozenMapping({**diagnostics, **ratio_diagnostics(plot)}),
    )


def left_out_warnings(fit: CountFit) -> list[CodedWarning]:
    """Say which parameters fell to zero and were left out.

    Parameters
    ----------
    fit : CountFit

    Returns
    -------
    list of CodedWarning
        ``no-dispersion``, ``no-one-inflation``, or none.
    """
    messages = {
        "dispersion": ("no-dispersion", "the dispersion fell to zero: the law is the Poisson law"),
        "one-inflation": ("no-one-inflation", "no person is too many among those seen once: the share fell to zero"),
    }
    return [CodedWarning(code=messages[name][0], message=messages[name][1]) for name in fit.left_out]


def fit_diagnostics(fit: CountFit) -> dict[str, Scalar]:
    """Return the parameters of a fit with an intercept alone, on their own scale.

    Parameters
    ----------
    fit : CountFit

    Returns
    -------
    dict
        ``mean`` (of the binomial law ``chance``, that of being seen on an occasion), ``dispersion``, ``one_inflation``
        where the law has them; ``log_likelihood``, ``aic``.
    """
    named = dict(zip(fit.names, fit.maximum.coefficients, strict=True))
    result: dict[str, Scalar] = {"mean": math.exp(named["log mean"])}
    if fit.family == "binomial":
        result = {"chance": float(expit(named["log mean"]))}
    if "log dispersion" in named:
        result["dispersion"] = math.exp(named["log dispersion"])
    elif "dispersion" in fit.left_out:
        result["dispersion"] = 0.0
    if "logit one-inflation" in named:
        result["one_inflation"] = 1.0 / (1.0 + math.exp(-named["logit one-inflation"]))
    elif "one-inflation" in fit.left_out:
        result["one_inflation"] = 0.0
    return {**result, "log_likelihood": fit.maximum.value, "aic": fit.aic}


def open_interval(low: float, level: float, method: str) -> Interval:
    """Return an interval without an upper end.

    Examples
    --------
    >>> open_interval(70.0, 0.95, "profile likelihood").high
    inf
    """
    return Interval(low=low, high=math.inf, level=level, method=method)
