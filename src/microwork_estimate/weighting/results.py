"""The check after any calibration, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from microwork_estimate.errors import CodedWarning, InvalidInput, NotConverged
from microwork_estimate.estimate import UNSPECIFIED, FloatArray
from microwork_estimate.inputs.margins import Margins
from microwork_estimate.inputs.survey import Auxiliary, SurveySample
from microwork_estimate.weighting.diagnostics import CalibrationReport
from microwork_estimate.weighting.distances import WeightBounds
from microwork_estimate.weighting.preflight import Prepared
from microwork_estimate.weighting.solver import ACCEPTED, Sums

_STRAIGHT = ("linear", "truncated_linear", "ridge")
_ROUNDING = 1e-11


class CalibrationResult(NamedTuple):
    """The sample with its calibrated weights, and what the calibration did.

    Parameters
    ----------
    sample : SurveySample
    report : CalibrationReport
    """

    sample: SurveySample
    report: CalibrationReport


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Outcome:
    """How a fit ended.

    Parameters
    ----------
    method : str
    weights : array of shape (n,)
        Calibrated weights.
    iterations : int
    bounds : WeightBounds or None
    q : array of shape (n,) or None
    exact : array of shape (p,) or None
        Which totals must be met; None for all, as checked against :data:`~microwork_estimate.weighting.solver.ACCEPTED`.
    warnings : tuple of CodedWarning
    """

    method: str
    weights: FloatArray
    iterations: int
    bounds: WeightBounds | None = None
    q: FloatArray | None = None
    exact: np.ndarray | None = None
    warnings: tuple[CodedWarning, ...] = ()


def finish(sample: SurveySample, margins: Margins, prepared: Prepared, outcome: Outcome) -> CalibrationResult:
    """Recompute the margins from the weights of respondents, and make sample and report.

    Raises
    ------
    NotConverged
        If a margin that must be met is not.
    InvalidInput
        If a weight is zero or below, as the linear distance may make it.
    """
    system, weights = prepared.system, outcome.weights
    # Where ratios are straight lines, a weight of zero comes out as what rounding leaves of it, above or below.
    least = _ROUNDING * sample.weights if outcome.method in _STRAIGHT else np.zeros(weights.size)
    if not (weights > least).all():
        raise InvalidInput(
            "weights of zero or below",
            expected="calibrated weights above zero",
            got=f"{int((~(weights > least)).sum())} of {weights.size}, the smallest {weights.min():.6g}",
            where=f"calibration with method {outcome.method!r}",
            fix="use method='raking', or 'logit' or 'truncated_linear' with a lower bound above zero",
        )
    sums = Sums(system)
    after = sums.totals(weights)
    gaps = np.abs(after - system.targets) / np.maximum(1.0, np.abs(system.targets))
    worst = float(gaps.max())
    required = gaps if outcome.exact is None else gaps[outcome.exact]
    if required.size and not required.max() < ACCEPTED:
        at = int(np.argmax(np.where(True if outcome.exact is None else outcome.exact, gaps, -1.0)))
        raise NotConverged(
            "margins not met",
            expected=f"{system.targets[at]:.12g} for {' = '.join(filter(None, prepared.labels[at]))}",
            got=f"{after[at]:.12g}",
            where=f"calibration with method {outcome.method!r}",
            fix="report this: the fit converged but its weights do not give the margins",
        )
    order = np.argsort(prepared.kept)  # the order in which the user gave the margins
    labels = [prepared.labels[i] for i in order]
    report = CalibrationReport(
        method=outcome.method,
        variables=tuple(variable for variable, _ in labels),
        categories=tuple(category for _, category in labels),
        targets=system.targets[order],
        before=sums.totals(sample.weights)[order],
        after=after[order],
        n=sample.n,
        iterations=outcome.iterations,
        max_deviation=worst,
        base_weights=sample.weights,
        weights=weights,
        bounds=describe_bounds(outcome.bounds),
        source=margins.source,
        as_of=margins.as_of,
        warnings=(*universe_warnings(sample, margins), *_estimated(margins), *outcome.warnings),
    )
    auxiliary = Auxiliary(
        method=outcome.method,
        base_weight=sample.weights,
        codes=system.codes,
        sizes=system.sizes,
        numbers=system.numbers,
        q=outcome.q,
        groups=prepared.groups,
    )
    return CalibrationResult(sample.with_weights(weights, auxiliary=auxiliary), report)


def _estimated(margins: Margins) -> tuple[CodedWarning, ...]:
    """Warn that margins are estimates themselves, which only replicates with totals drawn anew take into account."""
    if not (margins.standard_errors > 0).any():
        return ()
    message = (
        "the margins have standard errors of their own, which linearised standard errors with these weights leave out"
    )
    return (CodedWarning(code="margin-errors-ignored", message=message),)


def universe_warnings(sample: SurveySample, margins: Margins | SurveySample) -> tuple[CodedWarning, ...]:
    """Return warnings about margins (or a reference sample) of another population, or of one that is not named.

    ``wrong-universe`` where both sides name a population and the names differ. ``universe-not-stated`` where the
    respondents were reached through a platform and one side names none: nothing then tells whether the margins are
    those of workers or those of everybody.
    """
    named = UNSPECIFIED not in (sample.universe, margins.universe)
    if named and sample.universe != margins.universe:
        message = (
            f"the margins are about {margins.universe!r}, the respondents come from {sample.universe!r}: "
            "calibration makes them alike in the margins and in nothing else"
        )
        return (CodedWarning(code="wrong-universe", message=message),)
    if not named and sample.reached_via is not None:
        message = (
            f"the respondents were reached by {sample.reached_via!r}; sample: universe {sample.universe!r}, "
            f"margins: universe {margins.universe!r}"
        )
        return (CodedWarning(code="universe-not-stated", message=message),)
    return ()


def describe_bounds(bounds: WeightBounds | None) -> str:
    """Write bounds in words."""
    return "none" if bounds is None else f"{bounds.low:g} to {bounds.high:g} on the {bounds.on}"
