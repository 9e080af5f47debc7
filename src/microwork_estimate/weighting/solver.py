"""The arithmetic of calibration: sums over respondents or cells, and damped Newton steps. Arrays only.

Letters: r rows (respondents, cells of respondents alike, or groups), p totals, k continuous columns, B replicates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.weighting.distances import Distance, Limit

#: A fit counts as converged below this deviation, relative to totals (or to 1 where they are smaller).
ACCEPTED = 1e-8
#: Newton goes on to this deviation as long as steps still help: its last step is nearly free.
AIMED = 1e-12

_MAX_STEPS = 100
_MAX_HALVINGS = 40
_COLLINEAR = 1e-12
_SLOPE_FLOOR = 1e-3
_ROWS_PER_CELL = 10
_MAX_CROSSING = 4096
_REFRESH = 20
_MANY_ROWS, _EVERY = 200_000, 16


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class System:
    """Auxiliary variables of r rows and the p totals that they must give: indicators of each margin, then numbers.

    Parameters
    ----------
    codes : tuple of arrays of shape (r,)
        The category of each row, one array for each margin of categories.
    sizes : tuple of int
        Number of categories of each.
    numbers : array of shape (r, k)
        Continuous variables.
    targets : array of shape (p,)
        The totals: margin by margin, then continuous.
    """

    codes: tuple[IntArray, ...]
    sizes: tuple[int, ...]
    numbers: FloatArray
    targets: FloatArray

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each margin, and at last the numbers, start among the totals."""
        return tuple(int(start) for start in np.cumsum([0, *self.sizes]))

    def totals(self, weights: FloatArray) -> FloatArray:
        """Sum the auxiliary variables with weights of shape (r,): shape (p,)."""
        parts = [np.bincount(c, weights, minlength=k) for c, k in zip(self.codes, self.sizes, strict=True)]
        return np.concatenate([*parts, self.numbers.T @ weights])

    def linear(self, multipliers: FloatArray) -> FloatArray:
        """Combine the auxiliary variables linearly with multipliers of shape (p,): shape (r,)."""
        starts = self.starts
        result = self.numbers @ multipliers[starts[-1] :]
        for code, start, size in zip(self.codes, starts, self.sizes, strict=False):
            result += multipliers[start : start + size][code]
        return result

    def jacobian(self, slopes: FloatArray) -> FloatArray:
        """Sum the outer products of the auxiliary variables with weights of shape (r,): shape (p, p)."""
        starts, sizes = self.starts, self.sizes
        result = np.zeros((self.targets.size, self.targets.size))
        for i, (code, size) in enumerate(zip(self.codes, sizes, strict=True)):
            rows = slice(starts[i], starts[i] + size)
            result[rows, rows] = np.diag(np.bincount(code, slopes, minlength=size))
            for j in range(i):
                table = np.bincount(code * sizes[j] + self.codes[j], slopes, minlength=size * sizes[j])
                result[rows, starts[j] : starts[j] + sizes[j]] = table.reshape(size, sizes[j])
            for j in range(self.numbers.shape[1]):
                sums = np.bincount(code, slopes * self.numbers[:, j], minlength=size)
                result[starts[-1] + j, rows] = sums
        result[starts[-1] :, starts[-1] :] = (self.numbers * slopes[:, None]).T @ self.numbers
        lower = np.tril(result, -1)
        return lower + lower.T + np.diag(np.diag(result))

    def matrix(self) -> sparse.csr_array:
        """Return the auxiliary variables as a sparse matrix of shape (r, p)."""
        starts = self.starts
        n_rows, n_margins = self.numbers.shape[0], len(self.codes)
        shifted = [code + start for code, start in zip(self.codes, starts, strict=False)]
        places = np.stack(shifted, axis=1).ravel() if shifted else np.zeros(0, dtype=np.int64)
        pointers = np.arange(n_rows + 1) * n_margins
        indicators = sparse.csr_array((np.ones(places.size), places, pointers), shape=(n_rows, starts[-1]))
        if not self.numbers.shape[1]:
            return indicators
        return sparse.csr_array(sparse.hstack([indicators, sparse.csr_array(self.numbers)], format="csr"))

    def subset(self, rows: NDArray[np.bool_], targets: FloatArray) -> System:
        """Return the system of some rows, with targets of their own."""
        return replace(self, codes=tuple(c[rows] for c in self.codes), numbers=self.numbers[rows], targets=targets)

    def deviation(self, totals: FloatArray) -> float:
        """Return the largest difference from the targets, relative to them (or to 1 where they are smaller)."""
        gap = np.abs(self.targets - totals) / np.maximum(1.0, np.abs(self.targets))
        return float(gap.max()) if np.isfinite(gap).all() else float("inf")


