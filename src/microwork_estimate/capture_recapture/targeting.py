"""Taking out the bias that learned chances leave in a size: by subtraction, or by tilting the chances."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from microwork_estimate.capture_recapture.cross_fitting import Correction, ListChances
from microwork_estimate.estimate import FloatArray

MAX_ROUNDS = 200
ON_TARGET = 1e-12
ASTRAY = 10.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Coverage:
    """The inverse share of the population that was seen, and what each person contributes.

    Parameters
    ----------
    inverse : float
        Persons in the population for each person seen, at least 1.
    parts : array of shape (n,)
        Contributions whose mean it is.
    plug_in : array of shape (n,)
        For how many persons each person stands by the learned (or tilted) chances alone.
    spread : float
        Variance of the contributions, averaged over folds.
    fold_sizes : array of shape (n,)
        Total weight of the fold of each person, times the number of folds.
    """

    inverse: float
    parts: FloatArray
    plug_in: FloatArray
    spread: float
    fold_sizes: FloatArray


def contributions(chances: ListChances, pair: FloatArray) -> FloatArray:
    """Return what each person contributes to the inverse coverage, shape (n,).

    Procedure: with g = q1 q2 / q12, the contribution is g (y1/q1 + y2/q2 - y1 y2/q12). Its mean given the covariates is
    g when the chances are right, and errors of the chances change it only through their products.

    References
    ----------
    Das, Kennedy & Jewell 2024, Journal of the American Statistical Association 119(546), 1309-1321 (the efficient
    influence function).

    Examples
    --------
    >>> half = np.array([0.5])
    >>> chances = ListChances(first=half, second=half, both=half / 2, fold=np.array([0]), floored=half < 0)
    >>> contributions(chances, np.array([[1.0, 0.0]])).tolist()
    [2.0]
    """
    first, second = pair[:, 0], pair[:, 1]
    weights = first / chances.first + second / chances.second - first * second / chances.both
    return np.asarray(chances.inverse_coverage * weights)


def coverage(chances: ListChances, pair: FloatArray, weight: FloatArray, correction: Correction) -> Coverage:
    """Average contributions over persons within folds, then over folds.

    Procedure: ``"one_step"`` averages the contributions and holds the mean of each fold at 1 or more; ``"plug_in"``
    averages g; ``"targeted"`` averages g of the tilted chances, whose contributions have the same mean.

    Parameters
    ----------
    chances : ListChances
    pair : array of shape (n, 2)
    weight : array of shape (n,)
    correction : str

    Returns
    -------
    Coverage

    Examples
    --------
    >>> q = np.full(3, 2 / 3)
    >>> chances = ListChances(first=q, second=q, both=q / 2, fold=np.zeros(3, dtype=int), floored=q < 0)
    >>> pair = np.array([[1.0, 0], [0, 1], [1, 1]])
    >>> round(coverage(chances, pair, np.ones(3), "one_step").inverse, 6)
    1.333333
    """
    parts, plug_in = contributions(chances, pair), chances.inverse_coverage
    averaged = plug_in if correction == "plug_in" else parts
    folds = int(chances.fold.max()) + 1
    sizes = np.bincount(chances.fold, weights=weight, minlength=folds)
    means = np.bincount(chances.fold, weights=weight * averaged, minlength=folds) / sizes
    centred = parts - (np.bincount(chances.fold, weights=weight * parts, minlength=folds) / sizes)[chances.fold]
    numbers = np.bincount(chances.fold, minlength=folds).astype(np.float64)
    correct = numbers / np.maximum(numbers - 1.0, 1.0)
    spreads = correct * np.bincount(chances.fold, weights=weight * centred**2, minlength=folds) / sizes
    # One tilt for all folds puts the mean over all persons on target, not that of each fold.
    together = float(weight @ plug_in / weight.sum())
    inverse = together if correction == "targeted" else float(np.maximum(means, 1.0).mean())
    return Coverage(
        inverse=inverse,
        parts=parts,
        plug_in=plug_in,
        spread=float(spreads.mean()),
        fold_sizes=np.asarray(sizes[chances.fold] * folds),
    )


def tilt(chances: ListChances, pair: FloatArray, weight: FloatArray, *, others: bool) -> ListChances | None:
    """Tilt learned chances until the mean contribution equals the mean of g: the targeted step.

    Procedure: a person seen is on the first list only, on the second only, on both, or (with further lists) on neither,
    with chances q_c; let h_c be g/q1, g/q2, g (1/q1 + 1/q2 - 1/q12) and 0. The chances become q_c e^(t h_c), rescaled
    to sum to one, with the one number t that makes the data most likely; this is done again with the new h until no
    bias is left. The chances stay chances, so that the size is never below the persons seen.

    Parameters
    ----------
    chances : ListChances
    pair : array of shape (n, 2)
    weight : array of shape (n,)
    others : bool
        Whether persons may have been seen on neither of the two lists.

    Returns
    -------
    ListChances or None
        None if a bias is left after 200 rounds, or grows tenfold: it happens where the chance to be on both lists is
        near zero for some persons.

    References
    ----------
    Van der Laan & Rubin 2006, International Journal of Biostatistics 2(1), article 11, for targeting. The submodel is
    ours: drpop tilts the three chances one by one.

    Examples
    --------
    >>> q = np.array([0.7, 0.7, 0.7, 0.7])
    >>> chances = ListChances(first=q, second=q, both=q - 0.3, fold=np.zeros(4, dtype=int), floored=q < 0)
    >>> pair = np.array([[1.0, 0], [0, 1], [1, 1], [1, 1]])
    >>> tilted = tilt(chances, pair, np.ones(4), others=False)
    >>> bool(abs((contributions(tilted, pair) - tilted.inverse_coverage).mean()) < 1e-10)
    True
    """
    first, second = pair[:, 0], pair[:, 1]
    events = np.column_stack([first * (1 - second), (1 - first) * second, first * second, (1 - first) * (1 - second)])
    cells = np.column_stack(
        [
            chances.first - chances.both,
            chances.second - chances.both,
            chances.both,
            1.0 - chances.first - chances.second + chances.both if others else np.zeros_like(first),
        ]
    )
    cells = np.maximum(cells, 0.0)
    cells /= cells.sum(axis=1, keepdims=True)
    share, first_bias = weight / weight.sum(), 0.0
    for round_number in range(MAX_ROUNDS):
        slopes = _slopes(cells)
        bias = float(share @ ((events - cells) * slopes).sum(axis=1))
        if abs(bias) <= ON_TARGET * float(share @ _inverse(cells)):
            return replace(chances, first=cells[:, 0] + cells[:, 2], second=cells[:, 1] + cells[:, 2], both=cells[:, 2])
        first_bias = abs(bias) if round_number == 0 else first_bias
        if not abs(bias) <= ASTRAY * first_bias:
            return None
        cells = _tilted(cells, slopes, events, share)
    return None


def _inverse(cells: FloatArray) -> FloatArray:
    return np.asarray((cells[:, 0] + cells[:, 2]) * (cells[:, 1] + cells[:, 2]) / cells[:, 2])


def _slopes(cells: FloatArray) -> FloatArray:
    """Return h for each person and event, shape (n, 4)."""
    first, second, both = cells[:, 0] + cells[:, 2], cells[:, 1] + cells[:, 2], cells[:, 2]
    inverse = first * second / both
    return np.column_stack(
        [inverse / first, inverse / second, inverse * (1 / first + 1 / second - 1 / both), np.zeros_like(first)]
    )


def _tilted(cells: FloatArray, slopes: FloatArray, events: FloatArray, share: FloatArray) -> FloatArray:
    """Return the chances tilted by the number that makes the data most likely."""
    # Where slopes are large the tilt is bounded, so that no chance falls to zero in one round.
    limit = 1.0 / float(np.abs(slopes).max())
    number = 0.0
    for _ in range(20):
        tilted = _at(cells, slopes, number)
        mean = (tilted * slopes).sum(axis=1)
        gradient = float(share @ ((events * slopes).sum(axis=1) - mean))
        curve = float(share @ ((tilted * slopes**2).sum(axis=1) - mean**2))
        step = gradient / max(curve, np.finfo(np.float64).tiny)
        number = float(np.clip(number + step, -limit, limit))
        if abs(step) < 1e-14 or abs(number) == limit:
            break
    return _at(cells, slopes, number)


def _at(cells: FloatArray, slopes: FloatArray, number: float) -> FloatArray:
    grown = cells * np.exp(number * slopes)
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))
