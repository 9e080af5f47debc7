"""Exclusive tiers from one weight vector: they sum to the total, and their running sums contain each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from microwork_estimate import synthesis
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand, Replicates
from microwork_estimate.synthesis import DIPLAB_TIERS

IDS = [tier.id for tier in DIPLAB_TIERS]


def _cells(labels, weights, **more):
    return synthesis.tier_cells(labels, weights, names=DIPLAB_TIERS, estimand=Estimand(), **more)


@given(
    st.lists(st.tuples(st.sampled_from(IDS), st.floats(0.1, 1e4)), min_size=1, max_size=40),
    st.integers(0, 2**32 - 1),
)
def test_running_sums_contain_each_other(people, seed):
    """For any answers and weights the cells sum to all weights, and nested tiers are in order in every replicate."""
    labels, weights = [p[0] for p in people], np.array([p[1] for p in people])
    redrawn = np.random.default_rng(seed).exponential(size=(25, weights.size)) * weights
    totals = synthesis.cell_totals(labels, redrawn, IDS)
    redraws = {name: Replicates(values=totals[:, j], streams=("survey",), seed=1) for j, name in enumerate(IDS)}
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        nested = synthesis.cumulated(_cells(labels, weights, redraws=redraws))
    assert nested.estimates[-1].value == pytest.approx(weights.sum())
    draws = np.column_stack([e.replicates.values for e in nested.estimates])
    assert (np.diff(draws, axis=1) >= 0).all()
    np.testing.assert_allclose(draws[:, -1], redrawn.sum(axis=1), rtol=1e-9)


def test_empty_cell_has_the_exact_limit():
    """With equal weights nobody out of n leaves at most the exact binomial share, at 95 % about 3/n."""
    with pytest.warns(MicroworkWarning, match="nobody was met in the tier very_active"):
        cells = _cells(["regular"] * 40 + ["occasional"] * 60, np.full(100, 10.0))
    interval = cells["very_active"].interval
    exact = stats.binomtest(0, 100, alternative="less").proportion_ci(0.95).high
    assert (interval.low, interval.high) == (0, pytest.approx(1000 * exact, rel=1e-6))
    assert cells["very_active"].value == 0


def test_unequal_weights_widen_the_limit():
    """The same hundred respondents are worth fewer when a few carry most of the weight."""
    weights = np.concatenate([np.full(90, 1.0), np.full(10, 91.0)])
    with pytest.warns(MicroworkWarning):
        heavy = _cells(["regular"] * 100, weights)["very_active"].interval.high
    with pytest.warns(MicroworkWarning):
        even = _cells(["regular"] * 100, np.full(100, 10.0))["very_active"].interval.high
    assert weights.sum() == 1000
    assert heavy > 5 * even


def test_limit_covers():
    """When one in 60 is very active and a hundred are asked, samples without any give a limit above the truth."""
    with pytest.warns(MicroworkWarning):
        high = _cells(["regular"] * 100, np.full(100, 10.0))["very_active"].interval.high
    assert high > 1000 / 60
    assert (1 - high / 1000) ** 100 == pytest.approx(0.05, rel=1e-9)


def test_empty_sum_keeps_the_limit():
    """A nested tier of which every cell is empty has the limit of an empty cell, not an interval of zero length."""
    zero = Replicates(values=np.zeros(99), streams=("survey",), seed=1)
    some = Replicates(values=np.linspace(900, 1100, 99), streams=("survey",), seed=1)
    with pytest.warns(MicroworkWarning):
        cells = _cells(["occasional"] * 100, np.full(100, 10.0), redraws={IDS[0]: zero, IDS[1]: zero, IDS[2]: some})
    nested = synthesis.cumulated(cells)
    assert nested["regular"].interval.high > 20
    assert nested["occasional"].interval.low > 890


def test_nested_and_exclusive_are_inverse():
    """Summing and subtracting again gives the cells back."""
    cells = _cells(IDS * 10, np.arange(1.0, 31.0))
    again = synthesis.exclusive(synthesis.cumulated(cells))
    assert [e.value for e in again.estimates] == pytest.approx([e.value for e in cells.estimates])
    with pytest.raises(InvalidInput, match="already nested"):
        synthesis.cumulated(synthesis.cumulated(cells))


@pytest.mark.parametrize(
    ("labels", "weights", "more", "message"),
    [
        (["regular", "unknown"], [1.0, 1.0], {}, r"in no tier: \['unknown'\]"),
        (["regular"], [1.0, 2.0], {}, "different lengths"),
        (["regular"], [-1.0], {}, "impossible value"),
        (["regular"], [np.nan], {}, "impossible value"),
        (["regular"], [0.0], {}, "sum of weights 0"),
        (["regular"], [1.0], {"redraws": {}}, "without redraws"),
        (["regular"], [1.0], {"level": 95}, "confidence level"),
    ],
)
def test_impossible_cells(labels, weights, more, message):
    """Unknown tiers, wrong lengths, negative, missing or empty weights and missing redraws are refused."""
    with pytest.raises(InvalidInput, match=message):
        _cells(labels, weights, **more)
