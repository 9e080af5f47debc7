"""Dependent lists: the odds-ratio curve, its bounds and its tipping point against known truth and golden numbers."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from microwork_estimate.capture_recapture.dependence import (
    DEFAULT_ODDS_RATIOS,
    odds_ratio_bounds,
    odds_ratio_curve,
    odds_ratio_moments,
    relative_odds_ratio_curve,
    tipping_point,
)
from microwork_estimate.capture_recapture.intervals import sadinle_interval
from microwork_estimate.capture_recapture.two_lists import chapman
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import CaptureHistories

GOLDEN = CaptureHistories.from_two_lists(200, 150, 30)
NO_OVERLAP = CaptureHistories.from_two_lists(200, 150, 0)
EMPTY = CaptureHistories.from_two_lists(200, 0, 0)
CONTAINED = CaptureHistories.from_two_lists(40, 25, 25)


def quietly(function: Any, *args: Any, **options: Any) -> Any:
    """Call without the Python warnings, which have tests of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*args, **options)


def dependent_lists(size: int, chances: tuple[float, float], odds_ratio: float, n_draws: int, seed: int) -> np.ndarray:
    """Draw two lists with an odds ratio between them; return the cells (both, first, second), shape (draws, 3)."""
    p, q = chances

    def excess(joint: float) -> float:
        return joint * (1 - p - q + joint) - odds_ratio * (p - joint) * (q - joint)

    joint = brentq(excess, max(0.0, p + q - 1), min(p, q))
    shares = [joint, p - joint, q - joint, 1 - p - q + joint]
    return np.random.default_rng(seed).multinomial(size, shares, size=n_draws)[:, :3]


def test_golden_numbers() -> None:
    """200, 150 and 30 give 649.0, 978.1, 1,636.1 and 2,952.3 persons at odds ratios 1/2, 1, 2 and 4."""
    curve = odds_ratio_curve(GOLDEN, [0.5, 1, 2, 4])
    assert curve.values == pytest.approx([649.0, 978.065, 1636.1, 2952.3], abs=0.05)


def test_default_grid() -> None:
    """The default grid is log-spaced from 1/4 to 8 and holds independence exactly, where the curve is Chapman's."""
    curve = odds_ratio_curve(GOLDEN)
    assert (curve.grid[0], curve.grid[-1]) == (0.25, 8.0)
    assert np.diff(np.log(curve.grid)) == pytest.approx(np.full(40, math.log(2) / 8))
    at = int(np.flatnonzero(curve.grid == curve.reference)[0])
    estimate = chapman(GOLDEN)
    assert estimate.interval is not None
    assert (curve.values[at], curve.low[at], curve.high[at]) == pytest.approx(
        (estimate.value, estimate.interval.low, estimate.interval.high), rel=1e-14
    )


@settings(max_examples=200, deadline=None)
@given(both=st.integers(1, 10**6), first=st.integers(0, 10**6), second=st.integers(0, 10**6))
def test_odds_ratio_one_is_chapman(both: int, first: int, second: int) -> None:
    """At odds ratio 1 the value and the standard error are Chapman's, whatever the counts."""
    data = CaptureHistories(lists=("a", "b"), counts=np.array([both, first, second]))
    estimate = quietly(chapman, data)
    value, standard_error = odds_ratio_moments(both, first, second, 1.0)
    assert (float(value), float(standard_error)) == pytest.approx(
        (estimate.value, estimate.standard_error), rel=1e-12, abs=1e-9
    )


@settings(max_examples=200, deadline=None)
@given(
    both=st.integers(0, 10**5),
    first=st.integers(1, 10**5),
    second=st.integers(1, 10**5),
    odds_ratio=st.floats(1e-3, 1e3),
)
def test_variance_is_never_negative(both: int, first: int, second: int, odds_ratio: float) -> None:
    """The variance is at least that of the unseen cell itself, t F, at every odds ratio."""
    _, standard_error = odds_ratio_moments(both, first, second, odds_ratio)
    unseen = odds_ratio * first * second / (both + 1)
    assert standard_error**2 >= unseen * (1 - 1e-6)


@pytest.mark.parametrize("odds_ratio", [0.25, 0.5, 1.0, 2.0, 4.0, 8.0])
def test_known_truth(odds_ratio: float) -> None:
    """With the odds ratio known there is no bias, the standard error is the spread, and the interval covers."""
    cells = dependent_lists(5000, (0.3, 0.4), odds_ratio, 4000, seed=21)
    value, standard_error = odds_ratio_moments(*cells.T, odds_ratio)
    assert value.mean() == pytest.approx(5000, abs=4 * value.std() / math.sqrt(4000))
    assert math.sqrt(np.mean(standard_error**2)) == pytest.approx(value.std(), rel=4 / math.sqrt(2 * 4000))
    low, high = sadinle_interval(*cells.T, 0.95, odds_ratio)
    assert np.mean((low <= 5000) & (high >= 5000)) == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 4000))


