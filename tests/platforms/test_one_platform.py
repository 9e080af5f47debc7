"""The bounds of a one-platform survey are the printed ones and those of a linear programme over all memberships."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import PlatformRegistrations
from microwork_estimate.platforms import one_platform_bounds
from microwork_estimate.platforms.one_platform import ladder, smallest_largest_remainder

SEVEN = PlatformRegistrations(
    platforms=("Foule Factory", "six others"), accounts=[50_000, 287_980], n_platforms=7, source="implied"
)


def quiet(registrations: PlatformRegistrations, **options) -> Estimate:
    """Compute the bounds without the Python warning; the coded one stays in the estimate."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return one_platform_bounds(registrations, **options)


def memberships(on_reached, mean, n_others, *, others=None, others_sum=None, share=None):
    """Smallest and largest number of persons by linear programming over all sets of other platforms.

    Unknowns: persons on the platform reached by their set of others, persons off it by theirs, and the accounts of the
    others where only the sum is known.
    """
    on_sets = np.array(list(itertools.product((0, 1), repeat=n_others)), dtype=float)
    off_sets = on_sets[1:]
    n_on, n_off = len(on_sets), len(off_sets)
    zero = np.zeros(n_others)
    rows = [
        np.concatenate([np.ones(n_on), np.zeros(n_off), zero]),
        np.concatenate([on_sets.sum(1), np.zeros(n_off), zero]),
    ]
    right = [on_reached, on_reached * mean]
    for p in range(n_others):
        rows.append(np.concatenate([on_sets[:, p], off_sets[:, p], -np.eye(n_others)[p]]))
        right.append(0.0)
    if others is None:
        rows.append(np.concatenate([np.zeros(n_on + n_off), np.ones(n_others)]))
        right.append(others_sum)
        limits = [(0, None)] * (n_on + n_off + n_others)
    else:
        limits = [(0, None)] * (n_on + n_off) + [(r, r) for r in others]
    if share is not None:
        rows.append(np.concatenate([on_sets.any(1), np.zeros(n_off), zero]))
        right.append(share * on_reached)
    cost = np.concatenate([np.zeros(n_on), np.ones(n_off), zero])
    found = [linprog(s * cost, A_eq=np.array(rows), b_eq=right, bounds=limits, method="highs") for s in (1, -1)]
    return None if not found[0].success else (on_reached + found[0].fun, on_reached - found[1].fun)


def test_printed_values():
    """50,000 of 337,980 accounts and 0.27 others: at most 324,480; 202,489 at 15 % multi-homers, 253,319 at 20 %."""
    at_15 = quiet(SEVEN, reached="Foule Factory", mean_other_platforms=0.27, share_multi_homing=0.15)
    at_20 = quiet(SEVEN, reached="Foule Factory", mean_other_platforms=0.27, share_multi_homing=0.20)
    assert round(at_15.bounds.high) == round(at_20.bounds.high) == 324_480
    assert round(at_15.diagnostics["low_if_monotone"]) == 202_489
    assert round(at_20.diagnostics["low_if_monotone"]) == 253_319
    assert at_15.value is None
    assert at_15.bounds.sharp


def test_published_figure_is_passed_at_21_percent():
    """The monotone lower bound passes 266,126 between 21 and 22 % of multi-homers, and 266,126 is within the bounds."""
    low = [
        quiet(SEVEN, reached="Foule Factory", mean_other_platforms=0.27, share_multi_homing=s).diagnostics[
            "low_if_monotone"
        ]
        for s in (0.21, 0.22)
    ]
    bounds = quiet(SEVEN, reached="Foule Factory", mean_other_platforms=0.27).bounds
    assert low[0] < 266_126 < low[1]
    assert bounds.low < 266_126 < bounds.high


def test_largest_other_platform_decides_the_lower_bound():
    """The worst-case lower bound passes 266,126 only if one platform has more than 216,126 persons off the reached."""
    others = [216_126 + 13_500, 40_000, 10_000, 5_000, 2_000, 1_354]
    declared = PlatformRegistrations(platforms=tuple("ABCDEFG"), accounts=[50_000, *others], source="x")
    assert declared.total == 337_980
    assert quiet(declared, reached="A", mean_other_platforms=0.27).bounds.low == pytest.approx(266_126, abs=1e-6)


