"""Histories over occasions in periods."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs.occasions import OccasionHistories

SEEN = [[1, 0, 1, 0], [0, 0, 1, 1], [0, 1, 0, 0]]


def example() -> OccasionHistories:
    """Three persons over two periods of two days."""
    return OccasionHistories(seen=SEEN, occasions=("a", "b", "c", "d"), periods=[0, 0, 1, 1])


def test_occasions_are_joined_by_period() -> None:
    """A person is seen in a period if on any of its days."""
    merged = example().by_period()
    assert merged.seen.tolist() == [[True, True], [False, True], [True, False]]
    assert merged.occasions == ("period 1", "period 2")
    assert merged.n_periods == example().n_periods == 2


def test_counts_pairs_and_histories_agree_with_the_table() -> None:
    """Counts by times seen, two periods as two lists, and full histories are those of the rows."""
    data = example()
    assert data.counts().frequencies.tolist() == [1, 2]
    assert data.counts().occasions == 4
    assert data.counts(1).frequencies.tolist() == [1, 1]
    assert data.pair(0, 1).counts.tolist() == [1, 1, 1]
    assert data.histories().n_observed == data.n_observed == 3
    assert data.histories().counts[data.histories().patterns.tolist().index([0, 0, 1, 1])] == 1


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=8)))
def test_nothing_is_lost_between_views(seen: np.ndarray) -> None:
    """Sightings add up the same in the table, the counts and the list sizes."""
    seen = seen[seen.any(axis=1)]
    if not seen.size:
        return
    names = tuple(f"day {i}" for i in range(seen.shape[1]))
    data = OccasionHistories(seen=seen, occasions=names, periods=np.arange(seen.shape[1]))
    assert data.counts().total_sightings == seen.sum()
    assert data.histories().list_sizes.tolist() == seen.sum(axis=0).tolist()
    np.testing.assert_array_equal(data.by_period().seen, seen)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"seen": [[1, 0, 1]]}, "not a table of sightings"),
        ({"seen": [[1, 0, 2, 0]]}, "not a table of sightings"),
        ({"seen": [[1, 0, 0, 0], [0, 0, 0, 0]]}, "persons never seen"),
        ({"periods": [0, 0, 2, 2]}, "periods out of order"),
        ({"periods": [1, 1, 2, 2]}, "periods out of order"),
        ({"periods": [0, 1]}, "columns of different lengths"),
        ({"occasions": ("a", "a", "b", "c")}, "names not distinct"),
    ],
)
def test_impossible_tables_are_refused(options: dict, problem: str) -> None:
    """A table that is no table of sightings raises an error that says why."""
    with pytest.raises(InvalidInput, match=problem):
        OccasionHistories(**({"seen": SEEN, "occasions": tuple("abcd"), "periods": [0, 0, 1, 1]} | options))


def test_unknown_periods_and_too_many_occasions_are_refused() -> None:
    """Views that do not exist raise an error that says what does."""
    with pytest.raises(InvalidInput, match="unknown period"):
        example().pair(0, 2)
    with pytest.raises(InvalidInput, match="names not distinct"):
        example().pair(1, 1)
    many = OccasionHistories(seen=np.ones((2, 21)), occasions=tuple("abcdefghijklmnopqrstu"), periods=np.arange(21))
    with pytest.raises(InvalidInput, match="too many occasions"):
        many.histories()
