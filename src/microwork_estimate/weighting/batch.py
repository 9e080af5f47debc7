"""Calibration of many sets of base weights on the same variables: the replicates of a bootstrap. Arrays only.

Replicates go through in blocks that stay in the cache of the processor, all respondents and all replicates of a block
in one array operation.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from microwork_estimate.blas import single_threaded
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.weighting.preflight import Reduced
from microwork_estimate.weighting.solver import ACCEPTED, AIMED, Law, System, crossings, inverse, solve

_BLOCK = 40  # replicates, of systems with many rows
_CELLS = 40 * 10_000  # numbers in a block: an array of them stays in the cache of the processor
_THREADS = 4
_WORTH_THREADS = 2_000_000  # numbers of all blocks; with fewer, starting threads costs more than they save
_MAX_STEPS = 30
_MEMORY = 4
#: Steps beyond the accepted deviation, towards the one aimed at, that all replicates of a block may take.
_EXTRA = 4


def solve_many(reduced: Reduced, weights: FloatArray, law: Law, start: FloatArray, targets: FloatArray) -> FloatArray:
    """Calibrate each row of `weights`; NaN for rows that cannot meet the targets.

    All replicates share the inverse Jacobian of the whole sample, so that a step costs two sparse products and a
    replicate does not depend on how many others there are; steps are combined (Anderson's mixing), which makes up for
    what the shared inverse lacks. Replicates that have not converged after that are solved one by one with an inverse of
    their own. Raking on categories stops at a deviation of
    :data:`~microwork_estimate.weighting.solver.ACCEPTED`; all else goes on to
    :data:`~microwork_estimate.weighting.solver.AIMED` as long as a few more steps lead there.

    Parameters
    ----------
    reduced : Reduced
        The whole sample: r rows and p totals; its own targets are not used.
    weights : array of shape (B, n)
        Base weights of each respondent in each replicate, 0 allowed.
    law : Law
    start : array of shape (p,)
        Multipliers to start from, usually those of the full sample.
    targets : array of shape (p,) or (B, p)
        The totals to meet, for all replicates or one by one.

    Returns
    -------
    array of shape (B, n)
        Calibrated weights.

    References
    ----------
    Walker & Ni (2011), *SIAM Journal on Numerical Analysis* 49, 1715-1735, for the mixing.
    """
    system, member = reduced.system, reduced.member
    spread = _Spread.of(system)
    shared = inverse(system.jacobian(reduced.base * law.slope(system.linear(start))))
    wanted = np.broadcast_to(targets, (weights.shape[0], system.targets.size))
    collapse = None if member is None else _indicator(member, reduced.base.size)
    result = np.empty_like(weights)

    block_size = max(_BLOCK, _CELLS // max(weights.shape[1], 1))

    def fill(first: int) -> None:
        rows = slice(first, first + block_size)
        chunk = np.array(weights[rows].T, order="C")  # a copy, whatever the order in memory: it is changed below
        base = chunk if collapse is None else np.asarray(collapse @ chunk)
        block = _Block(spread, base.copy(), law.column(), start)
        done = block.run(shared, np.ascontiguousarray(wanted[rows].T))
        for k in np.flatnonzero(~done):
            block.weights[:, k] = _alone(replace(system, targets=wanted[first + k]), base[:, k], law, start)
        if member is None:
            result[rows] = block.weights.T
        else:
            ratio = np.divide(block.weights, base, out=np.where(np.isnan(block.weights), np.nan, 1.0), where=base > 0)
            chunk *= ratio[member]
            result[rows] = chunk.T

    # Blocks do not depend on each other: the result is the same with any number of threads.
    firsts = range(0, weights.shape[0], block_size)
    with single_threaded():
        if weights.size < _WORTH_THREADS:
            list(map(fill, firsts))
        else:
            with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
                list(pool.map(fill, firsts))
    return result


def _indicator(member: IntArray, n_rows: int) -> sparse.csr_array:
    """Make the matrix, rows by respondents, that sums respondents by row."""
    parts = (np.ones(member.size), (member, np.arange(member.size)))
    return _narrow(sparse.coo_array(parts, shape=(n_rows, member.size)))


def _alone(system: System, base: FloatArray, law: Law, start: FloatArray) -> FloatArray:
    """Calibrate one replicate; NaN if a category has lost all its respondents, or if nothing meets the targets."""
    reachable = system.totals(base)[: system.starts[-1]] > 0
    if (system.targets[: system.starts[-1]] > 0)[~reachable].any():
        return np.full_like(base, np.nan)
    solution = solve(system, base, law, start)
    return base * solution.ratio if solution.converged else np.full_like(base, np.nan)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Spread:
    """The matrix of auxiliary variables as a product, rows by joint categories by totals, and both transposed.

    Margins are crossed as long as the crossing stays small: a row then has few entries, and the rest is done on the
    joint categories, which are far fewer than rows.
    """

    rows: sparse.csr_array
    joint: sparse.csr_array
    rows_across: sparse.csr_array
    joint_across: sparse.csr_array
    has_numbers: bool

    @classmethod
    def of(cls, system: System) -> _Spread:
        """Make the matrices of a system."""
        starts, n_totals = system.starts, system.targets.size
        codes: list[IntArray] = []
        blocks: list[sparse.csr_array] = []
        for group in crossings(system.sizes, system.numbers.shape[0]):
            code, block = system.codes[group[0]], np.eye(system.sizes[group[0]], n_totals, k=starts[group[0]])
            for margin in group[1:]:
                size = system.sizes[margin]
                own = np.tile(np.eye(size, n_totals, k=starts[margin]), (block.shape[0], 1))
                code, block = code * size + system.codes[margin], np.repeat(block, size, axis=0) + own
            codes.append(code)
            blocks.append(sparse.csr_array(block))
        n_numbers = system.numbers.shape[1]
        last = np.eye(n_numbers, n_totals, k=starts[-1])
        joint = sparse.csr_array(sparse.vstack([*blocks, sparse.csr_array(last)]))
        sizes = tuple(block.shape[0] for block in blocks)
        rows = replace(system, codes=tuple(codes), sizes=sizes, targets=np.zeros(sum(sizes) + n_numbers)).matrix()
        return cls(
            rows=_narrow(rows),
            joint=_narrow(joint),
            rows_across=_narrow(rows.T),
            joint_across=_narrow(joint.T),
            has_numbers=n_numbers > 0,
        )

    def linear(self, multipliers: FloatArray) -> FloatArray:
        """Combine the variables with multipliers of shape (p, k): shape (r, k)."""
        return np.asarray(self.rows @ (self.joint @ multipliers))

    def totals(self, weights: FloatArray) -> FloatArray:
        """Sum the variables with weights of shape (r, k): shape (p, k)."""
        return np.asarray(self.joint_across @ (self.rows_across @ weights))


def _narrow(matrix: Any) -> sparse.csr_array:
    """Return the matrix by rows with 32-bit indices, which are read faster."""
    by_rows = sparse.csr_array(matrix)
    parts = (by_rows.data, by_rows.indices.astype(np.int32), by_rows.indptr.astype(np.int32))
    return sparse.csr_array(parts, shape=by_rows.shape)


class _Block:
    """A block of k replicates: arrays of shape (r, k) for rows, (p, k) for totals and multipliers."""

    def __init__(self, spread: _Spread, base: FloatArray, law: Law, start: FloatArray) -> None:
        self._spread, self._law = spread, law
        self._exponential = law.distance.name == "raking" and np.ndim(law.q) == 0 and law.q == 1.0
        if self._exponential:  # the start can be multiplied into the base weights, once and for all
            base *= np.exp(spread.linear(start[:, None]))
        # Raking on categories stops at what is accepted: it is run most, and a digit more costs a step of all replicates.
        self._aim = ACCEPTED if self._exponential and not spread.has_numbers else AIMED
        self._base, self._start = base, np.zeros((start.size, 1)) if self._exponential else start[:, None]
        self.weights = base

    def _evaluate(self, multipliers: FloatArray) -> FloatArray:
        u = self._spread.linear(self._start + multipliers)
        if self._exponential:
            with np.errstate(over="ignore"):
                np.exp(u, out=u)
        else:
            u = self._law.ratio(u)
        u *= self._base
        self.weights = u
        return self._spread.totals(u)

    def run(self, shared: FloatArray, targets: FloatArray) -> NDArray[np.bool_]:
        """Step until all replicates have converged or steps run out; say which have, shape (k,)."""
        scale = np.maximum(1.0, np.abs(targets))
        at = np.zeros_like(targets)
        history: list[tuple[FloatArray, FloatArray]] = []
        totals = self._spread.totals(self._base) if self._exponential else self._evaluate(at)
        accepted: NDArray[np.bool_] = np.zeros(targets.shape[1], dtype=np.bool_)
        extra = 0
        for _ in range(_MAX_STEPS):
            with np.errstate(invalid="ignore"):
                gaps = targets - totals
                deviation = np.max(np.abs(gaps) / scale, axis=0)
            lost = ~np.isfinite(gaps).all(axis=0)
            accepted = deviation < ACCEPTED
            extra = extra + 1 if (accepted | lost).all() else 0
            rest = lost | (deviation < self._aim)
            if rest.all() or extra > _EXTRA:
                return accepted
            step = shared @ np.where(rest, 0.0, gaps)
            history = [*history[-_MEMORY:], (at, step)]
            at = at + np.where(rest, 0.0, _mixed(history))
            totals = self._evaluate(at)
        with np.errstate(invalid="ignore"):
            reached: NDArray[np.bool_] = np.max(np.abs(targets - totals) / scale, axis=0) < ACCEPTED
            return reached


def _mixed(history: list[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """Combine the last steps so that their linear combination is smallest, replicate by replicate."""
    at, step = history[-1]
    if len(history) == 1:
        return step
    moved = np.stack([at - earlier for earlier, _ in history[:-1]])
    changed = np.stack([step - earlier for _, earlier in history[:-1]])
    normal = np.einsum("ipk,jpk->kij", changed, changed)
    size = np.trace(normal, axis1=1, axis2=2)[:, None, None]
    normal += np.eye(len(history) - 1) * (1e-13 * size + 1e-300)
    shares = np.linalg.solve(normal, np.einsum("ipk,pk->ki", changed, step)[:, :, None])[:, :, 0]
    return np.asarray(step - np.einsum("ki,ipk->pk", shares, moved + changed))
