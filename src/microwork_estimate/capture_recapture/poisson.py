"""Poisson log-linear fits, many at once: each Newton step moves every model and every table of counts.

Array functions only. A fit says whether it converged; whether its maximum exists is the business of
:mod:`~microwork_estimate.capture_recapture.existence`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from microwork_estimate.estimate import FloatArray, IntArray

BoolArray = NDArray[np.bool_]

CONVERGED = 1e-16
_RIDGE = 1e-14  # on the scaled information matrix: it shortens a step by that share and moves no solution
_HALVINGS = 40
_ONE_THREAD = 500_000  # multiplications
_ROUNDING = 1e-13


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PoissonFits:
    """M fits of Poisson log-linear models with p parameters to c cells.

    Parameters
    ----------
    coefficients : array of shape (M, p)
    fitted : array of shape (M, c)
        Expected counts; zero in cells that a model leaves out.
    intercept_variance : array of shape (M,)
        Variance of the first coefficient: the corner of the inverse of the information matrix.
    deviance : array of shape (M,)
    log_likelihood : array of shape (M,)
        With all its constants.
    converged : array of shape (M,), bool
        Whether the last step was as good as none.
    """

    coefficients: FloatArray
    fitted: FloatArray
    intercept_variance: FloatArray
    deviance: FloatArray
    log_likelihood: FloatArray
    converged: BoolArray


def fit_poisson(
    designs: FloatArray,
    counts: FloatArray,
    *,
    keep: BoolArray | None = None,
    start: FloatArray | None = None,
    max_steps: int = 100,
) -> PoissonFits:
    """Fit M Poisson log-linear models by damped Newton steps.

    Procedure: the first coefficients are those of weighted least squares on log(count + 1/2); then Newton steps, each
    halved until the likelihood rises as it should, until the gain that a step promises is nothing. Models that have
    arrived leave the batch.

    Parameters
    ----------
    designs : array of shape (c, p) or (M, c, p)
        Columns of the models, the intercept first; one design for all fits or one each.
    counts : array of shape (c,) or (M, c)
        Persons in each cell; they need not be whole.
    keep : array of shape (M, c), bool, optional
        False where a model leaves a cell out.
    start : array of shape (M, p), optional
        First coefficients, from a similar fit.
    max_steps : int
        Newton steps at most.

    Returns
    -------
    PoissonFits

    References
    ----------
    McCullagh and Nelder 1989, Generalized Linear Models, 2nd edition, section 2.5.

    Examples
    --------
    >>> import numpy as np
    >>> design = np.array([[1.0, 1, 1], [1, 1, 0], [1, 0, 1]])
    >>> fits = fit_poisson(design, np.array([30.0, 170, 120]))
    >>> bool(fits.converged[0]), round(float(np.exp(fits.coefficients[0, 0])), 6)
    (True, 680.0)
    """
    m = max(designs.shape[0] if designs.ndim == 3 else 1, counts.shape[0] if counts.ndim == 2 else 1)
    m = m if keep is None else max(m, keep.shape[0])
    y = np.ascontiguousarray(np.broadcast_to(np.atleast_2d(counts).astype(np.float64), (m, designs.shape[-2])))
    mask = np.ones(y.shape) if keep is None else np.broadcast_to(keep, y.shape).astype(np.float64)
    y = y * mask
    coefficients = _first_coefficients(designs, y, mask) if start is None else np.array(start, dtype=np.float64)
    converged = np.zeros(m, dtype=bool)
    live: IntArray = np.arange(m)
    for _ in range(max_steps):
        design = designs if designs.ndim == 2 or live.size == m else designs[live]
        moved, done = _newton(design, y[live], mask[live], coefficients[live])
        coefficients[live] = moved
        converged[live[done]] = True
        live = live[~done]
        if live.size == 0:
            break
    return _summary(designs, y, mask, coefficients, converged)


def information(designs: FloatArray, fitted: FloatArray) -> FloatArray:
    """Return the information matrices X'WX, shape (M, p, p), of fits with expected counts of shape (M, c).

    Parameters
    ----------
    designs : array of shape (c, p) or (M, c, p)
    fitted : array of shape (M, c)

    Returns
    -------
    array of shape (M, p, p)

    Examples
    --------
    >>> import numpy as np
    >>> information(np.array([[1.0, 1], [1, 0]]), np.array([[2.0, 3.0]])).tolist()
    [[[5.0, 2.0], [2.0, 2.0]]]
    """
    p = designs.shape[-1]
    if designs.ndim == 2 and fitted.shape[0] > p:
        products = (designs[:, :, None] * designs[:, None, :]).reshape(designs.shape[0], p * p)
        # In blocks that a linear algebra library does not hand to several threads: they would wait for each other.
        rows = max(1, _ONE_THREAD // products.size)
        blocks = [fitted[i : i + rows] @ products for i in range(0, fitted.shape[0], rows)]
        return np.concatenate(blocks).reshape(-1, p, p)
    return np.asarray(np.matmul(np.swapaxes(designs, -1, -2) * fitted[:, None, :], designs))


def inverse_information(designs: FloatArray, fitted: FloatArray) -> FloatArray:
    """Return the covariance matrices of the coefficients, shape (M, p, p).

    Parameters
    ----------
    designs : array of shape (c, p) or (M, c, p)
    fitted : array of shape (M, c)

    Returns
    -------
    array of shape (M, p, p)

    Examples
    --------
    >>> import numpy as np
    >>> inverse_information(np.array([[1.0, 1], [1, 0]]), np.array([[2.0, 4.0]]))[0].round(9).tolist()
    [[0.25, -0.25], [-0.25, 0.75]]
    """
    scaled, scale = _scaled(information(designs, fitted), 0.0)
    inverse = np.linalg.inv(scaled)
    return inverse / (scale[:, :, None] * scale[:, None, :])


def _linear(designs: FloatArray, coefficients: FloatArray) -> FloatArray:
    if designs.ndim == 2:
        return np.asarray(coefficients @ designs.T)
    return np.asarray(np.matmul(designs, coefficients[:, :, None])[:, :, 0])


def _score(designs: FloatArray, residuals: FloatArray) -> FloatArray:
    if designs.ndim == 2:
        return np.asarray(residuals @ designs)
    return np.asarray(np.matmul(residuals[:, None, :], designs)[:, 0, :])


def _scaled(matrices: FloatArray, ridge: float) -> tuple[FloatArray, FloatArray]:
    """Scale positive matrices to a diagonal of ones, plus a ridge; columns without any weight become unit vectors."""
    p = matrices.shape[-1]
    diagonal = matrices[:, np.arange(p), np.arange(p)]
    scale = np.sqrt(np.maximum(diagonal, 1e-200))
    inverse = 1.0 / scale
    scaled = matrices * inverse[:, :, None]
    scaled *= inverse[:, None, :]
    scaled[:, np.arange(p), np.arange(p)] = 1.0 + ridge
    return scaled, scale


def _solve(designs: FloatArray, weights: FloatArray, right: FloatArray) -> FloatArray:
    scaled, scale = _scaled(information(designs, weights), _RIDGE)
    return np.linalg.solve(scaled, (right / scale)[:, :, None])[:, :, 0] / scale


def _first_coefficients(designs: FloatArray, y: FloatArray, mask: FloatArray) -> FloatArray:
    weights = (y + 0.5) * mask
    return _solve(designs, weights, _score(designs, weights * np.log(y + 0.5)))


def _newton(
    designs: FloatArray, y: FloatArray, mask: FloatArray, coefficients: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Take one step with each fit; the second array says where the step was as good as none."""
    with np.errstate(over="ignore", invalid="ignore"):
        eta = _linear(designs, coefficients)
        mu = np.exp(eta) * mask
        score = _score(designs, y - mu)
        step = _solve(designs, mu, score)
        promise = np.einsum("mp,mp->m", step, score)
        change = _linear(designs, step)
        size = np.ones(promise.size)
        pending = np.flatnonzero(promise > CONVERGED)
        for _ in range(_HALVINGS):
            delta = size[pending, None] * change[pending]
            linear = np.einsum("mc,mc->m", y[pending], delta)
            grown = (np.expm1(delta) * mu[pending]).sum(axis=1)
            noise = _ROUNDING * (np.abs(linear) + np.abs(grown) + y[pending].sum(axis=1))
            short = np.asarray(linear - grown < 1e-4 * size[pending] * promise[pending] - noise)
            pending = pending[short | ~np.isfinite(grown)]
            if pending.size == 0:
                break
            size[pending] *= 0.5
    moved = coefficients + size[:, None] * step
    return np.where(np.isfinite(moved), moved, coefficients), np.logical_not(promise > CONVERGED)


