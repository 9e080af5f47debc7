"""The check before a calibration: both sides as arrays, rows that belong together on one."""

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting.preflight import check_scale, prepare, reduce_rows

SAMPLE = SurveySample(
    columns={"dep": [1.0, 2.0, 1.0, 2.0], "sex": ["f", "f", "m", "m"], "x": [1.0, -2.0, 3.0, 4.0]},
    weight=[1.0, 2.0, 3.0, 4.0],
)


def margins(totals):
    """Margins with a source."""
    return Margins.from_totals(totals, source="made up")


def test_categories_meet_as_text():
    """A department read as 1.0 in the survey meets the department 1 (or "1") of the margin."""
    for keys in ((1, 2), ("1", "2"), (1.0, 2.0)):
        prepared = prepare(SAMPLE, margins({"dep": dict(zip(keys, (6, 4), strict=True))}))
        assert prepared.system.codes[0].tolist() == [0, 1, 0, 1]


def test_two_spellings_of_one_category_are_refused():
    """A column that holds both 1 and "1" is not read as one category in silence."""
    mixed = SurveySample(columns={"dep": np.array([1, "1", 2], dtype=object)})
    with pytest.raises(InvalidInput, match="categories not distinct"):
        prepare(mixed, margins({"dep": {1: 6, 2: 4}}))


def test_a_cell_of_a_crossing_without_total_is_refused_if_somebody_is_in_it():
    """Cells that nobody is in may be left out of a crossing; others may not, and are named where many are in them."""
    totals = {("dep", "sex"): {(1, "f"): 1, (2, "f"): 2, (1, "m"): 3}}
    with pytest.raises(InvalidInput, match=r"category without total.*of 3 characters much like '2:f', once"):
        prepare(SAMPLE, margins(totals))
    many = SurveySample(columns={"dep": [1.0, 2.0, 1.0] + [2.0] * 5, "sex": ["f", "f", "m"] + ["m"] * 5})
    with pytest.raises(InvalidInput, match=r"category without total.*'2:m', 5 times"):
        prepare(many, margins(totals))


def test_a_continuous_variable_may_be_negative():
    """A balance is a number like another."""
    assert prepare(SAMPLE, margins({"x": 7.0})).system.numbers.ravel().tolist() == [1, -2, 3, 4]


def test_respondents_of_one_cell_stand_on_one_row():
    """Weights are summed by cell, and each respondent finds the row of the cell."""
    six = SurveySample(columns={"dep": [1, 2, 1, 2, 1, 1], "sex": list("ffmmff")}, weight=[1.0, 2, 3, 4, 5, 6])
    prepared = prepare(six, margins({"dep": {1: 6, 2: 4}, "sex": {"f": 5, "m": 5}}))
    reduced = reduce_rows(prepared, six.weights, None, (0.0, np.inf))
    assert sorted(reduced.base.tolist()) == [2, 3, 4, 12]
    np.testing.assert_allclose(reduced.system.totals(reduced.base), prepared.system.totals(six.weights))
    assert reduced.scatter(reduced.base).tolist() == [12, 2, 3, 4, 12, 12]


def test_rows_stay_apart_where_something_else_tells_respondents_apart():
    """A continuous variable, a scale or bounds on weights keep respondents on rows of their own."""
    prepared = prepare(SAMPLE, margins({"sex": {"f": 5, "m": 5}}))
    assert reduce_rows(prepared, SAMPLE.weights, None, (0.0, np.inf)).member is not None
    assert reduce_rows(prepared, SAMPLE.weights, np.ones(4), (0.0, np.inf)).member is None
    assert reduce_rows(prepared, SAMPLE.weights, None, (np.zeros(4), np.inf)).member is None
    with_number = prepare(SAMPLE, margins({"sex": {"f": 5, "m": 5}, "x": 7.0}))
    assert reduce_rows(with_number, SAMPLE.weights, None, (0.0, np.inf)).member is None


def test_a_group_has_the_mean_of_its_members():
    """Groups keep totals, and the tightest of the bounds of their members."""
    grouped = SurveySample(columns={**SAMPLE.columns, "house": [1, 1, 2, 2]}, weight=SAMPLE.weights)
    prepared = prepare(grouped, margins({"dep": {1: 6, 2: 4}}), "house")
    low = np.array([0.1, 0.4, 0.2, 0.3])
    reduced = reduce_rows(prepared, grouped.weights, None, (low, 3.0))
    np.testing.assert_allclose(reduced.system.totals(reduced.base), [4, 6])
    assert reduced.low.tolist() == [0.4, 0.3]
    assert reduced.high.tolist() == [3.0, 3.0]


@pytest.mark.parametrize("q", [[1.0, 2.0], [1.0, 2.0, np.nan, 1.0], [1.0, 2.0, -1.0, 1.0]])
def test_an_impossible_scale_is_refused(q):
    """One finite number above zero for each respondent."""
    with pytest.raises(InvalidInput, match="impossible scale"):
        check_scale(q, 4)


@pytest.mark.parametrize(
    ("weight", "totals"),
    [(1.0, {"x": 2.4e-10}), (1.0, {"x": 0.0}), (1e-9, {"sex": {"f": 3e-9, "m": 7e-9}})],
)
def test_totals_too_small_for_the_accuracy_of_the_fit_are_refused(weight, totals):
    """A total of 1e-10 would count as met by any weights; a total that is small beside large values would not."""
    tiny = SurveySample(columns={"sex": ["f", "m", "m"], "x": [1e-12, 2e-12, 3e-12]}, weight=[weight] * 3)
    with pytest.raises(InvalidInput, match="totals too small as numbers"):
        prepare(tiny, margins(totals))
    assert prepare(SAMPLE, margins({"x": 1e-9})).system.targets == 1e-9
    assert prepare(SAMPLE, margins({"sex": {"f": 0.5, "m": 0.5}})).system.sizes == (2,)


def test_small_totals_of_a_formula_are_refused_too():
    """Totals named by the columns of a formula pass the same check."""
    tiny = SurveySample(columns={"x": [1e-12, 2e-12, 3e-12]})
    with pytest.raises(InvalidInput, match="totals too small as numbers"):
        prepare(tiny, Margins.from_formula("~ 0 + x", {"x": 2e-11}, source="made up"))
