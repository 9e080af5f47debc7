"""The ratio plot: what it shows, and when it raises an alarm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln
from scipy.stats import binom, nbinom, poisson

from microwork_estimate.capture_recapture import ratio_plot
from microwork_estimate.inputs import CaptureCounts


def counts_of(times: np.ndarray, occasions: int | None = None) -> CaptureCounts:
    """Count how often persons were seen, those never seen left out."""
    return CaptureCounts(frequencies=np.bincount(times[times > 0])[1:], occasions=occasions)


def test_ratios_and_errors_of_a_small_table():
    """Worked by hand: (2)(6)/12 = 1 with error sqrt(1/6 + 1/12) = 1/2, and gaps where a count is zero."""
    plot = ratio_plot(CaptureCounts(frequencies=[12, 6, 0, 3]))
    assert plot.times.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(plot.ratios, [1.0, 0.0, np.nan])
    np.testing.assert_array_equal(plot.standard_errors, [0.5, np.nan, np.nan])
    assert (plot.slope_residual, plot.expected_singletons, plot.singleton_residual) == (None, None, None)


@pytest.mark.parametrize(
    ("law", "occasions", "slope"),
    [
        (lambda x: poisson.pmf(x, 1.3), None, "flat"),
        (lambda x: binom.pmf(x, 8, 0.2), 8, "flat"),
        (lambda x: nbinom.pmf(x, 0.7, 0.4), None, "rising"),
    ],
)
def test_the_line_of_each_law(law, occasions, slope):
    """Exact counts: Poisson and binomial laws are horizontal, a negative binomial rises straight; f1 is predicted."""
    frequencies = np.floor(1e9 * law(np.arange(1, 9)))
    plot = ratio_plot(CaptureCounts(frequencies=frequencies, occasions=occasions))
    steps = np.diff(plot.ratios)
    assert np.ptp(steps) < 1e-4
    assert bool(abs(steps.mean()) < 1e-4) is (slope == "flat")
    assert plot.rising is (slope == "rising")
    assert plot.expected_singletons == pytest.approx(frequencies[0], rel=1e-5)
    assert not plot.one_inflated


def test_a_line_that_falls_to_zero_expects_any_number_of_singletons():
    """Steep ratios above the first: no number of persons seen once can be called too large."""
    plot = ratio_plot(CaptureCounts(frequencies=[500, 100, 50, 80, 200]))
    assert plot.expected_singletons == np.inf
    assert plot.singleton_residual is None
    assert not plot.one_inflated


def test_a_single_number_of_times_has_an_empty_plot():
    """With f1 alone there is no ratio."""
    plot = ratio_plot(CaptureCounts(frequencies=[9]))
    assert plot.ratios.size == plot.times.size == plot.standard_errors.size == 0


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.poisson(1.0, 5000),
        lambda rng: rng.geometric(0.5, 5000) - 1,
        lambda rng: rng.poisson(rng.gamma(0.5, 2.0, 5000)),
    ],
    ids=["poisson", "geometric", "negative binomial"],
)
def test_no_false_alarm_of_one_inflation(draw):
    """Laws with a straight line: at most 4 % of 200 draws of 5,000 persons raise the alarm."""
    rng = np.random.default_rng(3)
    assert np.mean([ratio_plot(counts_of(draw(rng))).one_inflated for _ in range(200)]) <= 0.04


def test_one_inflation_is_seen():
    """If half of those seen more than once leave after the first time, 50,000 persons always raise the alarm."""
    rng = np.random.default_rng(4)
    for draw in (rng.poisson(1.0, 50_000), rng.geometric(0.5, 50_000) - 1):
        draw[(draw > 1) & (rng.random(draw.size) < 0.5)] = 1
        plot = ratio_plot(counts_of(draw))
        assert plot.one_inflated
        assert plot.expected_singletons < (draw == 1).sum()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=10).filter(lambda f: sum(f) > 0), st.integers(2, 9))
def test_properties(frequencies, scale):
    """Counts that are all k times as large leave the ratios and the line, and raise residuals by the root of k."""
    counts = CaptureCounts(frequencies=np.array(frequencies) + 5)
    small = ratio_plot(counts)
    large = ratio_plot(CaptureCounts(frequencies=scale * counts.frequencies))
    np.testing.assert_allclose(large.ratios, small.ratios, rtol=1e-12)
    np.testing.assert_allclose(large.standard_errors, small.standard_errors / np.sqrt(scale), rtol=1e-12)
    for name in ("slope_residual", "singleton_residual"):
        ours, theirs = getattr(small, name), getattr(large, name)
        assert (ours is None) is (theirs is None)
        if ours is not None:
            assert theirs == pytest.approx(np.sqrt(scale) * ours, rel=1e-6, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.3, 3.0))
def test_occasions_flatten_the_binomial_line(odds):
    """With T the ratio is T times the odds of being seen at each occasion, at every number of times."""
    times, occasions = np.arange(1, 7), 7
    chance = odds / (1 + odds)
    log_terms = gammaln(8) - gammaln(times + 1) - gammaln(8 - times) + times * np.log(odds)
    frequencies = np.round(1e12 * np.exp(log_terms + occasions * np.log1p(-chance)))
    plot = ratio_plot(CaptureCounts(frequencies=frequencies, occasions=occasions))
    np.testing.assert_allclose(plot.ratios, occasions * odds, rtol=1e-6)
