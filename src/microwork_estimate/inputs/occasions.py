"""Who was seen on which occasion, when persons come and go between periods: the data of open populations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand, IntArray
from microwork_estimate.inputs.checks import distinct_names, same_length, whole_counts
from microwork_estimate.inputs.histories import CAPTURED, MAX_LISTS, CaptureCounts, CaptureHistories


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OccasionHistories:
    """Sightings of persons over T occasions in one or more periods, one row for each person seen, without identifiers.

    Parameters
    ----------
    seen : array of shape (n, T), bool or zeros and ones
        Whether each person was seen on each occasion; everybody at least once.
    occasions : tuple of str, length T
        Labels of the occasions, in order.
    periods : array of shape (T,)
        The period of each occasion: 0, 1, 2, ..., never falling. Within a period nobody is thought to come or go.
    estimand : Estimand

    Raises
    ------
    InvalidInput
        If the shape does not fit, a value is neither 0 nor 1, a person was never seen, or periods fall.

    Examples
    --------
    >>> months = OccasionHistories(seen=[[1, 1, 0], [0, 1, 0]], occasions=("May", "June", "July"), periods=[0, 1, 2])
    >>> months.counts().frequencies.tolist(), months.pair(0, 1).counts.tolist()
    ([1, 1], [1, 0, 1])
    """

    seen: NDArray[np.bool_]
    occasions: tuple[str, ...]
    periods: IntArray
    estimand: Estimand = CAPTURED

    def __post_init__(self) -> None:
        occasions = distinct_names(self.occasions, where="OccasionHistories.occasions")
        periods = whole_counts(self.periods, where="OccasionHistories.periods")
        same_length({"occasions": len(occasions), "periods": periods.size}, where="OccasionHistories")
        steps = np.diff(periods)
        if periods[0] != 0 or np.any((steps < 0) | (steps > 1)):
            raise InvalidInput(
                "periods out of order",
                expected="0 for the first occasions, then 0 or 1 more from one occasion to the next",
                got=f"{periods.tolist()!r:.60}",
                where="OccasionHistories.periods",
                fix="sort the occasions by time and number the periods from 0",
            )
        object.__setattr__(self, "seen", _checked(self.seen, len(occasions)))
        object.__setattr__(self, "occasions", occasions)
        object.__setattr__(self, "periods", periods)

    @property
    def n_observed(self) -> int:
        """Persons seen at least once."""
        return int(self.seen.shape[0])

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return int(self.periods[-1]) + 1

    def by_period(self) -> OccasionHistories:
        """Join the occasions of each period into one."""
        starts = np.flatnonzero(np.diff(self.periods, prepend=-1))
        return OccasionHistories(
            seen=np.logical_or.reduceat(self.seen, starts, axis=1),
            occasions=tuple(f"period {number + 1}" for number in range(self.n_periods)),
            periods=np.arange(self.n_periods),
            estimand=self.estimand,
        )

    def counts(self, period: int | None = None) -> CaptureCounts:
        """Count persons by how often they were seen, in all occasions or in those of one period.

        Raises
        ------
        InvalidInput
            If there is no such period, or nobody was seen in it, or fewer than two occasions are counted.
        """
        chosen = self.seen if period is None else self.seen[:, self.periods == self._period(period)]
        frequencies = np.bincount(chosen.sum(axis=1), minlength=2)[1:]
        return CaptureCounts(frequencies=frequencies, occasions=chosen.shape[1], estimand=self.estimand)

    def pair(self, first: int, second: int) -> CaptureHistories:
        """Return the histories of two periods as of two lists.

        Raises
        ------
        InvalidInput
            If there is no such period, or both are the same.
        """
        merged = self.by_period()
        a, b = self._period(first), self._period(second)
        both = merged.seen[:, [a, b]]
        names = (merged.occasions[a], merged.occasions[b])
        return CaptureHistories.from_persons(names, both[both.any(axis=1)], estimand=self.estimand)

    def histories(self) -> CaptureHistories:
        """Return the histories of all occasions as of as many lists.

        Raises
        ------
        InvalidInput
            If there are more occasions than lists may be.
        """
        if len(self.occasions) > MAX_LISTS:
            raise InvalidInput(
                "too many occasions for full histories",
                expected=f"at most {MAX_LISTS}",
                got=str(len(self.occasions)),
                where="OccasionHistories.histories",
                fix="join occasions with by_period(), or use counts() or pair()",
            )
        return CaptureHistories.from_persons(self.occasions, self.seen, estimand=self.estimand)

    def _period(self, number: int) -> int:
        if not 0 <= number < self.n_periods:
            raise InvalidInput(
                "unknown period",
                expected=f"0 to {self.n_periods - 1}",
                got=repr(number),
                where="OccasionHistories",
                fix="number periods from 0",
            )
        return number


def _checked(values: ArrayLike, n_occasions: int) -> NDArray[np.bool_]:
    rows = np.asarray(values)
    if rows.ndim != 2 or rows.shape[1] != n_occasions or (rows.dtype != np.bool_ and not np.isin(rows, (0, 1)).all()):
        raise InvalidInput(
            "not a table of sightings",
            expected=f"rows of {n_occasions} zeros and ones, one column for each occasion",
            got=f"shape {rows.shape}, values {np.unique(rows)[:5].tolist()}",
            where="OccasionHistories.seen",
            fix="code a sighting as 1 and its absence as 0",
        )
    seen = rows.astype(np.bool_)
    if not seen.any(axis=1).all():
        raise InvalidInput(
            "persons never seen",
            expected="persons seen at least once",
            got=f"{int(np.count_nonzero(~seen.any(axis=1)))} rows without a sighting",
            where="OccasionHistories.seen",
            fix="remove them: who was never seen is what is to be estimated",
        )
    seen.flags.writeable = False
    return seen