def crossings(sizes: tuple[int, ...], n_rows: int) -> list[tuple[int, ...]]:
    """Group margins, in their order, while a group has few joint categories: one pass over rows then serves them all.

    Examples
    --------
    >>> crossings((30, 30, 30), 100_000), crossings((30, 30, 30), 100)
    ([(0, 1), (2,)], [(0,), (1,), (2,)])
    """
    groups: list[tuple[int, ...]] = []
    joint = 0
    for margin, size in enumerate(sizes):
        if groups and joint * size <= min(n_rows / _ROWS_PER_CELL, _MAX_CROSSING):
            groups[-1] = (*groups[-1], margin)
            joint *= size
        else:
            groups.append((margin,))
            joint = size
    return groups


class Sums:
    """Totals and linear combinations of a system, over crossings of its margins: fewer passes over many rows."""

    def __init__(self, system: System) -> None:
        self._system, self._parts = system, []
        for group in crossings(system.sizes, system.numbers.shape[0]):
            code = system.codes[group[0]]
            for margin in group[1:]:
                code = code * system.sizes[margin] + system.codes[margin]
            shape = tuple(system.sizes[margin] for margin in group)
            places = [slice(system.starts[margin], system.starts[margin] + system.sizes[margin]) for margin in group]
            self._parts.append((code, shape, places))

    def totals(self, weights: FloatArray) -> FloatArray:
        """Sum the auxiliary variables with weights of shape (r,): shape (p,)."""
        result = np.empty(self._system.targets.size)
        for code, shape, places in self._parts:
            table = np.bincount(code, weights, minlength=math.prod(shape)).reshape(shape)
            for axis, place in enumerate(places):
                result[place] = table.sum(axis=tuple(a for a in range(len(shape)) if a != axis))
        result[self._system.starts[-1] :] = self._system.numbers.T @ weights
        return result

    def linear(self, multipliers: FloatArray) -> FloatArray:
        """Combine the auxiliary variables linearly with multipliers of shape (p,): shape (r,)."""
        result: FloatArray | None = None
        for code, shape, places in self._parts:
            table = np.zeros(shape)
            for axis, place in enumerate(places):
                table += multipliers[place].reshape([-1 if a == axis else 1 for a in range(len(shape))])
            taken = table.ravel()[code]
            result = taken if result is None else np.add(result, taken, out=result)
        if result is None or self._system.numbers.shape[1]:
            extra = self._system.numbers @ multipliers[self._system.starts[-1] :]
            result = extra if result is None else np.add(result, extra, out=result)
        return result


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Law:
    """How ratios of weights follow from u: F(q u) within bounds.

    Parameters
    ----------
    distance : Distance
    low, high : float or array of shape (r,)
        Bounds of the ratio.
    q : float or array of shape (r,)
        The scale of each row.
    """

    distance: Distance
    low: Limit = 0.0
    high: Limit = np.inf
    q: Limit = 1.0

    def ratio(self, u: FloatArray) -> FloatArray:
        """Return calibrated over base weight, shape of u."""
        with np.errstate(over="ignore"):
            return self.distance.factor(u * self.q, self.low, self.high)

    def slope(self, u: FloatArray) -> FloatArray:
        """Return the derivative of the ratio in u, shape of u."""
        with np.errstate(over="ignore"):
            return self.distance.slope(u * self.q, self.low, self.high) * self.q

    def subset(self, rows: NDArray[np.bool_]) -> Law:
        """Return the law of some rows."""
        low, high, q = (x[rows] if isinstance(x, np.ndarray) else x for x in (self.low, self.high, self.q))
        return Law(distance=self.distance, low=low, high=high, q=q)

    def column(self) -> Law:
        """Return the same law for arrays of shape (r, B)."""
        low, high, q = (x[:, None] if isinstance(x, np.ndarray) else x for x in (self.low, self.high, self.q))
        return Law(distance=self.distance, low=low, high=high, q=q)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Solution:
    """Where the steps ended; it need not have converged.

    Parameters
    ----------
    multipliers : array of shape (p,)
    ratio : array of shape (r,)
        Calibrated over base weight.
    iterations : int
    deviation : float
        See :meth:`System.deviation`.
    """

    multipliers: FloatArray
    ratio: FloatArray
    iterations: int
    deviation: float

    @property
    def converged(self) -> bool:
        """Whether the totals are met."""
        return self.deviation < ACCEPTED