def test_warning_and_assumptions():
    """The reading has its warning, and monotone multi-homing is assumed only where its figure is given."""
    with pytest.warns(MicroworkWarning, match="one-platform"):
        without = one_platform_bounds(SEVEN, reached="Foule Factory", mean_other_platforms=0.27)
    having = quiet(SEVEN, reached="Foule Factory", mean_other_platforms=0.27, share_multi_homing=0.2)
    assert [warning.code for warning in without.warnings] == ["one-platform"]
    assert {a.id for a in having.assumptions} - {a.id for a in without.assumptions} == {"monotone-multi-homing"}
    assert "low_if_monotone" not in without.diagnostics
    assert without.estimand.activity == "registered"


@settings(max_examples=50, deadline=None)
@given(
    accounts=st.lists(st.integers(1, 60), min_size=2, max_size=4),
    mean=st.integers(0, 60).map(lambda i: i / 40),
    place=st.none() | st.integers(0, 20).map(lambda i: i / 20),
)
def test_sharp_by_linear_programming_when_others_are_known(accounts, mean, place):
    """With each other platform known, the bounds are the extremes over all ways to place persons on platforms."""
    on_reached, others = float(accounts[0]), [float(r) for r in accounts[1:]]
    n_others = len(others)
    mean = min(mean, n_others)
    share = None if place is None else mean / n_others + place * (min(mean, 1.0) - mean / n_others)
    truth = memberships(on_reached, mean, n_others, others=others, share=share)
    declared = PlatformRegistrations(platforms=tuple("ABCD"[: n_others + 1]), accounts=accounts, source="x")
    options = {"reached": "A", "mean_other_platforms": mean, "share_multi_homing": share}
    if truth is None:
        with pytest.raises(InvalidInput, match="more accounts elsewhere"):
            quiet(declared, **options)
        return
    bounds = quiet(declared, **options).bounds
    assert (bounds.low, bounds.high) == pytest.approx(truth, rel=1e-6, abs=1e-6)
    assert bounds.sharp


@settings(max_examples=40, deadline=None)
@given(
    on_reached=st.integers(1, 50),
    total=st.integers(1, 200),
    n_others=st.integers(1, 4),
    mean=st.integers(0, 60).map(lambda i: i / 40),
    place=st.none() | st.integers(0, 20).map(lambda i: i / 20),
)
def test_sharp_by_linear_programming_when_others_are_summed(on_reached, total, n_others, mean, place):
    """With only the sum of the others known, the lower bound is the mean remainder, and it is sharp."""
    mean = min(mean, n_others)
    share = None if place is None else mean / n_others + place * (min(mean, 1.0) - mean / n_others)
    truth = memberships(on_reached, mean, n_others, others_sum=total, share=share)
    declared = PlatformRegistrations(
        platforms=("A", "others"), accounts=[on_reached, total], n_platforms=n_others + 1, source="x"
    )
    options = {"reached": "A", "mean_other_platforms": mean, "share_multi_homing": share}
    if truth is None:
        with pytest.raises(InvalidInput, match="more accounts elsewhere"):
            quiet(declared, **options)
        return
    bounds = quiet(declared, **options).bounds
    assert (bounds.low, bounds.high) == pytest.approx(truth, rel=1e-6, abs=1e-6)
    assert bounds.sharp


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_true_number_lies_within(seed):
    """A workforce with any dependence between platforms lies within the bounds made from its own figures."""
    rng = np.random.default_rng(seed)
    members = rng.random((300, 4)) < rng.uniform(0.05, 0.8, (300, 1)) * rng.uniform(0.1, 1, 4)
    members[0] = True
    members = members[members.any(1)]
    on = members[members[:, 0]]
    declared = PlatformRegistrations(platforms=tuple("ABCD"), accounts=members.sum(0), source="x")
    estimate = quiet(
        declared,
        reached="A",
        mean_other_platforms=on[:, 1:].sum(1).mean(),
        share_multi_homing=on[:, 1:].any(1).mean(),
    )
    assert estimate.bounds.low <= len(members) + 1e-9
    assert len(members) <= estimate.bounds.high + 1e-9
    assert estimate.bounds.low <= estimate.diagnostics["low_if_monotone"] <= estimate.bounds.high + 1e-9


def test_rounding_widens_both_ends():
    """0.27 known to two decimals gives the union of the bounds over its cell."""
    wide = quiet(SEVEN, reached="Foule Factory", mean_other_platforms=0.27, rounding=0.005).bounds
    assert wide.high == pytest.approx(337_980 - 50_000 * 0.265, rel=1e-12)
    assert wide.low == pytest.approx(50_000 + (287_980 - 50_000 * 0.275) / 6, rel=1e-12)


