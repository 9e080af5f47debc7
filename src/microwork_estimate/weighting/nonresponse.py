"""Weighting-class adjustment: who did not answer passes the weight on to those who did, within classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.codes import encode


def redistribute(
    weights: ArrayLike, *, giving: ArrayLike, receiving: ArrayLike, classes: ArrayLike | None = None
) -> FloatArray:
    """Move the weight of some units to others of the same class, in proportion to the weights that these have.

    Procedure: within each class, the weights of the receiving units are multiplied by one factor, so that their sum
    grows by the sum of the giving units, whose weights become zero. All others (ineligible units, say) keep theirs. To
    have the variance right, do it in every replicate: the function takes many sets of weights at once.

    Parameters
    ----------
    weights : array of shape (..., n)
        Weights, or replicate weights with the replicate as first axis.
    giving, receiving : array of bool of shape (n,)
        Who gives and who receives; nobody does both.
    classes : array of shape (n,), or None
        Labels of the classes; None for one class.

    Returns
    -------
    array of shape (..., n)
        With the same sums.

    Raises
    ------
    InvalidInput
        If a unit gives and receives, or if in a class somebody gives weight and nobody has weight to receive it (in a
        single replicate, too: merge the class with another).

    Assumptions
    -----------
    Within a class, who answered is like who did not.

    References
    ----------
    Brick & Montaquila (2009), in *Handbook of Statistics* 29A, chapter 8. Särndal & Lundström (2005), *Estimation in
    Surveys with Nonresponse*, section 5.2.

    Examples
    --------
    >>> answered = np.array([True, False, True, True])
    >>> redistribute([1.0, 1.0, 1.0, 2.0], giving=~answered, receiving=answered, classes=["a", "a", "b", "b"]).tolist()
    [2.0, 0.0, 1.0, 2.0]
    """
    before = np.asarray(weights, dtype=np.float64)
    n = before.shape[-1]
    gives, takes = _flags(giving, n, "giving"), _flags(receiving, n, "receiving")
    if (gives & takes).any():
        raise InvalidInput(
            "giving and receiving at once",
            expected="units that give, receive, or do neither",
            got=f"{int((gives & takes).sum())} that do both",
            where="giving, receiving",
            fix="correct one of the two",
        )
    codes = np.zeros(n, dtype=np.int64) if classes is None else encode(classes, where="classes").codes
    indicator = (codes[:, None] == np.arange(int(codes.max()) + 1)).astype(np.float64)
    given, held = (before * gives) @ indicator, (before * takes) @ indicator
    stranded = (given > 0) & (held <= 0)
    if stranded.any():
        raise InvalidInput(
            "a class without receivers",
            expected="in each class (and each replicate), weight that can grow",
            got=f"{int(np.count_nonzero(stranded))} without",
            where="classes",
            fix="merge small classes",
        )
    growth = 1 + given / np.where(held > 0, held, 1.0)
    after = before * np.where(takes, growth[..., codes], 1.0)
    return np.asarray(np.where(gives, 0.0, after))


def _flags(values: ArrayLike, n: int, where: str) -> NDArray[np.bool_]:
    flags = np.asarray(values)
    if flags.dtype != np.bool_ or flags.shape != (n,):
        raise InvalidInput(
            "not a choice of units",
            expected=f"true or false for each of {n} units",
            got=f"{flags.dtype} of shape {flags.shape}",
            where=where,
            fix="compare a column with a value",
        )
    return flags
