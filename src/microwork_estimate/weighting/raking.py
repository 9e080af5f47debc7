"""Iterative proportional fitting: the second route to raking weights, margin by margin."""

from __future__ import annotations

import math

import numpy as np

from microwork_estimate.errors import CodedWarning, InvalidInput, announce
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.margins import Margins
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.feasibility import refuse, refuse_vanishing
from microwork_estimate.weighting.preflight import prepare, reduce_rows
from microwork_estimate.weighting.results import CalibrationResult, Outcome, finish
from microwork_estimate.weighting.solver import ACCEPTED, System

_AIMED = 1e-12
_MAX_SWEEPS = 20_000
_PATIENCE = 100


def rake_ipf(sample: SurveySample, margins: Margins, *, stop_at_change: float | None = None) -> CalibrationResult:
    """Rake by iterative proportional fitting.

    Weights are scaled to the first margin, then to the second, and so on, over and over until all margins hold. The
    weights are those of ``calibrate(method="raking")``, reached by a second route that shares none of its steps.

    Parameters
    ----------
    sample : SurveySample
    margins : Margins
        Categories and crossings only.
    stop_at_change : float or None
        Stop earlier, when a sweep changes no cell of the crossed margins by this many persons: what other programs do
        (R ``survey::rake`` with 1). The margins are then met only roughly, and the report warns ``margins-not-met``.

    Returns
    -------
    CalibrationResult

    Raises
    ------
    InvalidInput
        If there is a continuous margin, or if sample and margins do not fit each other.
    InfeasibleMargins
        If no weights meet the margins.

    Assumptions
    -----------
    As for :func:`~microwork_estimate.weighting.calibrate`.

    References
    ----------
    Deming & Stephan (1940), *Annals of Mathematical Statistics* 11, 427-444; Ireland & Kullback (1968), *Biometrika*
    55, 179-188, for convergence.

    Examples
    --------
    >>> sample = SurveySample(columns={"sex": ["f", "f", "m", "m"], "paid": ["yes", "no", "yes", "no"]})
    >>> margins = Margins.from_totals({"sex": {"f": 60, "m": 40}, "paid": {"yes": 30, "no": 70}}, source="made up")
    >>> rake_ipf(sample, margins).sample.weights.round(6).tolist()
    [18.0, 42.0, 12.0, 28.0]
    """
    prepared = prepare(sample, margins)
    if prepared.system.numbers.shape[1]:
        raise InvalidInput(
            "continuous margin",
            expected="categories and crossings only",
            got=", ".join(m.label for m in margins.margins if m.continuous),
            where="rake_ipf",
            fix="use calibrate(method='raking'), which takes continuous totals too",
        )
    reduced = reduce_rows(prepared, sample.weights, None, (0.0, np.inf))
    fitted, sweeps = proportional_fitting(reduced.system, reduced.base, stop_at_change)
    deviation = reduced.system.deviation(reduced.system.totals(fitted))
    warnings: tuple[CodedWarning, ...] = ()
    if not deviation < ACCEPTED:
        if stop_at_change is None:
            refuse(prepared, reduced, deviation=deviation, where="rake_ipf")
        message = f"stopped after {sweeps} sweeps with a largest deviation of {deviation:.3g} of a margin"
        warnings = (CodedWarning(code="margins-not-met", message=message),)
    ratio = fitted / reduced.base
    refuse_vanishing(prepared, reduced, ratio, where="rake_ipf")
    weights = sample.weights * reduced.scatter(ratio)
    exact = None if not warnings else np.zeros(len(prepared.labels), dtype=bool)
    outcome = Outcome(method="ipf", weights=weights, iterations=sweeps, exact=exact, warnings=warnings)
    result = finish(sample, margins, prepared, outcome)
    announce(result.report.warnings)
    return result


def proportional_fitting(
    system: System, base: FloatArray, stop_at_change: float | None = None
) -> tuple[FloatArray, int]:
    """Scale weights to each margin in turn.

    Parameters
    ----------
    system : System
        Of r rows, without numbers.
    base : array of shape (r,)
        Base weights.
    stop_at_change : float or None
        See :func:`rake_ipf`.

    Returns
    -------
    weights : array of shape (r,)
    sweeps : int
        How many times all margins were gone through. Whether the margins hold is for the caller to check.
    """
    weights, sweeps, before_patience = base.copy(), 0, math.inf
    parts = np.split(system.targets, np.cumsum(system.sizes)[:-1])
    while sweeps < _MAX_SWEEPS:
        old = weights
        for code, size, target in zip(system.codes, system.sizes, parts, strict=True):
            weights = weights * (target / np.bincount(code, weights, minlength=size))[code]
        sweeps += 1
        if stop_at_change is not None and np.max(np.abs(_cells(system, weights - old))) < stop_at_change:
            break
        deviation = system.deviation(system.totals(weights))
        if deviation < _AIMED:
            break
        if sweeps % _PATIENCE == 0:
            if deviation > 0.99 * before_patience:
                break
            before_patience = deviation
    return weights, sweeps


def _cells(system: System, weights: FloatArray) -> FloatArray:
    """Sum weights over the cells of all margins crossed."""
    cell = np.zeros(weights.size, dtype=np.int64)
    for code, size in zip(system.codes, system.sizes, strict=True):
        cell = cell * size + code
    return np.asarray(np.bincount(np.unique(cell, return_inverse=True)[1], weights), dtype=np.float64)