def inverse(jacobian: FloatArray) -> FloatArray:
    """Invert a symmetric non-negative matrix where it can be inverted: redundant columns get multipliers of 0.

    Columns are brought to one scale first, so that the totals of a continuous variable do not hide the categories.
    """
    scale = np.sqrt(np.diag(jacobian))
    scale[scale == 0] = 1.0
    values, vectors = np.linalg.eigh(jacobian / np.outer(scale, scale))
    kept = values > _COLLINEAR * max(values[-1], 1.0)
    return np.asarray((vectors[:, kept] / values[kept]) @ vectors[:, kept].T / np.outer(scale, scale))


def solve(system: System, base: FloatArray, law: Law, start: FloatArray | None = None) -> Solution:
    """Find multipliers for which the calibrated weights give the targets.

    Newton steps on the calibration equations, halved until the gaps shrink; an inverse is kept as long as its steps
    still shrink them twentyfold. Where that stops short, steps on the convex dual problem take over.

    Parameters
    ----------
    system : System
    base : array of shape (r,)
        Base weights; 0 is allowed.
    law : Law
    start : array of shape (p,) or None
        Multipliers to start from; None for 0.

    Returns
    -------
    Solution
        Look at ``converged``.

    References
    ----------
    Deville & Särndal (1992), *JASA* 87, 376-382, section 3; Haziza & Beaumont (2017), *Statistical Science* 32,
    206-226, section 3.
    """
    start = np.zeros(system.targets.size) if start is None else start
    first_inverse = None
    if base.size > _MANY_ROWS:
        start, first_inverse = _head_start(system, base, law, start)
    search = _Search(system, base, law)
    solution = search.newton(start, first_inverse)
    if solution.converged:
        return solution
    again = search.dual_descent(solution.multipliers)
    return again if again.deviation < solution.deviation else solution