def test_nobody_elsewhere_and_everybody_everywhere():
    """No multi-homers: the worst cases stand alone. All on all: nothing is left off the platform."""
    alone = PlatformRegistrations(platforms=("A", "B"), accounts=[10, 20], source="x")
    estimate = quiet(alone, reached="A", mean_other_platforms=0.0, share_multi_homing=0.0)
    assert (estimate.bounds.low, estimate.bounds.high) == (30, 30)
    assert estimate.diagnostics["low_if_monotone"] == 30
    same = PlatformRegistrations(platforms=("A", "B", "C"), accounts=[10, 10, 10], source="x")
    full = quiet(same, reached="B", mean_other_platforms=2.0, share_multi_homing=1.0)
    assert (full.bounds.low, full.bounds.high) == (10, 10)


def test_mixed_rows_hold_and_are_not_called_sharp():
    """Some others single and some summed: the bounds hold for the single reading of the figures, not sharp."""
    mixed = PlatformRegistrations(platforms=("A", "B", "two"), accounts=[10, 50, 30], n_platforms=4, source="x")
    single = PlatformRegistrations(platforms=("A", "B", "C", "D"), accounts=[10, 50, 15, 15], source="x")
    loose = quiet(mixed, reached="A", mean_other_platforms=0.5).bounds
    tight = quiet(single, reached="A", mean_other_platforms=0.5).bounds
    assert not loose.sharp
    assert loose.low <= tight.low
    assert loose.high == tight.high


def test_ladder_never_falls():
    """The monotone figure is at least the worst case, also when persons elsewhere are on many platforms."""
    steps = ladder(100.0, 50.0, 60.0, 5.0)
    assert steps.low == steps.low_if_monotone == 150
    assert steps.high == 160


@settings(deadline=None)
@given(accounts=st.lists(st.floats(0, 100), min_size=1, max_size=6), part=st.floats(0, 1), cap=st.floats(0, 120))
def test_smallest_largest_remainder_by_linear_programming(accounts, part, cap):
    """The smallest possible maximum is that of a linear programme over the overlaps."""
    r = np.array(accounts)
    cap = 0.0 if cap < 1e-3 else cap  # the programme takes bounds near its own tolerance of 1e-7 for contradictions
    most = np.minimum(r, cap)
    overlap = part * most.sum()
    n = r.size
    found = linprog(
        np.append(np.zeros(n), 1.0),
        A_ub=np.hstack([-np.eye(n), -np.ones((n, 1))]),
        b_ub=-r,
        A_eq=np.append(np.ones(n), 0.0)[None, :],
        b_eq=[overlap],
        bounds=[(0, top) for top in most] + [(0, None)],
        method="highs",
    )
    assert smallest_largest_remainder(r, overlap, cap) == pytest.approx(found.fun, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reached": "Wirk"}, "unknown platform"),
        ({"mean_other_platforms": -0.1}, "impossible mean"),
        ({"mean_other_platforms": 6.5}, "from 0 to 6"),
        ({"mean_other_platforms": float("nan")}, "impossible mean"),
        ({"mean_other_platforms": 5.9}, "more accounts elsewhere"),
        ({"share_multi_homing": 1.2}, "share"),
        ({"share_multi_homing": float("nan")}, "share"),
        ({"share_multi_homing": 0.3}, "contradict"),
        ({"share_multi_homing": 0.04}, "contradict"),
        ({"share_multi_homing": 0.0}, "contradict"),
        ({"rounding": float("nan")}, "width"),
    ],
)
def test_impossible_figures_are_refused(options, message):
    """Figures that no workforce can have give no bounds."""
    arguments = {"reached": "Foule Factory", "mean_other_platforms": 0.27, **options}
    with pytest.raises(InvalidInput, match=message):
        one_platform_bounds(SEVEN, **arguments)


def test_platforms_without_accounts_or_without_others_are_refused():
    """The platform reached needs accounts, and there must be another one."""
    empty = PlatformRegistrations(platforms=("A", "B"), accounts=[0, 5], source="x")
    alone = PlatformRegistrations(platforms=("A",), accounts=[5], source="x")
    with pytest.raises(InvalidInput, match="without accounts"):
        one_platform_bounds(empty, reached="A", mean_other_platforms=0.1)
    with pytest.raises(InvalidInput, match="no other platform"):
        one_platform_bounds(alone, reached="A", mean_other_platforms=0.0)
