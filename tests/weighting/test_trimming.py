"""Trimming: the cap and the margins hold together, or the report says that they do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import InfeasibleMargins, WeightBounds, calibrate, rake_ipf, trim, truncate
from microwork_estimate.weighting.trimming import CAPS, estimated_errors


def survey(seed=1, n=400):
    """A sample with a few very large weights, and the margins that its weights give."""
    rng = np.random.default_rng(seed)
    columns = {
        "sex": rng.choice(["f", "m"], n),
        "age": rng.integers(1, 4, n),
        "hours": rng.gamma(2, 8, n),
    }
    sample = SurveySample(columns=columns, weight=np.exp(rng.normal(3, 1, n)))
    totals = {
        k: {c: sample.weights[columns[k] == c].sum() for c in np.unique(columns[k]).tolist()} for k in ("sex", "age")
    }
    return sample, Margins.from_totals(totals, source="made up")


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), cap=st.floats(3, 8))
def test_cap_and_margins_hold_together(seed, cap):
    """No weight above the cap, every margin met, and the largest weights have come down."""
    sample, margins = survey(seed)
    weighted, report = trim(sample, margins, cap=cap)
    assert weighted.weights.max() <= cap * np.median(weighted.weights) * (1 + 1e-5)
    assert report.max_deviation < 1e-8
    assert report.design_effect < calibrate(sample, margins).report.design_effect


def test_a_cap_that_cuts_nothing_is_plain_calibration():
    """Where all weights are below the cap, one loop gives the weights of calibrate."""
    sample, margins = survey()
    weighted, report = trim(sample, margins, cap=1e6)
    np.testing.assert_allclose(weighted.weights, calibrate(sample, margins).sample.weights, rtol=1e-12)
    assert report.iterations == 1


def test_a_cap_that_cannot_hold_is_said():
    """One respondent alone in a large category must have a large weight: margins hold, and a warning says so."""
    sample = SurveySample(columns={"sex": ["f"] + ["m"] * 20})
    margins = Margins.from_totals({"sex": {"f": 50, "m": 50}}, source="made up")
    with pytest.warns(MicroworkWarning, match=r"\[weights-above-cap\] 1 weights"):
        weighted, report = trim(sample, margins, cap=3)
    assert weighted.weights[0] == pytest.approx(50)
    assert [w.code for w in report.warnings] == ["weights-above-cap"]


def test_the_cap_of_least_error_cuts_weights_that_only_add_noise():
    """Large weights that have nothing to do with the answer are cut hard; large weights that carry it are kept."""
    rng = np.random.default_rng(4)
    n = 2000
    weights = np.exp(rng.normal(0, 1.2, n))
    units, strata = np.arange(n), np.zeros(n, dtype=int)
    caps = np.array(CAPS)
    noise = estimated_errors(weights, rng.normal(10, 3, n), strata, units, caps)
    carried = estimated_errors(weights, weights, strata, units, caps)
    assert caps[np.argmin(noise)] <= 4
    assert caps[np.argmin(carried)] == 10


def test_the_estimated_error_counts_bias_and_variance():
    """Without a cut it is the variance of the mean: by hand, the variance of equal weights; a bias adds its square."""
    values = np.arange(50.0)
    units, strata = np.arange(50), np.zeros(50, dtype=int)
    plain = estimated_errors(np.ones(50), values, strata, units, np.array([5.0]))
    assert plain[0] == pytest.approx(values.var(ddof=1) / 50)
    clustered = estimated_errors(np.ones(50), values, strata, units // 5, np.array([5.0]))
    assert clustered[0] == pytest.approx(values.reshape(10, 5).mean(axis=1).var(ddof=1) / 10)


def test_least_error_is_an_option_with_an_outcome():
    """The chosen cap is on the grid, and margins hold with it."""
    sample, margins = survey(8)
    weighted, report = trim(sample, margins, cap="least_error", outcome="hours")
    assert report.max_deviation < 1e-8
    assert weighted.weights.max() <= max(CAPS) * np.median(weighted.weights) * (1 + 1e-5)


@pytest.mark.parametrize(
    "options", [{"cap": 1.0}, {"cap": np.inf}, {"cap": "least_error"}, {"cap": 3, "outcome": "hours"}]
)
def test_an_impossible_cap_is_refused(options):
    """Above 1 and finite, or chosen with an outcome; an outcome that is not used is an error."""
    sample, margins = survey()
    with pytest.raises(InvalidInput, match="impossible cap"):
        trim(sample, margins, **options)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), low=st.floats(0, 15), high=st.floats(60, 500))
def test_truncation_keeps_the_sum_and_the_bounds(seed, low, high):
    """Weights within bounds that can hold their sum, and as many persons as before."""
    sample, _ = survey(seed)
    if not low < sample.weights.mean() < high:
        return
    weights = truncate(sample, WeightBounds(low=low, high=high, on="weight")).weights
    assert weights.sum() == pytest.approx(sample.weights.sum(), rel=1e-9)
    assert weights.min() >= low * (1 - 1e-9)
    assert weights.max() <= high * (1 + 1e-9)


def test_truncation_that_cannot_hold_the_sum_is_refused():
    """Three weights of at most 2 cannot sum to 12; ratios need weights before calibration."""
    sample = SurveySample(columns={"x": [1, 2, 3]}, weight=[1.0, 1.0, 10.0])
    with pytest.raises(InvalidInput, match="bounds cannot hold the sum"):
        truncate(sample, WeightBounds(low=0, high=2, on="weight"))
    with pytest.raises(InvalidInput, match="no weights before calibration"):
        truncate(sample, WeightBounds(low=0.5, high=2))


def test_margins_that_leave_somebody_nothing_are_refused_as_by_calibration():
    """Margins that can be met only with a weight of zero have no solution, by whatever route they are asked for."""
    sample = SurveySample(columns={"sex": ["f", "f", "m", "f", "m"], "paid": ["yes", "no", "no", "yes", "no"]})
    margins = Margins.from_totals({"sex": {"f": 50, "m": 50}, "paid": {"yes": 50, "no": 50}}, source="made up")
    for verb in (calibrate, rake_ipf, trim):
        with pytest.raises(InfeasibleMargins, match="only weights at the bound"):
            verb(sample, margins)
    with pytest.raises(InvalidInput, match=r"weights of zero or below: .* 1 of 5"):
        calibrate(sample, margins, method="linear")
