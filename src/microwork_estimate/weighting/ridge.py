"""Ridge calibration: margins met as closely as their precision deserves, when meeting them exactly costs too much."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import CodedWarning, InvalidInput, announce
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.margins import Margins
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.distances import WeightBounds
from microwork_estimate.weighting.feasibility import InfeasibleMargins
from microwork_estimate.weighting.preflight import Prepared, check_scale, prepare
from microwork_estimate.weighting.results import CalibrationResult, Outcome, finish
from microwork_estimate.weighting.solver import System, inverse

_GRID = np.logspace(-12, 12, 97)
_BISECTIONS = 60


def ridge_calibrate(
    sample: SurveySample,
    margins: Margins,
    *,
    costs: Mapping[str, float] | None = None,
    penalty: float | None = None,
    bounds: WeightBounds | None = None,
    q: ArrayLike | None = None,
) -> CalibrationResult:
    """Calibrate with the linear distance, giving way where margins cost too much.

    Weights minimise the sum of (w - d)^2 / (d q) plus, for each margin, its cost over the penalty times its squared
    gap: w = d + D q X (X'DqX + penalty / C)^-1 (T - X'd). A margin of infinite cost is met exactly. With `bounds`, the
    penalty is the smallest that brings all weights within them: a search on a grid of powers of ten, then bisection of
    its logarithm.

    Parameters
    ----------
    sample : SurveySample
    margins : Margins
    costs : mapping of str to float, or None
        What a squared gap of each margin costs, by its label (crossings: names joined by ``:``); infinity for a margin
        to be met exactly. None: one over the squared standard error of each total, infinity for exact totals.
    penalty : float or None
        How far to give way, above zero (0: not at all). Exactly one of `penalty` and `bounds`.
    bounds : WeightBounds or None
        Where the weights must be.
    q : array of shape (n,) or None
        Scale of the distance: respondents with a larger q move more; None for 1.

    Returns
    -------
    CalibrationResult
        The gaps that remain stand in the report; one that is larger than twice the standard error of its margin raises
        the warning ``margin-gap-beyond-error``.

    Raises
    ------
    InvalidInput
        If both or none of `penalty` and `bounds` are given, a cost is missing, zero or negative, or a weight would be
        zero or negative.
    InfeasibleMargins
        If no penalty brings the weights within the bounds, because the margins of infinite cost alone do not allow it.

    Assumptions
    -----------
    As for :func:`~microwork_estimate.weighting.calibrate`; the costs say which margins may be missed.

    References
    ----------
    Bardsley & Chambers (1984), *Applied Statistics* 33, 290-299; Chambers (1996), *Journal of Official Statistics* 12,
    3-32; Beaumont & Bocci (2008), *Metron* 66, 5-20.

    Examples
    --------
    >>> sample = SurveySample(columns={"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 10.0, 30.0]})
    >>> margins = Margins.from_totals({"sex": {"f": 50, "m": 50}, "hours": 2500.0}, source="made up")
    >>> bounds = WeightBounds(low=15, high=35, on="weight")
    >>> weighted, report = ridge_calibrate(sample, margins, costs={"sex": float("inf"), "hours": 1.0}, bounds=bounds)
    >>> weighted.weights.round(3).tolist(), float(report.after[-1].round(3))
    ([20.0, 30.0, 15.0, 35.0], 2000.0)
    """
    if (penalty is None) == (bounds is None) or (penalty is not None and not 0 <= penalty < math.inf):
        raise InvalidInput(
            "penalty or bounds",
            expected="a penalty of zero or more, or bounds that determine it",
            got=f"penalty={penalty}, bounds={bounds}",
            where="ridge_calibrate",
            fix="give exactly one of the two",
        )
    prepared = prepare(sample, margins)
    slack = _slack(prepared, margins, costs)
    base = sample.weights
    given = check_scale(q, sample.n)
    scale = np.ones(sample.n) if given is None else given

    def weigh(amount: float) -> FloatArray:
        return ridge_weights(prepared.system, base, scale, slack, amount)

    if bounds is not None:
        penalty = _smallest_penalty(weigh, base, bounds, _unit(prepared.system, base * scale, slack))
    assert penalty is not None  # noqa: S101 - one of the two is given
    weights = weigh(penalty)
    outcome = Outcome(
        method="ridge",
        weights=weights,
        iterations=1,
        bounds=bounds,
        q=given,
        exact=(slack == 0) | (penalty == 0),
        warnings=_gap_warnings(prepared, margins, weights),
    )
    result = finish(sample, margins, prepared, outcome)
    announce(result.report.warnings)
    return result


def ridge_weights(system: System, base: FloatArray, q: FloatArray, slack: FloatArray, penalty: float) -> FloatArray:
    """Compute ridge weights of arrays.

    Parameters
    ----------
    system : System
    base, q : array of shape (r,)
    slack : array of shape (p,)
        One over the cost of each total; 0 for those to be met exactly.
    penalty : float

    Returns
    -------
    array of shape (r,)
    """
    gaps = system.targets - system.totals(base)
    solver = inverse(system.jacobian(base * q) + np.diag(penalty * slack))
    weights = base * (1 + q * system.linear(solver @ gaps))
    # One step of refinement: what rounding left of the margins that must be met exactly.
    left = np.where(slack == 0, system.targets - system.totals(weights), 0.0)
    return np.asarray(weights + base * q * system.linear(solver @ left))


def _slack(prepared: Prepared, margins: Margins, costs: Mapping[str, float] | None) -> FloatArray:
    if costs is None:
        return np.asarray(margins.standard_errors[prepared.kept] ** 2)
    labels = [variable for variable, _ in prepared.labels]
    wrong = sorted(set(labels) ^ set(costs)) or [name for name, cost in costs.items() if not cost > 0]
    if wrong:
        raise InvalidInput(
            "costs do not fit the margins",
            expected="one cost above zero for each of " + ", ".join(dict.fromkeys(labels)),
            got=f"a problem with {', '.join(wrong)}",
            where="ridge_calibrate.costs",
            fix="use the labels of the margins; infinity for a margin to be met exactly",
        )
    return np.array([1.0 / costs[label] for label in labels])


def _unit(system: System, base: FloatArray, slack: FloatArray) -> float:
    """Return a penalty at which the margins that may be missed are given way to about halfway."""
    free = slack > 0
    return float(np.median(np.diag(system.jacobian(base))[free] / slack[free])) if free.any() else 1.0


def _smallest_penalty(
    weigh: Callable[[float], FloatArray], base: FloatArray, bounds: WeightBounds, unit: float
) -> float:
    low, high = bounds.ratios(base)

    def within(amount: float) -> bool:
        ratio = weigh(amount) / base
        return bool(np.all(ratio >= low) and np.all(ratio <= high))

    if within(0.0):
        return 0.0
    tried = [0.0, *(unit * _GRID)]
    first = next((i for i, amount in enumerate(tried) if amount > 0 and within(amount)), None)
    if first is None:
        raise InfeasibleMargins(
            "infeasible margins",
            expected="weights within the bounds once margins of finite cost are let go",
            got="none, even with the largest penalty",
            where="ridge_calibrate",
            fix="widen the bounds, or give a finite cost to a margin of infinite cost",
        )
    outside, inside = float(max(tried[first - 1], tried[1] / 10)), float(tried[first])
    for _ in range(_BISECTIONS):
        middle = math.sqrt(outside * inside)
        outside, inside = (outside, middle) if within(middle) else (middle, inside)
    return inside


def _gap_warnings(prepared: Prepared, margins: Margins, weights: FloatArray) -> tuple[CodedWarning, ...]:
    errors = margins.standard_errors[prepared.kept]
    gaps = np.abs(prepared.system.totals(weights) - prepared.system.targets)
    beyond = np.flatnonzero((errors > 0) & (gaps > 2 * errors))
    if not beyond.size:
        return ()
    names = ", ".join(" = ".join(filter(None, prepared.labels[i])) for i in beyond[:5])
    message = f"{beyond.size} margins are missed by more than two of their standard errors: {names}"
    return (CodedWarning(code="margin-gap-beyond-error", message=message),)
