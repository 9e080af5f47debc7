"""Iterative proportional fitting: the second route to the weights of raking."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import InfeasibleMargins, calibrate, rake_ipf


def margins(totals):
    """Margins with a source."""
    return Margins.from_totals(totals, source="made up")


def problem(seed, sizes, n):
    """A sample of unequal weights and margins that some weights give."""
    rng = np.random.default_rng(seed)
    columns = {f"v{i}": np.append(np.arange(k), rng.integers(0, k, n - k)) for i, k in enumerate(sizes)}
    sample = SurveySample(columns=columns, weight=rng.gamma(3, 10, n) + 0.1)
    aim = sample.weights * rng.uniform(0.3, 3, n)
    return sample, margins({k: {c: aim[v == c].sum() for c in np.unique(v).tolist()} for k, v in columns.items()})


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 100_000),
    sizes=st.lists(st.integers(2, 6), min_size=1, max_size=4),
    n=st.sampled_from([150, 800]),
)
def test_both_routes_give_the_same_weights(seed, sizes, n):
    """Newton on the dual and fitting margin by margin share no step and agree to 1e-9, collapsed to cells or not."""
    sample, totals = problem(seed, sizes, n)
    np.testing.assert_allclose(
        rake_ipf(sample, totals).sample.weights, calibrate(sample, totals).sample.weights, rtol=1e-9
    )


def test_both_routes_agree_on_crossings():
    """A crossing is a margin like another."""
    sample, _ = problem(1, [2, 3, 4], 300)
    aim = sample.weights * np.random.default_rng(2).uniform(0.5, 2, 300)
    a, b, c = (sample.column(f"v{i}") for i in range(3))
    totals = margins(
        {
            ("v0", "v1"): {(i, j): aim[(a == i) & (b == j)].sum() for i in range(2) for j in range(3)},
            "v2": {k: aim[c == k].sum() for k in range(4)},
        }
    )
    np.testing.assert_allclose(
        rake_ipf(sample, totals).sample.weights, calibrate(sample, totals).sample.weights, rtol=1e-9
    )


def test_raking_keeps_the_odds_ratios_of_the_sample():
    """Raking changes margins and leaves the association of the two variables as it was: a known truth."""
    table = np.array([[30.0, 10.0], [20.0, 60.0]])
    sample = SurveySample(columns={"a": [0, 0, 1, 1], "b": [0, 1, 0, 1]}, weight=table.ravel())
    weights = rake_ipf(sample, margins({"a": {0: 500, 1: 500}, "b": {0: 300, 1: 700}})).sample.weights
    assert weights[0] * weights[3] / (weights[1] * weights[2]) == pytest.approx(30 * 60 / (10 * 20), rel=1e-9)


def test_stopping_early_is_said():
    """With stop_at_change the margins are met roughly, and report and warning say so."""
    sample, totals = problem(3, [3, 4, 5], 60)
    with pytest.warns(MicroworkWarning, match=r"\[margins-not-met\]"):
        _, report = rake_ipf(sample, totals, stop_at_change=5)
    assert report.max_deviation > 1e-8
    assert [w.code for w in report.warnings] == ["margins-not-met"]


def test_infeasible_margins_and_continuous_ones_are_refused():
    """No weights come back where there are none, or where the method does not apply."""
    sample = SurveySample(columns={"a": ["x", "x", "y"], "b": ["u", "v", "v"], "hours": [1.0, 2.0, 3.0]})
    with pytest.raises(InfeasibleMargins, match="would have to be"):
        rake_ipf(sample, margins({"a": {"x": 20, "y": 80}, "b": {"u": 30, "v": 70}}))
    with pytest.raises(InvalidInput, match="continuous margin"):
        rake_ipf(sample, margins({"a": {"x": 20, "y": 80}, "hours": 5.0}))
