"""The bounds from a published mean are the printed ones, hold for every distribution, and cannot be narrowed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import PlatformRegistrations
from microwork_estimate.platforms import multiplicity_bounds


def together(total: float, n_platforms: int) -> PlatformRegistrations:
    """Declare one sum over several platforms."""
    return PlatformRegistrations(platforms=("together",), accounts=[total], n_platforms=n_platforms, source="x")


def one_by_one(accounts) -> PlatformRegistrations:
    """Declare each platform alone."""
    names = tuple(f"P{i}" for i in range(len(accounts)))
    return PlatformRegistrations(platforms=names, accounts=accounts, source="x")


def distributions(mean: float, most: int) -> tuple[float, float]:
    """Smallest and largest E[1/k] by linear programming over all distributions on 1..K."""
    k = np.arange(1, most + 1)
    ends = [
        linprog(sign / k, A_eq=np.vstack([np.ones(most), k]), b_eq=[1, mean], method="highs").fun for sign in (1, -1)
    ]
    return ends[0], -ends[1]


def placements(accounts, mean: float) -> tuple[float, float] | None:
    """Smallest and largest N by linear programming over all sets of platforms that a person can be on."""
    p = len(accounts)
    sets = np.array([s for s in itertools.product((0, 1), repeat=p) if any(s)], dtype=float)
    k = sets.sum(1)
    rows = np.vstack([sets.T, k**2])
    right = np.append(accounts, mean * np.sum(accounts))
    found = [linprog(sign * np.ones(len(sets)), A_eq=rows, b_eq=right, method="highs") for sign in (1, -1)]
    return None if not found[0].success else (found[0].fun, -found[1].fun)


def test_printed_values():
    """1.27 with seven platforms on 337,980 accounts gives [292,353; 324,944]."""
    estimate = multiplicity_bounds(together(337_980, 7), mean=1.27)
    assert (round(estimate.bounds.low), round(estimate.bounds.high)) == (292_353, 324_944)
    assert estimate.bounds.sharp
    assert estimate.value is None
    assert estimate.interval is None
    assert round(estimate.diagnostics["accounts_over_mean"]) == 266_126
    assert (estimate.estimand.unit, estimate.estimand.activity) == ("persons", "registered")
    assert estimate.warnings == ()


def test_published_quotient_is_outside():
    """266,126 lies below every distribution: 9 to 18 % too low."""
    bounds = multiplicity_bounds(together(337_980, 7), mean=1.27).bounds
    assert round(100 * (1 - 266_126 / bounds.low)) == 9
    assert round(100 * (1 - 266_126 / bounds.high)) == 18


def test_23_platforms():
    """With 23 platforms the printed upper bound is 334,012; if only 7 declared, the answer says what is missing."""
    assert round(multiplicity_bounds(together(337_980, 23), mean=1.27).bounds.high) == 334_012
    with pytest.warns(MicroworkWarning, match="count-beyond-declared"):
        estimate = multiplicity_bounds(together(337_980, 7), mean=1.27, max_platforms=23)
    assert round(estimate.bounds.high) == 334_012
    assert not estimate.bounds.sharp


def test_rounding_of_the_mean_widens_the_bounds():
    """A mean known to two decimals gives the union of the bounds over its rounding cell."""
    wide = multiplicity_bounds(together(1000, 7), mean=1.27, rounding=0.005).bounds
    below = multiplicity_bounds(together(1000, 7), mean=1.265).bounds
    above = multiplicity_bounds(together(1000, 7), mean=1.275).bounds
    assert wide.high == pytest.approx(below.high, rel=1e-14)
    assert wide.low == pytest.approx(above.low, rel=1e-14)


def test_ends_of_the_possible_means():
    """Mean 1: persons are accounts. Mean K: everybody is on all platforms. Both ends meet."""
    single = multiplicity_bounds(together(700, 7), mean=1.0, rounding=0.0).bounds
    everywhere = multiplicity_bounds(together(700, 7), mean=7.0).bounds
    assert (single.low, single.high) == (700, 700)
    assert (everywhere.low, everywhere.high) == pytest.approx((100, 100), rel=1e-14)
    assert multiplicity_bounds(together(0, 7), mean=1.5).bounds.high == 0


@settings(max_examples=80, deadline=None)
@given(most=st.integers(1, 25), place=st.integers(0, 200).map(lambda i: i / 200))
def test_sharp_by_linear_programming(most, place):
    """No distribution on 1..K with this mean goes beyond the bounds, and some distribution reaches each of them."""
    mean = 1 + place * (most - 1)
    bounds = multiplicity_bounds(together(1.0, most), mean=mean).bounds
    assert (bounds.low, bounds.high) == pytest.approx(distributions(mean, most), abs=1e-9)
    assert bounds.sharp


@settings(max_examples=80, deadline=None)
@given(most=st.integers(1, 25), place=st.floats(0, 1))
def test_sharp_by_vertices(most, place):
    """The bounds are the extremes over all pairs of answers, the vertices of the distributions with this mean."""
    mean = 1 + place * (most - 1)
    pairs = [
        ((b - mean) / a + (mean - a) / b) / (b - a)
        for a, b in itertools.combinations(range(1, most + 1), 2)
        if a <= mean <= b
    ]
    bounds = multiplicity_bounds(together(1.0, most), mean=mean).bounds
    assert (bounds.low, bounds.high) == pytest.approx((min(pairs, default=1), max(pairs, default=1)), rel=1e-12)


@settings(max_examples=100, deadline=None)
@given(counts=st.lists(st.integers(1, 6), min_size=1, max_size=30))
def test_every_workforce_lies_within(counts):
    """Whatever the workforce, its size lies within the bounds made from its own mean over accounts."""
    k = np.array(counts)
    mean = float((k**2).sum() / k.sum())
    bounds = multiplicity_bounds(together(float(k.sum()), 6), mean=mean).bounds
    assert bounds.low <= k.size * (1 + 1e-12)
    assert k.size <= bounds.high * (1 + 1e-12)


@settings(max_examples=60, deadline=None)
@given(
    accounts=st.lists(st.integers(0, 40), min_size=2, max_size=4).filter(any),
    place=st.integers(0, 60).map(lambda i: i / 60),
)
def test_single_platforms_known_by_linear_programming(accounts, place):
    """With each platform's accounts known, the bounds are those over all placements of persons on sets of platforms."""
    mean = 1 + place * (len(accounts) - 1)
    truth = placements(accounts, mean)
    if truth is None:
        with pytest.raises(InvalidInput, match="mean"):
            multiplicity_bounds(one_by_one(accounts), mean=mean)
        return
    bounds = multiplicity_bounds(one_by_one(accounts), mean=mean).bounds
    loose = multiplicity_bounds(together(sum(accounts), len(accounts)), mean=mean).bounds
    assert (bounds.low, bounds.high) == pytest.approx(truth, rel=1e-6, abs=1e-6)
    assert bounds.sharp
    assert loose.low <= bounds.low * (1 + 1e-7) + 1e-7
    assert bounds.high <= loose.high * (1 + 1e-7) + 1e-7


