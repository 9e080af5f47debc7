"""Joint intervals: as wide as the largest deviation needs, never narrower than alone, and they hold together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from microwork_estimate.bootstrap import percentile
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Replicates
from microwork_estimate.synthesis import joint_intervals
from microwork_estimate.synthesis.simultaneous import joint_rank


def made(rows, seed=1):
    """Replicates of one run, one number a row."""
    return {f"n{k}": Replicates(values=row, streams=("x",), seed=seed) for k, row in enumerate(np.asarray(rows, float))}


def test_independent_numbers_have_the_ends_of_sidak():
    """Five independent normal numbers: the ends are those of the level 0.95^(1/5) for each, 2.569 standard deviations."""
    rows = np.random.default_rng(3).standard_normal((5, 39_999))
    wanted = stats.norm.ppf((1 + 0.95**0.2) / 2)
    for interval in joint_intervals(made(rows)).values():
        assert interval.high == pytest.approx(wanted, abs=0.06)
        assert interval.low == pytest.approx(-wanted, abs=0.06)


def test_numbers_that_are_one_number_need_no_more_room():
    """The same number under five names: the joint interval is the interval of one."""
    row = np.random.default_rng(4).standard_normal(1999)
    same = made([row, 2 * row, row**3, row, 5 + row])
    joint = joint_intervals(same)
    for name, interval in joint.items():
        alone = percentile(same[name])
        assert interval.low == pytest.approx(alone.low, abs=0.02 * abs(alone.low) + 0.02)


def test_share_of_replicates_inside_all_is_the_level():
    """At least 95 % of the replicates lie inside all intervals together, and hardly more."""
    rows = np.random.default_rng(5).standard_normal((8, 3999)) + np.random.default_rng(6).standard_normal(3999)
    draws = made(rows)
    joint = joint_intervals(draws)
    inside = np.all([(draws[n].values >= i.low) & (draws[n].values <= i.high) for n, i in joint.items()], axis=0)
    assert 0.95 <= inside.mean() < 0.965


def test_joint_intervals_hold_together_over_samples():
    """Means of four groups, 300 samples: joint intervals hold all truths in 90 to 99 %, single ones in fewer than 88 %."""
    rng = np.random.default_rng(7)
    held = alone = 0
    for _ in range(300):
        groups = rng.normal(0, 1, (4, 40))
        picks = rng.integers(0, 40, (499, 4, 40))
        draws = made(np.take_along_axis(groups[None], picks, axis=2).mean(axis=2).T)
        joint = joint_intervals(draws)
        held += all(i.low <= 0 <= i.high for i in joint.values())
        single = (percentile(item) for item in draws.values())
        alone += all(i.low <= 0 <= i.high for i in single)
    assert 0.90 <= held / 300 <= 0.99
    assert alone / 300 < 0.88


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(19, 400), st.integers(0, 2**32 - 1), st.sampled_from([0.5, 0.8, 0.95]))
def test_never_narrower_than_alone(k, b, seed, level):
    """Whatever the replicates (ties and zeros among them), each joint interval contains the percentile interval."""
    draws = made(np.random.default_rng(seed).poisson(2.0, (k, b)))
    for name, interval in joint_intervals(draws, level=level).items():
        single = percentile(draws[name], level=level)
        assert interval.low <= single.low
        assert interval.high >= single.high


def test_failed_draws_and_constants():
    """A failed draw counts as infinite and opens the upper end; a number that never varies keeps its value."""
    row = np.arange(99.0)
    broken = np.where(np.arange(99) < 5, np.nan, row)
    found = joint_intervals(made([row, np.full(99, 7.0), broken]))
    assert (found["n1"].low, found["n1"].high) == (7.0, 7.0)
    assert np.isinf(found["n2"].high)
    assert joint_rank(np.full((50, 2), 3.0), 0.95) == 25


def test_other_runs_are_refused():
    """Replicates of different seeds do not belong together, and without numbers there is nothing to hold."""
    one, other = made([np.arange(19.0)]), made([np.arange(19.0)], seed=2)
    with pytest.raises(InvalidInput, match="different runs"):
        joint_intervals({"a": one["n0"], "b": other["n0"]})
    with pytest.raises(InvalidInput, match="no numbers"):
        joint_intervals({})
