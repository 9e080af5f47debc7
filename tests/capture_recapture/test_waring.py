"""The generalised Waring law: its quantiles against direct summation, its draws against its quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaincinv, gammaln
from scipy.stats import gamma, kstest

from microwork_estimate.capture_recapture.waring import (
    draw_unseen,
    waring_draws,
    waring_interval,
    waring_probability,
    waring_quantile,
)
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import CaptureHistories


def cumulated(both: int, first: int, second: int, largest: int) -> np.ndarray:
    """Sum the printed probabilities of 0, 1, ..., `largest` unseen persons; shape (largest + 1,)."""
    u = np.arange(largest + 1.0)
    a, b, m = first + 0.5, second + 0.5, both + 0.5
    constant = gammaln(m + a) + gammaln(m + b) - gammaln(a) - gammaln(b) - gammaln(m)
    return np.cumsum(np.exp(constant + gammaln(u + a) + gammaln(u + b) - gammaln(u + 1) - gammaln(u + a + b + m)))


CELLS = [(30, 170, 120), (1, 11, 8), (5, 20, 13), (25, 15, 0), (15, 0, 0), (0, 30, 20), (400, 600, 400), (3, 9000, 2)]


@pytest.mark.parametrize("cells", CELLS)
def test_probability_equals_direct_summation(cells: tuple[int, int, int]) -> None:
    """The integral equals the sum of the printed probabilities to 1e-10."""
    sums = cumulated(*cells, 50_000)
    at = [0, 1, 2, 5, 20, 100, 678, 3000, 50_000]
    assert [waring_probability(k, *cells) for k in at] == pytest.approx(sums[at], abs=1e-10)


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("probability", [0.001, 0.025, 0.5, 0.9, 0.975])
def test_quantile_equals_direct_summation(cells: tuple[int, int, int], probability: float) -> None:
    """The quantile is the first whole number at which the summed probabilities reach it."""
    sums = cumulated(*cells, 300_000)
    quantile = waring_quantile(probability, *cells)
    if quantile > 300_000:
        assert sums[-1] < probability
    else:
        assert quantile == np.searchsorted(sums, probability)


def test_golden_quantiles() -> None:
    """200, 150 and 30 give 763, 998 and 1,377 persons at 2.5, 50 and 97.5 %."""
    assert [320 + waring_quantile(q, 30, 170, 120) for q in (0.025, 0.5, 0.975)] == [763, 998, 1377]


def test_huge_quantiles() -> None:
    """With few on both of two long lists the upper tail is a power: a tenfold excess shifts the quantile as it must."""
    first, second = 100_000, 80_000
    for both in (1, 2, 5):
        tails = np.array([1e-3, 1e-5])
        quantiles = [waring_quantile(1 - tail, both, first, second) for tail in tails]
        slope = np.log(tails[0] / tails[1]) / np.log(quantiles[1] / quantiles[0])
        assert slope == pytest.approx(both + 0.5, rel=0.12)
        assert waring_probability(quantiles[1], both, first, second) == pytest.approx(1 - 1e-5, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(both=st.integers(0, 500), first=st.integers(0, 10**6), second=st.integers(0, 10**6), k=st.integers(0, 10**9))
def test_order_and_monotony(both: int, first: int, second: int, k: int) -> None:
    """The law is the same when the lists change places, and its probabilities rise from 0 to 1."""
    chance = waring_probability(k, both, first, second)
    assert waring_probability(k, both, second, first) == chance
    assert -1e-9 <= chance <= waring_probability(2 * k + 1, both, first, second) + 1e-9 <= 1 + 2e-9


@pytest.mark.parametrize("cells", [(30, 170, 120), (0, 30, 20), (1, 11, 8), (25, 15, 0)])
def test_draws_follow_the_law(cells: tuple[int, int, int]) -> None:
    """The shares of 40,000 draws up to each of nine quantiles are those of the law, within four errors."""
    draws = draw_unseen(*cells, 40_000, np.random.default_rng(5))
    assert np.all(draws >= 0)
    assert np.all(draws == np.rint(draws))
    for probability in (0.01, 0.025, 0.1, 0.3, 0.5, 0.7, 0.9, 0.975, 0.99):
        quantile = waring_quantile(probability, *cells)
        chance = waring_probability(quantile, *cells)
        error = np.sqrt(chance * (1 - chance) / 40_000)
        assert abs(np.mean(draws <= quantile) - chance) < 4 * error + 1e-12


def test_draws_beyond_the_poisson_range() -> None:
    """Without overlap of two long lists rates exceed 1e15: draws stay finite, whole, and follow the same tail."""
    draws = draw_unseen(0, 1e8, 1e8, 20_000, np.random.default_rng(6))
    assert np.isfinite(draws).all()
    assert (draws > 1e16).any()
    # For long lists u is a b / g in law, with g of the gamma law of shape 1/2.
    assert kstest((1e8 + 0.5) ** 2 / draws, gamma(0.5).cdf).pvalue > 0.001


def test_draws_of_histories() -> None:
    """Draws of a population are never below what was seen, come back for the same seed, and ignore the list order."""
    data = CaptureHistories.from_two_lists(200, 150, 30)
    swapped = CaptureHistories.from_two_lists(150, 200, 30)
    draws = waring_draws(data, 500, np.random.default_rng(7))
    assert draws.shape == (500,)
    assert draws.min() >= 320
    assert np.array_equal(draws, waring_draws(data, 500, np.random.default_rng(7)))
    assert np.array_equal(draws, waring_draws(swapped, 500, np.random.default_rng(7)))


def test_draws_refuse() -> None:
    """An empty list, three lists or no draws at all are refused."""
    generator = np.random.default_rng(8)
    with pytest.raises(InvalidInput, match="nothing to draw"):
        waring_draws(CaptureHistories.from_two_lists(200, 0, 0), 10, generator)
    with pytest.raises(InvalidInput, match="nothing to draw"):
        waring_draws(CaptureHistories.from_two_lists(200, 150, 30), 0, generator)
    with pytest.raises(InvalidInput, match="not two lists"):
        waring_draws(CaptureHistories(lists=("a", "b", "c"), counts=np.ones(7)), 10, generator)


def test_interval_of_another_level() -> None:
    """A higher level contains a lower one; an impossible level is refused."""
    inner, outer = waring_interval(5, 20, 13, 0.5), waring_interval(5, 20, 13, 0.99)
    assert 38 <= outer[0] < inner[0] < inner[1] < outer[1]
    with pytest.raises(InvalidInput):
        waring_interval(5, 20, 13, 95)
    with pytest.raises(InvalidInput):
        waring_quantile(0.0, 5, 20, 13)


@pytest.mark.parametrize("size", [10**8, 10**9, 10**10])
def test_lists_of_thousands_of_millions(size: int) -> None:
    """With huge lists and an overlap of one, the unseen are size squared over a gamma variate, to four digits."""
    for probability in (0.025, 0.5, 0.975):
        expected = size * size / gammaincinv(1.5, 1 - probability)
        assert waring_quantile(probability, 1, size, size) == pytest.approx(expected, rel=1e-4)
