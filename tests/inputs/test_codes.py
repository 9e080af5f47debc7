"""Categories as integers."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs.codes import Coded, Columns, as_column, encode, label_text, pair_codes


@given(st.lists(st.sampled_from(["x", "y", "zz", "é"]), min_size=1, max_size=30))
def test_codes_say_which_sorted_category(values):
    """Decoding gives the values back, and categories are sorted."""
    coded = encode(values, where="test")
    assert coded.decoded().tolist() == values
    assert list(coded.levels) == sorted(set(values))


def test_mixed_kinds_are_sorted_as_text():
    """Numbers and text in one column do not stop the coding."""
    assert encode(np.array([10, "b", 2], dtype=object), where="test").levels == (10, 2, "b")


def test_a_missing_value_is_refused_by_place():
    """The message says where the first missing value is."""
    with pytest.raises(InvalidInput, match="1 missing, the first at position 1"):
        encode(["a", None], where="test")


def test_a_missing_value_in_a_list_of_text_stays_missing():
    """NaN among texts must not become the text 'nan'."""
    assert as_column(["a", float("nan")])[1] != "nan"


def test_pairs_are_numbered():
    """Pairs that occur get numbers from 0, in order."""
    assert pair_codes(np.array([0, 1, 0]), np.array([1, 0, 1])).tolist() == [0, 1, 0]


def test_labels_of_different_files_meet():
    """A number read as float or int, and the text of it, are one label."""
    assert {label_text(v) for v in (1, 1.0, np.int64(1), np.float64(1), "1", " 1 ")} == {"1"}
    assert label_text(1.5) == "1.5"


def test_columns_hold_codes_as_given():
    """A coded column is decoded only when its values are asked for."""
    columns = Columns({"x": Coded(codes=np.array([1, 0]), levels=("a", "b"))})
    assert len(columns) == 1
    assert columns.lengths() == {"x": 2}
    assert columns["x"].tolist() == ["b", "a"]


@pytest.mark.parametrize("library", [pd.Series, pl.Series])
def test_long_columns_are_coded_side_by_side_as_short_ones_are(library):
    """A hundred thousand answers in two columns give the codes that each column gives alone, and are not decoded."""
    one, two = (np.tile(names, 40_000) for names in (["b", "a", "c"], ["y", "x", "y"]))
    columns = Columns({"one": library(one.tolist()), "two": library(two.tolist())})
    assert "one" in columns
    assert columns.coded("one").codes[:3].tolist() == [1, 0, 2]
    assert columns.coded("two").levels == ("x", "y")
    assert (columns["two"] == two).all()
