"""The distances: at 1 where nothing moves, increasing, within bounds, and with the slope that they say."""

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.weighting.distances import DISTANCES, WeightBounds, check_bounds

U = np.linspace(-3, 4, 141)


@pytest.mark.parametrize("name", DISTANCES)
def test_a_respondent_that_need_not_move_keeps_the_weight(name):
    """F(0) = 1 and F'(0) = 1 for every distance: all agree with the linear one for small moves."""
    distance = DISTANCES[name]
    assert distance.factor(np.zeros(1), 0.4, 2.5)[0] == pytest.approx(1, abs=1e-15)
    assert distance.slope(np.zeros(1), 0.4, 2.5)[0] == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("name", DISTANCES)
def test_the_slope_is_the_slope(name):
    """The slope is the derivative of F, away from the kinks of truncation."""
    distance, step = DISTANCES[name], 1e-6
    numeric = (distance.factor(U + step, 0.4, 2.5) - distance.factor(U - step, 0.4, 2.5)) / (2 * step)
    ends = (0.4, 2.5) if name in ("truncated_linear", "sinh") else ()
    smooth = np.all([np.abs(distance.factor(U, 0, 1e9) - end) > 0.05 for end in ends], axis=0) | (len(ends) == 0)
    np.testing.assert_allclose(distance.slope(U, 0.4, 2.5)[smooth], numeric[smooth], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["logit", "truncated_linear", "sinh"])
def test_bounded_distances_stay_within_bounds(name):
    """However hard a respondent is pulled, the ratio stays within the bounds, and never turns back."""
    far = np.linspace(-1e4, 1e4, 20_001)
    ratio = DISTANCES[name].factor(far, 0.4, 2.5)
    assert ratio.min() >= 0.4
    assert ratio.max() <= 2.5
    assert (np.diff(ratio) >= 0).all()


def test_the_hyperbolic_sine_solves_its_equation():
    """The ratio g solves 2 u = sinh(g - 1/g), which defines the distance of Deville & Särndal with alpha = 1."""
    ratio = DISTANCES["sinh"].factor(U, 0.0, np.inf)
    np.testing.assert_allclose(np.sinh(ratio - 1 / ratio), 2 * U, atol=1e-12)


def test_the_logit_distance_solves_its_equation():
    """The share of the way between the bounds has the logit of 1 plus A u, which defines the distance."""
    low, high = 0.4, 2.5
    ratio = DISTANCES["logit"].factor(U, low, high)
    rate = (high - low) / ((1 - low) * (high - 1))
    odds = np.log((ratio - low) / (high - ratio)) - np.log((1 - low) / (high - 1))
    np.testing.assert_allclose(odds, rate * U, atol=1e-10)


def test_bounds_say_what_they_bound():
    """The same numbers on weights depend on the base weight, on the ratio they do not."""
    base = np.array([10.0, 20.0])
    assert WeightBounds(low=0.5, high=2).ratios(base) == (0.5, 2)
    low, high = WeightBounds(low=10, high=40, on="weight").ratios(base)
    assert low.tolist() == [1.0, 0.5]
    assert high.tolist() == [4.0, 2.0]


@pytest.mark.parametrize(
    "bounds", [{"low": -1, "high": 2}, {"low": 2, "high": 2}, {"low": np.nan, "high": 2}, {"low": 0.5, "high": 0.9}]
)
def test_impossible_bounds_are_refused(bounds):
    """Bounds in order, from zero up, around 1 where they are on the ratio."""
    with pytest.raises(InvalidInput, match="bounds"):
        WeightBounds(**bounds)
    with pytest.raises(InvalidInput, match="unknown choice"):
        WeightBounds(low=0.5, high=2, on="factor")


def test_infinite_bounds_are_for_truncation_only():
    """The logit distance needs two finite ends."""
    open_ended = WeightBounds(low=0.5, high=np.inf)
    assert check_bounds("truncated_linear", open_ended, np.ones(2)) == (0.5, np.inf)
    with pytest.raises(InvalidInput, match="bounds that exclude 1"):
        check_bounds("logit", open_ended, np.ones(2))
