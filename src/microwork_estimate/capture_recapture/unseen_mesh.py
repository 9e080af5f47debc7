"""Nodes and weights for sums over all numbers of unseen persons, however large.

A posterior on the unseen may be as narrow as a thousandth of its mean or have a tail that falls like a power. So small
numbers are taken one by one, and larger ones by quadrature on panels that grow by a constant factor and are cut finer
around every mode that matters. Nothing is cut off before a thousand million million unseen persons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from microwork_estimate.estimate import FloatArray

ONE_BY_ONE = 8192
"""Numbers of unseen persons below are summed exactly."""

FARTHEST = 1e15
"""Where the mesh ends."""

_NODES_PER_PANEL = 16
_PANEL_RATIO = 1.3
_COARSE = 300
_ZOOMS = 14
_NEGLIGIBLE = 30.0  # nats below the highest mode
_LADDER = np.concatenate([np.arange(0.25, 4.01, 0.25), 4.0 * 2.0 ** np.arange(1, 40)])

LogDensity = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class UnseenMesh:
    """Where a sum over numbers of unseen persons is evaluated.

    Parameters
    ----------
    unseen : array of shape (m,)
        Increasing; whole numbers up to `n_exact`, then nodes of a quadrature.
    weights : array of shape (m,)
        How many whole numbers each node stands for; the sum of f(unseen) * weights is that of f over whole numbers.
    n_exact : int
        So many of the nodes are whole numbers from zero on, with weight one.
    """

    unseen: FloatArray
    weights: FloatArray
    n_exact: int


def whole_mesh(largest: int) -> UnseenMesh:
    """Return the whole numbers 0, 1, ..., `largest`, each with weight one.

    Examples
    --------
    >>> whole_mesh(3).unseen.tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    return UnseenMesh(unseen=np.arange(largest + 1.0), weights=np.ones(largest + 1), n_exact=largest + 1)


def adapted_mesh(log_density: LogDensity) -> UnseenMesh:
    """Make a mesh for the sum over all whole numbers from zero on of some densities, each with one mode far out.

    Procedure: the mode of each density beyond 8,192 is bracketed on a coarse logarithmic grid and enclosed by zooming;
    its width comes from the curvature. Panels end at a geometric ladder, and at distances of a quarter width, and then
    doubling ones, around each mode that is within 30 nats of the highest. Each panel has 16 Gauss-Legendre nodes. By
    the midpoint rule the integral from a - 1/2 to b + 1/2 is the sum from a to b, up to the change of the slope between
    them over 24.

    Parameters
    ----------
    log_density : callable
        From numbers of unseen persons, shape (m,) or (g, m) with a row for each density, to logarithms, shape (g, m).

    Returns
    -------
    UnseenMesh

    References
    ----------
    Davis and Rabinowitz 1984, Methods of Numerical Integration, second edition, sections 2.7 and 2.9.

    Examples
    --------
    The sum of 2 / ((u + 1) (u + 2) (u + 3)) over u = 0, 1, ... is one half.

    >>> mesh = adapted_mesh(lambda u: np.atleast_2d(np.log(2.0 / ((u + 1.0) * (u + 2.0) * (u + 3.0)))))
    >>> bool(abs(mesh.weights @ (2.0 / ((mesh.unseen + 1) * (mesh.unseen + 2) * (mesh.unseen + 3))) - 0.5) < 1e-12)
    True
    """
    first = ONE_BY_ONE - 0.5
    n_panels = int(np.ceil(np.log(FARTHEST / first) / np.log(_PANEL_RATIO)))
    edges = np.unique(np.concatenate([np.geomspace(first, FARTHEST, n_panels + 1), *_around_modes(log_density)]))
    kept = edges[(edges >= first) & (edges <= FARTHEST)]
    nodes, weights = np.polynomial.legendre.leggauss(_NODES_PER_PANEL)
    middle, half = 0.5 * (kept[1:] + kept[:-1]), 0.5 * np.diff(kept)
    return UnseenMesh(
        unseen=np.concatenate([np.arange(float(ONE_BY_ONE)), (middle[:, None] + half[:, None] * nodes).ravel()]),
        weights=np.concatenate([np.ones(ONE_BY_ONE), (half[:, None] * weights).ravel()]),
        n_exact=ONE_BY_ONE,
    )


def _around_modes(log_density: LogDensity) -> list[FloatArray]:
    """Return panel edges around the modes that matter."""
    mode, height, width = _modes(log_density)
    inside = (mode > ONE_BY_ONE) & (mode < 0.5 * FARTHEST) & (height > height.max() - _NEGLIGIBLE)
    inside &= np.isfinite(width) & (width < mode)
    found: list[FloatArray] = []
    taken = np.empty((2, 0))
    for m, w in sorted(zip(mode[inside], width[inside], strict=True)):
        # A mode beside one of the same width needs no panels of its own.
        if np.any((np.abs(taken[0] - m) < 0.5 * w) & (taken[1] < 1.5 * w)):
            continue
        taken = np.column_stack([taken, [m, w]])
        found.append(np.concatenate([[m], m + w * _LADDER[w * _LADDER < m], m - w * _LADDER[w * _LADDER < m]]))
    return found


def _modes(log_density: LogDensity) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the mode of each density beyond the whole numbers, the logarithm of its height, and its width."""
    coarse = np.linspace(np.log(ONE_BY_ONE), np.log(FARTHEST), _COARSE)
    heights = log_density(np.exp(coarse)) + coarse
    best = np.clip(heights.argmax(axis=1), 1, _COARSE - 2)
    low, high = coarse[best - 1], coarse[best + 1]
    for _ in range(_ZOOMS):
        grid = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, 9)
        at = (log_density(np.exp(grid)) + grid).argmax(axis=1)
        rows = np.arange(at.size)
        low, high = grid[rows, np.maximum(at - 1, 0)], grid[rows, np.minimum(at + 1, 8)]
    return _measured(log_density, 0.5 * (low + high))


def _measured(log_density: LogDensity, mode: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return modes, log heights and widths: where the density has fallen by about half a nat."""
    rows = np.arange(mode.size)
    steps = 2.0 ** -np.arange(0.0, 40.0)
    grid = mode[:, None] + np.concatenate([[0.0], steps, -steps])
    values = log_density(np.exp(grid)) + grid
    top = values[:, 0]
    fallen = np.minimum(top[:, None] - values[:, 1:41], top[:, None] - values[:, 41:])
    step = np.maximum((fallen > 0.25).sum(axis=1) - 1, 0)
    drop = np.maximum(fallen[rows, step], 1e-300)
    relative = steps[step] / np.sqrt(2.0 * np.maximum(drop, 0.25))
    return np.exp(mode), top, np.exp(mode) * relative
