"""Numbers that must not decrease: weighted isotonic regression of many rows at once."""

from __future__ import annotations

import numpy as np

from microwork_estimate.frozen import FloatArray


def disordered(rows: FloatArray) -> np.ndarray:
    """Say of each row whether a number is followed by a smaller one.

    Parameters
    ----------
    rows : array of shape (B, J)

    Returns
    -------
    array of bool of shape (B,)
        A row with NaN is not disordered: nothing is known of it.

    Examples
    --------
    >>> disordered(np.array([[1.0, 2.0, 2.0], [1.0, 3.0, 2.0]]))
    array([False,  True])
    """
    return np.asarray((rows[:, :-1] > rows[:, 1:]).any(axis=1))


def isotonic(rows: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the non-decreasing numbers nearest to each row, in weighted squares.

    Procedure: neighbours that stand in the wrong order are replaced by their weighted mean, and so on (pool adjacent
    violators). With few numbers in a row the closed form of the same solution serves all rows at once: the number at j
    is the largest, over i up to j, of the smallest, over k from j, of the weighted mean from i to k. Rows in order are
    returned as they are, to the bit.

    Parameters
    ----------
    rows : array of shape (B, J)
    weights : array of shape (J,)
        Positive.

    Returns
    -------
    array of shape (B, J)
        A row that holds an infinite number in the wrong place has no nearest neighbour and becomes NaN.

    References
    ----------
    Robertson, Wright & Dykstra (1988), *Order Restricted Statistical Inference*, theorem 1.4.4.

    Examples
    --------
    >>> isotonic(np.array([[1.0, 3.0, 2.0, 4.0]]), np.ones(4))
    array([[1. , 2.5, 2.5, 4. ]])
    """
    result = rows.copy()
    broken = disordered(rows)
    result[broken & ~np.isfinite(rows).all(axis=1)] = np.nan
    mended = broken & np.isfinite(rows).all(axis=1)
    result[mended] = _min_max(rows[mended], weights)
    return result


def _min_max(rows: FloatArray, weights: FloatArray) -> FloatArray:
    n = weights.size
    zero = np.zeros((len(rows), 1))
    sums = np.hstack([zero, np.cumsum(rows * weights, axis=1)])
    totals = np.concatenate([[0.0], np.cumsum(weights)])
    fitted = np.full(rows.shape, -np.inf)
    for i in range(n):
        means = (sums[:, i + 1 :] - sums[:, [i]]) / (totals[i + 1 :] - totals[i])
        # Smallest mean of a block that starts at i and ends at j or later.
        smallest = np.minimum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        fitted[:, i:] = np.maximum(fitted[:, i:], smallest)
    # The sums are rounded, so that equal means may differ in the last digit.
    return np.maximum.accumulate(fitted, axis=1)