def _summary(
    designs: FloatArray, y: FloatArray, mask: FloatArray, coefficients: FloatArray, converged: BoolArray
) -> PoissonFits:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        fitted = np.exp(_linear(designs, coefficients)) * mask
        corner = np.zeros(coefficients.shape)
        corner[:, 0] = 1.0
        finite: BoolArray = np.asarray(np.isfinite(fitted).all(axis=1))
        weights = np.where(finite[:, None], fitted, 1.0)
        variance = np.where(finite, _solve(designs, weights, corner)[:, 0], np.inf)
        likelihood = (xlogy(y, np.where(mask > 0, fitted, 1.0)) - fitted - gammaln(y + 1.0)).sum(axis=1)
    return PoissonFits(
        coefficients=coefficients,
        fitted=fitted,
        intercept_variance=variance,
        deviance=poisson_deviance(y, fitted),
        log_likelihood=likelihood,
        converged=converged & finite,
    )


def poisson_deviance(counts: FloatArray, fitted: FloatArray) -> FloatArray:
    """Return twice the log-likelihood lost by `fitted`, summed over the last axis; cells with no fit count nothing.

    Parameters
    ----------
    counts, fitted : array of shape (M, c)

    Returns
    -------
    array of shape (M,)

    Examples
    --------
    >>> import numpy as np
    >>> round(float(poisson_deviance(np.array([[3.0, 0.0]]), np.array([[2.0, 1.0]]))[0]), 6)
    2.432791
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        # y ln(y/m) - (y - m) with r = (y - m)/m: for y close to m the two halves would cancel.
        ratio = np.where(fitted > 0, (counts - fitted) / fitted, 0.0)
        parts = fitted * ((1.0 + ratio) * np.log1p(np.maximum(ratio, -1.0)) - ratio)
        parts = np.where(counts > 0, parts, fitted)
    return np.asarray(2.0 * np.where((fitted > 0) | (counts > 0), parts, 0.0).sum(axis=-1))
