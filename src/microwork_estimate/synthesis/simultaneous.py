"""Intervals that hold for a whole table at once, from replicates of one run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from microwork_estimate.bootstrap import percentile
from microwork_estimate.errors import InvalidInput, check_level
from microwork_estimate.estimate import Interval, Replicates
from microwork_estimate.frozen import FloatArray

_METHOD = "simultaneous, from ranks of joint replicates"


def joint_intervals(replicates: Mapping[str, Replicates], *, level: float = 0.95) -> dict[str, Interval]:
    """Intervals of several numbers that all hold together with a stated probability.

    Procedure: each replicate is ranked in every number, from the nearer end; its smallest rank says how far out it lies
    in the number where it lies furthest out. The ends are the order statistics r and B + 1 - r with the largest r that
    leaves at least `level` of the replicates inside for all numbers together. This is the band of the largest deviation
    (max-t), with ranks in the place of studentised deviations: it needs no scale, keeps counts at zero or more and
    shares within 0 and 1, and allows draws of zero. Numbers that move together make it narrower than a correction that
    only counts them. Numbers that never vary take no part.

    Parameters
    ----------
    replicates : mapping of str to Replicates
        K numbers, B replicates each, of one run. A failed draw counts as infinite.
    level : float
        Probability that all intervals hold.

    Returns
    -------
    dict of str to Interval
        By name, at least as wide as the percentile interval of the number alone.

    Raises
    ------
    InvalidInput
        If there is no number, or replicates come from different runs.

    Assumptions
    -----------
    Those of the replicates. With many numbers r is small, and the ends are among the most extreme draws: use 1,999
    replicates or more, 9,999 for what is published.

    References
    ----------
    Mandel & Betensky (2008), *Computational Statistics & Data Analysis* 52, 2158-2165, for the ranks. Montiel Olea &
    Plagborg-Møller (2019), *Journal of Applied Econometrics* 34, 1-17, for bands of the largest deviation from quantiles
    of a bootstrap.

    Examples
    --------
    >>> draws = np.random.default_rng(1).normal(size=(2, 1999))
    >>> two = {name: Replicates(values=row, streams=("x",), seed=1) for name, row in zip("ab", draws)}
    >>> both, alone = joint_intervals(two)["a"], percentile(two["a"])
    >>> round(both.low, 2), round(alone.low, 2)
    (-2.28, -1.95)
    """
    check_level(level)
    names = list(replicates)
    if not names:
        raise InvalidInput(
            "no numbers",
            expected="replicates of at least one number",
            got="none",
            where="joint_intervals",
            fix="give the replicates of every number that the intervals shall hold for",
        )
    for name in names[1:]:
        _ = replicates[names[0]] - replicates[name]  # refuses another run
    draws = np.column_stack([replicates[name].values for name in names])
    rank = joint_rank(draws, level)
    ordered = np.sort(np.where(np.isnan(draws), np.inf, draws), axis=0)
    pairs = zip(names, ordered[rank - 1], ordered[len(ordered) - rank], strict=True)
    intervals = {}
    for name, low, high in pairs:
        alone = percentile(replicates[name], level=level)
        ends = min(float(low), alone.low), max(float(high), alone.high)
        intervals[name] = Interval(low=ends[0], high=ends[1], level=level, method=_METHOD)
    return intervals


def joint_rank(draws: FloatArray, level: float) -> int:
    """Return the largest rank r whose order statistics, from both ends, hold `level` of the rows in all columns.

    Parameters
    ----------
    draws : array of shape (B, K)
        NaN counts as infinite.
    level : float

    Returns
    -------
    int
        From 1 to B/2.

    Examples
    --------
    >>> joint_rank(np.arange(199.0)[:, None], 0.95)
    5
    """
    known = np.where(np.isnan(draws), np.inf, draws)
    n = len(known)
    ordered = np.sort(known, axis=0)
    varying = ordered[0] != ordered[-1]
    if not varying.any():
        return max(1, n // 2)
    depth = np.full(n, n)
    for column, sorted_column in zip(known.T[varying], ordered.T[varying], strict=True):
        from_below = np.searchsorted(sorted_column, column, side="right")
        from_above = n - np.searchsorted(sorted_column, column, side="left")
        depth = np.minimum(depth, np.minimum(from_below, from_above))
    needed = min(n, int(np.ceil(level * n - 1e-9)))
    return max(1, min(int(np.sort(depth)[::-1][needed - 1]), n // 2))
