"""Log-linear models with two-list effects when some overlaps are empty, for many tables at once. Array functions.

A pair of lists that nobody is on together has an effect of minus infinity if it is in the model. Then every cell with
both lists is empty for certain: the cells leave the table, the effect leaves the model, and the rest is an ordinary fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from scipy.special import pdtr, pdtrc

from microwork_estimate.capture_recapture.existence import FITTED, NO_MLE, NOT_IDENTIFIABLE, design_rank, judge_fits
from microwork_estimate.capture_recapture.model_space import design_matrix
from microwork_estimate.capture_recapture.poisson import BoolArray, PoissonFits, fit_poisson
from microwork_estimate.estimate import FloatArray, IntArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PairFits:
    """Fits of B models with two-list effects, one for each of B tables.

    Parameters
    ----------
    included : array of shape (B, q), bool
        The pairs in each model, in the order of :func:`pair_codes`.
    empty : array of shape (B, q), bool
        Those of them that nobody has.
    fits : PoissonFits
        Of the cells that are left; cells taken out have a fitted count of zero.
    status : array of shape (B,)
        0 fitted, 1 without a maximum, 2 not identifiable.
    """

    included: BoolArray
    empty: BoolArray
    fits: PoissonFits
    status: IntArray

    def values(self, n_observed: FloatArray) -> FloatArray:
        """Estimated sizes, shape (B,); NaN where there is no number."""
        with np.errstate(over="ignore"):
            sizes = n_observed + np.exp(self.fits.coefficients[:, 0])
        return np.where(self.status == FITTED, sizes, np.nan)


def pair_codes(n_lists: int) -> tuple[int, ...]:
    """Return the pairs of lists as terms, in the order (1, 2), (1, 3), ..., (k - 1, k).

    Parameters
    ----------
    n_lists : int

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> [f"{code:03b}" for code in pair_codes(3)]
    ['110', '101', '011']
    """
    return tuple((1 << (n_lists - 1 - i)) | (1 << (n_lists - 1 - j)) for i, j in combinations(range(n_lists), 2))


def fit_pairs(counts: FloatArray, included: BoolArray, n_lists: int) -> PairFits:
    """Fit to each of B tables the model with its own pairs.

    Parameters
    ----------
    counts : array of shape (B, 2^k - 1)
    included : array of shape (B, q), bool
    n_lists : int

    Returns
    -------
    PairFits

    References
    ----------
    Chan, Silverman and Vincent 2021, Journal of the American Statistical Association 116(535), section 3.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.array([[0.0, 6, 0, 40, 0, 30, 20]])
    >>> fits = fit_pairs(counts, np.array([[False, True, False]]), 3)
    >>> fits.empty.tolist(), fits.values(counts.sum(axis=1)).round(6).tolist()
    ([[False, True, False]], [396.0])
    """
    full, together = _columns(n_lists)
    empty = included & (counts @ together == 0)
    keep = empty.astype(np.float64) @ together.T == 0
    active = np.hstack([np.ones((len(counts), n_lists + 1), dtype=bool), included & ~empty])
    designs = full[None, :, :] * active[:, None, :]
    fits = fit_poisson(designs, counts, keep=keep)
    status = np.where(judge_fits(designs, counts, fits, keep=keep), FITTED, NO_MLE)
    for b in np.flatnonzero(~keep.all(axis=1)):
        if not _identifiable(n_lists, keep[b].tobytes(), active[b].tobytes()):
            status[b] = NOT_IDENTIFIABLE
    return PairFits(included=included, empty=empty, fits=fits, status=status)


def choose_pairs(counts: FloatArray, n_lists: int, *, entry: float) -> PairFits:
    """Choose pairs step by step for each of B tables, from the main effects alone.

    Procedure: for every pair that is not in the model, the persons on both lists are compared with the number that the
    model expects; the p-value is the smaller tail of the Poisson distribution. The pair with the smallest p-value comes
    in, if it is below `entry` and the larger model has one maximum; pairs never leave.

    Parameters
    ----------
    counts : array of shape (B, 2^k - 1)
    n_lists : int
    entry : float
        Largest p-value of a pair that comes in.

    Returns
    -------
    PairFits

    References
    ----------
    Chan, Silverman and Vincent 2021, Journal of the American Statistical Association 116(535), section 4.

    Examples
    --------
    >>> import numpy as np
    >>> choose_pairs(np.array([[28.0, 21, 17, 69, 18, 55, 63]]), 3, entry=0.02).included.tolist()
    [[False, False, False]]
    """
    _, together = _columns(n_lists)
    overlap = counts @ together
    chosen = fit_pairs(counts, np.zeros(overlap.shape, dtype=bool), n_lists)
    live: IntArray = np.flatnonzero(chosen.status == FITTED)
    while live.size:
        expected = chosen.fits.fitted[live] @ together
        tails = _smaller_tail(overlap[live], expected)
        tails[chosen.included[live]] = np.inf
        grown = np.zeros(live.size, dtype=bool)
        trying: IntArray = np.arange(live.size)
        while trying.size:
            best = tails[trying].argmin(axis=1)
            promising = tails[trying, best] < entry
            trying, best = trying[promising], best[promising]
            if trying.size == 0:
                break
            rows = live[trying]
            wanted = chosen.included[rows]
            wanted[np.arange(rows.size), best] = True
            trial = fit_pairs(counts[rows], wanted, n_lists)
            good = trial.status == FITTED
            _replace(chosen, rows[good], trial, good)
            grown[trying[good]] = True
            tails[trying, best] = np.inf
            trying = trying[~good]
        live = live[grown]
    return chosen


def _smaller_tail(observed: FloatArray, expected: FloatArray) -> FloatArray:
    below = pdtr(observed, expected)
    above = np.where(observed > 0, pdtrc(np.maximum(observed - 1.0, 0.0), expected), 1.0)
    return np.asarray(np.minimum(below, above))


def _replace(chosen: PairFits, rows: IntArray, trial: PairFits, good: BoolArray) -> None:
    """Put the good trial fits in the place of earlier ones; only choose_pairs does so, before anybody sees them."""
    chosen.included[rows] = trial.included[good]
    chosen.empty[rows] = trial.empty[good]
    for name in ("coefficients", "fitted", "intercept_variance", "deviance", "log_likelihood", "converged"):
        getattr(chosen.fits, name)[rows] = getattr(trial.fits, name)[good]


@lru_cache(maxsize=16)
def _columns(n_lists: int) -> tuple[FloatArray, FloatArray]:
    """Return the columns of the intercept, lists and pairs, and which cells have each pair."""
    codes = pair_codes(n_lists)
    full = design_matrix([*(1 << (n_lists - 1 - i) for i in range(n_lists)), *codes], n_lists)
    return full, np.ascontiguousarray(full[:, n_lists + 1 :])


@lru_cache(maxsize=16384)
def _identifiable(n_lists: int, keep: bytes, active: bytes) -> bool:
    full, _ = _columns(n_lists)
    columns = np.frombuffer(active, dtype=bool)
    return design_rank(full[np.frombuffer(keep, dtype=bool)][:, columns]) == int(columns.sum())
