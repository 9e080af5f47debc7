"""Beta quantiles: against other ways to the same number, where scipy's inverse is right and where it is wrong."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc, betaincinv
from scipy.stats import binom, poisson

from microwork_estimate.inputs.beta import beta_quantile


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("on_list", [1, 30, 1000])
def test_a_billion_respondents(on_list, level):
    """Clopper and Pearson's ends at 10^9 respondents: binomial tails have the stated probability, and Poisson's agree."""
    n, tail = 10**9, (1 - level) / 2
    low = beta_quantile(on_list, n - on_list + 1.0, tail)
    high = beta_quantile(on_list + 1.0, n - on_list, 1 - tail)
    assert low < on_list / n < high
    assert binom.sf(on_list - 1, n, low) == pytest.approx(tail, rel=1e-5)
    assert binom.cdf(on_list, n, high) == pytest.approx(tail, rel=1e-5)
    assert poisson.sf(on_list - 1, n * low) == pytest.approx(tail, rel=1e-4)


def test_scipys_inverse_still_needs_the_guard():
    """At a thousand of 10^9 it was off by a factor; should this fail, scipy was mended and the guard can go."""
    a, b = 1000.0, 999_999_001.0
    assert abs(betainc(a, b, betaincinv(a, b, 0.025)) - 0.025) > 0.01
    assert betainc(a, b, beta_quantile(a, b, 0.025)) == pytest.approx(0.025, abs=1e-9)


def test_quantiles_next_to_zero_and_one():
    """Where the quantile is nearer to an end than a double can say, it is that end, and nothing is raised."""
    assert beta_quantile(1e-9, 600.0, 0.025) == 0.0
    assert beta_quantile(600.0, 1e-9, 0.975) == 1.0
    assert beta_quantile(1.0, 1.0, 0.3) == pytest.approx(0.3)


@settings(max_examples=100, deadline=None)
@given(st.floats(-2, 9), st.floats(-2, 9), st.floats(0.001, 0.999))
def test_the_probability_comes_back(log_a, log_b, probability):
    """The distribution function at the quantile is the probability, unless the quantile is 0 or 1."""
    a, b = 10**log_a, 10**log_b
    quantile = beta_quantile(a, b, probability)
    assert 0.0 <= quantile <= 1.0
    if 1e-280 < quantile < 1 - 1e-12:
        assert math.isclose(float(betainc(a, b, quantile)), probability, abs_tol=1e-6)
