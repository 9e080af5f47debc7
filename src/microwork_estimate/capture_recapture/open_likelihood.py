"""The likelihood of an open population in terms of its sufficient counts, and its maximum inside of what is possible.

Those seen for the first time on occasion i are about Poisson with mean U_i p_i, where U_i persons not yet seen are
there: U_1 = B_0, and U_(i+1) = U_i (1 - p_i) phi_i + B_i with B_i entries. Of R_i released, r_i are seen again, each
with chance l_i = phi_i (p_(i+1) + (1 - p_(i+1)) l_(i+1)). Of those seen before and still to be seen on i or later, m_i
are seen on i, each with chance p_i / (p_i + (1 - p_i) l_i). Given how many were seen in all, this is the likelihood of
Schwarz and Arnason; the sizes are those of its conditional maximum.

Array functions only. Derivatives are exact: a step in the imaginary direction loses no digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import NotConverged
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.open_counts import OpenCounts

Varies = Literal["each", "equal"]
AnyArray = NDArray[Any]

_IMAGINARY = 1e-100
_EDGE = 1e-12
_STEPS = 200
_CLOSE = 1e-9
_ROUNDING, _NOTHING, _LAST_STEPS = 1e-6, 1e-22, 6


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OpenModel:
    """A likelihood: the counts, and which chances are equal over time.

    Parameters
    ----------
    counts : OpenCounts
    capture : {"each", "equal"}
        Chances to be seen: one for each occasion (then 1 on the first, and 1 on the last unless survival is equal,
        because the data cannot tell), or one for all.
    survival : {"each", "equal"}
        Survival: one for each interval, or one for a unit of time.
    """

    counts: OpenCounts
    capture: Varies
    survival: Varies

    @property
    def n_capture(self) -> int:
        """Number of parameters for chances to be seen."""
        k = self.counts.seen.size
        return 1 if self.capture == "equal" else k - 1 if self.survival == "equal" else k - 2

    @property
    def n_survival(self) -> int:
        """Number of parameters for survival."""
        return 1 if self.survival == "equal" else self.counts.seen.size - 1

    @property
    def scale(self) -> float:
        """Persons in a unit of the entries, so that all parameters are of one order."""
        return float(self.counts.seen.mean())

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Return the smallest and largest value of each parameter: shares up to 1, entries without upper limit."""
        k = self.counts.seen.size
        shares = self.n_capture + self.n_survival
        low = np.concatenate([np.full(shares, _EDGE), np.zeros(k)])
        return low, np.concatenate([np.full(self.n_capture, 1 - _EDGE), np.ones(self.n_survival), np.full(k, np.inf)])

    def parts(self, x: AnyArray) -> tuple[AnyArray, AnyArray, AnyArray]:
        """Return chances to be seen (..., K), survival (..., K - 1) and entries (..., K) of parameters (..., d)."""
        k, c = self.counts.seen.size, self.n_capture
        one = np.ones((*x.shape[:-1], 1), dtype=x.dtype)
        p = x[..., :c]
        if self.capture == "equal":
            p = np.repeat(p, k, axis=-1)
        else:
            p = np.concatenate([one, p] if c == k - 1 else [one, p, one], axis=-1)
        phi = x[..., c : c + self.n_survival]
        if self.survival == "equal":
            phi = phi ** np.diff(self.counts.timing)
        return p, phi, x[..., c + self.n_survival :] * self.scale

    def log_likelihood(self, x: AnyArray) -> AnyArray:
        """Return the log-likelihood, without constants, of parameters (..., d); works in complex numbers."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # at the very edges of the possible
            return self._log_likelihood(x)

    def _log_likelihood(self, x: AnyArray) -> AnyArray:
        p, phi, entries = self.parts(x)
        seen_again = _chances_again(p, phi)
        unseen = _not_yet_seen(p, phi, entries)
        counts = self.counts
        rest = counts.returned - counts.seen_again
        total = _times_log(counts.first_seen, unseen * p) - unseen * p
        total = total + _times_log(counts.seen_again, seen_again) + _times_log(rest, 1.0 - seen_again, last=False)
        between = p + (1.0 - p) * seen_again
        inner = slice(1, counts.seen.size - 1)
        now, later = p / between, (1.0 - p) * seen_again / between
        total = total + _within(inner, _times_log(counts.marked, now) + _times_log(counts.missed_between, later))
        return np.asarray(total.sum(axis=-1))

    def gradient(self, x: FloatArray) -> FloatArray:
        """Return the derivatives of the log-likelihood, shape (..., d), exact to the last digits."""
        return np.asarray(jacobian(lambda y: self.log_likelihood(y)[..., None], x)[..., 0, :])

    def information(self, x: FloatArray) -> FloatArray:
        """Return minus the second derivatives, shape (d, d), by central differences of the exact first ones."""
        steps = 1e-5 * np.maximum(np.abs(x), 0.1)
        low, high = self.bounds()
        forward, backward = np.minimum(x + steps, high), np.maximum(x - steps, low)
        points = np.concatenate([np.where(np.eye(x.size) > 0, end, x) for end in (forward, backward)])
        slopes = self.gradient(points)
        second = (slopes[: x.size] - slopes[x.size :]) / (forward - backward)[:, None]
        return np.asarray(-(second + second.T) / 2)


def _times_log(count: AnyArray, chance: AnyArray, *, last: bool = True) -> AnyArray:
    """Return count times log chance, 0 where the count is 0; without the last occasion on request."""
    found = np.where(count > 0, count * np.log(np.where(count > 0, chance, 1.0)), 0.0)
    if not last:
        found[..., -1] = 0.0
    return np.asarray(found)


def _within(inner: slice, values: AnyArray) -> AnyArray:
    kept = np.zeros_like(values)
    kept[..., inner] = values[..., inner]
    return kept


def _chances_again(p: AnyArray, phi: AnyArray) -> AnyArray:
    again = np.zeros_like(p)
    for i in range(phi.shape[-1] - 1, -1, -1):
        again[..., i] = phi[..., i] * (p[..., i + 1] + (1.0 - p[..., i + 1]) * again[..., i + 1])
    return again


def _not_yet_seen(p: AnyArray, phi: AnyArray, entries: AnyArray) -> AnyArray:
    unseen = entries.copy()
    for i in range(phi.shape[-1]):
        unseen[..., i + 1] = unseen[..., i] * (1.0 - p[..., i]) * phi[..., i] + entries[..., i + 1]
    return unseen


def jacobian(function: Callable[[AnyArray], AnyArray], x: FloatArray) -> FloatArray:
    """Return the derivatives of functions (..., q) of parameters (..., d), shape (..., q, d), by a complex step.

    References
    ----------
    Squire and Trapp 1998, SIAM Review 40(1), 110-112.

    Examples
    --------
    >>> jacobian(lambda y: y**3, np.array([2.0])).tolist()
    [[12.0]]
    """
    steps = x[..., None, :] + 1j * _IMAGINARY * np.eye(x.shape[-1])
    return np.asarray(np.swapaxes(function(steps).imag / _IMAGINARY, -1, -2))


def maximise(model: OpenModel, start: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the parameters of greatest likelihood, and which of them are free (not held at the edge of the possible).

    Procedure: Newton steps on the parameters that are not pressed against a bound, cut at the bounds and halved until
    the likelihood rises, until the promised gain is nothing. Where the likelihood is not concave, curvatures are taken
    as positive.

    Parameters
    ----------
    model : OpenModel
    start : array of shape (d,)

    Returns
    -------
    tuple of arrays of shape (d,)

    Raises
    ------
    NotConverged
        If the steps do not come to an end.
    """
    low, high = model.bounds()
    x = np.clip(start, low + _CLOSE, np.minimum(high - _CLOSE, 1e9))
    settled = 0
    for _ in range(_STEPS):
        slope = model.gradient(x)
        x, free, step = _step(model, x, slope)
        promise = float(step @ slope)
        if abs(promise) < _NOTHING:
            return x, free
        rounding = max(_ROUNDING, 1e-12 * abs(float(model.log_likelihood(x))))
        if abs(promise) < rounding and settled < _LAST_STEPS:  # below this the likelihood itself is rounded
            x, settled = np.clip(x + step, low, high), settled + 1
            continue
        x, moved = _moved(model, x, step, (low, high))
        if not moved:
            return x, free
    raise NotConverged(
        "the likelihood was not maximised",
        expected=f"an end of the steps within {_STEPS}",
        got=f"a promised gain of {promise:.2g}",
        where="open population",
        fix="give more occasions or join some; use jolly_seber for closed formulas",
    )


