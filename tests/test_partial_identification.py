"""Intervals for a number that is only bounded: against the normal quantiles, simulation and the definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from microwork_estimate.errors import InvalidInput
from microwork_estimate.partial_identification import imbens_manski


def test_bounds_that_meet_give_the_two_sided_interval() -> None:
    """Without distance between the bounds the interval is the usual one, 1.960 errors to each side."""
    assert imbens_manski(10.0, 10.0, 1.0, 1.0) == pytest.approx((8.0400360154599, 11.9599639845401), rel=1e-12)


def test_distant_bounds_give_one_sided_ends() -> None:
    """Far apart, 1.645 errors to each side suffice."""
    assert imbens_manski(10.0, 1e6, 2.0, 3.0) == pytest.approx((10 - 2 * 1.6448536269515, 1e6 + 3 * 1.6448536269515))


def test_one_exact_bound() -> None:
    """A bound without error stays where it is; two such bounds are the interval."""
    low, high = imbens_manski(10.0, 12.0, 0.0, 1.0)
    assert low == 10.0
    assert 12 + 1.645 < high < 12 + 1.960
    assert imbens_manski(10.0, 12.0, 0.0, 0.0) == (10.0, 12.0)


def test_infinite_bound() -> None:
    """An infinite bound leaves a one-sided interval, whatever is said of its error."""
    low, high = imbens_manski(10.0, math.inf, 1.0, math.nan)
    assert (low, high) == (pytest.approx(10 - 1.6448536269515), math.inf)


@settings(max_examples=200, deadline=None)
@given(
    width=st.floats(0, 50),
    se_low=st.floats(0.01, 10),
    se_high=st.floats(0.01, 10),
    level=st.floats(0.5, 0.999),
)
def test_it_meets_its_equation(width: float, se_low: float, se_high: float, level: float) -> None:
    """The multiplier is the same on both sides and solves the equation of Imbens and Manski."""
    low, high = imbens_manski(0.0, width, se_low, se_high, level)
    multiplier = -low / se_low
    assert (high - width) / se_high == pytest.approx(multiplier, abs=1e-9)
    chance = norm.cdf(multiplier + width / max(se_low, se_high)) - norm.cdf(-multiplier)
    assert chance == pytest.approx(level, abs=1e-9)


@pytest.mark.parametrize("width", [0.0, 0.3, 1.0, 3.0])
def test_coverage_at_the_ends(width: float) -> None:
    """Bounds with one common error cover the true lower end in 95 % of 20,000 draws, at every distance."""
    errors = np.random.default_rng(31).normal(size=20_000)
    low, high = imbens_manski(0.0, width, 1.0, 1.0)
    covered = np.mean((errors + low <= 0.0) & (errors + high >= 0.0))
    assert covered == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 20_000))


@pytest.mark.parametrize(
    "bad", [(2.0, 1.0, 1.0, 1.0), (math.nan, 1.0, 1.0, 1.0), (0.0, 1.0, -1.0, 1.0), (0.0, 1.0, 1.0, math.inf)]
)
def test_it_refuses(bad: tuple[float, float, float, float]) -> None:
    """Bounds out of order, missing numbers and impossible errors are refused."""
    with pytest.raises(InvalidInput):
        imbens_manski(*bad)
    with pytest.raises(InvalidInput):
        imbens_manski(0.0, 1.0, 1.0, 1.0, 95)
