"""What open-population models need of the data: for each occasion how many were seen, seen before, and seen again.

These counts hold all that the data say about sizes, survival and entries (they are sufficient), so that neither persons
nor complete histories are needed: a published table is enough, for any number of occasions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand, FloatArray, IntArray, frozen_floats
from microwork_estimate.inputs.checks import distinct_names, same_length, whole_counts
from microwork_estimate.inputs.histories import CAPTURED, CaptureHistories, all_patterns
from microwork_estimate.inputs.occasions import OccasionHistories


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OpenCounts:
    """Counts of sightings on K occasions of a population that people join and leave.

    Parameters
    ----------
    seen : array of shape (K,)
        Persons seen on each occasion, n_i; three occasions or more.
    marked : array of shape (K,)
        Those of them who had been seen before, m_i; 0 on the first.
    seen_again : array of shape (K,)
        Those released on each occasion who were seen later, r_i; 0 on the last.
    released : array of shape (K,) or None
        Persons left in the population after each occasion, R_i; None if that is all of them.
    times : array of shape (K,) or None
        When the occasions were, increasing; None for 0, 1, 2, ...
    occasions : tuple of str or None
        Their names; None for numbers from 1.
    estimand : Estimand

    Raises
    ------
    InvalidInput
        If the counts contradict each other.

    Examples
    --------
    >>> counts = OpenCounts(seen=[54, 146, 169], marked=[0, 10, 39], seen_again=[24, 25, 0])
    >>> counts.missed_between.tolist()
    [0, 14, 0]
    """

    seen: IntArray
    marked: IntArray
    seen_again: IntArray
    released: IntArray | None = None
    times: FloatArray | None = None
    occasions: tuple[str, ...] | None = None
    estimand: Estimand = CAPTURED

    def __post_init__(self) -> None:
        for name in ("seen", "marked", "seen_again"):
            object.__setattr__(self, name, whole_counts(getattr(self, name), where=f"OpenCounts.{name}"))
        k = self.seen.size
        released = self.seen if self.released is None else whole_counts(self.released, where="OpenCounts.released")
        times = np.arange(k) if self.times is None else self.times
        names = [str(i + 1) for i in range(k)] if self.occasions is None else self.occasions
        object.__setattr__(self, "released", released)
        object.__setattr__(self, "times", frozen_floats(times, where="OpenCounts.times"))
        object.__setattr__(self, "occasions", distinct_names(names, where="OpenCounts.occasions"))
        lengths = {"marked": self.marked.size, "seen_again": self.seen_again.size, "released": released.size}
        same_length({"seen": k, **lengths, "times": self.timing.size, "occasions": len(self.names)}, where="OpenCounts")
        self._check()

    def _check(self) -> None:
        released, between = self.returned, self.missed_between
        problems = (
            (self.seen.size < 3, "at least three occasions", str(self.seen.size)),
            (np.any(self.marked > self.seen), "marked <= seen", "more marked than seen"),
            (np.any(released > self.seen), "released <= seen", "more released than seen"),
            (np.any(self.seen_again > released), "seen_again <= released", "more seen again than released"),
            (self.marked[0] != 0, "nobody seen before the first occasion", str(self.marked[0])),
            (self.seen_again[-1] != 0, "nobody seen after the last occasion", str(self.seen_again[-1])),
            (np.any(between < 0) or between[-1] != 0, "everybody seen again is seen as marked, once", "other sums"),
            (not np.isfinite(self.timing).all() or np.any(np.diff(self.timing) <= 0), "increasing times", "others"),
        )
        for bad, expected, got in problems:
            if bad:
                raise InvalidInput(
                    "counts that contradict each other",
                    expected=expected,
                    got=got,
                    where="OpenCounts",
                    fix="check the table; OpenCounts.from_histories makes one from histories",
                )

    @property
    def returned(self) -> IntArray:
        """Persons left in the population after each occasion, R_i, shape (K,)."""
        assert self.released is not None  # noqa: S101 - filled in by __post_init__
        return self.released

    @property
    def timing(self) -> FloatArray:
        """When the occasions were, shape (K,)."""
        assert self.times is not None  # noqa: S101 - filled in by __post_init__
        return self.times

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the occasions."""
        assert self.occasions is not None  # noqa: S101 - filled in by __post_init__
        return self.occasions

    @property
    def missed_between(self) -> IntArray:
        """Persons seen before and after each occasion but not on it, z_i, shape (K,).

        Known to be alive before occasion i are z_(i-1) + r_(i-1); those of them not seen on i are z_i.
        """
        before = np.cumsum(np.concatenate([[0], self.seen_again[:-1]]))
        return np.asarray(before - np.cumsum(self.marked), dtype=np.int64)

    @property
    def first_seen(self) -> IntArray:
        """Persons seen for the first time on each occasion, u_i, shape (K,)."""
        return np.asarray(self.seen - self.marked)

    @property
    def n_observed(self) -> int:
        """Persons seen at least once."""
        return int(self.first_seen.sum())

    @classmethod
    def from_histories(cls, histories: CaptureHistories, *, times: ArrayLike | None = None) -> OpenCounts:
        """Make the counts from histories whose lists are occasions in the order of time.

        Parameters
        ----------
        histories : CaptureHistories
        times : array_like of shape (K,), optional

        Raises
        ------
        InvalidInput
            If there are fewer than three occasions, or times do not increase.

        Examples
        --------
        >>> histories = CaptureHistories.from_patterns(["a", "b", "c"], [[1, 1, 0], [1, 0, 1], [0, 0, 1]], [5, 3, 2])
        >>> OpenCounts.from_histories(histories).marked.tolist()
        [0, 5, 3]
        """
        array = next_sightings(histories)
        seen = histories.list_sizes
        return cls(
            seen=seen,
            marked=array.sum(axis=0),
            seen_again=array.sum(axis=1),
            times=None if times is None else np.asarray(times, dtype=np.float64),
            occasions=histories.lists,
            estimand=histories.estimand,
        )

    @classmethod
    def from_occasions(cls, occasions: OccasionHistories, *, times: ArrayLike | None = None) -> OpenCounts:
        """Make the counts from one row for each person; the occasions of a period are joined into one.

        Parameters
        ----------
        occasions : OccasionHistories
        times : array_like of shape (K,), optional
            When the periods were.

        Raises
        ------
        InvalidInput
            If there are fewer than three periods, or times do not increase.
        """
        merged = occasions.by_period()
        seen = merged.seen.astype(np.int64)
        before = np.cumsum(seen, axis=1) - seen > 0
        after = np.cumsum(seen[:, ::-1], axis=1)[:, ::-1] - seen > 0
        return cls(
            seen=seen.sum(axis=0),
            marked=(seen * before).sum(axis=0),
            seen_again=(seen * after).sum(axis=0),
            times=None if times is None else np.asarray(times, dtype=np.float64),
            occasions=merged.occasions,
            estimand=merged.estimand,
        )

    @classmethod
    def from_first_and_last(
        cls,
        seen: ArrayLike,
        first: ArrayLike,
        last: ArrayLike,
        *,
        times: ArrayLike | None = None,
        occasions: Sequence[str] | None = None,
        estimand: Estimand = CAPTURED,
    ) -> OpenCounts:
        """Make the counts from persons seen, seen for the first time, and seen for the last time on each occasion.

        Parameters
        ----------
        seen, first, last : array_like of shape (K,)
            n_i, u_i and v_i. Everybody seen is left in the population.
        times : array_like of shape (K,), optional
        occasions : sequence of str, optional
        estimand : Estimand

        Raises
        ------
        InvalidInput
            If the counts contradict each other, for example if first and last do not add up to the same persons.

        Examples
        --------
        >>> OpenCounts.from_first_and_last([3, 2, 2], [3, 1, 1], [1, 2, 2]).seen_again.tolist()
        [2, 0, 0]
        """
        n, u, v = (whole_counts(x, where=w) for x, w in ((seen, "seen"), (first, "first"), (last, "last")))
        same_length({"seen": n.size, "first": u.size, "last": v.size}, where="from_first_and_last")
        if u.sum() != v.sum() or np.any(u > n) or np.any(v > n):
            raise InvalidInput(
                "counts that contradict each other",
                expected="first <= seen, last <= seen, and as many first as last sightings",
                got=f"{u.sum()} first and {v.sum()} last sightings",
                where="OpenCounts.from_first_and_last",
                fix="check the table",
            )
        return cls(
            seen=n,
            marked=n - u,
            seen_again=n - v,
            times=None if times is None else np.asarray(times, dtype=np.float64),
            occasions=None if occasions is None else tuple(occasions),
            estimand=estimand,
        )


def next_sightings(histories: CaptureHistories) -> IntArray:
    """Count, for those seen on occasion i, on which occasion j they were next seen (the m-array).

    Parameters
    ----------
    histories : CaptureHistories
        Occasions in the order of time.

    Returns
    -------
    array of shape (K, K)
        Row i, column j > i; the row of an occasion sums to r_i, the column to m_j.

    References
    ----------
    Burnham, Anderson, White, Brownie and Pollock 1987, American Fisheries Society Monograph 5, section 1.2.2.

    Examples
    --------
    >>> histories = CaptureHistories.from_patterns(["a", "b", "c"], [[1, 1, 1], [1, 0, 1]], [5, 3])
    >>> next_sightings(histories).tolist()
    [[0, 5, 3], [0, 0, 5], [0, 0, 0]]
    """
    patterns = all_patterns(len(histories.lists))
    k = patterns.shape[1]
    array = np.zeros((k, k), dtype=np.int64)
    for i in range(k):
        for j in range(i + 1, k):
            chosen = (patterns[:, i] == 1) & (patterns[:, j] == 1) & ~patterns[:, i + 1 : j].any(axis=1)
            array[i, j] = histories.counts[chosen].sum()
    return array
