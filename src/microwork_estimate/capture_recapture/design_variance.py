"""Variance of a size when the persons at hand are a sample of those seen: by linearisation, or by replicate weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import stdtrit

from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import FloatArray, Interval, Replicates
from microwork_estimate.inputs.survey import SurveySample


class ReplicateSource(Protocol):
    """Replicate weights of any kind: those of :mod:`microwork_estimate.weighting` are one."""

    @property
    def n(self) -> int:
        """Number of respondents."""

    @property
    def scheme(self) -> str:
        """The scheme in a few words."""

    def weights(self, base: FloatArray) -> FloatArray:
        """Return the weights of all replicates, shape (B, n), from those of the sample, shape (n,)."""

    def covariance(self, values: FloatArray, centre: FloatArray) -> FloatArray:
        """Return the covariance, shape (p, p), of p estimates with replicates (B, p) and value (p,)."""

    def kept(self, values: FloatArray) -> Replicates | None:
        """Return the replicates of one estimate, shape (B,), if they came from a named random stream."""

    def degrees_inside(self, sample: SurveySample, inside: np.ndarray) -> int:
        """Return the degrees of freedom of an estimate from the respondents `inside`, shape (n,)."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DesignError:
    """What sampling leaves uncertain.

    Parameters
    ----------
    variance : float
        Of the size; NaN when it cannot be given.
    degrees : int
        Degrees of freedom.
    method : str
        In a few words.
    warnings : tuple of CodedWarning
    replicates : Replicates or None
    """

    variance: float
    degrees: int
    method: str
    warnings: tuple[CodedWarning, ...] = ()
    replicates: Replicates | None = None

    @property
    def linearised(self) -> bool:
        """Whether the variance comes from linearisation and not from replicate weights."""
        return self.method == "linearised"


def linearised_error(scores: FloatArray, sample: SurveySample) -> DesignError:
    """Estimate the variance of a sum over respondents by linearisation.

    Procedure: within each stratum the totals of the primary units vary around their mean; the sum of squared
    deviations of m_h units counts (1 - f_h) m_h / (m_h - 1) times, with f_h the share of units drawn. Later stages are
    held by the variance between primary units.

    Parameters
    ----------
    scores : array of shape (n,)
        Weight times linearised size of each respondent.
    sample : SurveySample

    Returns
    -------
    DesignError
        Warning ``calibration-ignored``: the weights were calibrated, which linearisation here does not know; the
        variance is usually too large. Replicate weights that were calibrated again know it.

    Raises
    ------
    InvalidInput
        If a stratum has one primary unit and the sample says ``lonely_psu="fail"``.

    References
    ----------
    Särndal, Swensson & Wretman 1992, Model Assisted Survey Sampling, result 3.7.2.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1.0, 3.0]}, weight=[5.0, 5.0], fpc=[10.0, 10.0])
    >>> linearised_error(np.array([5.0, 15.0]), sample).variance
    80.0
    """
    unit, stratum = sample.psu_codes(), sample.stratum_codes()
    n_units = int(unit.max()) + 1
    of_unit, fractions = np.zeros(n_units, dtype=np.int64), np.zeros(n_units)
    of_unit[unit], fractions[unit] = stratum, sample.sampling_fractions()[0]
    totals = np.bincount(unit, weights=scores, minlength=n_units)
    sizes = np.bincount(of_unit).astype(np.float64)
    means = np.asarray(np.bincount(of_unit, weights=totals) / sizes, dtype=np.float64)
    lonely = np.flatnonzero((sizes == 1) & (np.bincount(of_unit, weights=fractions) < 1.0))
    inflation = 1.0
    if lonely.size:
        means, inflation = _lonely(sample, means, totals.astype(np.float64), lonely)
    factor = (1.0 - fractions) * (sizes / np.maximum(sizes - 1, 1))[of_unit]
    variance = inflation * float(factor @ (totals - means[of_unit]) ** 2)
    found: tuple[CodedWarning, ...] = ()
    if sample.auxiliary is not None:
        message = "the weights were calibrated and the linearised variance does not know it: it is usually too large"
        found = (CodedWarning(code="calibration-ignored", message=message),)
    degrees = n_units - sizes.size
    return DesignError(
        variance=variance if degrees > 0 else np.nan, degrees=degrees, method="linearised", warnings=found
    )


