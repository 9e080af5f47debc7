"""Who was seen on which list, and how often: the data of capture-recapture.

:class:`CaptureHistories` counts persons by the lists they are on; :class:`CaptureCounts` counts them by how often they
were seen. Both hold counts only: identifiers never come this far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand, FloatArray, IntArray
from microwork_estimate.inputs.checks import distinct_names, same_length, whole_counts

MAX_LISTS = 20
MOST_SIGHTINGS = 1_000_000
CAPTURED = Estimand(unit="persons", activity="captured")


def all_patterns(n_lists: int) -> IntArray:
    """Return the 2^k - 1 observable patterns in canonical order.

    The order is that of binary numbers downward: 11...1 first, 00...01 last; the first list is the leftmost digit.

    Returns
    -------
    array of shape (2^k - 1, k), zeros and ones
    """
    codes = np.arange(2**n_lists - 1, 0, -1)
    digits = np.arange(n_lists - 1, -1, -1)
    return ((codes[:, None] >> digits[None, :]) & 1).astype(np.int64)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CaptureHistories:
    """Numbers of persons by the set of lists they are on.

    Parameters
    ----------
    lists : tuple of str
        The names of k lists, at least two.
    counts : array of shape (2^k - 1,)
        Persons for each pattern of presence, in the order of :func:`all_patterns`.
    estimand : Estimand
        Whom the lists are about.
    """

    lists: tuple[str, ...]
    counts: IntArray
    estimand: Estimand = CAPTURED

    def __post_init__(self) -> None:
        object.__setattr__(self, "lists", distinct_names(self.lists, where="CaptureHistories.lists"))
        object.__setattr__(self, "counts", whole_counts(self.counts, where="CaptureHistories.counts"))
        k = len(self.lists)
        if not 2 <= k <= MAX_LISTS or self.counts.size != 2**k - 1:
            raise InvalidInput(
                "counts do not fit the lists",
                expected=f"2 to {MAX_LISTS} lists and one count for each of the 2^k - 1 patterns",
                got=f"{k} lists and {self.counts.size} counts",
                where="CaptureHistories",
                fix="use CaptureHistories.from_patterns, which fills in the patterns that nobody has",
            )

    @classmethod
    def from_two_lists(
        cls,
        n1: float,
        n2: float,
        both: float,
        *,
        lists: tuple[str, str] = ("list 1", "list 2"),
        estimand: Estimand = CAPTURED,
    ) -> CaptureHistories:
        """Make the histories of two lists from their sizes and their overlap.

        Parameters
        ----------
        n1, n2 : int
            Persons on the first and on the second list.
        both : int
            Persons on both.

        Raises
        ------
        InvalidInput
            If a number is missing, negative or not whole, or if the overlap is larger than a list.
        """
        sizes = whole_counts([n1, n2, both], where="n1, n2, both")
        if sizes[2] > min(sizes[0], sizes[1]):
            raise InvalidInput(
                "overlap larger than a list",
                expected="both <= n1 and both <= n2",
                got=f"n1={sizes[0]}, n2={sizes[1]}, both={sizes[2]}",
                where="from_two_lists",
                fix="n1 and n2 are whole list sizes, persons on both lists included",
            )
        m = sizes[2]
        return cls(lists=lists, counts=np.array([m, sizes[0] - m, sizes[1] - m]), estimand=estimand)

    @classmethod
    def from_patterns(
        cls, lists: Sequence[str], patterns: ArrayLike, counts: ArrayLike, *, estimand: Estimand = CAPTURED
    ) -> CaptureHistories:
        """Make histories from a table of patterns; missing patterns count zero, repeated ones are added.

        Parameters
        ----------
        lists : sequence of str, length k
        patterns : array of shape (r, k), zeros and ones
        counts : array of shape (r,)
            Persons for each row of `patterns`.

        Raises
        ------
        InvalidInput
            If a pattern holds anything but 0 and 1, or is on no list at all.
        """
        rows, numbers = np.asarray(patterns), whole_counts(counts, where="counts")
        names = distinct_names(lists, where="lists")
        if rows.ndim != 2 or rows.shape[1] != len(names) or not np.isin(rows, (0, 1)).all():
            raise InvalidInput(
                "not a table of patterns",
                expected=f"rows of {len(names)} zeros and ones, one column for each list",
                got=f"shape {rows.shape}, values {np.unique(rows)[:5].tolist()}",
                where="patterns",
                fix="code presence as 1 and absence as 0; a missing value is not an absence",
            )
        same_length({"patterns": rows.shape[0], "counts": numbers.size}, where="from_patterns")
        codes = rows.astype(np.int64) @ (1 << np.arange(len(names) - 1, -1, -1))
        if np.any(numbers[codes == 0] > 0):
            raise InvalidInput(
                "persons on no list",
                expected="persons seen on at least one list",
                got=f"{int(numbers[codes == 0].sum())} persons with pattern {'0' * len(names)}",
                where="patterns",
                fix="remove them: persons on no list are what is to be estimated",
            )
        totals = np.bincount(codes, weights=numbers, minlength=2 ** len(names))
        return cls(lists=names, counts=totals[:0:-1].astype(np.int64), estimand=estimand)

    @classmethod
    def from_persons(
        cls, lists: Sequence[str], presence: ArrayLike, *, estimand: Estimand = CAPTURED
    ) -> CaptureHistories:
        """Make histories from one row of zeros and ones for each person, shape (n, k)."""
        rows = np.asarray(presence)
        return cls.from_patterns(lists, rows, np.ones(rows.shape[0] if rows.ndim else 0), estimand=estimand)

    @property
    def patterns(self) -> IntArray:
        """The patterns behind `counts`, shape (2^k - 1, k)."""
        return all_patterns(len(self.lists))

    @property
    def n_observed(self) -> int:
        """Persons on at least one list."""
        return int(self.counts.sum())

    @property
    def list_sizes(self) -> IntArray:
        """Persons on each list, shape (k,)."""
        return self.counts @ self.patterns

    def two_list_cells(self) -> tuple[int, int, int]:
        """Return (both, first only, second only).

        Raises
        ------
        InvalidInput
            If there are not exactly two lists.
        """
        if len(self.lists) != 2:
            raise InvalidInput(
                "not two lists",
                expected="histories of two lists",
                got=f"{len(self.lists)} lists: {', '.join(self.lists)}",
                where="CaptureHistories",
                fix="merge or leave out lists first: histories.merged(a, b), histories.without(name)",
            )
        both, first, second = (int(c) for c in self.counts)
        return both, first, second

    def without(self, name: str) -> CaptureHistories:
        """Leave one list out; persons seen only there are no longer seen."""
        at = self._index(name)
        keep = [i for i in range(len(self.lists)) if i != at]
        return self._collapsed([self.lists[i] for i in keep], self.patterns[:, keep])

    def merged(self, first: str, second: str) -> CaptureHistories:
        """Join two lists into one, called ``"first+second"``, in the place of the first."""
        a, b = self._index(first), self._index(second)
        if a == b:
            raise InvalidInput(
                "one list named twice",
                expected="two different lists",
                got=repr(first),
                where="merged",
                fix="name two of " + ", ".join(self.lists),
            )
        joined = self.patterns.copy()
        joined[:, a] = np.maximum(joined[:, a], joined[:, b])
        keep = [i for i in range(len(self.lists)) if i != b]
        names = [f"{first}+{second}" if i == a else self.lists[i] for i in keep]
        return self._collapsed(names, joined[:, keep])

    def _index(self, name: str) -> int:
        if name not in self.lists:
            raise InvalidInput(
                "unknown list",
                expected="one of " + ", ".join(self.lists),
                got=repr(name),
                where="CaptureHistories",
                fix="use one of the names given",
            )
        return self.lists.index(name)

    def _collapsed(self, names: list[str], patterns: IntArray) -> CaptureHistories:
        seen = patterns.any(axis=1)
        return CaptureHistories.from_patterns(names, patterns[seen], self.counts[seen], estimand=self.estimand)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CaptureCounts:
    """Numbers of persons by how often each was seen: f_1, f_2, ...

    Parameters
    ----------
    frequencies : array of shape (x,)
        ``frequencies[j - 1]`` persons were seen exactly j times; x is the largest number of times.
    occasions : int or None
        Number T of occasions on which a person could be seen; None if there is no limit.
    estimand : Estimand
    """

    frequencies: IntArray
    occasions: int | None = None
    estimand: Estimand = field(default=CAPTURED)

    def __post_init__(self) -> None:
        counts = np.trim_zeros(whole_counts(self.frequencies, where="CaptureCounts.frequencies"), "b")
        if counts.size == 0:
            raise InvalidInput(
                "nobody was seen",
                expected="at least one person seen at least once",
                got="counts that are all zero",
                where="CaptureCounts.frequencies",
                fix="give the number of persons seen once, twice, ...",
            )
        counts.flags.writeable = False
        object.__setattr__(self, "frequencies", counts)
        if self.occasions is not None and (self.occasions < max(2, counts.size)):
            raise InvalidInput(
                "seen more often than there were occasions",
                expected=f"at least {max(2, counts.size)} occasions",
                got=repr(self.occasions),
                where="CaptureCounts.occasions",
                fix="give the number of occasions on which a person could be seen, or None without a limit",
            )

    @classmethod
    def from_table(
        cls, times: ArrayLike, persons: ArrayLike, *, occasions: int | None = None, estimand: Estimand = CAPTURED
    ) -> CaptureCounts:
        """Make counts from two columns: times seen, and how many persons were seen so often.

        Raises
        ------
        InvalidInput
            If a person is said to have been seen zero times, or a number of times stands twice.
        """
        seen, numbers = whole_counts(times, where="times"), whole_counts(persons, where="persons")
        same_length({"times": seen.size, "persons": numbers.size}, where="CaptureCounts.from_table")
        if seen.min() < 1 or np.unique(seen).size != seen.size:
            raise InvalidInput(
                "impossible table of counts",
                expected="each number of times once, from 1 upward",
                got=f"smallest {seen.min()}, {seen.size - np.unique(seen).size} repeated",
                where="times",
                fix="remove the row for zero times: who was never seen is what is to be estimated",
            )
        if seen.max() > MOST_SIGHTINGS:
            raise InvalidInput(
                "impossible number of sightings",
                expected=f"at most {MOST_SIGHTINGS:,} sightings of one person",
                got=f"{seen.max():,}",
                where="times",
                fix="check whether the two columns were exchanged",
            )
        dense = np.zeros(int(seen.max()), dtype=np.int64)
        dense[seen - 1] = numbers
        return cls(frequencies=dense, occasions=occasions, estimand=estimand)

    @property
    def n_observed(self) -> int:
        """Persons seen at least once."""
        return int(self.frequencies.sum())

    @property
    def times(self) -> IntArray:
        """The numbers 1, 2, ..., x that go with `frequencies`."""
        return np.arange(1, self.frequencies.size + 1, dtype=np.int64)

    @property
    def total_sightings(self) -> int:
        """All sightings together: sum of j f_j."""
        return int(self.times @ self.frequencies)

    def seen(self, times: int) -> int:
        """Return the number of persons seen exactly `times` times (1 or more)."""
        return int(self.frequencies[times - 1]) if 1 <= times <= self.frequencies.size else 0

    def as_floats(self) -> FloatArray:
        """Return the frequencies as float64, for the kernels."""
        return self.frequencies.astype(np.float64)
