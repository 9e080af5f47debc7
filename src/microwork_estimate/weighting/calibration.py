"""Calibration: weights as close as possible to the base weights that reproduce known totals of the population."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.blas import single_threaded
from microwork_estimate.errors import CodedWarning, InvalidInput, announce
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs.margins import Margins
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.weighting.batch import solve_many
from microwork_estimate.weighting.distances import DISTANCES, Method, WeightBounds, check_bounds
from microwork_estimate.weighting.feasibility import refuse, refuse_vanishing
from microwork_estimate.weighting.preflight import Prepared, Reduced, check_kinds, check_scale, prepare, reduce_rows
from microwork_estimate.weighting.replication import negative_weights
from microwork_estimate.weighting.results import CalibrationResult, Outcome, finish
from microwork_estimate.weighting.solver import Law, Solution, solve


def calibrate(
    sample: SurveySample,
    margins: Margins,
    *,
    method: Method = "raking",
    bounds: WeightBounds | None = None,
    q: ArrayLike | None = None,
    equal_within: str | None = None,
) -> CalibrationResult:
    """Calibrate the weights of a sample on margins.

    Each weight is multiplied by a ratio that depends on the calibration variables only, so that weighted totals equal
    the margins: w = d F(q x'lambda), with lambda found by damped Newton steps. Before the fit, sample and margins are
    checked against each other; after it, the margins are recomputed from the weights. Weights that do not meet the
    margins are never returned: a linear program then says whether any weights could, and if not, by how little the
    margins would have to change (:func:`check_feasibility` asks it beforehand; weights that meet the margins are
    themselves the proof that they can be met).

    Parameters
    ----------
    sample : SurveySample
        With base weights; n respondents.
    margins : Margins
        Totals of categories, crossings and continuous variables.
    method : str
        How weights move: ``"raking"`` (exponential: ratios above 0, the same weights as iterative proportional
        fitting), ``"linear"`` (the regression estimator), ``"logit"`` and ``"truncated_linear"`` (within `bounds`),
        ``"sinh"`` (hyperbolic sine, `bounds` optional).
    bounds : WeightBounds or None
        Which ratios or weights are allowed; only for the methods that respect them.
    q : array of shape (n,) or None
        Scale of the distance: respondents with a larger q move more. 1 over the assumed residual variance; None for 1.
    equal_within : str or None
        ``"psu"`` or a column (households): members of a group get one ratio.

    Returns
    -------
    CalibrationResult
        ``(sample, report)``: the same respondents with calibrated weights, and a :class:`CalibrationReport`. Its warnings
        are ``wrong-universe`` or ``universe-not-stated`` where the margins may be those of another population, and
        ``margin-errors-ignored`` where they are estimates themselves: standard errors by linearisation take them as
        exact, :func:`calibrate_replicates` can take totals drawn anew.

    Raises
    ------
    InvalidInput
        If sample and margins do not fit each other (see :func:`~microwork_estimate.weighting.preflight.prepare`), if
        bounds are missing, unused or exclude the ratio 1, or if the linear distance makes a weight zero or negative.
    InfeasibleMargins
        If no weights within the bounds meet the margins.
    NotConverged
        If there are such weights but the steps did not arrive.

    Assumptions
    -----------
    The margins are those of the population that the respondents were drawn from; among persons alike in the
    calibration variables, answering does not depend on the answers.

    References
    ----------
    Deville & Särndal (1992), *JASA* 87, 376-382, table 1 for the distances; Deville, Särndal & Sautory (1993), *JASA*
    88, 1013-1020, for raking.

    Examples
    --------
    >>> sample = SurveySample(columns={"sex": ["f", "f", "m", "m"], "paid": ["yes", "no", "yes", "no"]})
    >>> margins = Margins.from_totals({"sex": {"f": 60, "m": 40}, "paid": {"yes": 30, "no": 70}}, source="made up")
    >>> weighted, report = calibrate(sample, margins)
    >>> weighted.weights.round(6).tolist()
    [18.0, 42.0, 12.0, 28.0]
    >>> report.max_deviation < 1e-8
    True
    """
    check_kinds(sample, margins)
    limits = check_bounds(method, bounds, sample.weights)
    scale = check_scale(q, sample.n)
    prepared = prepare(sample, margins, equal_within)
    reduced = reduce_rows(prepared, sample.weights, scale, limits)
    solution = fit(reduced, method)
    where = f"calibrate with method {method!r}"
    if not solution.converged:
        refuse(prepared, reduced, deviation=solution.deviation, where=where)
    refuse_vanishing(prepared, reduced, solution.ratio, where=where)
    weights = sample.weights * reduced.scatter(solution.ratio)
    if bounds is not None and bounds.on == "weight":
        weights = np.clip(weights, bounds.low, bounds.high)  # a product may be off the bound by its rounding
    outcome = Outcome(method=method, weights=weights, iterations=solution.iterations, bounds=bounds, q=scale)
    result = finish(sample, margins, prepared, outcome)
    announce(result.report.warnings)
    return result


def fit(reduced: Reduced, method: Method) -> Solution:
    """Solve the calibration equations of arrays; raking starts from weights that sum to the population."""
    law = Law(distance=DISTANCES[method], low=reduced.low, high=reduced.high, q=reduced.q)
    with single_threaded():
        return solve(reduced.system, reduced.base, law, _start(reduced, method))


def _start(reduced: Reduced, method: Method) -> FloatArray:
    start = np.zeros(reduced.system.targets.size)
    if method == "raking" and reduced.system.sizes and np.ndim(reduced.q) == 0:
        first = slice(0, reduced.system.sizes[0])
        start[first] = np.log(reduced.system.targets[first].sum() / reduced.base.sum())
    return start


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CalibrationOptions:
    """How weights may move: the options of :func:`calibrate` in one noun, for :func:`calibrate_replicates`.

    Parameters
    ----------
    method, bounds, q, equal_within
        As in :func:`calibrate`.

    Examples
    --------
    >>> CalibrationOptions(method="linear", equal_within="household").equal_within
    'household'
    """

    method: Method = "raking"
    bounds: WeightBounds | None = None
    q: ArrayLike | None = None
    equal_within: str | None = None


def calibrate_replicates(
    sample: SurveySample,
    margins: Margins,
    replicate_weights: ArrayLike,
    *,
    method: Method | CalibrationOptions = "raking",
    bounds: WeightBounds | None = None,
    totals: ArrayLike | None = None,
) -> FloatArray:
    """Calibrate each of B sets of replicate weights on the same margins, all in one array operation.

    This is :func:`calibrate` run again in each replicate, which is what the variance of calibrated weights needs. Bounds
    on the weight itself, and groups of one ratio whose members were not redrawn together, are calibrated one by one.

    Parameters
    ----------
    sample : SurveySample
        The full sample with its *base* weights: it gives the starting point.
    margins : Margins
    replicate_weights : array of shape (B, n)
        Base weights in each replicate (factors times base weights); 0 for respondents not drawn.
    method : str or CalibrationOptions
        As in :func:`calibrate`; or all its options in one noun, among them the scale `q` of the distance, shape (n,),
        and `equal_within`.
    bounds : WeightBounds or None
        As in :func:`calibrate`; inside the noun where there is one.
    totals : array of shape (B, p) or None
        Totals of each replicate, from :meth:`Margins.draw`, where the margins are themselves estimates.

    Returns
    -------
    array of shape (B, n)
        Calibrated weights. Raking on categories alone meets each total to 1e-8 of it; all else goes on towards 1e-12, as
        :func:`calibrate` does. A replicate that cannot meet its margins (a category without anybody drawn) is NaN
        throughout, never dropped, and counted by the warning ``replicate-not-calibrated``. The linear distance may make
        weights of a replicate negative, which a variance can bear and a sample cannot: they stay, and the warning
        ``negative-replicate-weights`` gives their share.

    Raises
    ------
    InvalidInput
        If the replicate weights are not B rows of n numbers of zero or more, if bounds are given beside a noun that
        holds the options, or as in :func:`calibrate`.

    Assumptions
    -----------
    As for :func:`calibrate`.

    References
    ----------
    Canty & Davison (1999), *The Statistician* 48, 379-391, on raking anew in each replicate.

    Examples
    --------
    >>> sample = SurveySample(columns={"sex": ["f", "f", "m", "m"]})
    >>> margins = Margins.from_totals({"sex": {"f": 60, "m": 40}}, source="made up")
    >>> drawn = [[2, 0, 1, 1], [1, 1, 0, 2]]
    >>> calibrate_replicates(sample, margins, drawn).round(9).tolist()
    [[60.0, 0.0, 20.0, 20.0], [30.0, 30.0, 0.0, 40.0]]

    Women who answered more carefully may move three times as far as the others:

    >>> options = CalibrationOptions(method="linear", q=[3.0, 1.0, 1.0, 1.0])
    >>> calibrate_replicates(sample, margins, [[1, 1, 1, 1], [1, 1, 0, 2]], method=options).round(9).tolist()
    [[44.5, 15.5, 20.0, 20.0], [44.5, 15.5, 0.0, 40.0]]
    """
    check_kinds(sample, margins)
    weights = _replicate_weights(replicate_weights, sample.n)
    options = _options(method, bounds)
    limits = check_bounds(options.method, options.bounds, sample.weights)
    scale = check_scale(options.q, sample.n)
    prepared = prepare(sample, margins, options.equal_within)
    wanted = _wanted(totals, prepared, margins, weights.shape[0])
    on_weight = options.bounds is not None and options.bounds.on == "weight"
    if on_weight or not _moved_together(prepared.groups, weights, sample.weights):
        result = _one_by_one(prepared, weights, wanted, options, scale)
    else:
        result = _together(reduce_rows(prepared, sample.weights, scale, limits), weights, wanted, options.method)
    announce((*_lost(result), *negative_weights(result)))
    return result


def _options(method: Method | CalibrationOptions, bounds: WeightBounds | None) -> CalibrationOptions:
    if not isinstance(method, CalibrationOptions):
        return CalibrationOptions(method=method, bounds=bounds)
    if bounds is not None:
        raise InvalidInput(
            "bounds given twice",
            expected="bounds inside the options, or a method by its name beside bounds",
            got=f"bounds={bounds} beside {type(method).__name__}",
            where="calibrate_replicates",
            fix="write CalibrationOptions(..., bounds=...)",
        )
    return method


def _lost(weights: FloatArray) -> tuple[CodedWarning, ...]:
    """Count the replicates that could not be calibrated."""
    lost = int(np.isnan(weights.sum(axis=1)).sum())
    if not lost:
        return ()
    message = f"{lost} of {weights.shape[0]} replicates cannot meet the margins and are NaN"
    return (CodedWarning(code="replicate-not-calibrated", message=message),)


def _moved_together(groups: IntArray | None, weights: FloatArray, base: FloatArray) -> bool:
    """Whether the members of each group have one factor in each replicate, as when whole groups are redrawn."""
    if groups is None:
        return True
    factors = weights / base
    first = np.unique(groups, return_index=True)[1]
    return bool(np.allclose(factors, factors[:, first[groups]], rtol=1e-12, atol=0.0))


def _together(reduced: Reduced, weights: FloatArray, wanted: FloatArray, method: Method) -> FloatArray:
    law = Law(distance=DISTANCES[method], low=reduced.low, high=reduced.high, q=reduced.q)
    solution = fit(reduced, method)
    start = solution.multipliers if solution.converged else _start(reduced, method)
    return solve_many(reduced, weights, law, start, wanted)


def _one_by_one(
    prepared: Prepared,
    weights: FloatArray,
    wanted: FloatArray,
    options: CalibrationOptions,
    scale: FloatArray | None,
) -> FloatArray:
    """Calibrate replicates whose bounds of the ratio, or whose groups, differ from one to the next."""
    result = np.zeros_like(weights)
    each = np.broadcast_to(wanted, (len(weights), wanted.shape[-1]))
    for row, (base, targets) in enumerate(zip(weights, each, strict=True)):
        drawn = base > 0
        groups = None if prepared.groups is None else np.unique(prepared.groups[drawn], return_inverse=True)[1]
        part = replace(prepared, system=prepared.system.subset(drawn, targets), groups=groups)
        found = _replicate(part, base[drawn], None if scale is None else scale[drawn], options)
        if found is None:
            result[row] = np.nan
        else:
            result[row, drawn] = found
    return result


def _replicate(
    prepared: Prepared, base: FloatArray, scale: FloatArray | None, options: CalibrationOptions
) -> FloatArray | None:
    """Calibrate the respondents drawn in one replicate; None where nothing meets the margins or bounds."""
    if not base.size:
        return None
    try:
        limits = check_bounds(options.method, options.bounds, base)
    except InvalidInput:  # the whole sample lies within the bounds, and this replicate does not
        return None
    reduced = reduce_rows(prepared, base, scale, limits)
    solution = fit(reduced, options.method)
    if not solution.converged:
        return None
    found = base * reduced.scatter(solution.ratio)
    on_weight = options.bounds if options.bounds is not None and options.bounds.on == "weight" else None
    return found if on_weight is None else np.clip(found, on_weight.low, on_weight.high)


def _replicate_weights(values: ArrayLike, n: int) -> FloatArray:
    weights = np.asarray(values, dtype=np.float64)
    # A smallest number that is zero or more is no NaN, and a largest one that is finite leaves no infinity.
    fits = weights.ndim == 2 and weights.shape[1] == n
    if not fits or not (weights.min(initial=np.inf) >= 0 and weights.max(initial=0.0) < np.inf):
        raise InvalidInput(
            "impossible replicate weights",
            expected=f"an array of shape (B, {n}) of finite numbers, zero or more",
            got=f"shape {weights.shape}",
            where="replicate_weights",
            fix="give one row for each replicate: factors times base weights",
        )
    return weights


def _wanted(totals: ArrayLike | None, prepared: Prepared, margins: Margins, n_replicates: int) -> FloatArray:
    if totals is None:
        return prepared.system.targets
    array = np.asarray(totals, dtype=np.float64)
    if array.shape != (n_replicates, margins.totals.size) or not np.isfinite(array).all():
        raise InvalidInput(
            "totals do not fit the replicates",
            expected=f"finite numbers of shape {(n_replicates, margins.totals.size)}",
            got=f"shape {array.shape}",
            where="totals",
            fix="draw them with margins.draw(rng, B)",
        )
    return array[:, prepared.kept]
