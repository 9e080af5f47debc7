"""Persons seen, one row each: what is refused at the gate, and what a formula makes of covariates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs.captured import CapturedPersons, DesignMatrix, formula_columns
from microwork_estimate.inputs.survey import SurveySample

COLUMNS = {"times": [1, 1, 2, 5], "age": [30.0, 41.0, 25.5, 60.0], "sex": ["f", "m", "m", "f"]}
LISTS = {"a": [1, 1, 0, 1], "b": [1, 0, 1, 0], "c": [0, 0, 0, 1]}


def seen(**more):
    """Return four persons with times seen."""
    return CapturedPersons.from_columns(COLUMNS | more, times="times")


def test_times_and_counts_are_those_given():
    """Sightings, counts without occasions, weights of one."""
    persons = seen()
    assert persons.sightings.tolist() == [1, 1, 2, 5]
    assert persons.counts.frequencies.tolist() == [2, 1, 0, 0, 1]
    assert persons.counts.occasions is None
    assert persons.weights.tolist() == [1, 1, 1, 1]
    assert not persons.designed


def test_lists_give_presence_sightings_and_occasions():
    """Three lists are three occasions; a person on two of them was seen twice."""
    persons = CapturedPersons.from_columns(LISTS, lists=("a", "b", "c"))
    assert persons.presence.tolist() == [[1, 1, 0], [1, 0, 0], [0, 1, 0], [1, 0, 1]]
    assert persons.sightings.tolist() == [2, 1, 1, 2]
    assert persons.counts.occasions == 3


def test_a_pair_is_put_first_and_the_others_stay():
    """The same persons with the lists in another order; unknown or equal names are refused."""
    persons = CapturedPersons.from_columns(LISTS, lists=("a", "b", "c")).paired("c", "a")
    assert persons.lists == ("c", "a", "b")
    assert persons.presence.tolist() == [[0, 1, 1], [0, 1, 0], [0, 0, 1], [1, 1, 0]]
    for pair in (("a", "a"), ("a", "x")):
        with pytest.raises(InvalidInput, match="two different lists among c, a, b"):
            persons.paired(*pair)


@pytest.mark.parametrize("design", [{"weight": [1, 1, 1, 2.0]}, {"strata": list("aabb")}, {"psu": [1, 1, 2, 2]}])
def test_any_part_of_a_design_makes_it_a_sample(design):
    """Weights that are not all one, strata or clusters."""
    assert CapturedPersons.from_columns(COLUMNS, times="times", **design).designed


@pytest.mark.parametrize(
    ("columns", "options", "problem"),
    [
        (COLUMNS, {}, "not said, or said twice"),
        (COLUMNS | LISTS, {"times": "times", "lists": ("a", "b")}, "not said, or said twice"),
        (LISTS, {"lists": ("a",)}, "not said, or said twice"),
        (LISTS, {"lists": ("a", "a")}, "names not distinct"),
        ({"times": [1, 0, 2]}, {"times": "times"}, "1 persons with no sighting"),
        ({"times": [1, 1.5, 2]}, {"times": "times"}, "1.5 at position 1"),
        ({"times": [1, -1, 2]}, {"times": "times"}, "-1 at position 1"),
        ({"times": [1, np.nan, 2]}, {"times": "times"}, "nan at position 1"),
        (COLUMNS, {"times": "visits"}, "unknown column"),
        ({"a": [1, 0], "b": [0, 2]}, {"lists": ("a", "b")}, "zeros and ones"),
        ({"a": [1, 0], "b": [0, 0]}, {"lists": ("a", "b")}, "persons with no sighting"),
    ],
)
def test_impossible_persons_are_refused(columns, options, problem):
    """Neither or both kinds of sightings, persons never seen, sightings that are no counts."""
    with pytest.raises(InvalidInput, match=problem):
        CapturedPersons.from_columns(columns, **options)


def test_presence_needs_lists():
    """Persons with times seen have no lists, and the message names what to use."""
    with pytest.raises(InvalidInput, match="use count_regression"):
        _ = seen().presence


def test_a_formula_makes_the_columns_of_a_linear_model():
    """Intercept, indicator of the second category, logarithm and their product, by hand."""
    matrix = seen().design_matrix("sex * log(age)")
    assert matrix.names == ("Intercept", "sex[T.m]", "log(age)", "sex[T.m]:log(age)")
    age, male = np.log(COLUMNS["age"]), np.array([0.0, 1, 1, 0])
    assert matrix.values == pytest.approx(np.column_stack([np.ones(4), male, age, male * age]))
    assert seen().design_matrix("~ 1").names == ("Intercept",)


def test_frames_of_several_kinds_give_the_same_columns():
    """Lists, pandas and polars series."""
    expected = seen().design_matrix("sex + age").values
    for frame in (pd.DataFrame(COLUMNS), pl.DataFrame(COLUMNS)):
        persons = CapturedPersons.from_columns({name: frame[name] for name in frame.columns}, times="times")
        assert persons.design_matrix("sex + age").values == pytest.approx(expected)


@pytest.mark.parametrize(
    ("formula", "got"),
    [
        ("times ~ age", "two sides"),
        ("", "nothing"),
        ("sex | age", "several parts"),
        ("age + income", "`income` is not present"),
        ("log(age", "Formula ended"),
        ("unknown(age)", "name 'unknown' is not defined"),
        ("0", "0 names"),
        ("log(age - 30)", "-inf at position 0"),
        ("age + I(2 * age)", r"got I\(2 \* age\)"),
    ],
)
def test_formulas_that_cannot_be_used_say_why(formula, got):
    """Two sides, syntax, unknown names, no column, values that are not finite, columns that repeat others."""
    with pytest.raises(InvalidInput, match=got):
        seen().design_matrix(formula)


def test_a_missing_covariate_is_refused_with_its_place():
    """Only where the formula uses it."""
    persons = seen(income=[1.0, np.nan, 3.0, 4.0])
    assert persons.design_matrix("age").values.shape == (4, 2)
    with pytest.raises(InvalidInput, match="1 missing, the first at position 1"):
        persons.design_matrix("income")


def test_more_columns_than_persons_are_refused():
    """Two persons cannot carry three coefficients."""
    sample = SurveySample(columns={"x": [1.0, 2.0], "z": [2.0, 5.0]})
    with pytest.raises(InvalidInput, match="no more than there are different persons; got z"):
        formula_columns("x + z", sample)


def test_a_design_matrix_needs_one_name_for_each_column():
    """Names and columns must agree."""
    with pytest.raises(InvalidInput, match="not a design matrix"):
        DesignMatrix(names=("a",), values=np.ones((2, 2)))