@pytest.mark.parametrize("data", [NO_OVERLAP, EMPTY])
def test_curve_without_overlap(data: CaptureHistories) -> None:
    """Without overlap the curve has no values and no upper end; its lower end rises with the odds ratio."""
    with pytest.warns(MicroworkWarning, match=r"no-overlap|empty-list"):
        curve = odds_ratio_curve(data, [0.5, 1, 2])
    assert np.isnan(curve.values).all()
    assert np.isinf(curve.high).all()
    if data is NO_OVERLAP:
        assert curve.low[1] == 10_190
        assert (np.diff(curve.low) > 0).all()
    else:
        assert curve.low.tolist() == [200, 200, 200]


def test_curve_of_contained_lists() -> None:
    """With one list inside the other the formula ignores the odds ratio, and the interval widens with it."""
    with pytest.warns(MicroworkWarning, match="contained-list"):
        curve = odds_ratio_curve(CONTAINED, [0.5, 1, 2])
    assert curve.values.tolist() == [40, 40, 40]
    assert curve.low.tolist() == [40, 40, 40]
    assert (curve.high > 40).all()
    assert (np.diff(curve.high) > 0).all()
    chapmans = quietly(chapman, CONTAINED).interval
    assert (curve.low[1], curve.high[1]) == (chapmans.low, chapmans.high)


@pytest.mark.parametrize("odds_ratio", [0.5, 1.0, 4.0])
def test_unseen_of_contained_lists_follow_the_mixture(odds_ratio: float) -> None:
    """The upper end holds 97.5 % of draws of the mixture, made of gamma and Poisson variates, and one less does not."""
    draw = np.random.default_rng(8)
    both, first, second = (draw.standard_gamma(x + 0.5, 400_000) for x in CONTAINED.two_list_cells())
    unseen = draw.poisson(odds_ratio * first * second / both)
    high = quietly(odds_ratio_curve, CONTAINED, [odds_ratio]).high[0] - 40
    assert np.mean(unseen <= high) > 0.9745
    assert np.mean(unseen <= high - 1) < 0.9755


@pytest.mark.parametrize("size", [200, 500_000, 10**9])
def test_identical_lists_do_not_explode(size: int) -> None:
    """Lists with the same persons reach no thousand millions, by any of the ways in which the odds ratio is varied."""
    alike = CaptureHistories.from_two_lists(size, size, size)
    ends = [quietly(odds_ratio_bounds, alike).interval.high, *quietly(odds_ratio_curve, alike, [1.0, 8.0]).high]
    assert max(ends) <= size + 2


def test_runaway_of_dependent_lists_is_said() -> None:
    """One person on both of two lists of a thousand millions is told to be no ground for any figure."""
    huge = CaptureHistories.from_two_lists(10**9, 10**9, 1)
    assert "runaway" in {warning.code for warning in quietly(odds_ratio_bounds, huge).warnings}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        odds_ratio_curve(huge, [1.0, 2.0])
    assert any("[runaway]" in str(warning.message) for warning in said)


def test_curve_puts_its_grid_in_order() -> None:
    """The grid may come unsorted."""
    assert odds_ratio_curve(GOLDEN, [4, 0.5, 1]).grid.tolist() == [0.5, 1, 4]


@pytest.mark.parametrize("bad", [[0.0], [-1.0, 1.0], [math.nan], [math.inf], [], [[1.0, 2.0]], ["two"]])
def test_impossible_odds_ratios(bad: Any) -> None:
    """Odds ratios that are not positive numbers are refused."""
    with pytest.raises(InvalidInput):
        odds_ratio_curve(GOLDEN, bad)
    with pytest.raises(InvalidInput):
        relative_odds_ratio_curve(bad, observed_share=0.5)


def test_bounds() -> None:
    """The bounds are the estimates at both ends of the range; the interval is wider; there is no value."""
    estimate = odds_ratio_bounds(GOLDEN)
    assert estimate.bounds is not None
    assert estimate.interval is not None
    assert estimate.value is None
    assert estimate.bounds.sharp
    assert (estimate.bounds.low, estimate.bounds.high) == pytest.approx((649.0, 2952.3), abs=0.05)
    assert 320 < estimate.interval.low < estimate.bounds.low
    assert estimate.interval.high > estimate.bounds.high
    assert "odds-ratio-range" in str(estimate)


def test_bounds_of_one_odds_ratio() -> None:
    """With both ends of the range at 1 the bounds are Chapman's estimate and the interval its default one."""
    estimate, point = odds_ratio_bounds(GOLDEN, low=1.0, high=1.0), chapman(GOLDEN)
    assert estimate.bounds is not None
    assert estimate.interval is not None
    assert point.interval is not None
    assert estimate.bounds.low == estimate.bounds.high == pytest.approx(point.value, rel=1e-14)
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx(
        (point.interval.low, point.interval.high), rel=1e-10
    )


