"""Covariate balance by hand, and overlap on shapes whose convex hull is known."""

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import BalanceTable, covariate_balance, overlap


def test_balance_by_hand():
    """Shares and means against the population, divided by its standard deviation, with one divisor before and after."""
    ours = SurveySample(columns={"<c>": ["a", "a", "a", "b"], "x": [1.0, 2.0, 3.0, 6.0]})
    people = SurveySample(columns={"<c>": ["a", "b", "b"], "x": [2.0, 4.0, 6.0]}, weight=[20.0, 10.0, 10.0])
    table = covariate_balance(ours, people, ["<c>", "x"], weights=[1.0, 1.0, 1.0, 3.0])
    mean, spread = 3.5, np.sqrt((2 * 1.5**2 + 0.5**2 + 2.5**2) / 4)
    np.testing.assert_allclose(table.population, [0.5, 0.5, mean])
    np.testing.assert_allclose(table.difference_before, [0.5, -0.5, (3.0 - mean) / spread])
    np.testing.assert_allclose(table.difference_after, [0.0, 0.0, (4.0 - mean) / spread])
    assert table.largest_after == pytest.approx(0.5 / spread)
    assert [row["variable"] for row in table.rows()] == ["<c>", "<c>", "x"]
    assert "SMD before" in str(table)
    assert "&lt;c&gt;" in table._repr_html_()
    assert "<c>" not in table._repr_html_()


def test_balance_with_totals():
    """Totals of categories carry their standard deviation; that of a number is the volunteers'."""
    ours = SurveySample(columns={"c": ["a", "a", "b", "b"], "x": [1.0, 3.0, 1.0, 3.0]})
    margins = Margins.from_totals({"c": {"a": 80, "b": 20}, "x": 250.0}, source="made up")
    table = covariate_balance(ours, margins)
    np.testing.assert_allclose(table.difference_before, [-0.3 / 0.4, 0.3 / 0.4, -0.5])


def test_balance_where_nothing_varies():
    """A difference without spread is not a number; without a difference it is zero."""
    table = BalanceTable(
        variables=("x", "z"),
        categories=("", ""),
        before=[1.0, 2.0],
        after=[1.0, 2.0],
        population=[1.0, 1.0],
        spread=[0, 0],
    )
    assert table.difference_before[0] == 0
    assert np.isnan(table.difference_before[1])


def triangle():
    """Volunteers at three corners of the unit square."""
    return SurveySample(columns={"x": [0.0, 1.0, 0.0], "y": [0.0, 0.0, 1.0]})


def test_hull_of_a_triangle():
    """Inside, on the edge, at a corner: inside. Beyond the diagonal: in both ranges, but no average of the corners."""
    people = SurveySample(
        columns={"x": [0.2, 0.5, 1.0, 0.9, 2.0], "y": [0.2, 0.5, 0.0, 0.9, 0.0]}, weight=[96.0, 1.0, 1.0, 1.0, 1.0]
    )
    found = overlap(triangle(), people, ["x", "y"])
    assert found.outside_range == pytest.approx(0.01)
    assert found.outside_hull == pytest.approx(0.02)
    assert found.points == 5
    assert found.warnings == ()


def test_thinned_points_stand_for_all():
    """With fewer programs than points, evenly spaced points estimate the share, and the result says how many."""
    rng = np.random.default_rng(1)
    x, y = rng.random((2, 400))
    people = SurveySample(columns={"x": x, "y": y}, weight=np.full(400, 10.0))
    with pytest.warns(MicroworkWarning, match="poor-overlap"):
        found = overlap(triangle(), people, ["x", "y"], most_points=100)
    assert found.checked == 100
    assert found.points == 400
    assert found.outside_hull == pytest.approx(np.mean(x + y > 1), abs=0.12)
    with pytest.warns(MicroworkWarning, match="poor-overlap"):
        whole = overlap(triangle(), people, ["x", "y"], most_points=400)
    assert whole.outside_hull == pytest.approx(np.mean(x + y > 1))


def test_impossible_number_of_points_is_refused():
    """At least one point is looked at."""
    people = SurveySample(columns={"x": [0.0, 1.0], "y": [0.0, 1.0]}, weight=[9.0, 9.0])
    with pytest.raises(InvalidInput, match="impossible number of points"):
        overlap(triangle(), people, ["x", "y"], most_points=0)


@pytest.mark.parametrize("weights", [[1.0, 1.0], [1.0, np.nan, 1.0, 1.0], [1.0, -1.0, 1.0, 1.0], [0.0] * 4])
def test_impossible_weights_have_no_balance(weights):
    """Weights of another length, missing, negative or all zero are refused, not shown as a table of NaN."""
    ours = SurveySample(columns={"sex": ["f", "f", "f", "m"]})
    people = SurveySample(columns={"sex": ["f", "m"]}, weight=[500.0, 500.0])
    with pytest.raises(InvalidInput, match="impossible weights"):
        covariate_balance(ours, people, ["sex"], weights=weights)
