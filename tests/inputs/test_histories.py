"""Capture histories and counts: what the gate makes of tables, and what it refuses."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import CaptureCounts, CaptureHistories, all_patterns, capture_counts, capture_histories


def test_canonical_order_of_patterns():
    """Three lists have seven patterns, from 111 down to 001."""
    assert ["".join(map(str, row)) for row in all_patterns(3)] == ["111", "110", "101", "100", "011", "010", "001"]


def test_two_lists_from_their_sizes():
    """200 and 150 persons with 30 on both are 30, 170 and 120."""
    histories = CaptureHistories.from_two_lists(200, 150, 30)
    assert histories.two_list_cells() == (30, 170, 120)
    assert histories.n_observed == 320
    assert histories.list_sizes.tolist() == [200, 150]


@given(st.lists(st.lists(st.integers(0, 1), min_size=3, max_size=3).filter(any), min_size=1, max_size=60))
def test_persons_and_patterns_agree(rows):
    """One row a person and one row a pattern give the same counts, whatever the order of the rows."""
    names = ["a", "b", "c"]
    persons = CaptureHistories.from_persons(names, rows)
    patterns, counts = np.unique(np.array(rows), axis=0, return_counts=True)
    tabled = CaptureHistories.from_patterns(names, patterns[::-1], counts[::-1])
    assert persons.counts.tolist() == tabled.counts.tolist()
    assert persons.n_observed == len(rows)
    assert persons.list_sizes.tolist() == np.array(rows).sum(axis=0).tolist()


@given(st.lists(st.integers(0, 50), min_size=7, max_size=7))
def test_leaving_out_and_merging_lists(counts):
    """Merging loses nobody; leaving a list out loses exactly those seen only there."""
    histories = CaptureHistories(lists=("a", "b", "c"), counts=counts)
    assert histories.merged("a", "b").n_observed == histories.n_observed
    assert histories.merged("a", "b").lists == ("a+b", "c")
    only_c = counts[6]
    without = histories.without("c")
    assert without.n_observed == histories.n_observed - only_c
    assert without.list_sizes.tolist() == histories.list_sizes[:2].tolist()


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_data_frames_of_any_kind(frame):
    """Frames of pandas and polars give the same histories and counts."""
    patterns = frame({"a": [1, 1, 0], "b": [1, 0, 1], "n": [30, 170, 120]})
    assert capture_histories(patterns, lists=["a", "b"], count="n").two_list_cells() == (30, 170, 120)
    seen = capture_counts(frame({"k": [1, 3], "f": [10, 2]}), times="k", persons="f", occasions=5)
    assert seen.frequencies.tolist() == [10, 0, 2]
    assert seen.total_sightings == 16
    assert (seen.seen(1), seen.seen(2), seen.seen(9), seen.n_observed) == (10, 0, 0, 12)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((10, 20, 15), "overlap larger than a list"),
        ((-1, 20, 0), "impossible value"),
        ((10, float("nan"), 2), "impossible value"),
        ((10.5, 20, 2), "not a count"),
        (("ten", 20, 2), "not numbers"),
        ((None, 20, 2), "impossible value"),
    ],
)
def test_impossible_sizes_give_no_number(sizes, message):
    """Missing, negative or fractional counts, and n1 < m, are errors that say what to do."""
    with pytest.raises(InvalidInput, match=message) as caught:
        CaptureHistories.from_two_lists(*sizes)
    assert "expected" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CaptureHistories(lists=("a", "b"), counts=[1, 2]), "counts do not fit"),
        (lambda: CaptureHistories(lists=("a", "a"), counts=[1, 2, 3]), "names not distinct"),
        (lambda: CaptureHistories.from_patterns(["a", "b"], [[0, 0]], [4]), "persons on no list"),
        (lambda: CaptureHistories.from_patterns(["a", "b"], [[1, 2]], [4]), "not a table of patterns"),
        (lambda: CaptureHistories.from_patterns(["a", "b"], [[1, 1]], [4, 5]), "different lengths"),
        (lambda: CaptureHistories(lists=("a", "b", "c"), counts=[1] * 7).two_list_cells(), "not two lists"),
        (lambda: CaptureHistories.from_two_lists(1, 1, 1).without("z"), "unknown list"),
        (lambda: CaptureHistories.from_two_lists(1, 1, 1).merged("list 1", "list 1"), "named twice"),
        (lambda: CaptureCounts(frequencies=[0, 0]), "nobody was seen"),
        (lambda: CaptureCounts(frequencies=[1, 2, 3], occasions=2), "more often than there were occasions"),
        (lambda: CaptureCounts.from_table([0, 1], [5, 5]), "impossible table of counts"),
        (lambda: CaptureCounts.from_table([1, 1], [5, 5]), "impossible table of counts"),
        (lambda: capture_counts(pd.DataFrame({"k": [1]}), times="k", persons="f"), "unknown column"),
        (lambda: capture_counts(pd.DataFrame({"k": [1, None], "f": [1, 2]}), times="k", persons="f"), "missing value"),
        (lambda: capture_counts([1, 2], times="k", persons="f"), "not a data frame"),
    ],
)
def test_bad_tables_are_refused(call, message):
    """Each way in which a table can be wrong has its own error, in one line."""
    with pytest.raises(InvalidInput, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_counts_cannot_be_changed():
    """What passed the gate stays as it was."""
    histories = CaptureHistories.from_two_lists(200, 150, 30)
    with pytest.raises(ValueError, match="read-only"):
        histories.counts[0] = 1
