"""Trimming: large weights are cut, and the margins restored."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from microwork_estimate.errors import CodedWarning, InvalidInput, announce
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs.margins import Margins
from microwork_estimate.inputs.survey import Auxiliary, SurveySample
from microwork_estimate.weighting.calibration import fit
from microwork_estimate.weighting.distances import Method, WeightBounds, check_bounds
from microwork_estimate.weighting.feasibility import refuse, refuse_vanishing
from microwork_estimate.weighting.preflight import prepare, reduce_rows
from microwork_estimate.weighting.results import CalibrationResult, Outcome, finish
from microwork_estimate.weighting.variance import calibration_variables

#: Multiples of the median weight that are tried for the smallest estimated mean squared error.
CAPS = tuple(np.arange(3.0, 10.5, 0.5).tolist())

_MAX_LOOPS = 20
_SETTLED = 1e-6


def trim(
    sample: SurveySample,
    margins: Margins,
    *,
    cap: float | Literal["least_error"] = 5.0,
    outcome: str | None = None,
    method: Method = "raking",
    bounds: WeightBounds | None = None,
) -> CalibrationResult:
    """Cut weights above a multiple of their median and calibrate again, until both the cap and the margins hold.

    Cut weights are calibrated on the margins, which lifts some above the cap again; so both steps are repeated, at
    most twenty times. The cap is a multiple of the median weight, given or chosen: with ``"least_error"``, the
    multiple (of 3 to 10) with the smallest estimated mean squared error of the mean of `outcome`, where the bias is
    measured against the mean with the weights as they came.

    Parameters
    ----------
    sample : SurveySample
        With weights that are already calibrated, or base weights.
    margins : Margins
    cap : float or ``"least_error"``
        Largest weight allowed, in medians of the weights; above 1.
    outcome : str or None
        A column of numbers, for ``"least_error"`` only.
    method, bounds
        How to calibrate after each cut, as in :func:`~microwork_estimate.weighting.calibrate`.

    Returns
    -------
    CalibrationResult
        Its margins hold. If some weights are still above the cap after twenty loops, the report warns
        ``weights-above-cap`` with how many.

    Raises
    ------
    InvalidInput
        If the cap is not above 1, if `outcome` is missing or not used, or as in ``calibrate``.
    InfeasibleMargins
        If no weights within the bounds meet the margins.

    Assumptions
    -----------
    As for :func:`~microwork_estimate.weighting.calibrate`; trimming trades bias for variance, and the bias is not in
    any standard error.

    References
    ----------
    Potter (1990), *Proceedings of the Survey Research Methods Section, ASA*, 225-230, for the estimated mean squared
    error; Chowdhury, Khare & Wolter (2007), *same series*, 2651-2658, for caps by the median.

    Examples
    --------
    >>> sample = SurveySample(columns={"sex": ["f"] * 5 + ["m"] * 5}, weight=[1.0] * 4 + [30.0] + [1.0] * 5)
    >>> margins = Margins.from_totals({"sex": {"f": 34, "m": 34}}, source="made up")
    >>> weighted, report = trim(sample, margins, cap=3.0)
    >>> weighted.weights.round(3).tolist()[:5], float(report.after[0].round(6))
    ([4.857, 4.857, 4.857, 4.857, 14.571], 34.0)
    """
    multiple = _least_error(sample, outcome) if cap == "least_error" and outcome is not None else cap
    if isinstance(multiple, str) or not 1 < multiple < math.inf or (outcome is not None and cap != "least_error"):
        raise InvalidInput(
            "impossible cap",
            expected="a number above 1 without outcome, or 'least_error' with the column of an outcome",
            got=f"cap={cap!r}, outcome={outcome!r}",
            where="trim",
            fix="give one or the other",
        )
    prepared = prepare(sample, margins)
    weights, above, loop = sample.weights, 1, 0
    while above and loop < _MAX_LOOPS:
        base = np.minimum(weights, multiple * np.median(weights))
        reduced = reduce_rows(prepared, base, None, check_bounds(method, bounds, base))
        solution = fit(reduced, method)
        if not solution.converged:
            refuse(prepared, reduced, deviation=solution.deviation, where="trim")
        refuse_vanishing(prepared, reduced, solution.ratio, where="trim")
        weights = base * reduced.scatter(solution.ratio)
        above = int(np.sum(weights > multiple * np.median(weights) * (1 + _SETTLED)))
        loop += 1
    ended = Outcome(
        method=method, weights=weights, iterations=loop, bounds=bounds, warnings=_above_warning(above, multiple)
    )
    result = finish(sample, margins, prepared, ended)
    announce(result.report.warnings)
    return result


def _above_warning(above: int, multiple: float) -> tuple[CodedWarning, ...]:
    if not above:
        return ()
    message = f"{above} weights are still above {multiple:g} times the median after {_MAX_LOOPS} loops"
    return (CodedWarning(code="weights-above-cap", message=message),)


def _least_error(sample: SurveySample, outcome: str) -> float:
    weights, values = sample.weights, sample.numbers(outcome)
    caps = np.array(CAPS)
    errors = estimated_errors(weights, values, sample.stratum_codes(), sample.psu_codes(), caps)
    return float(caps[int(np.argmin(errors))])


def estimated_errors(
    weights: FloatArray, values: FloatArray, strata: IntArray, psu: IntArray, caps: FloatArray
) -> FloatArray:
    """Estimate the mean squared error of a weighted mean after trimming, for each cap.

    The square of the difference from the untrimmed mean, less its own variance (not below zero), plus the variance of
    the trimmed mean. Variances are linearised, between primary units within strata, with replacement.

    Parameters
    ----------
    weights, values : array of shape (n,)
    strata, psu : array of shape (n,)
        Whole numbers from 0.
    caps : array of shape (c,)
        Multiples of the median weight.

    Returns
    -------
    array of shape (c,)

    References
    ----------
    Potter (1990), section 3.
    """
    mean = float(weights @ values / weights.sum())
    influence = weights * (values - mean) / weights.sum()
    result = np.empty(caps.size)
    for i, cap in enumerate(caps):
        cut = np.minimum(weights, cap * np.median(weights))
        trimmed = float(cut @ values / cut.sum())
        trimmed_influence = cut * (values - trimmed) / cut.sum()
        spread = _variance(trimmed_influence - influence, strata, psu)
        result[i] = max(0.0, (trimmed - mean) ** 2 - spread) + _variance(trimmed_influence, strata, psu)
    return result


def _variance(influence: FloatArray, strata: IntArray, psu: IntArray) -> float:
    """Variance of a total of influences, between primary units within strata; a stratum of one unit adds nothing."""
    n_units = int(psu.max()) + 1
    sums = np.bincount(psu, influence, minlength=n_units)
    stratum = np.zeros(n_units, dtype=np.int64)
    stratum[psu] = strata
    size = np.bincount(stratum)
    mean = np.bincount(stratum, sums) / np.maximum(size, 1)
    squares = np.bincount(stratum, (sums - mean[stratum]) ** 2)
    return float(np.sum(squares * size / np.maximum(size - 1, 1)))


def truncate(sample: SurveySample, bounds: WeightBounds, *, strict: bool = True) -> SurveySample:
    """Cut weights to bounds and spread what was cut over the others in equal parts, so that the sum stays.

    No margins are restored: use :func:`trim` where there are margins.

    Parameters
    ----------
    sample : SurveySample
    bounds : WeightBounds
        On the weights, or on the ratio to the weights before calibration where the sample has been calibrated.
    strict : bool
        Whether to go on until no weight is outside the bounds. Otherwise one pass is made, after which the spread may
        have pushed others out.

    Returns
    -------
    SurveySample

    Raises
    ------
    InvalidInput
        If all weights would be cut, so that the bounds cannot hold the sum of weights; or if bounds are on the ratio
        and the sample has not been calibrated.

    Assumptions
    -----------
    Cut persons are like the average of the others.

    References
    ----------
    Elliott (2008), *Journal of Official Statistics* 24, 517-540, on what trimming does; the equal spread is that of R
    ``survey::trimWeights``.

    Examples
    --------
    >>> sample = SurveySample(columns={"x": [1, 2, 3]}, weight=[1.0, 1.0, 10.0])
    >>> truncate(sample, WeightBounds(low=0, high=6, on="weight")).weights.tolist()
    [3.0, 3.0, 6.0]
    """
    before = sample.weights
    if bounds.on == "ratio":
        if sample.auxiliary is None:
            raise InvalidInput(
                "no weights before calibration",
                expected="a calibrated sample, as the bounds are on the ratio to the weights before",
                got="a sample that has not been calibrated",
                where="truncate",
                fix="use WeightBounds(..., on='weight')",
            )
        base = sample.auxiliary.base_weight
        low, high = bounds.low * base, bounds.high * base
    else:
        low, high = np.full(before.size, bounds.low), np.full(before.size, bounds.high)
    weights = spread_excess(before, low, high, strict=strict)
    auxiliary = None if sample.auxiliary is None else cut_auxiliary(sample.auxiliary, weights / before)
    return sample.with_weights(weights, auxiliary=auxiliary)


def cut_auxiliary(auxiliary: Auxiliary, share: FloatArray) -> Auxiliary:
    """Return what a calibration leaves for the variance when its weights have been cut.

    A total of y with cut weights is the total of y times the share that is left of each weight, with the calibrated
    weights: so its residuals are those of share times y. Dividing the calibration variables by the share, and
    multiplying the scale by its square, gives these residuals to whatever takes them of y and multiplies them by the cut
    weights.

    Parameters
    ----------
    auxiliary : Auxiliary
        Of the calibration, n respondents.
    share : array of shape (n,)
        Cut over calibrated weight, above zero.

    Returns
    -------
    Auxiliary

    References
    ----------
    Deville & Särndal (1992), *Journal of the American Statistical Association* 87, 376-382, equation 3.4, for the total
    of share times y.

    Examples
    --------
    >>> calibrated = Auxiliary(
    ...     method="linear", base_weight=np.ones(2), codes=(), sizes=(), numbers=np.array([[1.0], [3.0]])
    ... )
    >>> cut_auxiliary(calibrated, np.array([1.0, 0.5])).numbers.ravel().tolist()
    [1.0, 6.0]
    """
    if (share == 1).all():
        return auxiliary
    matrix, weight = calibration_variables(auxiliary)
    return Auxiliary(
        method=auxiliary.method,
        base_weight=auxiliary.base_weight,
        codes=(),
        sizes=(),
        numbers=matrix / share[:, None],
        q=weight / auxiliary.base_weight * share**2,
    )


def spread_excess(weights: FloatArray, low: FloatArray, high: FloatArray, *, strict: bool) -> FloatArray:
    """Cut weights, shape (n,), to bounds of the same shape; add what was cut, in equal parts, to those not yet cut."""
    total, cut = weights.sum(), np.zeros(weights.size, dtype=bool)
    current = weights
    while True:
        outside = ((current < low) | (current > high)) & ~cut
        if not outside.any():
            return current
        cut |= outside
        clipped = np.clip(current, low, high)
        if cut.all():
            raise InvalidInput(
                "bounds cannot hold the sum of weights",
                expected=f"bounds within which weights can sum to {total:.10g}",
                got=f"bounds that sum to {low.sum():.10g} and {high.sum():.10g}",
                where="truncate",
                fix="widen the bounds",
            )
        current = np.where(cut, clipped, current + (total - np.where(cut, clipped, current).sum()) / (~cut).sum())
        if not strict:
            return current
