"""Newton's method for the maximum of a likelihood, with halved steps, and what it needs of linear algebra."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from microwork_estimate.estimate import FloatArray

Evaluation = tuple[float, FloatArray, FloatArray]

SMALLEST_STEP = 1e-10
# The Newton decrement is the square of the distance from the maximum, in standard errors of one person.
CLOSE = 1e-22
NEARLY = 1e-14  # where slow progress shows that rounding, or a maximum at infinity, is all that is left
IN_ROUNDING = 1e-11  # where the rise of the function drowns in rounding, and the full step is right


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Maximum:
    """Where a function has its maximum, as far as Newton's method got.

    Parameters
    ----------
    coefficients : array of shape (p,)
    value : float
        The function there.
    gradient : array of shape (p,)
    information : array of shape (p, p)
        Minus the second derivatives.
    iterations : int
    converged : bool
        Whether the next step would be too small to matter.
    """

    coefficients: FloatArray
    value: float
    gradient: FloatArray
    information: FloatArray
    iterations: int
    converged: bool

    def times(self, number: float) -> Maximum:
        """Return the maximum of the function times a number: of a sum over persons, from that of their mean."""
        return replace(
            self,
            value=number * self.value,
            gradient=number * self.gradient,
            information=number * self.information,
        )


def maximise(evaluate: Callable[[FloatArray], Evaluation], start: FloatArray, *, max_iterations: int = 200) -> Maximum:
    """Find the maximum of a smooth function of p numbers, of the size of a mean over persons.

    Procedure: each step solves the second-order expansion; where that is not curved downward, the curvatures are taken
    at their size. A step that does not raise the function is halved.

    Parameters
    ----------
    evaluate : callable
        Gives the value, the gradient (p,) and minus the second derivatives (p, p).
    start : array of shape (p,)
    max_iterations : int

    Returns
    -------
    Maximum

    References
    ----------
    Nocedal & Wright 2006, Numerical Optimization, 2nd edition, chapter 3.

    Examples
    --------
    >>> found = maximise(lambda x: (float(-(x[0] ** 4)), -4 * x**3, np.diag(12 * x**2)), np.array([1.0]))
    >>> found.converged, bool(abs(found.coefficients[0]) < 1e-2)
    (True, True)
    """
    at = np.array(start, dtype=np.float64)
    value, gradient, information = evaluate(at)
    decrement = np.inf
    for iteration in range(max_iterations):
        step = ascent_step(information, gradient)
        last, decrement = decrement, float(gradient @ step)
        if not decrement > CLOSE or 0.25 * last < decrement < NEARLY:
            return _maximum(at, value, gradient, information, iteration, converged=bool(np.isfinite(value)))
        size = 1.0
        while True:
            candidate = evaluate(at + size * step)
            rise = candidate[0] - value
            if rise >= 1e-4 * size * decrement or (decrement < IN_ROUNDING and np.isfinite(rise)):
                break
            size *= 0.5
            if size < SMALLEST_STEP:
                return _maximum(at, value, gradient, information, iteration, converged=decrement < IN_ROUNDING)
        at = at + size * step
        value, gradient, information = candidate
    return _maximum(at, value, gradient, information, max_iterations, converged=False)


def _maximum(
    at: FloatArray, value: float, gradient: FloatArray, information: FloatArray, iterations: int, *, converged: bool
) -> Maximum:
    return Maximum(
        coefficients=at,
        value=value,
        gradient=gradient,
        information=information,
        iterations=iterations,
        converged=converged,
    )


def ascent_step(information: FloatArray, gradient: FloatArray) -> FloatArray:
    """Return the Newton step, shape (p,), made an ascent direction where the function is not curved downward.

    Examples
    --------
    >>> ascent_step(np.array([[-2.0]]), np.array([1.0])).tolist()
    [0.5]
    """
    scale = np.sqrt(np.maximum(np.abs(np.diag(information)), np.finfo(np.float64).tiny))
    scaled = information / np.outer(scale, scale)
    if not np.isfinite(scaled).all():
        return np.zeros_like(gradient)
    try:
        return np.asarray(cho_solve(cho_factor(scaled), gradient / scale), dtype=np.float64) / scale
    except LinAlgError:
        values, vectors = np.linalg.eigh(scaled)
        curved = np.maximum(np.abs(values), 1e-10)
        return np.asarray(vectors @ ((vectors.T @ (gradient / scale)) / curved), dtype=np.float64) / scale


def inverse(information: FloatArray) -> FloatArray:
    """Return the inverse of an information matrix, shape (p, p), scaled so that units do not matter.

    A direction about which there is no information gets none: its rows and columns are those of the pseudo-inverse.
    Where the likelihood ran so far that the information is no number any more, nothing is known of any direction.

    Examples
    --------
    >>> inverse(np.diag([4.0, 0.5])).diagonal().round(6).tolist()
    [0.25, 2.0]
    """
    scale = np.sqrt(np.maximum(np.abs(np.diag(information)), np.finfo(np.float64).tiny))
    with np.errstate(invalid="ignore", over="ignore"):
        shares = information / np.outer(scale, scale)
    if not np.isfinite(shares).all():
        return np.full_like(shares, np.nan)
    scaled = np.linalg.pinv(shares, hermitian=True)
    return np.asarray(scaled / np.outer(scale, scale))
