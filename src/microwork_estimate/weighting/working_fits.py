"""Fits of working models on many sets of weights at once: who volunteers, and what they would answer. Arrays only.

Three fits are one problem: find coefficients c with the weighted sum of F(x'c) x equal to given totals, where F rises. For
the logistic curve this is the maximum of a likelihood, for the exponential it is raking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from microwork_estimate.estimate import FloatArray

_MAX_STEPS = 50
_MAX_HALVINGS = 12
_STEADY = 1e-8
_ROWS = 4_000_000
_SINGULAR = 1e-11


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """A rising curve, its slope and its integral, each a function of an array.

    Parameters
    ----------
    height, slope, integral : callable
    """

    height: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]
    integral: Callable[[FloatArray], FloatArray]


def _logistic_slope(u: FloatArray) -> FloatArray:
    share = expit(u)
    return np.asarray(share * (1 - share))


LOGISTIC = Curve(height=expit, slope=_logistic_slope, integral=lambda u: np.logaddexp(0.0, u))
EXPONENTIAL = Curve(height=np.exp, slope=np.exp, integral=np.exp)


def weighted_products(matrix: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted sums of x x', shape (B, p, p), of rows x of a matrix (r, p) with weights (B, r).

    Examples
    --------
    >>> weighted_products(np.array([[1.0, 2.0], [1.0, 3.0]]), np.ones((1, 2))).tolist()
    [[[2.0, 5.0], [5.0, 13.0]]]
    """
    r, p = matrix.shape
    result = np.zeros((weights.shape[0], p * p))
    step = max(1, _ROWS // (p * p))
    for start in range(0, r, step):
        part = matrix[start : start + step]
        result += weights[:, start : start + step] @ (part[:, :, None] * part[:, None, :]).reshape(-1, p * p)
    return result.reshape(-1, p, p)


def roots(matrix: FloatArray, weights: FloatArray, wanted: FloatArray, curve: Curve) -> FloatArray:
    """Find coefficients c for which the weighted sums of F(x'c) x are as wanted, for B sets of weights at once.

    Newton steps on a concave objective, halved until it rises. They end when no fitted value moves any more; where they
    keep moving there is no solution (a category without anybody, a perfect separation).

    Parameters
    ----------
    matrix : array of shape (r, p)
        Its first column is 1.
    weights : array of shape (B, r)
        Zero or more.
    wanted : array of shape (B, p)
    curve : Curve

    Returns
    -------
    array of shape (B, p)
        NaN throughout where there is no solution.

    References
    ----------
    Chen, Li & Wu (2020), *JASA* 115, 2011-2021.

    Examples
    --------
    >>> roots(np.ones((4, 1)), np.ones((1, 4)), np.array([[3.0]]), LOGISTIC).round(9).tolist()
    [[1.098612289]]
    """
    coefficients = np.zeros_like(wanted)
    result = np.full_like(wanted, np.nan)
    todo = np.flatnonzero(wanted[:, 0] > 0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(_MAX_STEPS):
            if not todo.size:
                break
            at, sums = coefficients[todo], wanted[todo]
            u = at @ matrix.T
            gaps = sums - (weights[todo] * curve.height(u)) @ matrix
            step = _solved(weighted_products(matrix, weights[todo] * curve.slope(u)), gaps)
            moved = step @ matrix.T
            coefficients[todo] = at + _share(u, moved, (weights[todo], sums, at, step), curve)[:, None] * step
            largest = np.abs(np.where(weights[todo] > 0, moved, 0.0)).max(axis=1)
            done = largest < _STEADY
            result[todo[done]] = coefficients[todo[done]]
            todo = todo[~done & np.isfinite(coefficients[todo]).all(axis=1)]
    found = np.flatnonzero(np.isfinite(result).all(axis=1))
    flat = _flat(matrix, weights[found], weights[found] * curve.slope(result[found] @ matrix.T))
    result[found[flat]] = np.nan
    return result


def _flat(matrix: FloatArray, weights: FloatArray, curved: FloatArray) -> NDArray[np.bool_]:
    """Say which fits have run away in some direction, where rounding then hides that they still move; shape (b,).

    There the curve is flat: its slopes, compared with the weights in the same direction, are all but zero.
    """
    plain = weighted_products(matrix, weights)
    scale = np.sqrt(np.maximum(np.einsum("bii->bi", plain), 1e-300))
    values, vectors = np.linalg.eigh(plain / scale[:, :, None] / scale[:, None, :])
    root = vectors / np.sqrt(np.maximum(values, _SINGULAR))[:, None, :] / scale[:, :, None]
    compared = np.swapaxes(root, 1, 2) @ weighted_products(matrix, curved) @ root
    return np.asarray((values[:, 0] <= _SINGULAR) | (np.linalg.eigvalsh(compared)[:, 0] <= _SINGULAR))


def _share(u: FloatArray, moved: FloatArray, state: tuple[FloatArray, ...], curve: Curve) -> FloatArray:
    """Return which part of each step to take, shape (b,): 1, 1/2, 1/4, ... until the objective does not fall."""
    weights, sums, at, step = state
    before = (sums * at).sum(axis=1) - (weights * curve.integral(u)).sum(axis=1)
    share = np.ones(u.shape[0])
    rise = (sums * step).sum(axis=1)
    for _ in range(_MAX_HALVINGS):
        after = (sums * at).sum(axis=1) + share * rise
        after -= (weights * curve.integral(u + share[:, None] * moved)).sum(axis=1)
        worse = ~(after >= before - 1e-10 * np.abs(before)) & np.isfinite(rise)
        if not worse.any():
            break
        share[worse] /= 2
    return share


def _solved(matrices: FloatArray, sides: FloatArray) -> FloatArray:
    """Solve B systems, NaN for those that are singular."""
    try:
        return np.asarray(np.linalg.solve(matrices, sides[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError:
        result = np.full_like(sides, np.nan)
        for b, (matrix, side) in enumerate(zip(matrices, sides, strict=True)):
            if np.linalg.matrix_rank(matrix, hermitian=True) == side.size:
                result[b] = np.linalg.solve(matrix, side)
        return result


def propensity(
    design: tuple[FloatArray, FloatArray | None], volunteers: FloatArray, reference: FloatArray, form: str
) -> FloatArray:
    """Fit the chance of being among the volunteers, logistic in the variables.

    Parameters
    ----------
    design : pair of arrays of shape (n, p) and (r, p)
        Volunteers and reference; the second is not used by the calibration form.
    volunteers : array of shape (B, n)
        How many volunteers each row stands for.
    reference : array of shape (B, r), or (B, p) for the calibration form
        Weights of the reference; for the calibration form, totals of the population.
    form : str
        ``"likelihood"``: the volunteers' sums of x equal the reference's weighted sums of pi x. ``"calibration"``: the
        volunteers' sums of x / pi equal the totals.

    Returns
    -------
    array of shape (B, p)
        Coefficients on the logistic scale.

    References
    ----------
    Chen, Li & Wu (2020), *JASA* 115, 2011-2021: the score of their pseudo-likelihood, and the estimating equations with
    h = x / pi.

    Examples
    --------
    >>> ones = np.ones((4, 1))
    >>> expit(propensity((ones, None), np.ones((1, 4)), np.array([[40.0]]), "calibration")).round(6).tolist()
    [[0.1]]
    """
    ours, theirs = design
    sums = volunteers @ ours
    if form == "likelihood":
        assert theirs is not None  # noqa: S101 - the caller has refused margins
        return roots(theirs, reference, sums, LOGISTIC)
    # 1/pi = 1 + exp(-x'c): what is above 1 is raked to what the volunteers leave of the totals.
    return -roots(ours, volunteers, reference - sums, EXPONENTIAL)


def outcome(matrix: FloatArray, weights: FloatArray, y: FloatArray, model: str) -> FloatArray:
    """Fit the answers of the volunteers: coefficients of shape (B, p) for weights of shape (B, n).

    Parameters
    ----------
    matrix : array of shape (n, p)
    weights : array of shape (B, n)
    y : array of shape (n,)
    model : str
        ``"linear"`` (least squares) or ``"logistic"`` (maximum likelihood).

    Returns
    -------
    array of shape (B, p)
        NaN where a category has lost everybody, or where the answers are separated perfectly.

    Examples
    --------
    >>> outcome(np.array([[1.0, 0.0], [1.0, 1.0]]), np.ones((1, 2)), np.array([2.0, 5.0]), "linear").round(9).tolist()
    [[2.0, 3.0]]
    """
    sums = (weights * y) @ matrix
    if model == "logistic":
        return roots(matrix, weights, sums, LOGISTIC)
    products = weighted_products(matrix, weights)
    scale = np.sqrt(np.maximum(np.einsum("bii->bi", products), 1e-300))
    scaled = products / scale[:, :, None] / scale[:, None, :]
    regular = np.linalg.eigvalsh(scaled)[:, 0] > _SINGULAR
    result = np.full_like(sums, np.nan)
    result[regular] = np.linalg.solve(scaled[regular], (sums / scale)[regular][:, :, None])[:, :, 0] / scale[regular]
    return result
