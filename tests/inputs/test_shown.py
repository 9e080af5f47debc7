"""What errors say of the content of a table: categories and short numbers, never what one person wrote."""

import traceback

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput
from microwork_estimate.frozen import frozen_floats
from microwork_estimate.inputs import SurveySample, column, counts_by_group
from microwork_estimate.inputs.shown import FEW, kind_of, shown_answer, shown_columns, shown_value

NAME = "Zébulon Quatrefages"


@given(st.text(st.characters(whitelist_categories=("Lu", "Ll")), min_size=12, max_size=60), st.integers(1, FEW - 1))
def test_a_word_that_few_wrote_is_not_shown(text, times):
    """Whatever the letters, an answer below the threshold is described and not repeated; at the threshold it is shown."""
    assert text not in shown_answer(text, times, ["women", "men"])
    assert text not in kind_of(text)
    assert text not in shown_value(text)
    assert repr(text[:40]) in shown_answer(text, FEW)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), "an empty cell"),
        ("", "an empty text"),
        ("x", "a text of 1 character"),
        (True, "true or false"),
        ([1], "a list"),
        (2, "a number"),
    ],
)
def test_kinds(value, said):
    """Each kind of cell has its words."""
    assert kind_of(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.5, "'0.5'"),
        ("12,5", "'12,5'"),
        ("20260131", "a number of 8 figures"),
        ("06 12 34 56 78", "a number of 10 figures"),
        ("wk-7q", "a text of 5 characters"),
        (None, "an empty cell"),
    ],
)
def test_short_numbers_are_shown(value, said):
    """Short numbers and dates are shown as they stand; long ones may be accounts."""
    assert shown_value(value) == said


def test_headers_that_are_answers_are_not_listed():
    """A first line with a number, an address or a long text is a row of answers."""
    for odd in ("36", "12,5", "ada@example.org", "x" * 61):
        assert "Ada" not in shown_columns(["Ada", odd])
    assert shown_columns([]) == "no column"
    assert shown_columns([f"q{i}" for i in range(40)]).endswith("q29 and 10 others")


@pytest.mark.parametrize(
    "call",
    [
        lambda: frozen_floats([1.0, NAME], where="a column"),
        lambda: frozen_floats(pd.Series([1.0, NAME]), where="a column"),
        lambda: SurveySample(columns={"x": [NAME, "b"]}).numbers("x"),
        lambda: SurveySample(columns={"x": [1.0, 2.0]}, weight=[1.0, NAME]),
        lambda: column(pd.DataFrame({NAME: [1], "36": [2]}), "age"),
        lambda: column(pl.DataFrame({"a": [NAME, None]}), "a"),
        lambda: counts_by_group(
            pl.DataFrame({"g": [NAME] * 2, "c": [NAME] * 2, "n": [1, 2]}), group="g", category="c", count="n"
        ),
        lambda: counts_by_group(
            pl.DataFrame({"g": ["a"], "c": ["b"], "n": [NAME]}), group="g", category="c", count="n"
        ),
    ],
)
def test_no_error_and_no_traceback_repeats_a_cell(call):
    """The whole chain of an error names rows and kinds, not what stands there."""
    with pytest.raises(InvalidInput) as caught:
        call()
    error = caught.value
    chain = [error, error.__cause__, error.__context__]
    said = "".join(traceback.format_exception(error)) + "".join(map(repr, chain))
    frames = said.replace("NAME", "")
    assert "Quatrefages" not in frames


def test_the_place_of_what_is_no_number_is_said():
    """The first value that is no number is named by its position and kind."""
    for values, said in (
        (["1", "x"], "text at position 1"),
        ([1, None, "x"], "text at position 2"),
        ({}, "dict at"),
    ):
        with pytest.raises(InvalidInput, match=said):
            frozen_floats(values, where="here")