def _lonely(
    sample: SurveySample, means: FloatArray, totals: FloatArray, lonely: np.ndarray
) -> tuple[FloatArray, float]:
    """Treat strata of one unit as the sample says: the means to deviate from, and the factor of the variance."""
    policy = sample.lonely_psu
    if policy == "fail" or (policy == "average" and lonely.size == means.size):
        raise InvalidInput(
            "a stratum with a single unit",
            expected="at least two primary units in each stratum, as variance is measured between units",
            got=f"{lonely.size} of {means.size} strata with one",
            where="SurveySample",
            fix="join each with a similar stratum, or choose lonely_psu='adjust' or another policy on the sample",
        )
    if policy == "adjust":
        means = means.copy()
        means[lonely] = totals.mean()
    return means, means.size / (means.size - lonely.size) if policy == "average" else 1.0


def replicate_error(
    again: Callable[[FloatArray], float], value: float, sample: SurveySample, source: ReplicateSource
) -> DesignError:
    """Estimate the variance of a size by computing it again with each set of replicate weights.

    Parameters
    ----------
    again : callable
        Gives the size for weights of shape (n,), infinity or NaN where it cannot.
    value : float
        The size with the weights of the sample.
    sample : SurveySample
    source : ReplicateSource

    Returns
    -------
    DesignError
        Warning ``unusable-replicates``: some replicates gave no size and are left out of the variance.

    Raises
    ------
    InvalidInput
        If the replicate weights are of another sample.
    """
    if source.n != sample.n:
        raise InvalidInput(
            "replicate weights of another sample",
            expected=f"{sample.n} respondents, as in the sample",
            got=str(source.n),
            where="replicates",
            fix="make the replicate weights for this sample",
        )
    values = np.array([again(weight) for weight in source.weights(sample.weights)])
    failed = int(np.count_nonzero(~np.isfinite(values)))
    found: tuple[CodedWarning, ...] = ()
    if failed:
        message = f"{failed} of {values.size} replicates gave no size and are left out: the variance is too small"
        found = (CodedWarning(code="unusable-replicates", message=message),)
    variance = float(source.covariance(values[:, None], np.array([value]))[0, 0])
    degrees = source.degrees_inside(sample, np.ones(sample.n, dtype=np.bool_))
    return DesignError(
        variance=variance if degrees > 0 else np.nan,
        degrees=degrees,
        method=f"replicate weights ({source.scheme})",
        warnings=found,
        replicates=source.kept(values),
    )


def total_variance(error: DesignError, sample: SurveySample, *, missed: float, coefficients: float) -> float:
    """Add what sampling does not hold: which persons were seen, and the coefficients if most of them are at hand.

    Procedure: the variance between persons sampled holds that of the coefficients, except for the share of the persons
    seen that was sampled; with a finite population that share is large enough to matter, and the part that the
    coefficients would have if all persons seen were at hand is added.

    Parameters
    ----------
    error : DesignError
    sample : SurveySample
    missed : float
        Variance that the chance of being seen at all puts into the size.
    coefficients : float
        Variance that the coefficients would have if all persons seen were at hand.

    Returns
    -------
    float

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1, 2]})
    >>> total_variance(DesignError(variance=3.0, degrees=1, method=""), sample, missed=4.0, coefficients=2.0)
    7.0
    """
    return error.variance + missed + (0.0 if sample.fpc is None else coefficients)


def log_t_interval(value: float, standard_error: float, degrees: int, level: float) -> Interval:
    """Return the interval of a total on the logarithm, with Student's t.

    Examples
    --------
    >>> interval = log_t_interval(1000.0, 100.0, 10, 0.95)
    >>> round(interval.low, 1), round(interval.high, 1)
    (800.3, 1249.6)
    """
    spread = math.exp(float(stdtrit(degrees, (1.0 + level) / 2.0)) * standard_error / value)
    return Interval(low=value / spread, high=value * spread, level=level, method=f"log-t, {degrees} degrees of freedom")