@pytest.mark.parametrize("odds_ratio", [0.5, 4.0])
def test_bounds_cover_at_both_ends(odds_ratio: float) -> None:
    """When the true odds ratio is at an end of the range the interval covers at its level."""
    cells = dependent_lists(2000, (0.2, 0.15), odds_ratio, 500, seed=22)
    covered = 0
    for row in cells:
        interval = odds_ratio_bounds(CaptureHistories(lists=("a", "b"), counts=row)).interval
        assert interval is not None
        covered += interval.low <= 2000 <= interval.high
    assert covered / 500 == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 500))


def test_bounds_of_unlucky_lists() -> None:
    """Without overlap there are no bounds but a one-sided limit at the lowest odds ratio; a contained list is said."""
    with pytest.warns(MicroworkWarning, match="no-overlap"):
        estimate = odds_ratio_bounds(NO_OVERLAP, low=1.0, high=4.0)
    assert estimate.bounds is None
    assert estimate.interval is not None
    assert (estimate.interval.low, estimate.interval.high) == (10_190, math.inf)
    assert quietly(odds_ratio_bounds, EMPTY).interval.low == 200
    with pytest.warns(MicroworkWarning, match="contained-list"):
        estimate = odds_ratio_bounds(CONTAINED)
    assert estimate.bounds is not None
    assert estimate.interval is not None
    assert estimate.bounds.low == estimate.bounds.high == estimate.interval.low == 40
    assert estimate.interval.high > 40


def test_bounds_refuse() -> None:
    """A range out of order or not positive is refused."""
    for low, high in ((4.0, 0.5), (0.0, 4.0), (0.5, math.inf)):
        with pytest.raises(InvalidInput):
            odds_ratio_bounds(GOLDEN, low=low, high=high)


@settings(max_examples=100, deadline=None)
@given(both=st.integers(1, 1000), first=st.integers(1, 1000), second=st.integers(1, 1000), more=st.floats(1e-3, 1e6))
def test_tipping_point_leads_to_the_threshold(both: int, first: int, second: int, more: float) -> None:
    """At the tipping point the curve gives the threshold."""
    data = CaptureHistories(lists=("a", "b"), counts=np.array([both, first, second]))
    threshold = data.n_observed + more
    value, _ = odds_ratio_moments(both, first, second, quietly(tipping_point, data, threshold))
    assert float(value) == pytest.approx(threshold, rel=1e-12)


def test_tipping_point_of_unlucky_lists() -> None:
    """It is infinite when no odds ratio leads there, 0 at the persons seen, NaN when nothing is estimated."""
    assert tipping_point(GOLDEN, 320) == 0.0
    assert tipping_point(GOLDEN, 978.064516129032) == pytest.approx(1.0, rel=1e-12)
    assert quietly(tipping_point, CONTAINED, 41) == math.inf
    assert quietly(tipping_point, CONTAINED, 40) == 0.0
    with pytest.warns(MicroworkWarning, match="no-overlap"):
        assert math.isnan(tipping_point(NO_OVERLAP, 5000))
    assert math.isnan(quietly(tipping_point, EMPTY, 5000))


@pytest.mark.parametrize("threshold", [319.0, math.inf, math.nan, -1.0])
def test_tipping_point_refuses(threshold: float) -> None:
    """A threshold below the persons seen, infinite or missing is refused."""
    with pytest.raises(InvalidInput, match="threshold"):
        tipping_point(GOLDEN, threshold)


def test_relative_curve_is_the_curve_over_its_middle() -> None:
    """With the share observed of the golden case the factors are those of its own curve, for the same odds ratios."""
    curve = odds_ratio_curve(GOLDEN)
    middle = chapman(GOLDEN).value
    assert middle is not None
    factors = relative_odds_ratio_curve(DEFAULT_ODDS_RATIOS, observed_share=320 / middle)
    assert factors == pytest.approx(curve.values / middle, rel=1e-12)


@given(odds_ratio=st.floats(0.01, 100), share=st.floats(0, 1))
def test_relative_curve_lies_between_one_and_the_odds_ratio(odds_ratio: float, share: float) -> None:
    """The factor lies between the odds ratio (nobody observed) and 1 (everybody observed)."""
    factor = float(relative_odds_ratio_curve([odds_ratio], observed_share=share)[0])
    assert min(1, odds_ratio) * (1 - 1e-12) <= factor <= max(1, odds_ratio) * (1 + 1e-12)


def test_relative_curve_shapes() -> None:
    """One share gives a row, several shares a table with a row for each; impossible shares are refused."""
    assert relative_odds_ratio_curve([0.5, 1, 2], observed_share=0.0).tolist() == [0.5, 1, 2]
    table = relative_odds_ratio_curve([0.5, 1, 2], observed_share=[0.0, 0.5, 1.0, 0.25])
    assert table.shape == (4, 3)
    assert table[2].tolist() == [1, 1, 1]
    for share in (-0.1, 1.1, math.nan, [[0.5]]):
        with pytest.raises(InvalidInput, match="share"):
            relative_odds_ratio_curve([1, 2], observed_share=share)