def _head_start(system: System, base: FloatArray, law: Law, start: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """Solve for every sixteenth row first: multipliers and inverse are near those of all rows."""
    rows = np.zeros(base.size, dtype=np.bool_)
    rows[::_EVERY] = True
    few, few_base, few_law = system.subset(rows, system.targets), base[rows] * _EVERY, law.subset(rows)
    solution = solve(few, few_base, few_law, start)
    if not solution.converged:
        return start, None
    slopes = few_law.slope(few.linear(solution.multipliers))
    return solution.multipliers, inverse(few.jacobian(few_base * slopes))


@dataclass(slots=True, eq=False)
class _State:
    """Where a search stands: multipliers, u, ratios, gaps and their size."""

    multipliers: FloatArray
    u: FloatArray
    ratio: FloatArray
    gaps: FloatArray
    size: float
    deviation: float

    def solution(self, iterations: int) -> Solution:
        """Return where the search stands as its result."""
        return Solution(multipliers=self.multipliers, ratio=self.ratio, iterations=iterations, deviation=self.deviation)


class _Search:
    """A search for multipliers, with what does not change in the course of it."""

    def __init__(self, system: System, base: FloatArray, law: Law) -> None:
        self._system, self._base, self._law = system, base, law
        self._sums = Sums(system)
        self._scale = np.maximum(1.0, np.abs(system.targets))

    def _state(self, multipliers: FloatArray, u: FloatArray) -> _State:
        ratio = self._law.ratio(u)
        with np.errstate(invalid="ignore", over="ignore"):
            gaps = self._system.targets - self._sums.totals(self._base * ratio)
            shares = np.abs(gaps) / self._scale
            size = float(np.sqrt(np.sum(shares**2)))
        finite = np.isfinite(size)
        return _State(multipliers, u, ratio, gaps, size if finite else np.inf, shares.max() if finite else np.inf)

    def newton(self, start: FloatArray, solver: FloatArray | None) -> Solution:
        """Step by an inverse Jacobian, renewed when its steps no longer shrink the gaps enough."""
        state = self._state(start, self._sums.linear(start))
        for iteration in range(_MAX_STEPS):
            if state.deviation <= AIMED:
                return state.solution(iteration)
            fresh = solver is None
            if solver is None:
                solver = inverse(self._system.jacobian(self._base * self._law.slope(state.u)))
            # Within rounding of the targets, or with an old inverse, a step that fails says only that: do not search.
            near = state.deviation < ACCEPTED / 100
            tried = self._halved(state, solver @ state.gaps, _MAX_HALVINGS if fresh and not near else 1)
            if tried.size < state.size:
                solver = solver if tried.size < state.size / _REFRESH else None
                state = tried
            elif fresh or near:
                return state.solution(iteration)
            else:
                solver = None
        return state.solution(_MAX_STEPS)

    def _halved(self, state: _State, step: FloatArray, n_tries: int) -> _State:
        """Take a step, or a half of it, or a quarter, ... until the gaps shrink enough or tries run out."""
        step_u = self._sums.linear(step)
        for share in 0.5 ** np.arange(n_tries):
            tried = self._state(state.multipliers + share * step, state.u + share * step_u)
            if tried.size < (1 - 1e-4 * share) * state.size:
                break
        return tried

    def dual_descent(self, start: FloatArray) -> Solution:
        """Descend on the dual problem, which is convex and whose gradient is minus the gaps.

        Slopes of 0 (ratios at a bound) get a floor, so that every step leads downhill; how far is found by bisection
        of the slope along the step, which needs no value of the dual itself.
        """
        state = self._state(start, self._sums.linear(start))
        for iteration in range(2 * _MAX_STEPS):
            if state.deviation <= AIMED:
                return state.solution(iteration)
            slopes = self._law.slope(state.u)
            floored = np.maximum(slopes, _SLOPE_FLOOR * slopes.max())
            found = self._along(state, inverse(self._system.jacobian(self._base * floored)) @ state.gaps)
            if found is None:
                return state.solution(iteration)
            state = found
        return state.solution(2 * _MAX_STEPS)

    def _along(self, state: _State, step: FloatArray) -> _State | None:
        """Go along a step while it leads downhill, but not beyond it; None if that is nowhere."""
        step_u = self._sums.linear(step)
        reached, low, high, share = None, 0.0, 1.0, 1.0
        for _ in range(_MAX_HALVINGS):
            tried = self._state(state.multipliers + share * step, state.u + share * step_u)
            downhill = float(tried.gaps @ step) if np.isfinite(tried.size) else -np.inf
            if downhill >= 0:
                reached, low = tried, share
                if share == 1.0 or downhill < float(state.gaps @ step) / 2:
                    break
            else:
                high = share
            share = (low + high) / 2
        return reached
