"""The highest maxima of the likelihood of latent classes on lists, and whether there is one to look for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microwork_estimate.capture_recapture.latent_em import (
    Classes,
    Table,
    cell_slopes,
    climb,
    derivatives,
    log_likelihood,
    quasi_random_classes,
    size_ratio,
)
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.histories import CaptureHistories

N_STARTS = 50
"""Starts, besides those that add a class to the best fit with one class fewer."""

WORTH_REPORTING = 2.0
"""Maxima whose log likelihood is this close to the highest are reported."""

LEAST_INFORMATION = 1e-10
"""Relative curvature below which a direction has no information."""

HARDLY_SEEN = 1e-6
"""Chance to be seen, or share, below which a class is one of persons hardly ever seen, or empty."""

AT_TOP = 1e-8
"""Largest derivative, for each person seen, at the top of the likelihood."""

_EXTRA_STARTS = 10
_SAME_HEIGHT = 1e-5
_SAME_SIZE = 1e-3
_NO_GAIN = 0.01  # log-likelihood units below which a further class is none
_MOST_MODES = 8


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LatentFits:
    """The highest maxima of the likelihood of latent classes, best first.

    Parameters
    ----------
    classes : Classes
        The m maxima.
    log_likelihood : array of shape (m,)
        Of the persons seen, without the multinomial constant.
    sizes : array of shape (m,)
        Population sizes; infinite where a class of persons who are hardly ever seen fits best.
    n_starts : int
        Starts tried.
    n_reached : int
        How many of them ended at the best.
    gradient : float
        Largest derivative of the log likelihood for each person seen, at the best.
    """

    classes: Classes
    log_likelihood: FloatArray
    sizes: FloatArray
    n_starts: int
    n_reached: int
    gradient: float


def identified(n_lists: int, classes: int) -> tuple[bool, bool]:
    """Return whether the population size, and whether the classes, are identified locally at almost every point.

    Procedure: at a point that is in no special position, the derivatives of the pattern chances by the free parameters
    are the rows of a matrix. The classes are identified if its rank is full; the size, if the derivatives of N/n are a
    combination of its rows.

    Parameters
    ----------
    n_lists, classes : int

    Returns
    -------
    tuple of bool

    References
    ----------
    Stanghellini and van der Heijden 2004, Biometrics 60(2), 510-516.

    Examples
    --------
    >>> identified(3, 2), identified(4, 2), identified(4, 3)
    ((False, False), (True, True), (True, False))
    """
    if classes * (n_lists + 1) > 2**n_lists - 1:
        return False, False
    point = quasi_random_classes(4, classes, n_lists).take(slice(3, 4))
    rows = np.array(np.meshgrid(*[[1.0, 0.0]] * n_lists, indexing="ij")).reshape(n_lists, -1).T[:-1]
    _, strength, axes = np.linalg.svd(cell_slopes(rows, point), full_matrices=False)
    rank = int((strength > LEAST_INFORMATION * strength[0]).sum())
    slopes = size_ratio(point)[1][0]
    outside = slopes - axes[:rank].T @ (axes[:rank] @ slopes)
    return bool(np.abs(outside).max() < 1e-6 * np.abs(slopes).max()), rank == slopes.size


def fit_latent(histories: CaptureHistories, classes: int) -> list[LatentFits]:
    """Maximise the likelihood with 1, 2, ..., `classes` classes.

    Parameters
    ----------
    histories : CaptureHistories
    classes : int

    Returns
    -------
    list of LatentFits
        Shorter than `classes` if a further class does not raise the log likelihood by a hundredth of a unit.

    Examples
    --------
    >>> lists = CaptureHistories.from_two_lists(200, 150, 30)
    >>> fit_latent(lists, 1)[0].sizes.round(4).tolist()
    [1000.0]
    """
    table = table_of(histories)
    fits: list[LatentFits] = []
    for j in range(1, classes + 1):
        starts = quasi_random_classes(N_STARTS if j > 1 else 1, j, len(histories.lists))
        if fits:
            starts = _joined(starts, _with_one_more(fits[-1].classes.take(slice(0, 1))))
        fitted = _distinct(table, climb(table, starts))
        if fits and fitted.log_likelihood[0] < fits[-1].log_likelihood[0] + _NO_GAIN:
            break
        fits.append(fitted)
    return fits


def table_of(histories: CaptureHistories) -> Table:
    """Return the patterns that somebody has, with their persons.

    Parameters
    ----------
    histories : CaptureHistories

    Returns
    -------
    Table
    """
    present = histories.counts > 0
    patterns = histories.patterns[present].astype(np.float64)
    return Table(patterns=patterns, persons=histories.counts[present][None].astype(np.float64), seen_only=True)


def _with_one_more(best: Classes) -> Classes:
    """Return the best fit with one class fewer, and a small class in several places."""
    extra = quasi_random_classes(_EXTRA_STARTS, 1, best.log_odds.shape[2])
    kept = np.repeat(best.log_odds, _EXTRA_STARTS, axis=0)
    shares = np.repeat(0.95 * best.shares, _EXTRA_STARTS, axis=0)
    small = np.full((_EXTRA_STARTS, 1), 0.05)
    return Classes(log_odds=np.concatenate([kept, extra.log_odds], axis=1), shares=np.hstack([shares, small]))


def _joined(first: Classes, second: Classes) -> Classes:
    return Classes(
        log_odds=np.concatenate([first.log_odds, second.log_odds]),
        shares=np.concatenate([first.shares, second.shares]),
    )


def _distinct(table: Table, reached: Classes) -> LatentFits:
    """Keep one of each maximum that is worth reporting, the highest first."""
    n = float(table.persons.sum())
    heights = log_likelihood(table, reached)
    sizes = n * size_ratio(reached)[0]
    sizes[((reached.seen < HARDLY_SEEN) & (reached.shares > HARDLY_SEEN)).any(axis=1)] = np.inf
    steep = np.abs(derivatives(table, reached)[1]).max(axis=1) / n
    order = np.argsort(-heights, kind="stable")
    kept: list[int] = []
    for i in order:
        if kept and (heights[i] < heights[kept[0]] - WORTH_REPORTING or steep[i] > AT_TOP):
            continue
        if not any(_same(heights[[i, j]], sizes[[i, j]] - n) for j in kept):
            kept.append(int(i))
    at = np.array(kept[:_MOST_MODES])
    return LatentFits(
        classes=reached.take(at),
        log_likelihood=heights[at],
        sizes=sizes[at],
        n_starts=heights.size,
        n_reached=int((heights >= heights[at[0]] - _tolerance(heights[at[0]])).sum()),
        gradient=float(steep[at[0]]),
    )


def _tolerance(height: float) -> float:
    """Return the difference of log likelihoods that is none, given the digits of a sum of this size."""
    return _SAME_HEIGHT + 1e-12 * abs(height)


def _same(heights: FloatArray, unseen: FloatArray) -> bool:
    if abs(heights[0] - heights[1]) > _tolerance(heights[0]):
        return False
    infinite = np.isinf(unseen)
    return bool(infinite.all() or (not infinite.any() and abs(unseen[0] - unseen[1]) <= _SAME_SIZE * (1.0 + unseen[0])))
