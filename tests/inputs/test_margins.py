"""Margins: population totals that agree, or say which two do not."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from microwork_estimate.errors import InconsistentMargins, InvalidInput
from microwork_estimate.inputs import Margin, Margins, margins_from_table, scaled_margins
from microwork_estimate.inputs.margin_tables import formula_matrix

SEX = {"f": 52.0, "m": 48.0}
PAID = {"yes": 30.0, "no": 70.0}
CROSSED = {("f", "yes"): 20.0, ("f", "no"): 32.0, ("m", "yes"): 10.0, ("m", "no"): 38.0}


def margins(totals, **about):
    """Margins with a source."""
    return Margins.from_totals(totals, source="made up", **about)


def test_totals_labels_and_population_stand_in_one_order():
    """Margins keep the order in which they were given, categories and continuous totals alike."""
    made = margins({"sex": SEX, "hours": 2100, ("sex", "paid"): CROSSED})
    assert made.labels[:3] == (("sex", "f"), ("sex", "m"), ("hours", ""))
    assert made.labels[3] == ("sex:paid", "f:yes")
    assert made.totals.tolist() == [52, 48, 2100, 20, 32, 10, 38]
    assert made.standard_errors.tolist() == [0] * 7
    assert made.population == 100
    assert margins({"hours": 2100}).population is None


def test_margins_with_two_totals_are_refused_with_both_sums():
    """Two margins that count another population each are named with their sums."""
    with pytest.raises(InconsistentMargins, match=r"100 by 'sex' and 101 by 'paid'"):
        margins({"sex": SEX, "paid": {"yes": 30, "no": 71}})


def test_a_crossing_must_agree_with_the_variables_in_it():
    """The grand totals agree, but the crossing has another number of women than the margin of sex."""
    with pytest.raises(InconsistentMargins, match=r"sex = f .*50 by 'sex' and 52 by 'sex:paid'"):
        margins({"sex": {"f": 50, "m": 50}, ("sex", "paid"): CROSSED})


def test_rounded_publications_can_be_scaled_to_one_total():
    """Margins that differ by rounding are scaled in proportion, standard errors too, and then agree."""
    parts = [
        Margin(variables=("sex",), categories=(("f",), ("m",)), totals=[52, 48], standard_errors=[2, 1]),
        Margin(variables=("paid",), categories=(("yes",), ("no",)), totals=[30, 71]),
        Margin(variables=("hours",), categories=(), totals=[2100]),
    ]
    made = Margins(margins=scaled_margins(parts, 200), source="made up")
    assert made.totals[:2].tolist() == [104, 96]
    assert made.totals[2:4].sum() == pytest.approx(200)
    assert made.totals[4] == 2100
    assert made.standard_errors[:2].tolist() == [4, 2]
    assert made.scaled_to(100).population == pytest.approx(100)


@pytest.mark.parametrize(
    ("totals", "problem"),
    [
        ({"sex": {"f": np.nan, "m": 48}}, "impossible total"),
        ({"sex": {"f": -1, "m": 48}}, "impossible total"),
        ({"sex": {"f": 0, "m": 0}}, "zero total"),
        ({"hours": np.inf}, "impossible total"),
        ({"sex": {"f": "many", "m": 48}}, "not numbers"),
        ({"sex": {1: 5, "1": 6}}, "categories not distinct"),
        ({("sex", "paid"): {"f": 5, "m": 6}}, "categories not distinct"),
        ({("sex", "sex"): CROSSED}, "names not distinct"),
        ({"sex": SEX, ("sex",): SEX}, "repeated variable"),
        (
            {("sex", "paid"): CROSSED, ("paid", "sex"): {(b, a): n for (a, b), n in CROSSED.items()}},
            "repeated variable",
        ),
        ({("sex", "paid"): CROSSED, "sex": 52}, "repeated variable"),
        ({}, "margins without content or source"),
    ],
)
def test_each_impossible_margin_has_an_error_of_its_own(totals, problem):
    """Totals, categories and variables that cannot be are refused by name."""
    with pytest.raises(InvalidInput) as caught:
        margins(totals)
    assert caught.value.problem == problem


def test_margins_need_a_source():
    """Silence is not a source."""
    with pytest.raises(InvalidInput, match="source"):
        Margins.from_totals({"sex": SEX}, source=" ")


@pytest.mark.parametrize(
    ("errors", "problem"),
    [
        ({"age": {"f": 1}}, "standard errors without totals"),
        ({"sex": {"f": 1}}, "standard errors not for the same categories"),
        ({"sex": {"f": -1, "m": 1}}, "impossible value"),
    ],
)
def test_standard_errors_must_fit_the_totals(errors, problem):
    """A standard error for each category of a variable that has totals, zero or more."""
    with pytest.raises(InvalidInput) as caught:
        margins({"sex": SEX}, standard_errors=errors)
    assert caught.value.problem == problem


def test_draws_of_uncertain_margins_always_agree():
    """All margins of a draw give one total; exact margins stay; a single margin keeps its standard errors."""
    made = margins(
        {"sex": SEX, "paid": PAID, ("sex", "paid"): CROSSED, "hours": 2100},
        standard_errors={("sex", "paid"): dict.fromkeys(CROSSED, 3.0), "hours": 50.0, "paid": {"yes": 2, "no": 2}},
    )
    draws = made.draw(np.random.default_rng(1), 4000)
    np.testing.assert_allclose(draws[:, :2], np.tile([52, 48], (4000, 1)))
    np.testing.assert_allclose(draws[:, 2:4].sum(axis=1), 100)
    np.testing.assert_allclose(draws[:, 4:8].sum(axis=1), 100)
    np.testing.assert_allclose(draws[:, 4] + draws[:, 5], 52)
    np.testing.assert_allclose(draws[:, 4] + draws[:, 6], draws[:, 2])
    assert draws[:, 8].std() == pytest.approx(50, rel=0.05)
    assert draws[:, 8].mean() == pytest.approx(2100, abs=3)
    for row in draws[:3]:
        assert made.with_totals(row).totals.tolist() == row.tolist()


def test_one_uncertain_margin_beside_nothing_is_drawn_with_its_own_errors():
    """Without another margin there is nothing to agree with: the standard errors are those given."""
    made = margins({"sex": SEX}, standard_errors={"sex": {"f": 2.0, "m": 1.0}})
    draws = made.draw(np.random.default_rng(2), 20_000)
    np.testing.assert_allclose(draws.std(axis=0), [2.0, 1.0], rtol=0.03)
    np.testing.assert_allclose(draws.mean(axis=0), [52, 48], atol=0.06)


def test_a_draw_given_agreement_is_less_uncertain():
    """Two categories that must sum to an exact total share their errors: each variance is halved when they are equal."""
    made = margins({"sex": SEX, "paid": PAID}, standard_errors={"paid": {"yes": 2.0, "no": 2.0}})
    draws = made.draw(np.random.default_rng(3), 20_000)
    np.testing.assert_allclose(draws[:, 2:].std(axis=0), np.sqrt(2), rtol=0.03)


def test_draws_are_repeatable_and_stay_above_zero():
    """One seed, one set of draws; a category near zero is redrawn, and refused where that does not end."""
    made = margins({"sex": {"f": 1.0, "m": 99.0}}, standard_errors={"sex": {"f": 1.0, "m": 1.0}})
    one, two = (made.draw(np.random.default_rng(4), 500) for _ in range(2))
    assert (one == two).all()
    assert (one >= 0).all()
    hopeless = margins(
        {f"v{i}": 0.0 for i in range(1)} | {"sex": {str(i): 0.01 for i in range(60)}},
        standard_errors={"sex": {str(i): 5.0 for i in range(60)}},
    )
    with pytest.raises(InvalidInput, match="standard errors too large"):
        hopeless.draw(np.random.default_rng(5), 10)


LONG = {
    "variable": ["sex", "sex", "sex:paid", "sex:paid", "sex:paid", "sex:paid", "hours"],
    "category": ["f", "m", "f:yes", "f:no", "m:yes", "m:no", None],
    "total": [52.0, 48.0, 20.0, 32.0, 10.0, 38.0, 2100.0],
    "error": [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 50.0],
}


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_a_long_table_gives_the_margins(library):
    """One row a total; crossings joined by a colon; an empty category for a continuous variable."""
    made = margins_from_table(library(LONG), source="made up", standard_error="error", universe="workers")
    assert made.labels == margins({"sex": SEX, ("sex", "paid"): CROSSED, "hours": 2100}).labels
    assert made.totals.tolist() == LONG["total"]
    assert made.standard_errors.tolist() == LONG["error"]
    assert made.universe == "workers"


def test_numbers_as_categories_meet_the_text_of_a_table():
    """A category read as a float is the whole number that it stands for."""
    table = pd.DataFrame({"what": ["dep", "dep"], "which": [1.0, 2.0], "n": [5, 6]})
    made = margins_from_table(table, source="made up", columns=("what", "which", "n"))
    assert made.labels == (("dep", "1"), ("dep", "2"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"category": ["f", "f", *LONG["category"][2:]]}, "categories not distinct"),
        ({"total": [None, *LONG["total"][1:]]}, "missing value"),
        ({"category": ["f", "m", "f:yes", "f:no", "m:yes", None, None]}, "categories not distinct"),
    ],
)
def test_a_long_table_with_a_fault_is_refused(change, problem):
    """A category twice, a missing total, or a variable both continuous and not, are refused by name."""
    with pytest.raises(InvalidInput) as caught:
        margins_from_table(pd.DataFrame({**LONG, **change}), source="made up")
    assert caught.value.problem == problem


def test_a_table_without_the_columns_is_refused():
    """The message says which column is missing."""
    with pytest.raises(InvalidInput, match="unknown column"):
        margins_from_table(pd.DataFrame(LONG).drop(columns="category"), source="made up")


def test_a_formula_makes_the_columns_in_the_order_of_the_totals():
    """The matrix of a formula follows the order of the margins, whatever the order of the formula."""
    made = Margins.from_formula("~ a + b", {"b": 6.0, "a[T.y]": 1.0, "(Intercept)": 3.0}, source="made up")
    matrix = formula_matrix(made, {"a": np.array(["x", "y", "x"]), "b": np.array([1.0, 2.0, 3.0])})
    assert matrix.tolist() == [[1, 0, 1], [2, 1, 1], [3, 0, 1]]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"b": [1.0, 2.0]}, "unknown column"),
        ({"a": ["x", None], "b": [1.0, 2.0]}, "missing category"),
        ({"a": ["x", "y"], "b": [1.0, np.nan]}, "missing value"),
        ({"a": ["x", "x"], "b": [1.0, 2.0]}, "formula and totals do not match"),
        ({"a": ["x", "y", "z"], "b": [1.0, 2.0, 3.0]}, "formula and totals do not match"),
        ({"a": ["y", "z"], "b": [1.0, 2.0]}, "formula and totals do not match"),
    ],
)
def test_a_formula_that_does_not_fit_the_sample_is_refused(columns, problem):
    """Columns, missing values and categories (even the one that the intercept stands for) must fit the totals."""
    made = Margins.from_formula("~ a + b", {"Intercept": 3, "a[T.y]": 1, "b": 6}, source="made up")
    with pytest.raises(InvalidInput) as caught:
        formula_matrix(made, {k: np.array(v, dtype=object if k == "a" else float) for k, v in columns.items()})
    assert caught.value.problem == problem
