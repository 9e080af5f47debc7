"""Weighted quantiles: definitions, open intervals, coverage, invariances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import SurveySample
from microwork_estimate.weighting.contrasts import difference
from microwork_estimate.weighting.quantile_rules import weighted_quantile
from microwork_estimate.weighting.quantiles import FromReplicates, Woodruff, quantile
from microwork_estimate.weighting.views import view

RULES = ("inverse", "average", *(f"type{k}" for k in range(4, 10)))


@pytest.mark.parametrize("k", range(4, 10))
def test_equal_weights_are_those_of_numpy(k):
    """With equal weights, types 4 to 9 are the definitions of Hyndman and Fan as numpy has them."""
    names = dict(
        zip(
            range(4, 10),
            ("interpolated_inverted_cdf", "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased"),
            strict=True,
        )
    )
    values = np.random.default_rng(1).normal(size=23)
    for probability in (0.1, 0.37, 0.5, 0.9):
        got = weighted_quantile(values, np.full((1, 23), 2.0), probability, f"type{k}")[0]
        assert got == pytest.approx(np.quantile(values, probability, method=names[k]))


@pytest.mark.parametrize(("rule", "name"), [("inverse", "inverted_cdf"), ("average", "averaged_inverted_cdf")])
def test_step_rules_are_those_of_numpy(rule, name):
    """The two step rules agree with numpy, exact tenths included."""
    values = np.random.default_rng(2).normal(size=20)
    for probability in (0.05, 0.1, 0.5, 0.55, 0.93):
        got = weighted_quantile(values, np.full((1, 20), 30.97), probability, rule)[0]
        assert got == pytest.approx(np.quantile(values, probability, method=name), rel=1e-14)


def test_whole_weights_are_repeated_values():
    """A value of weight 3 is three values of weight 1, for the step rules."""
    values, weights = np.array([5.0, 1.0, 3.0]), np.array([1.0, 3.0, 2.0])
    repeated = np.repeat(values, weights.astype(int))
    for rule in ("inverse", "average"):
        for probability in (0.2, 0.5, 0.75, 0.95):
            got = weighted_quantile(values, weights[None, :], probability, rule)
            assert got[0] == weighted_quantile(repeated, np.ones((1, 6)), probability, rule)[0]


def test_many_weights_at_once():
    """Many sets of weights give what one at a time gives; weights that sum to zero give nothing."""
    rng = np.random.default_rng(3)
    values, weights = rng.normal(size=15), rng.integers(0, 3, (8, 15)).astype(float)
    weights[5] = 0
    for rule in RULES:
        got = weighted_quantile(values, weights, 0.4, rule)
        assert np.isnan(got[5])
        for b in (0, 3, 7):
            assert got[b] == weighted_quantile(values, weights[b : b + 1], 0.4, rule)[0]


def test_single_value():
    """One value is every quantile of itself, by every rule."""
    for rule in RULES:
        assert weighted_quantile(np.array([4.0]), np.ones((1, 1)), 0.3, rule).tolist() == [4.0]


def test_open_interval():
    """Where the interval of the share reaches 0 or 1 the quantile is not bounded on that side, and this is said."""
    sample = SurveySample(columns={"y": np.arange(12.0)})
    with pytest.warns(UserWarning, match="quantile-unbounded"):
        high = quantile(sample, "y", 0.95, method=Woodruff(interval="t"))
    assert high.interval.high == np.inf
    assert high.interval.low > 0
    assert high.standard_error is None
    with pytest.warns(UserWarning, match="quantile-unbounded"):
        low = quantile(sample, "y", 0.02, method=Woodruff(interval="t"))
    assert low.interval.low == -np.inf


def test_quantile_at_the_largest_value():
    """A quantile at the largest value is bounded below by the exact binomial interval of a share of 1."""
    sample = SurveySample(columns={"y": [1.0] * 5 + [2.0] * 35})
    with pytest.warns(UserWarning, match="quantile-unbounded"):
        estimate = quantile(sample, "y", 0.99)
    assert (estimate.value, estimate.interval.high) == (2.0, np.inf)
    assert estimate.interval.low == 2.0


def test_constant_variable():
    """A variable that never varies has itself as quantile."""
    sample = SurveySample(columns={"y": np.full(40, 7.0)})
    with pytest.warns(UserWarning, match="quantile-unbounded"):
        assert quantile(sample, "y").value == 7.0


def test_domains_and_their_difference():
    """Medians of two independent domains have no covariance, and their difference adds the variances."""
    rng = np.random.default_rng(4)
    group = np.repeat(["a", "b"], 200)
    sample = SurveySample(columns={"y": rng.normal(size=400) + (group == "b"), "g": group}, strata=group)
    medians = quantile(sample, "y", by="g")
    assert medians.covariance[0, 1] == pytest.approx(0, abs=1e-12)
    gap = difference(medians, "b", "a")
    assert gap.standard_error == pytest.approx(np.hypot(medians["a"].standard_error, medians["b"].standard_error))
    assert abs(gap.value - 1) < 4 * gap.standard_error


def test_empty_domain():
    """A domain without respondents has no quantile."""
    sample = SurveySample(columns={"y": np.arange(40.0), "g": np.repeat(["a", "b"], 20)})
    with pytest.warns(UserWarning, match="empty-domain"):
        medians = quantile(view(sample, where=sample.column("g") == "a"), "y", by="g")
    assert medians["b"].value is None
    assert medians["a"].value == 9.0


@pytest.mark.parametrize("interval", ["logit", "t", "korn-graubard"])
def test_coverage(interval):
    """Intervals of a median cover it about as often as they say, in a stratified sample of a skewed variable."""
    rng = np.random.default_rng(5)
    runs, hits = 300, 0
    for _ in range(runs):
        y = np.exp(np.concatenate([rng.normal(0, 1, 60), rng.normal(1, 1, 60)]))
        sample = SurveySample(columns={"y": y}, weight=np.repeat([1.0, 1.0], 60), strata=np.repeat([0, 1], 60))
        found = quantile(sample, "y", method=Woodruff(interval=interval)).interval
        hits += found.low <= np.exp(0.5) <= found.high
    assert abs(hits / runs - 0.95) < 0.05


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.1, 0.25, 0.5, 0.8]), st.floats(0.01, 100))
def test_order_and_scale(seed, probability, scale):
    """Order of respondents, scale of weights and increasing changes of the variable act as they should."""
    rng = np.random.default_rng(seed)
    values, weights = np.round(rng.gamma(2, 3, 30), 1), rng.integers(1, 9, 30).astype(float)
    order = rng.permutation(30)
    for rule in ("inverse", "average"):
        first = weighted_quantile(values, weights[None, :], probability, rule)[0]
        assert weighted_quantile(values[order], weights[None, order], probability, rule)[0] == first
        assert weighted_quantile(values, scale * weights[None, :], probability, rule)[0] == first
        grown = weighted_quantile(3 * values + 1, weights[None, :], probability, rule)[0]
        assert grown == pytest.approx(3 * first + 1)
    rises = [weighted_quantile(values, weights[None, :], p, "inverse")[0] for p in (0.1, 0.3, 0.5, 0.9)]
    assert rises == sorted(rises)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 100))
def test_interval_keeps_when_weights_grow(seed, scale):
    """Multiplying all weights leaves a quantile, its interval and its standard error as they are."""
    rng = np.random.default_rng(seed)
    y, weights = rng.gamma(2, 3, 60), rng.uniform(1, 5, 60)
    before = quantile(SurveySample(columns={"y": y}, weight=weights), "y")
    after = quantile(SurveySample(columns={"y": y}, weight=scale * weights), "y")
    assert (after.value, after.interval) == (before.value, before.interval)


@pytest.mark.parametrize(
    "call",
    [
        lambda s: quantile(s, "y", 50),
        lambda s: quantile(s, "y", 0.0),
        lambda s: quantile(s, "unknown"),
        lambda s: quantile(s, "y", level=2),
        lambda s: quantile(s, "y", method=Woodruff(rule="type3")),
        lambda s: quantile(s, "y", method=Woodruff(interval="wald")),
        lambda s: quantile(s, "y", method=FromReplicates(rule="other")),
        lambda s: quantile(s, np.full(20, np.nan)),
        lambda s: weighted_quantile(s.column("y"), s.weights[None, :], 0.5, "type1"),
    ],
)
def test_invalid_input(call):
    """Percentages, unknown columns, rules and intervals, and missing values are errors."""
    with pytest.raises(InvalidInput):
        call(SurveySample(columns={"y": np.arange(20.0)}))


def test_several_probabilities_at_once_are_refused():
    """A list of probabilities is an error that says to ask one by one, not a failure inside a comparison."""
    sample = SurveySample(columns={"x": np.arange(20.0)})
    with pytest.raises(InvalidInput, match="impossible probability: expected one number"):
        quantile(sample, "x", [0.25, 0.5])
