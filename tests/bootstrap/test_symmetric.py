"""Intervals from the spread of replicates: their definition, their coverage, and the interval of a bounded number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from microwork_estimate.bootstrap import LOG, above, imbens_manski, log_t, logit_t, normal
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Bounds, Replicates
from microwork_estimate.partial_identification import imbens_manski as ends_of_imbens_manski


def _replicates(values) -> Replicates:
    return Replicates(values=np.asarray(values, dtype=float), streams=("sample",), seed=1)


def test_log_t_is_the_printed_formula():
    """The ends are ln N -+ t s with s the standard deviation of the logarithms; 16 degrees of freedom have t = 2.1199."""
    draws = np.exp(np.array([0.1, -0.2, 0.3, 0.0, -0.1]))
    spread = 0.037**0.5  # squares of the deviations from 0.02 sum to 0.148
    found = log_t(_replicates(draws), 50.0, degrees=16)
    assert found.low == pytest.approx(50 * np.exp(-2.1199052992210112 * spread), rel=1e-12)
    assert found.high == pytest.approx(50 * np.exp(2.1199052992210112 * spread), rel=1e-12)
    assert found.method == "log-t"


@given(seen=st.integers(1, 1000), unseen=st.integers(1, 10_000), spread=st.floats(0.01, 2.0))
@settings(max_examples=50, deadline=None)
def test_sizes_never_go_below_those_seen(seen, unseen, spread):
    """On the logarithm of the unseen, the lower end stays above the number seen, and the unseen are symmetric in ratio."""
    steps = spread * np.array([-1.0, 0.0, 1.0])
    found = log_t(_replicates(seen + unseen * np.exp(steps)), seen + unseen, seen=seen)
    assert found.low > seen or found.low == pytest.approx(seen, rel=1e-6)
    ratio = np.exp(1.959963984540054 * spread)
    assert found.high - seen == pytest.approx(unseen * ratio, rel=1e-6)
    assert (found.low - seen) * ratio == pytest.approx(unseen, rel=1e-6, abs=1e-6 * seen)


@given(share=st.floats(0.001, 0.999), spread=st.floats(0.01, 3.0))
@settings(max_examples=50, deadline=None)
def test_shares_stay_inside_and_mirror(share, spread):
    """A logit interval lies inside 0 and 1, and that of the complement is its mirror image."""
    draws = 1 / (1 + np.exp(-(np.log(share / (1 - share)) + spread * np.array([-1.0, 0.0, 1.0]))))
    found = logit_t(_replicates(draws), share, degrees=10)
    mirrored = logit_t(_replicates(1 - draws), 1 - share, degrees=10)
    assert 0 < found.low < share < found.high < 1
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((found.low, found.high), rel=1e-6, abs=1e-9)


def test_log_t_covers_a_skewed_total_with_few_degrees_of_freedom():
    """Of 1,000 log-normal totals whose spread is estimated from 9 units, 95 % intervals hold the truth 950 times."""
    generator = np.random.Generator(np.random.PCG64(11))
    hits, n_simulations = 0, 1000
    for _ in range(n_simulations):
        logs = generator.normal(0.0, 0.3, 9)
        draws = np.exp(logs.mean() + logs.std(ddof=1) / 3 * stats.norm.ppf((np.arange(199) + 0.5) / 199))
        found = log_t(_replicates(draws), np.exp(logs.mean()), degrees=8)
        hits += found.low <= 1.0 <= found.high
    assert hits / n_simulations == pytest.approx(0.95, abs=3 * (0.95 * 0.05 / n_simulations) ** 0.5)


def test_no_spread_no_interval():
    """A failed or infinite draw, a draw at the edge of the scale, or a single draw leave no interval of this kind."""
    for values in ([1.0, np.nan, 2.0], [1.0, np.inf, 2.0], [1.0], [1.0, 0.0, 2.0]):
        assert log_t(_replicates(values), 1.0) is None
    assert logit_t(_replicates([0.5, 1.0]), 0.5) is None
    assert normal(_replicates([0.5, np.inf]), 0.5) is None
    assert log_t(_replicates([10.0, 12.0]), 11.0, seen=10.0) is None


def test_normal_interval_is_centred_less_the_bias():
    """Replicates that lie one unit above the estimate on average move the centre one unit below it."""
    found = normal(_replicates(np.arange(1.0, 200.0)), 99.0)
    assert (found.low + found.high) / 2 == pytest.approx(98.0, rel=1e-12)


def test_bounds_far_apart_take_one_sided_quantiles_and_one_point_two_sided():
    """The interval of a bounded number is that of its two standard errors: 1.645 far apart, 1.960 at one point."""
    steps = np.array([-1.0, 0.0, 1.0])
    low, high = _replicates(10 + steps), _replicates(100 + 2 * steps)
    wide = imbens_manski(low, high, Bounds(low=10.0, high=100.0, reason="test", sharp=True))
    assert (wide.low, wide.high) == pytest.approx((10 - 1.6448536269514722, 100 + 2 * 1.6448536269514722), rel=1e-9)
    point = imbens_manski(low, low, Bounds(low=10.0, high=10.0, reason="test", sharp=True))
    assert (point.low, point.high) == pytest.approx((10 - 1.959963984540054, 10 + 1.959963984540054), rel=1e-9)
    on_logs = imbens_manski(low, high, Bounds(low=10.0, high=100.0, reason="test", sharp=True), scale=LOG)
    logs = [float(np.log(r.values).std(ddof=1)) for r in (low, high)]
    expected = np.exp(ends_of_imbens_manski(np.log(10.0), np.log(100.0), *logs))
    assert (on_logs.low, on_logs.high) == pytest.approx(tuple(expected), rel=1e-12)
    assert on_logs.method == "imbens-manski, log scale"


def test_bounds_that_are_open_above_stay_so():
    """An infinite upper bound, with infinite replicates, leaves a one-sided interval."""
    low = _replicates([9.0, 10.0, 11.0])
    open_above = Bounds(low=10.0, high=np.inf, reason="test", sharp=True)
    found = imbens_manski(low, _replicates([np.inf] * 3), open_above)
    assert found.low == pytest.approx(10 - 1.6448536269514722, rel=1e-9)
    assert found.high == np.inf
    assert imbens_manski(_replicates([9.0, np.nan, 11.0]), low, Bounds(low=9, high=10, reason="t", sharp=True)) is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: log_t(d, 0.0), "estimate outside its scale"),
        (lambda d: log_t(d, 5.0, seen=5.0), "a number above 5"),
        (lambda d: log_t(d, 1.0, degrees=0), "impossible degrees of freedom"),
        (lambda d: logit_t(d, 1.5), "estimate outside its scale"),
        (lambda d: normal(d, np.nan), "estimate outside its scale"),
        (
            lambda d: imbens_manski(d, _replicates([1.0]), Bounds(low=0, high=1, reason="t", sharp=True)),
            "different runs",
        ),
        (lambda d: normal(d, 0.5, scale=above(np.inf)), "impossible floor"),
    ],
)
def test_estimates_outside_their_scale_are_refused(call, message):
    """A total of zero, a share above one and the like are errors with what to do."""
    with pytest.raises(InvalidInput, match=message):
        call(_replicates([0.2, 0.5, 0.8]))