def test_equal_platforms_do_not_narrow_the_bounds():
    """Seven equal platforms can carry every distribution."""
    known = multiplicity_bounds(one_by_one([100] * 7), mean=2.6).bounds
    summed = multiplicity_bounds(together(700, 7), mean=2.6).bounds
    assert (known.low, known.high) == pytest.approx((summed.low, summed.high), rel=1e-9)


def test_one_dominant_platform_narrows_the_bounds():
    """With 990 and 10 accounts, at most 10 persons are on both: a mean of 1.02 leaves one answer, 990 persons."""
    bounds = multiplicity_bounds(one_by_one([990, 10]), mean=1.02).bounds
    assert (bounds.low, bounds.high) == pytest.approx((990, 990), rel=1e-9)
    with pytest.raises(InvalidInput, match="none of them twice"):
        multiplicity_bounds(one_by_one([990, 10]), mean=1.03)


def test_partly_known_platforms():
    """One platform of 50,000 beside a sum of six leaves the bounds as they are; one of 330,000 makes them loose."""
    some = PlatformRegistrations(platforms=("A", "six"), accounts=[50_000, 287_980], n_platforms=7, source="x")
    bounds = multiplicity_bounds(some, mean=1.27).bounds
    assert (round(bounds.low), round(bounds.high), bounds.sharp) == (292_353, 324_944, True)
    giant = PlatformRegistrations(platforms=("A", "B"), accounts=[330_000, 7_980], n_platforms=3, source="x")
    # The giant can itself be the sum of two, so that the bounds can still be reached.
    assert multiplicity_bounds(giant, mean=1.02).bounds.sharp
    three = PlatformRegistrations(platforms=("A", "B", "C"), accounts=[9_980, 10, 10], n_platforms=4, source="x")
    assert not multiplicity_bounds(three, mean=3.5).bounds.sharp


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": 0.9}, "at least 1"),
        ({"mean": float("nan")}, "at least 1"),
        ({"mean": 7.1}, "from 1 to 7"),
        ({"mean": 3.5, "max_platforms": 3}, "from 1 to 3"),
        ({"mean": 1.27, "max_platforms": 0}, "whole number"),
        ({"mean": 1.27, "max_platforms": 2.5}, "whole number"),
        ({"mean": 1.27, "max_platforms": float("nan")}, "whole number"),
        ({"mean": 1.27, "rounding": -0.01}, "width"),
    ],
)
def test_impossible_means_are_refused(options, message):
    """A mean below 1 or above the number of platforms is no mean of platforms."""
    with pytest.raises(InvalidInput, match=message):
        multiplicity_bounds(together(337_980, 7), **options)