def _step(model: OpenModel, x: FloatArray, slope: FloatArray) -> tuple[FloatArray, NDArray[np.bool_], FloatArray]:
    """Return parameters put on the bounds that they are pressed against, which others are free, and a step for those."""
    low, high = model.bounds()
    at_low, at_high = x - low < _CLOSE, high - x < _CLOSE
    free = ~((at_low & (slope < 0)) | (at_high & (slope > 0)))
    x = np.where(free, x, np.where(at_low, low, np.where(at_high, high, x)))
    information = model.information(x)
    while True:
        step = np.zeros_like(x)
        step[free] = _solve(information[np.ix_(free, free)], slope[free])
        leaving = free & ((at_low & (step < 0)) | (at_high & (step > 0)))
        if not leaving.any():
            return x, free, step
        free = free & ~leaving


def _solve(information: FloatArray, slope: FloatArray) -> FloatArray:
    """Solve for a Newton step, with a ridge as small as makes the information positive."""
    diagonal = np.abs(np.diag(information))
    scale = np.sqrt(np.maximum(diagonal, 1e-12 * diagonal.max(initial=1e-200)))
    scaled = information / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(scaled)
    values = np.maximum(np.abs(values), 1e-10)
    return np.asarray(vectors @ ((vectors.T @ (slope / scale)) / values) / scale)


def _moved(
    model: OpenModel, x: FloatArray, step: FloatArray, bounds: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, bool]:
    before = float(model.log_likelihood(x))
    for halving in range(40):
        candidate = np.clip(x + 0.5**halving * step, *bounds)
        if float(model.log_likelihood(candidate)) > before:
            return candidate, True
    return x, False


def covariance(model: OpenModel, x: FloatArray, free: NDArray[np.bool_]) -> FloatArray | None:
    """Return the covariance of the parameters, zero for those held at an edge; None if the data leave some open.

    Parameters
    ----------
    model : OpenModel
    x : array of shape (d,)
    free : array of bool of shape (d,)

    Returns
    -------
    array of shape (d, d), or None
    """
    information = model.information(x)[np.ix_(free, free)]
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information / np.outer(scale, scale)
    if not np.isfinite(scaled).all() or np.linalg.eigvalsh(scaled)[0] < 1e-9:
        return None
    result = np.zeros((x.size, x.size))
    result[np.ix_(free, free)] = np.linalg.inv(scaled) / np.outer(scale, scale)
    return result
